//! Accounts: members who sign in with a password that is kept here.

use super::Stored;
use crate::chat::id::{SiteNumber, UserId, UserKey, UserNumber};
use crate::chat::password::PasswordHash;
use crate::chat::session::SessionNumber;
use crate::chat::user::Profile;
use async_trait::async_trait;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose.
    pub user: UserKey,
    /// The site's id of them, with which they sign in.
    pub id: UserId,
    /// What is kept of their password.
    pub hash: PasswordHash,
    /// When they were given it, in milliseconds since 1970; never the same for two passwords of one account.
    pub changed_at_ms: u64,
}

/// Accounts.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// The account of somebody, if they have one.
    async fn account(&self, site: SiteNumber, id: UserId) -> Stored<Option<Account>>;
    /// Gives somebody an account; false if they have one, which is left as it is.
    async fn add_account(&self, user: UserKey, hash: PasswordHash, now_ms: u64) -> Stored<bool>;
    /// Replaces a password, and forgets the member's sessions in the same write, but not `keep`. Gives when it was changed, or `None` if
    /// they have no account.
    async fn set_password(
        &self,
        user: UserKey,
        hash: PasswordHash,
        keep: Option<SessionNumber>,
        now_ms: u64,
    ) -> Stored<Option<u64>>;
    /// Takes an account away, and forgets the member's sessions; whether there was one. The member stays.
    async fn remove_account(&self, user: UserKey) -> Stored<bool>;
    /// Who has one, and since when the password is what it is, in the order of their numbers after `after`.
    async fn accounts_after(&self, site: SiteNumber, after: UserNumber, limit: usize) -> Stored<Vec<(Profile, u64)>>;
}
