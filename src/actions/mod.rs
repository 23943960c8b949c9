//! What can be asked of NextIM: one verb, one file. An action checks the rules, uses store, bus and live, and knows nothing
//! of HTTP or JSON. Any of them may be dropped at any `await`.

pub mod clear_history;
pub mod connect;
pub mod connect_for_site;
pub mod deliver;
pub mod disconnect;
pub mod download_history;
pub mod find_people;
pub mod identify;
pub mod invite;
pub mod join_room;
pub mod leave_room;
pub mod list_room;
pub mod listen;
pub mod mark_read;
pub mod notify;
mod opening;
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
pub mod send_event;
pub mod send_message;
pub mod send_signal;
pub mod set_presence;
pub mod settle_dialect;
pub mod sign_out;
pub mod silence_room;
pub mod sweep;
pub mod sync_directory;
pub mod tail;
pub mod watch;

use crate::bus::Bus;
use crate::chat::id::SiteNumber;
use crate::chat::presence::Visible;
use crate::chat::refusal::Refusal;
use crate::chat::room::Membership;
use crate::chat::site::{KeyDigest, Site, SiteOptions};
use crate::chat::ticket::TicketDigest;
use crate::chat::user::{Identity, Person};
use crate::clock::Clock;
use crate::live::Live;
use crate::store::{SessionRecord, Store, StoreError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, RwLock};

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
    /// Sessions that the store had no room for yet.
    pub unsaved: Mutex<Vec<SessionRecord>>,
    /// Longest life of a ticket, in milliseconds.
    pub ticket_life_ms: u64,
}

/// The sites of this server, in memory.
#[derive(Default)]
pub struct SiteTable(RwLock<Vec<Arc<Site>>>);

impl Context {
    /// Changes what is to be stored of a session, if it could not be stored when it opened.
    fn correct_unsaved(&self, digest: TicketDigest, change: impl FnMut(&mut SessionRecord)) {
        let mut unsaved = self.unsaved.lock().expect("no panic while held");
        unsaved.iter_mut().filter(|record| record.digest == digest).for_each(change);
    }
}

impl SiteTable {
    /// Replaces the table. `options` are those of the sites that are not served as usual, `keys` those of the sites whose own
    /// server may call, by name.
    pub fn set(&self, sites: Vec<Site>, options: &BTreeMap<String, SiteOptions>, keys: &BTreeMap<String, KeyDigest>) {
        let with_options = |site: Site| {
            let options = options.get(&*site.name).cloned().unwrap_or(site.options);
            let server_keys = keys.get(&*site.name).copied().into_iter().collect();
            Arc::new(Site { options, server_keys, ..site })
        };
        *self.0.write().expect("no panic while held") = sites.into_iter().map(with_options).collect();
    }

    /// The site that a client's `domain` means.
    pub fn by_domain(&self, domain: &str) -> Option<Arc<Site>> {
        self.0.read().expect("no panic while held").iter().find(|site| site.answers_to(domain)).cloned()
    }

    /// The site of this server, if it has one alone.
    pub fn only(&self) -> Option<Arc<Site>> {
        let sites = self.0.read().expect("no panic while held");
        sites.first().filter(|_| sites.len() == 1).cloned()
    }

    /// The site of a number.
    pub fn by_number(&self, number: SiteNumber) -> Option<Arc<Site>> {
        self.0.read().expect("no panic while held").iter().find(|site| site.number == number).cloned()
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
