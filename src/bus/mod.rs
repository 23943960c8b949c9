//! How nodes hear each other. A bus only makes tailing fast: what it drops is found in the log, so it may be lossy.

pub mod local;

use crate::chat::entry::{Seq, SharedEntry};
use crate::chat::event::Event;
use crate::chat::history::Conversation;
use crate::chat::id::{SiteNumber, UserId, UserKey};
use crate::chat::session::SessionNumber;
use crate::chat::user::Identity;
use std::sync::Arc;

/// What travels.
#[derive(Debug, Clone)]
pub enum Envelope {
    /// Entries were committed to a site's log, in order.
    Appended {
        /// Whose log.
        site: SiteNumber,
        /// What was committed.
        entries: Vec<SharedEntry>,
    },
    /// A site's log reaches this far: whoever has not handed out as much reads it.
    Head {
        /// Whose log.
        site: SiteNumber,
        /// Its newest seq.
        seq: Seq,
    },
    /// Somebody types to somebody, or stopped. Never stored.
    Typing {
        /// To whom.
        to: UserKey,
        /// The same by id.
        to_id: UserId,
        /// Who.
        from: Arc<Identity>,
        /// True while typing.
        typing: bool,
    },
    /// A page of somebody has read a conversation: their other pages may want to know. What is stored is in the store.
    Read {
        /// Whose pages.
        user: UserKey,
        /// Which conversation.
        conversation: Conversation,
        /// Through where.
        seq: Seq,
        /// The page that knows already.
        except: Option<SessionNumber>,
    },
    /// A page makes another do something. Never stored.
    Event {
        /// On which site.
        site: SiteNumber,
        /// What.
        event: Arc<Event>,
    },
}

/// The sending side. What arrives comes out of a channel that the backend is made with.
pub trait Bus: Send + Sync {
    /// Sends to every node, this one included. Never waits; may drop.
    fn publish(&self, envelope: Envelope);
}
