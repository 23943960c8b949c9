//! Somebody says something. Answered when it is durable; the tail brings it to whom it is for.

use super::Context;
use super::identify::Asker;
use crate::chat::entry::{BODY_BYTES_MAX, CID_BYTES_MAX, Draft, Party, STYLE_BYTES_MAX, To};
use crate::chat::refusal::Refusal;
use crate::chat::style::sanitise;
use crate::store::Appended;

/// What the `cid`s begin with that a site names its messages with.
pub const SITE_CID_PREFIX: &str = "rest:";

/// What a page sends.
#[derive(Debug, Clone)]
pub struct Send {
    /// Whom it is for.
    pub to: To,
    /// The text.
    pub body: String,
    /// CSS declarations; may be empty.
    pub style: String,
    /// The page's own name for it.
    pub cid: Option<String>,
}

/// The bounds of a message, whoever says it.
pub(super) fn check(send: &Send) -> Result<(), Refusal> {
    if send.body.len() > BODY_BYTES_MAX || send.style.len() > STYLE_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    if send.cid.as_ref().is_some_and(|cid| cid.len() > CID_BYTES_MAX) {
        return Err(Refusal::BadParameter("cid"));
    }
    Ok(())
}

/// Stores a message of the asker.
pub async fn send_message(ctx: &Context, asker: &Asker, send: Send) -> Result<Appended, Refusal> {
    check(&send)?;
    // Names of the site's own messages: a page cannot take one away.
    if send.cid.as_ref().is_some_and(|cid| cid.starts_with(SITE_CID_PREFIX)) {
        return Err(Refusal::BadParameter("cid"));
    }
    let identity = &asker.identity;
    let draft = Draft {
        site: asker.key.site,
        from: Party { number: identity.number, id: identity.id.clone() },
        nick: identity.nick.clone(),
        to: send.to,
        style: sanitise(&send.style).into(),
        body: send.body.into(),
        origin: asker.holder().map(|holder| holder.session),
        by: crate::chat::entry::Voice::Member,
        cid: send.cid.map(Into::into),
        now_ms: ctx.clock.wall_ms(),
    };
    Ok(ctx.store.append(draft).await?)
}
