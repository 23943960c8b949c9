//! What a site's own people are, as its source answers now: for whoever sets one up. Nothing of it is stored.

use super::Context;
use crate::chat::id::UserId;
use crate::chat::site::Site;
pub use crate::people::{Asked, AskedBuddy, AskedRoom, SourceError};

/// What a source answered.
#[derive(Debug)]
pub struct Answered {
    /// What it has of the member; `None` if it does not know them.
    pub asked: Option<Asked>,
    /// How long it took, in milliseconds, on a connection that was there.
    pub took_ms: u64,
}

/// Asks a site's source for a member, as when they come online; `None` if the site has no source.
pub async fn ask_people(ctx: &Context, site: &Site, user: &UserId) -> Option<Result<Answered, SourceError>> {
    let source = ctx.people.of(&site.name)?;
    let answered = async {
        let _place = source.place().await?;
        // Connects, so that what is timed is what members wait for.
        source.check().await?;
        let began_ms = ctx.clock.monotonic_ms();
        let asked = source.ask(site, user).await?;
        Ok(Answered { asked, took_ms: ctx.clock.monotonic_ms() - began_ms })
    };
    Some(answered.await)
}
