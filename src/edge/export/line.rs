//! The shapes of an export's lines.

use crate::chat::entry::{Addressee, Seq};
use crate::chat::exported::{Exported, Individual, Logged, Place, Stay};
use crate::chat::id::UserId;
use crate::chat::notification::Notification;
use crate::chat::room::{Interval, Room};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// One line.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExportLine)]
pub(in crate::edge) enum Line<'a> {
    /// The first line: what follows.
    Export {
        /// Of this form: 1.
        version: u32,
        /// `site` or `user`.
        of: &'static str,
        /// The site's name.
        site: &'a str,
        /// The member's id.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<&'a str>,
        /// Nothing that the log has after this is in it.
        head: Seq,
        /// When it was begun, in milliseconds since 1970.
        at_ms: u64,
    },
    /// How the site is served.
    Site {
        /// Its name.
        name: &'a str,
        /// Whether it is switched off.
        suspended: bool,
        /// Settings that are not the defaults, as `nextim site set` takes them.
        options: BTreeMap<&'a str, &'a str>,
    },
    /// Somebody.
    User(UserLine<'a>),
    /// A friendship, seen from one side: there is another line for the other.
    Friendship {
        /// Whose side.
        user: &'a str,
        /// The friend.
        buddy: &'a str,
        /// The group in which `user` has the friend.
        group: &'a str,
    },
    /// A room.
    Room {
        /// The site's own id.
        id: &'a str,
        /// Display name.
        name: &'a str,
        /// Address of a picture.
        avatar: &'a str,
        /// Address of the room's page.
        url: &'a str,
        /// Whether members of the site may join by themselves.
        open: bool,
        /// Whether a member made it, and not the site.
        temporary: bool,
    },
    /// Somebody in a room: messages with `after < seq <= through` are theirs.
    Seat(StayLine<'a>),
    /// A room that somebody had silenced (`room`), or a person of whom they do not want to know (`peer`).
    Block(StayLine<'a>),
    /// A message.
    Message(MessageLine<'a>),
    /// How far somebody has read and cleared a conversation.
    Mark {
        /// Who.
        user: &'a str,
        /// The person on the other side.
        #[serde(skip_serializing_if = "Option::is_none")]
        with: Option<&'a str>,
        /// Or the room.
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<&'a str>,
        /// Hidden from their history through here.
        cleared: Seq,
        /// Read through here.
        read: Seq,
    },
    /// A setting.
    Setting {
        /// Whose.
        user: &'a str,
        /// Its name.
        name: &'a str,
        /// Any JSON.
        #[schema(value_type = Object)]
        value: serde_json::Value,
    },
    /// Somebody who signs in with a password that is kept here.
    Account {
        /// Who.
        user: &'a str,
        /// Since when the password is what it is, in milliseconds since 1970.
        changed_at_ms: u64,
    },
    /// What the site wants somebody to notice.
    Notification {
        /// Whom.
        user: &'a str,
        /// Names it among theirs.
        number: u64,
        /// When it came, in milliseconds since 1970.
        at_ms: u64,
        /// When a page was first given it; 0 if none was.
        given_at_ms: u64,
        /// Who or what it is from.
        from: &'a str,
        /// What it says.
        text: &'a str,
        /// Where it leads.
        link: &'a str,
    },
    /// A page that is open.
    Session {
        /// Whose.
        user: &'a str,
        /// Its name, as messages have it.
        session: String,
        /// The generation of its client.
        dialect: &'static str,
        /// What it has confirmed.
        cursor: Seq,
        /// When it ends whatever happens, in milliseconds since 1970.
        expires_at_ms: u64,
    },
    /// The last line: what was written.
    End {
        /// Lines, with the first and this one.
        lines: u64,
        /// How many of each kind; what is not named was not there.
        counts: &'a BTreeMap<&'static str, u64>,
    },
}

/// Somebody.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedUser)]
pub(in crate::edge) struct UserLine<'a> {
    /// The site's own id.
    id: &'a str,
    /// Display name.
    name: &'a str,
    /// Address of a picture.
    avatar: &'a str,
    /// Address of the member's page.
    url: &'a str,
    /// What they last chose to be seen as.
    show: &'static str,
    /// What they last said of it.
    status: &'a str,
    /// When, in milliseconds since 1970; 0 if never.
    status_at_ms: u64,
    /// Highest seq that any of their pages has confirmed.
    delivered: Seq,
    /// Highest seq confirmed by a client that cannot say what was read.
    read_through: Seq,
    /// The member whom this visitor has become.
    #[serde(skip_serializing_if = "Option::is_none")]
    merged_into: Option<&'a str>,
}

/// A stretch of the log: `after < seq <= through`, without `through` while it lasts.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedStay)]
pub(in crate::edge) struct StayLine<'a> {
    /// Whose.
    user: &'a str,
    /// Of which room.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'a str>,
    /// Of which person.
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a str>,
    /// The last seq before it.
    after: Seq,
    /// The last seq in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    through: Option<Seq>,
    /// When it began, in milliseconds since 1970, if the log still says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    began_at_ms: Option<u64>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at_ms: Option<u64>,
}

/// A message.
#[derive(Serialize, ToSchema)]
#[schema(as = ExportedMessage)]
pub(in crate::edge) struct MessageLine<'a> {
    /// Its place in the site's log.
    seq: Seq,
    /// When it was stored, in milliseconds since 1970.
    at_ms: u64,
    /// `unicast`, `multicast` or `broadcast`.
    r#type: &'static str,
    /// Who said it.
    from: &'a str,
    /// Under which name.
    name: &'a str,
    /// To whom, if to one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    /// In which room.
    #[serde(skip_serializing_if = "Option::is_none")]
    room: Option<&'a str>,
    /// The text.
    body: &'a str,
    /// CSS declarations.
    style: &'a str,
    /// Its sender's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cid: Option<&'a str>,
    /// The page it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    /// Kept from its receiver by a block of theirs.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    hidden: bool,
    /// It stands in the place of a row that was damaged on disk.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    damaged: bool,
}

/// The line of a thing.
pub(super) fn line(item: &Exported) -> Line<'_> {
    match item {
        Exported::Site { name, suspended, options } => {
            let options = options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            Line::Site { name, suspended: *suspended, options }
        }
        Exported::User(individual) => Line::User(user(individual)),
        Exported::Friendship { user, buddy, group } => {
            Line::Friendship { user: user.as_str(), buddy: buddy.as_str(), group }
        }
        Exported::Room(Room { id, nick, picture_url, url, open, temporary, .. }) => {
            let id = id.as_str();
            Line::Room { id, name: nick, avatar: picture_url, url, open: *open, temporary: *temporary }
        }
        Exported::Seat(of) => Line::Seat(stay(of)),
        Exported::Silence(of) => Line::Block(stay(of)),
        Exported::Block { user, peer, over } => {
            let (user, peer) = (user.as_str(), Some(peer.as_str()));
            let Interval { after, through } = *over;
            Line::Block(StayLine { user, room: None, peer, after, through, began_at_ms: None, ended_at_ms: None })
        }
        Exported::Message(logged) => Line::Message(message(logged)),
        Exported::Mark { user, of, cleared, read } => {
            let (with, room) = match of {
                Place::With(peer) => (Some(peer.as_str()), None),
                Place::In(room) => (None, Some(room.as_str())),
            };
            Line::Mark { user: user.as_str(), with, room, cleared: *cleared, read: *read }
        }
        Exported::Setting { user, name, value } => {
            // Written anew: a text of several lines would be several lines here.
            let value = serde_json::from_str(value).unwrap_or_else(|_| (&**value).into());
            Line::Setting { user: user.as_str(), name, value }
        }
        Exported::Account { user, changed_at_ms } => {
            Line::Account { user: user.as_str(), changed_at_ms: *changed_at_ms }
        }
        Exported::Notification { user, notification: Notification { number, at_ms, given_at_ms, notice } } => {
            let (user, from) = (user.as_str(), &*notice.sender);
            let (text, link) = (&*notice.text, &*notice.link);
            Line::Notification { user, number: *number, at_ms: *at_ms, given_at_ms: *given_at_ms, from, text, link }
        }
        Exported::Session { user, number, dialect, cursor, expires_at_ms } => {
            let (user, session, dialect) = (user.as_str(), number.0.to_string(), dialect.word());
            Line::Session { user, session, dialect, cursor: *cursor, expires_at_ms: *expires_at_ms }
        }
    }
}

fn user(individual: &Individual) -> UserLine<'_> {
    let Individual { profile, mood, delivered, read_through, merged_into } = individual;
    UserLine {
        id: profile.id.as_str(),
        name: &profile.nick,
        avatar: &profile.picture_url,
        url: &profile.url,
        show: mood.show.word(),
        status: &mood.status,
        status_at_ms: mood.status_at_ms,
        delivered: *delivered,
        read_through: *read_through,
        merged_into: merged_into.as_ref().map(UserId::as_str),
    }
}

fn stay(of: &Stay) -> StayLine<'_> {
    let Interval { after, through } = of.over;
    let (user, room) = (of.user.as_str(), Some(of.room.as_str()));
    let (began_at_ms, ended_at_ms) = (of.began_at_ms, of.ended_at_ms);
    StayLine { user, room, peer: None, after, through, began_at_ms, ended_at_ms }
}

fn message(logged: &Logged) -> MessageLine<'_> {
    let message = &logged.message;
    let (to, room) = match &message.to {
        Addressee::User(party) => (Some(party.id.as_str()), None),
        Addressee::Room { id, .. } => (None, Some(id.as_str())),
        Addressee::Everyone => (None, None),
    };
    MessageLine {
        seq: message.seq,
        at_ms: message.at_ms,
        r#type: logged.word(),
        from: message.from.id.as_str(),
        name: &message.nick,
        to,
        room,
        body: &message.body,
        style: &message.style,
        cid: logged.cid.as_deref(),
        session: message.origin.map(|session| session.0.to_string()),
        hidden: message.hidden,
        damaged: logged.is_damaged,
    }
}
