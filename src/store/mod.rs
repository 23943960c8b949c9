//! What survives. Small traits, one per kind of thing that is kept; a backend is a folder that implements them all under
//! the same file names, and passes `tests/parts/contract`.
//!
//! Writes answer only after they are durable. Reads see every write that was answered before.

mod accounts;
mod export;
pub mod sqlite;
mod values;

pub use accounts::{Account, Accounts};
pub use export::{Bookmark, Export, Extent, Part};
pub use values::{Changed, DirectoryChange, Known, NewSite, SiteChange, Spoken};

use crate::chat::entry::{Draft, Message, Party, SeatChange, Seq, SharedEntry};
use crate::chat::history::{Conversation, History, Unread};
use crate::chat::id::{RoomId, RoomNumber, SiteNumber, UserId, UserKey, UserNumber};
use crate::chat::listed::{Listed, SiteCut};
use crate::chat::notification::{Notice, Notification};
use crate::chat::presence::Mood;
use crate::chat::refusal::Refusal;
use crate::chat::room::{Interval, Membership, NewRoom, Room};
use crate::chat::search::{Found, Search};
use crate::chat::session::{Dialect, SessionNumber};
use crate::chat::settings::Settings;
use crate::chat::site::Site;
use crate::chat::ticket::TicketDigest;
use crate::chat::user::{Member, Person, Profile};
use async_trait::async_trait;
use std::sync::Arc;

/// Why the store did not do it. Nothing was stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A rule said no: the caller should hear the refusal.
    #[error("{0}")]
    Refused(Refusal),
    /// Another process has the data open.
    #[error("{0}")]
    InUse(String),
    /// The store cannot take it now (full, queue full, closing, I/O error before anything was promised).
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// What is stored is not what was written. While serving it is answered as `Unavailable` is, and logged as damage; a
    /// start refuses.
    #[error("the data is damaged: {0}")]
    Damaged(String),
}

/// What every store operation gives.
pub type Stored<T> = Result<T, StoreError>;

/// Told what was committed, in log order, before the writers are answered.
pub type CommitObserver = Box<dyn Fn(SiteNumber, Vec<SharedEntry>) + Send + Sync>;

/// A stored message, and whether it had been stored before under the same `cid`.
#[derive(Debug, Clone)]
pub struct Appended {
    /// The message as it stands in the log.
    pub message: Arc<Message>,
    /// True if this call stored nothing new.
    pub repeated: bool,
}

/// Somebody who was put into a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seated {
    /// Who.
    pub user: Party,
    /// The seq of their joining.
    pub seq: Seq,
}

/// A stretch of a log as one reader needs it.
#[derive(Debug, Clone)]
pub struct Stretch {
    /// What is in it, in order.
    pub entries: Vec<SharedEntry>,
    /// Everything for the reader up to here is in `entries`.
    pub through: Seq,
    /// Whether there is more after `through`.
    pub more: bool,
}

/// The log of every site: the truth.
#[async_trait]
pub trait Log: Send + Sync {
    /// Stores a message and answers when it is durable.
    async fn append(&self, draft: Draft) -> Stored<Appended>;
    /// Changes somebody's place in a room; `None` if it was so already. `now_ms` is milliseconds since 1970.
    async fn change_seat(
        &self,
        site: SiteNumber,
        user: UserId,
        room: RoomId,
        change: SeatChange,
        now_ms: u64,
    ) -> Stored<Option<Seq>>;
    /// Makes a room with `maker` in it, unless there is one of that id; the seq of their joining if there was none.
    async fn make_room(&self, site: SiteNumber, new: NewRoom, maker: UserId, now_ms: u64) -> Stored<Option<Seq>>;
    /// Puts users into a room; gives those who were not in it. Unknown ones are left out.
    async fn seat_all(&self, site: SiteNumber, room: RoomId, users: Vec<UserId>, now_ms: u64) -> Stored<Vec<Seated>>;
    /// Everything after `after`, for a tail that found a gap.
    async fn entries_after(&self, site: SiteNumber, after: Seq, limit: usize) -> Stored<Stretch>;
    /// The newest seq of every site.
    async fn heads(&self) -> Stored<Vec<(SiteNumber, Seq)>>;
    /// Hides a conversation's rows through `point` from `user`, and erases what both sides have hidden and received.
    async fn clear(&self, user: UserKey, conversation: Conversation, point: Seq) -> Stored<()>;
    /// Erases the rows of a site's log that were stored before `before_ms` (milliseconds since 1970), whoever has them or not. Gives how many;
    /// a part at a time, so ask again until there are none.
    async fn forget_old(&self, site: SiteNumber, before_ms: u64) -> Stored<usize>;
    /// Erases what was stored before `before_ms` (milliseconds since 1970) for sites that keep their histories themselves.
    /// Gives how much was erased; a part at a time, so ask again until nothing was.
    async fn forget_passing(&self, before_ms: u64) -> Stored<usize>;
}

/// What a page that opens asks for.
#[derive(Debug, Clone)]
pub struct PageQuery {
    /// Who opens it.
    pub user: UserKey,
    /// The user's delivered cursor, which memory may know better than the store.
    pub delivered: Seq,
    /// Other users whose windows are open.
    pub windows: Vec<UserId>,
    /// Rooms whose windows are open.
    pub rooms: Vec<RoomId>,
    /// Users the page shows who may not be friends.
    pub strangers: Vec<UserId>,
    /// Whether the page shows what is unread; if so, what memory knows to be read and the store may not know yet.
    pub unread: Option<Seq>,
}

/// What a page that opens is given: one snapshot of the log and the directory.
#[derive(Debug)]
pub struct Page {
    /// Messages the user has on no session yet, oldest first.
    pub new_messages: Vec<Arc<Message>>,
    /// The cut: everything for this user up to here is in the page; the stream brings what follows.
    pub through: Seq,
    /// Whether new messages after `through` are in the log already.
    pub more: bool,
    /// The head of the log at the cut.
    pub head: Seq,
    /// The people of the open windows, in the order asked for.
    pub windows: Vec<Person>,
    /// The people of the page.
    pub strangers: Vec<Person>,
    /// The people new messages came from.
    pub senders: Vec<Person>,
    /// All rooms the user is in.
    pub memberships: Vec<Membership>,
    /// Histories of the open windows and of those with new messages, each ending before its first new message.
    pub histories: Vec<History>,
    /// The user's settings.
    pub settings: Settings,
    /// Conversations with messages through the cut that the user has not read, the newest first, if they were asked for.
    pub unread: Vec<Unread>,
}

/// Views of the log.
#[async_trait]
pub trait Views: Send + Sync {
    /// All a page needs, from one snapshot.
    async fn page(&self, query: PageQuery) -> Stored<Page>;
    /// Where a session begins to which nothing older than `since_ms` (milliseconds since 1970) is to come.
    async fn cut(&self, site: SiteNumber, since_ms: u64) -> Stored<SiteCut>;
    /// What is for one session after `after`: at most `limit` rows. Of rooms that is what was said while the user was a member
    /// and listened; or, of a session that its site opened, while that `listed` them.
    async fn addressed(
        &self,
        user: UserKey,
        session: SessionNumber,
        listed: Option<Listed>,
        after: Seq,
        limit: usize,
    ) -> Stored<Stretch>;
    /// The newest `limit` messages before `before` of each conversation that `user` may see; unknown ones are left out.
    /// Fewer, but not below `HISTORY_ROWS`, where the text would be over the bound of an answer.
    async fn histories(
        &self,
        user: UserKey,
        of: Vec<Conversation>,
        before: Option<Seq>,
        limit: usize,
    ) -> Stored<Vec<History>>;
    /// The newest messages that `user` may see in their histories and that match. Looks at a bounded part of the log.
    async fn search(&self, user: UserKey, search: Search) -> Stored<Found>;
}

/// Users, friends, rooms.
#[async_trait]
pub trait Directory: Send + Sync {
    /// All that a member's first session needs, or `None` for an unknown id.
    async fn member(&self, site: SiteNumber, id: UserId) -> Stored<Option<Member>>;
    /// The same by number, for sessions that outlived the process.
    async fn members_by_number(&self, site: SiteNumber, numbers: Vec<UserNumber>) -> Stored<Vec<Member>>;
    /// People as `viewer` sees them; unknown ids are left out.
    async fn people(&self, viewer: UserKey, ids: Vec<UserId>) -> Stored<Vec<Person>>;
    /// People by number, as `viewer` sees them.
    async fn people_by_number(&self, viewer: UserKey, numbers: Vec<UserNumber>) -> Stored<Vec<Person>>;
    /// At most `limit` people other than `viewer` whose folded name has `folded` in it, or whose id is `id`: friends first. Looks
    /// at a bounded number of people.
    async fn people_named(&self, viewer: UserKey, id: String, folded: String, limit: usize) -> Stored<Vec<Person>>;
    /// The rooms `viewer` is in; `only` these, if given.
    async fn memberships(&self, viewer: UserKey, only: Option<Vec<RoomId>>) -> Stored<Vec<Membership>>;
    /// The ids of rooms; unknown numbers are left out.
    async fn room_ids(&self, site: SiteNumber, numbers: Vec<RoomNumber>) -> Stored<Vec<(RoomNumber, RoomId)>>;
    /// A room, whoever asks.
    async fn room(&self, site: SiteNumber, id: RoomId) -> Stored<Option<Room>>;
    /// Who is in a room that `viewer` is in, at most `limit` people; `None` if the viewer is not.
    async fn room_members(&self, viewer: UserKey, room: RoomId, limit: usize) -> Stored<Option<(Room, Vec<Profile>)>>;
    /// Who and what a site's own server speaks of. What the directory lacks is added with nothing but its id, and a person with a
    /// new name has it from now on.
    async fn introduce(&self, site: SiteNumber, spoken: Spoken) -> Stored<Known>;
    /// Carries out changes, all or none; gives for each what it was about.
    async fn change_directory(&self, site: SiteNumber, changes: Vec<DirectoryChange>) -> Stored<Vec<Changed>>;
    /// Makes a visitor one with a member: all they said and heard is the member's, and their id leads to the member. Nothing
    /// happens if either is nobody, or one with somebody already.
    async fn merge_users(&self, from: UserKey, into: UserNumber) -> Stored<()>;
    /// Users whose numbers are after `after`, in order.
    async fn users_after(&self, site: SiteNumber, after: UserNumber, limit: usize) -> Stored<Vec<Profile>>;
    /// Rooms whose numbers are after `after`, in order.
    async fn rooms_after(&self, site: SiteNumber, after: RoomNumber, limit: usize) -> Stored<Vec<Room>>;
    /// Members of a room whose numbers are after `after`, in order.
    async fn seats_after(
        &self,
        site: SiteNumber,
        room: RoomNumber,
        after: UserNumber,
        limit: usize,
    ) -> Stored<Vec<Profile>>;
}

/// What members choose for themselves.
#[async_trait]
pub trait Choices: Send + Sync {
    /// A member's settings.
    async fn settings(&self, user: UserKey) -> Stored<Settings>;
    /// Lays `newer` over a member's settings.
    async fn merge_settings(&self, user: UserKey, newer: Settings) -> Stored<()>;
    /// Marks a conversation as read through `seq`, or through the head if that is less. Gives the mark if it has moved;
    /// a conversation that `user` may not see has none.
    async fn mark_read(&self, user: UserKey, conversation: Conversation, seq: Seq) -> Stored<Option<Seq>>;
    /// Keeps what a member says about themselves.
    async fn save_mood(&self, user: UserKey, mood: Mood) -> Stored<()>;
}

/// What sites want their members to notice.
#[async_trait]
pub trait Notifications: Send + Sync {
    /// Keeps a notice for each of these users whom the directory knows, and gives how many they are. Of each user's the newest
    /// are kept, `NOTIFICATIONS_MAX` of them.
    async fn notify(&self, site: SiteNumber, to: Vec<UserId>, notice: Notice, now_ms: u64) -> Stored<usize>;
    /// All of a user's, the oldest first.
    async fn notifications(&self, user: UserKey) -> Stored<Vec<Notification>>;
    /// Notes that those through `through` which no page had yet were given to one.
    async fn give_notifications(&self, user: UserKey, through: u64, now_ms: u64) -> Stored<()>;
    /// Removes those through `through`; only those given to a page before `given_before`, if that is said.
    async fn remove_notifications(&self, user: UserKey, through: u64, given_before: Option<u64>) -> Stored<()>;
}

/// A session as it outlives the process.
#[derive(Debug, Clone)]
pub struct SessionRecord {
    /// Whose.
    pub user: UserKey,
    /// Its name.
    pub number: SessionNumber,
    /// Digest of its ticket.
    pub digest: TicketDigest,
    /// The generation of its client.
    pub dialect: Dialect,
    /// What it has confirmed.
    pub cursor: Seq,
    /// The people of its page who may not be friends.
    pub strangers: Vec<UserNumber>,
    /// The rooms it lists, if its site opened it.
    pub listed: Option<Listed>,
    /// When it ends whatever happens, in milliseconds since 1970.
    pub expires_at_ms: u64,
}

/// How far a session and its user have confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorMove {
    /// Whose.
    pub user: UserKey,
    /// Digest of the session's ticket.
    pub digest: TicketDigest,
    /// The session's cursor.
    pub cursor: Seq,
    /// Whether everything up to the cursor counts as read, too.
    pub is_read: bool,
}

/// Sessions.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Keeps new sessions.
    async fn save_sessions(&self, records: Vec<SessionRecord>) -> Stored<()>;
    /// Replaces the strangers of a session's page; nothing happens if the session is not stored.
    async fn replace_strangers(&self, site: SiteNumber, digest: TicketDigest, strangers: Vec<UserNumber>)
    -> Stored<()>;
    /// Replaces the rooms that a session lists, unless a later state is stored; nothing happens if the session is not.
    async fn replace_listed(&self, site: SiteNumber, digest: TicketDigest, listed: Listed) -> Stored<()>;
    /// Corrects the generation of a session's client; nothing happens if the session is not stored.
    async fn set_dialect(&self, site: SiteNumber, digest: TicketDigest, dialect: Dialect) -> Stored<()>;
    /// Moves cursors forward, and their users' delivered cursors and what they have read with them.
    async fn move_cursors(&self, moves: Vec<CursorMove>) -> Stored<()>;
    /// Forgets sessions.
    async fn end_sessions(&self, which: Vec<(SiteNumber, TicketDigest)>) -> Stored<()>;
    /// All sessions that have not expired at `now_ms`; the others are forgotten.
    async fn load_sessions(&self, now_ms: u64) -> Stored<Vec<SessionRecord>>;
}

/// Sites.
#[async_trait]
pub trait Sites: Send + Sync {
    /// All of them.
    async fn sites(&self) -> Stored<Vec<Site>>;
    /// Makes a site unless one of that name exists; either way gives it, and whether it is new.
    async fn ensure_site(&self, new: NewSite) -> Stored<(Site, bool)>;
    /// Changes a site, and gives it as it is now.
    async fn change_site(&self, site: SiteNumber, change: SiteChange) -> Stored<Site>;
}

/// A block as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredBlock {
    /// Who blocks.
    pub user: UserKey,
    /// Whom.
    pub peer: UserNumber,
    /// Where in the log.
    pub over: Interval,
}

/// Members who do not want to hear of each other. While one blocks another, neither hears what the other says in rooms, and what the
/// blocked one says to the other is hidden from them for ever.
#[async_trait]
pub trait Blocks: Send + Sync {
    /// `user` blocks `peer` from the head of the log on, or does so no more; the peer and that place, where it stands if it was so
    /// already.
    async fn block(&self, user: UserKey, peer: UserId, blocks: bool) -> Stored<(UserNumber, Seq)>;
    /// Whom a user blocks now, in the order of blocking.
    async fn blocked(&self, user: UserKey) -> Stored<Vec<Profile>>;
    /// All blocks of all sites, those that are over included.
    async fn all_blocks(&self) -> Stored<Vec<StoredBlock>>;
}

/// Erasing for good. Each call erases a part, so that other writes come between.
#[async_trait]
pub trait Erasure: Send + Sync {
    /// Erases a site and everything in it: whether there is more to erase.
    async fn erase_site(&self, site: SiteNumber) -> Stored<bool>;
    /// Erases somebody, all they said and all that was said to them alone. The log is looked through from `after` on (0 at first):
    /// gives how far, or `None` when nothing is left.
    async fn erase_user(&self, user: UserKey, after: Seq) -> Stored<Option<Seq>>;
}

/// What a store has written since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteCounts {
    /// Writes that were carried out or refused.
    pub writes: u64,
    /// Transactions that they were carried out in.
    pub commits: u64,
    /// Writes that wait.
    pub waiting: u64,
}

/// Everything a backend must do.
#[async_trait]
pub trait Store:
    Log + Views + Directory + Choices + Notifications + Sessions + Sites + Blocks + Erasure + Export + Accounts
{
    /// Answers if the store can write now.
    async fn check(&self) -> Stored<()>;
    /// What it has written since the start.
    fn counts(&self) -> WriteCounts;
    /// Finishes what is queued and closes. Later writes are refused.
    async fn close(&self);
}
