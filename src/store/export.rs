//! Taking a site or a member away: what is kept of them, part by part, in one order.

use super::Stored;
use crate::chat::entry::Seq;
use crate::chat::exported::Exported;
use crate::chat::id::{RoomNumber, SiteNumber, UserNumber};
use crate::chat::ticket::TicketDigest;
use async_trait::async_trait;

/// What is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Of which site.
    pub site: SiteNumber,
    /// One member and what is theirs, or everybody.
    pub user: Option<UserNumber>,
    /// Nothing that the log has after this.
    pub head: Seq,
}

/// After what to go on, kind by kind in this order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Bookmark {
    /// Before everything.
    #[default]
    Start,
    /// After this user.
    Users(UserNumber),
    /// After this side of a friendship.
    Friendships(UserNumber, UserNumber),
    /// After this room.
    Rooms(RoomNumber),
    /// After this user's stay in a room that began here.
    Seats(UserNumber, RoomNumber, Seq),
    /// The same of a room that was silenced.
    Silences(UserNumber, RoomNumber, Seq),
    /// After this user's block of that one, which began here.
    Blocks(UserNumber, UserNumber, Seq),
    /// After this row of the log.
    Messages(Seq),
    /// After this user's mark in a conversation, which the store numbers.
    Marks(UserNumber, i64),
    /// After this user's setting of that name.
    Settings(UserNumber, String),
    /// After this user's account.
    Accounts(UserNumber),
    /// After this user's notification of that number.
    Notifications(UserNumber, u64),
    /// After the session of this ticket.
    Sessions(TicketDigest),
}

/// Some of it.
#[derive(Debug)]
pub struct Part {
    /// In order; there may be none, and more to come.
    pub items: Vec<Exported>,
    /// Where it goes on, if there may be more.
    pub next: Option<Bookmark>,
}

/// Exports. A part is a bounded number of rows and a bounded amount of text, so that whoever takes a site away holds one part and
/// not the site, and others read and write between two.
///
/// A member's export is what they may know: what they said, and what was said to them and not kept from them by a block; of blocks,
/// those that they made.
#[async_trait]
pub trait Export: Send + Sync {
    /// What follows `from`.
    async fn export(&self, of: Extent, from: Bookmark) -> Stored<Part>;
}
