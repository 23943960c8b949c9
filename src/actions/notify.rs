//! A site wants its members to notice something.

use super::Context;
use crate::chat::id::{IDS_MAX, SiteNumber, UserId};
use crate::chat::notification::Notice;
use crate::chat::refusal::Refusal;

/// Keeps a notice for each of these members until it is read, and gives how many that are: ids that the directory does not
/// have are left out.
pub async fn notify(
    ctx: &Context,
    site: SiteNumber,
    to: Vec<UserId>,
    from: &str,
    text: &str,
    link: &str,
) -> Result<usize, Refusal> {
    if to.len() > IDS_MAX {
        return Err(Refusal::TooManyIds);
    }
    let notice = Notice::checked(from, text, link).map_err(Refusal::BadParameter)?;
    Ok(ctx.store.notify(site, to, notice, ctx.clock.wall_ms()).await?)
}
