//! How many are here, for whoever runs the server.

use super::Context;

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

/// All sites, by name.
pub fn census(ctx: &Context) -> Vec<SiteCensus> {
    let counts = ctx.live.census();
    let of = |site: std::sync::Arc<crate::chat::site::Site>| {
        let (online, unseen, sessions) = counts.get(&site.number).copied().unwrap_or_default();
        SiteCensus { name: site.name.clone(), online, unseen, sessions, head: ctx.live.position(site.number) }
    };
    ctx.sites.all().into_iter().map(of).collect()
}
