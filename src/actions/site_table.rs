//! The sites of this server, in memory: what is stored of each, with what the configuration file says laid over it.

use crate::chat::id::SiteNumber;
use crate::chat::site::{KeyDigest, Site};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::{Arc, RwLock, RwLockReadGuard};

/// What the configuration says of sites, by name. It counts more than what is stored, and is not stored.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// Settings, as names and values.
    pub options: BTreeMap<String, Vec<(String, String)>>,
    /// Keys that are good besides the stored ones.
    pub keys: BTreeMap<String, KeyDigest>,
}

/// See the module.
#[derive(Default)]
pub struct SiteTable {
    table: RwLock<Table>,
    /// Held from a change in the store to the same here: of two at a time the later one counts in both.
    pub(super) changing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Table {
    overlay: Overlay,
    by_number: FxHashMap<SiteNumber, Arc<Site>>,
    /// Names, in small letters, and public keys.
    by_word: FxHashMap<String, SiteNumber>,
}

impl SiteTable {
    fn table(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().expect("no panic while held")
    }

    /// Replaces everything.
    pub fn set(&self, sites: Vec<Site>, overlay: Overlay) {
        let lower = |(name, said): (String, _)| (name.to_ascii_lowercase(), said);
        let options = overlay.options.into_iter().map(lower).collect();
        let keys = overlay.keys.into_iter().map(|(name, key)| (name.to_ascii_lowercase(), key)).collect();
        let overlay = Overlay { options, keys };
        *self.table.write().expect("no panic while held") = Table { overlay, ..Table::default() };
        sites.into_iter().for_each(|site| drop(self.put(site)));
    }

    /// A site is so from now on, as far as the store is concerned.
    pub fn put(&self, site: Site) -> Arc<Site> {
        let mut table = self.table.write().expect("no panic while held");
        let none = Vec::new();
        let given = table.overlay.options.get(&site.name.to_ascii_lowercase()).unwrap_or(&none);
        let options = site.options.clone().with(given);
        let own = site.server_keys.iter().copied();
        let server_keys = own.chain(table.overlay.keys.get(&site.name.to_ascii_lowercase()).copied()).collect();
        let site = Arc::new(Site { options, server_keys, ..site });
        for word in [site.name.to_ascii_lowercase(), site.public_key.to_ascii_lowercase()] {
            table.by_word.insert(word, site.number);
        }
        table.by_number.insert(site.number, Arc::clone(&site));
        site
    }

    /// A site is no more.
    pub fn remove(&self, number: SiteNumber) {
        let mut table = self.table.write().expect("no panic while held");
        table.by_number.remove(&number);
        table.by_word.retain(|_, known| *known != number);
    }

    /// All of them, by name.
    pub fn all(&self) -> Vec<Arc<Site>> {
        let mut all: Vec<Arc<Site>> = self.table().by_number.values().cloned().collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// The site that a client's `domain` means: its name or its public key.
    pub fn by_domain(&self, domain: &str) -> Option<Arc<Site>> {
        let table = self.table();
        let number = table.by_word.get(&domain.to_ascii_lowercase())?;
        table.by_number.get(number).filter(|site| site.answers_to(domain)).cloned()
    }

    /// The site of a server's key. Digests are looked up: how long that takes says nothing about the key.
    pub fn by_server_key(&self, key: &str) -> Option<Arc<Site>> {
        let digest = KeyDigest::of(key);
        self.table().by_number.values().find(|site| site.has_server_key(digest)).cloned()
    }

    /// The site of this server, if it has one alone.
    pub fn only(&self) -> Option<Arc<Site>> {
        let table = self.table();
        table.by_number.values().next().filter(|_| table.by_number.len() == 1).cloned()
    }

    /// The site that a request names, else the only one there is.
    pub fn named_or_only(&self, domain: Option<&str>) -> Option<Arc<Site>> {
        match domain {
            Some(domain) => self.by_domain(domain),
            None => self.only(),
        }
    }

    /// The site that a token is for, of those that it names; the only one if it names none of them.
    pub fn among_or_only(&self, named: &[String]) -> Option<Arc<Site>> {
        named.iter().find_map(|name| self.by_domain(name)).or_else(|| self.only())
    }

    /// The site of a number.
    pub fn by_number(&self, number: SiteNumber) -> Option<Arc<Site>> {
        self.table().by_number.get(&number).cloned()
    }
}
