//! How many are here, for whoever runs the server.

use super::Context;
pub use crate::store::WriteCounts;

/// One site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteCensus {
    /// Its name.
    pub name: Box<str>,
    /// Members whom others see online.
    pub online: u64,
    /// Members who are in memory and not seen.
    pub unseen: u64,
    /// Live tickets.
    pub sessions: u64,
    /// How far its log was handed out.
    pub head: u64,
}

/// What the whole server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doings {
    /// What was written.
    pub written: WriteCounts,
    /// Messages that went out in packets since the start; one that is given twice counts twice.
    pub handed: u64,
}

/// What the whole server does.
pub fn doings(ctx: &Context) -> Doings {
    Doings { written: ctx.store.counts(), handed: ctx.live.handed() }
}

/// All sites, by name.
pub fn census(ctx: &Context) -> Vec<SiteCensus> {
    let counts = ctx.live.census();
    let of = |site: std::sync::Arc<crate::chat::site::Site>| {
        let (online, unseen, sessions) = counts.get(&site.number).copied().unwrap_or_default();
        SiteCensus { name: site.name.clone(), online, unseen, sessions, head: ctx.live.position(site.number) }
    };
    ctx.sites.all().into_iter().map(of).collect()
}
