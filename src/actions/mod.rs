//! What can be asked of NextIM: one verb, one file. An action checks the rules, uses store, bus and live, and knows nothing
//! of HTTP or JSON. Any of them may be dropped at any `await`.

pub mod announce;
pub mod ask_people;
pub mod block_user;
pub mod census;
pub mod change_password;
pub mod clear_history;
pub mod connect;
pub mod connect_for_site;
pub mod deliver;
pub mod disconnect;
pub mod download_history;
pub mod erase_member;
pub mod export;
pub mod find_people;
pub mod hashing;
pub mod identify;
pub mod invite;
pub mod join_room;
pub mod leave_room;
pub mod list_room;
pub mod listen;
pub mod manage_accounts;
pub mod manage_sites;
pub mod mark_read;
pub mod merge_guest;
pub mod notify;
mod opening;
mod people_sources;
mod pull_people;
pub mod read_directory;
pub mod read_history;
pub mod read_notifications;
pub mod read_presences;
pub mod read_room;
pub mod read_roster;
pub mod read_self;
pub mod remove_buddy;
pub mod restore;
pub mod save_settings;
pub mod say_for_site;
pub mod search_messages;
pub mod seat;
pub mod send_event;
pub mod send_message;
pub mod send_signal;
pub mod set_presence;
pub mod settle_dialect;
pub mod sign_in;
pub mod sign_out;
pub mod silence_room;
mod site_table;
pub mod sweep;
pub mod sync_directory;
pub mod tail;
pub mod vouch;
pub mod watch;

use crate::bus::Bus;
use crate::chat::presence::Visible;
use crate::chat::refusal::Refusal;
use crate::chat::room::Membership;
use crate::chat::ticket::TicketDigest;
use crate::chat::user::{Identity, Person};
use crate::clock::Clock;
use crate::live::{Live, Times};
use crate::outgoing::Client;
use crate::store::{SessionRecord, Store, StoreError};
pub use people_sources::{Bounds, PeopleSources, SourceCounts};
pub use site_table::{Overlay, SiteTable};
use std::sync::{Arc, Mutex};

/// What every action works with.
pub struct Context {
    /// What survives.
    pub store: Arc<dyn Store>,
    /// How nodes hear each other.
    pub bus: Arc<dyn Bus>,
    /// Who is here now.
    pub live: Live,
    /// Time.
    pub clock: Clock,
    /// The sites of this server.
    pub sites: SiteTable,
    /// Asks the sites' own servers.
    pub outgoing: Arc<Client>,
    /// Where sites are asked for their people.
    pub people: PeopleSources,
    /// Sessions that the store had no room for yet.
    pub unsaved: Mutex<Vec<SessionRecord>>,
    /// Longest life of a ticket, in milliseconds.
    pub ticket_life_ms: u64,
}

impl Context {
    /// With nobody here yet, and no site known.
    pub fn new(
        store: Arc<dyn Store>,
        bus: Arc<dyn Bus>,
        outgoing: Arc<Client>,
        people: PeopleSources,
        times: Times,
        ticket_life_ms: u64,
    ) -> Self {
        let clock = Clock::start();
        let live = Live::new(times, clock.monotonic_ms());
        let (sites, unsaved) = (SiteTable::default(), Mutex::default());
        Self { store, bus, live, clock, sites, outgoing, people, unsaved, ticket_life_ms }
    }

    /// Changes what is to be stored of a session, if it could not be stored when it opened.
    fn correct_unsaved(&self, digest: TicketDigest, change: impl FnMut(&mut SessionRecord)) {
        let mut unsaved = self.unsaved.lock().expect("no panic while held");
        unsaved.iter_mut().filter(|record| record.digest == digest).for_each(change);
    }
}

/// A person and what their viewer may see of them now.
#[derive(Debug, Clone)]
pub struct PersonView {
    /// The person.
    pub person: Person,
    /// Their presence.
    pub visible: Visible,
}

/// A room and who is in it now.
#[derive(Debug, Clone)]
pub struct RoomView {
    /// The viewer's membership.
    pub membership: Membership,
    /// How many members are seen online.
    pub online_count: u32,
    /// Some of those, if they were asked for; for a client that counts by itself, everybody.
    pub online: Option<Vec<(Arc<Identity>, Visible)>>,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refusal,
            StoreError::Unavailable(why) | StoreError::InUse(why) => {
                tracing::error!(why, "the store refused");
                Self::Unavailable
            }
            StoreError::Damaged(why) => {
                tracing::error!(why, "the data is damaged: run `nextim verify` on it");
                Self::Unavailable
            }
        }
    }
}
