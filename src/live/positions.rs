//! How far the tail has handed out each site's log. Everything up to a site's position is in the outboxes it is for.

use crate::chat::entry::Seq;
use crate::chat::id::SiteNumber;
use rustc_hash::FxHashMap;
use std::sync::{Arc, RwLock};
use tokio::sync::watch;

#[derive(Default)]
pub(super) struct Positions {
    sites: RwLock<FxHashMap<SiteNumber, Arc<watch::Sender<Seq>>>>,
}

impl Positions {
    fn site(&self, site: SiteNumber) -> Arc<watch::Sender<Seq>> {
        if let Some(known) = self.sites.read().expect("no panic while held").get(&site) {
            return Arc::clone(known);
        }
        let mut sites = self.sites.write().expect("no panic while held");
        Arc::clone(sites.entry(site).or_insert_with(|| Arc::new(watch::Sender::new(0))))
    }

    pub(super) fn get(&self, site: SiteNumber) -> Seq {
        *self.site(site).borrow()
    }

    pub(super) fn advance(&self, site: SiteNumber, seq: Seq) {
        self.site(site).send_if_modified(|position| {
            let forward = seq > *position;
            *position = seq.max(*position);
            forward
        });
    }

    /// Returns when everything through `seq` has been handed out.
    pub(super) async fn reached(&self, site: SiteNumber, seq: Seq) {
        let mut position = self.site(site).subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        drop(position.wait_for(|position| *position >= seq).await);
    }
}
