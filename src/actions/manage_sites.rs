//! Sites are made, changed, switched off and removed, while the server serves.

use super::{Context, sweep};
use crate::chat::id::SiteNumber;
use crate::chat::refusal::Refusal;
use crate::chat::site::{KEYS_MAX, KeyDigest, KeyKind, Site, SiteOptions, is_site_name};
use crate::chat::site_options::BadOption;
use crate::clock::random_digits;
use crate::store::{NewSite, SiteChange};
use std::sync::Arc;

/// A site, and what is told of its keys once.
pub struct Made {
    /// The site.
    pub site: Arc<Site>,
    /// The key of its own server: only its digest is kept.
    pub secret_key: String,
    /// What it signs sign-in tokens with.
    pub token_secret: String,
}

/// A site that is to exist, with keys of its own and no key for its server.
pub fn new_site(ctx: &Context, name: &str, options: SiteOptions) -> NewSite {
    NewSite {
        name: name.into(),
        public_key: format!("pk_{}", random_digits::<16>()),
        token_secret: fresh(KeyKind::Token),
        server_key: None,
        epoch: random_digits::<6>(),
        options,
        now_ms: ctx.clock.wall_ms(),
    }
}

/// 192 bits for what is shown, 256 for what signs.
fn fresh(kind: KeyKind) -> String {
    match kind {
        KeyKind::Server => format!("sk_{}", random_digits::<24>()),
        KeyKind::Token => format!("ts_{}", random_digits::<32>()),
    }
}

/// The site of a name.
pub fn named(ctx: &Context, name: &str) -> Result<Arc<Site>, Refusal> {
    ctx.sites.by_domain(name).ok_or(Refusal::UnknownSite)
}

/// Makes a site.
pub async fn add_site(ctx: &Context, name: &str, options: SiteOptions) -> Result<Made, Refusal> {
    let _changing = ctx.sites.changing.lock().await;
    if !is_site_name(name) {
        return Err(Refusal::BadParameter("site"));
    }
    let secret_key = fresh(KeyKind::Server);
    let new = NewSite { server_key: Some(KeyDigest::of(&secret_key)), ..new_site(ctx, name, options) };
    let token_secret = new.token_secret.clone();
    let (site, is_new) = ctx.store.ensure_site(new).await?;
    if !is_new {
        return Err(Refusal::AlreadyThere);
    }
    Ok(Made { site: ctx.sites.put(site), secret_key, token_secret })
}

/// A site as it is stored, without what the configuration file says.
async fn stored(ctx: &Context, site: SiteNumber) -> Result<Site, Refusal> {
    let found = ctx.store.sites().await?.into_iter().find(|stored| stored.number == site);
    found.ok_or(Refusal::UnknownSite)
}

/// Why settings were not changed.
#[derive(Debug, thiserror::Error)]
pub enum NotSet {
    /// One of them is none.
    #[error(transparent)]
    Option(#[from] BadOption),
    /// Another reason.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Changes settings of a site: all of them, or none.
pub async fn set_options(ctx: &Context, name: &str, given: &[(String, String)]) -> Result<Arc<Site>, NotSet> {
    let _changing = ctx.sites.changing.lock().await;
    let site = named(ctx, name)?;
    let mut options = stored(ctx, site.number).await?.options;
    for (name, value) in given {
        options.set(name, value)?;
    }
    Ok(change(ctx, site.number, SiteChange::Options(Box::new(options))).await?)
}

/// Makes another key of a kind, which is good beside the one in use.
pub async fn rotate(ctx: &Context, name: &str, kind: KeyKind) -> Result<(Arc<Site>, String), Refusal> {
    let _changing = ctx.sites.changing.lock().await;
    let site = named(ctx, name)?;
    let stored = stored(ctx, site.number).await?;
    let good = match kind {
        KeyKind::Server => stored.server_keys.len(),
        KeyKind::Token => stored.token_secrets.len(),
    };
    if good >= KEYS_MAX {
        return Err(Refusal::QuotaReached("keys of this kind (finish the rotation first)"));
    }
    let key = fresh(kind);
    let value = match kind {
        KeyKind::Server => KeyDigest::of(&key).0.to_vec(),
        KeyKind::Token => key.clone().into_bytes(),
    };
    let change_to = SiteChange::AddKey { kind, value, now_ms: ctx.clock.wall_ms() };
    Ok((change(ctx, site.number, change_to).await?, key))
}

/// Only the newest key of a kind is good from now on.
pub async fn finish_rotation(ctx: &Context, name: &str, kind: KeyKind) -> Result<Arc<Site>, Refusal> {
    let _changing = ctx.sites.changing.lock().await;
    change(ctx, named(ctx, name)?.number, SiteChange::RetireKeys(kind)).await
}

/// Switches a site off, and everybody out, or on again.
pub async fn suspend(ctx: &Context, name: &str, suspended: bool) -> Result<Arc<Site>, Refusal> {
    let _changing = ctx.sites.changing.lock().await;
    let site = change(ctx, named(ctx, name)?.number, SiteChange::Suspended(suspended)).await?;
    if suspended {
        sign_everybody_out(ctx, site.number).await;
    }
    Ok(site)
}

/// Erases a site with everything in it. What is left of an erasure that was cut short goes with the next one.
pub async fn remove_site(ctx: &Context, name: &str) -> Result<(), Refusal> {
    let _changing = ctx.sites.changing.lock().await;
    let site = named(ctx, name)?;
    change(ctx, site.number, SiteChange::Suspended(true)).await?;
    sign_everybody_out(ctx, site.number).await;
    while ctx.store.erase_site(site.number).await? {
        tokio::task::yield_now().await;
    }
    ctx.sites.remove(site.number);
    Ok(())
}

async fn change(ctx: &Context, site: SiteNumber, to: SiteChange) -> Result<Arc<Site>, Refusal> {
    Ok(ctx.sites.put(ctx.store.change_site(site, to).await?))
}

async fn sign_everybody_out(ctx: &Context, site: SiteNumber) {
    for holder in ctx.live.holders_of_site(site) {
        ctx.live.end(&holder, ctx.clock.monotonic_ms());
    }
    sweep::forget_ended(ctx).await;
}
