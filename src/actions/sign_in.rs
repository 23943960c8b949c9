//! A member signs in with a password that is kept here. Whether there is no such account or the password is another one is the same to
//! whoever asks, and takes as long.

use super::{Context, hashing};
use crate::chat::id::UserId;
use crate::chat::password::{Password, PasswordHash, SALT_BYTES};
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;
use crate::clock::{random, random_digits};
use crate::store::Account;
use std::sync::LazyLock;

/// What the passwords of those who have no account are compared with: nobody's.
static NOBODYS: LazyLock<Option<PasswordHash>> =
    LazyLock::new(|| Password::given(&random_digits::<24>()).hash(random::<SALT_BYTES>()));

/// The account of a member who knows its password.
pub async fn sign_in(ctx: &Context, site: &Site, user: &str, password: Password) -> Result<Account, Refusal> {
    if !site.options.accounts {
        return Err(Refusal::SwitchedOff("accounts"));
    }
    let account = match UserId::parse(user) {
        Ok(id) => ctx.store.account(site.number, id).await?,
        Err(_) => None,
    };
    let kept = account.as_ref().map(|account| account.hash.clone());
    let is_right = hashing::hashing(move || {
        // Made by the first who asks, whether they have an account or not.
        let nobodys = NOBODYS.as_ref();
        let compared = kept.as_ref().or(nobodys).is_some_and(|hash| password.is(hash));
        compared && kept.is_some()
    });
    if is_right.await? { account.ok_or(Refusal::WrongPassword) } else { Err(Refusal::WrongPassword) }
}

/// Whether a token that was given for a password of this time is still good: the account is there, and the password is the same.
pub async fn is_current(ctx: &Context, site: &Site, user: &UserId, changed_at_ms: u64) -> Result<bool, Refusal> {
    let account = ctx.store.account(site.number, user.clone()).await?;
    Ok(site.options.accounts && account.is_some_and(|account| account.changed_at_ms == changed_at_ms))
}
