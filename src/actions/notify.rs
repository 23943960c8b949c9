//! A site wants its members to notice something.

use super::Context;
use crate::chat::id::{SiteNumber, UserId};
use crate::chat::notification::Notice;
use crate::chat::refusal::Refusal;
use crate::store::Spoken;

/// Members that are told in one write: others write, too.
const PART: usize = 200;

/// Keeps a notice for each of these members until it is read, and gives the number of them. Whom the site names exists.
pub async fn notify(
    ctx: &Context,
    site: SiteNumber,
    to: Vec<UserId>,
    from: &str,
    text: &str,
    link: &str,
) -> Result<usize, Refusal> {
    // Nobody is made by a notice that is none.
    Notice::checked(from, text, link).map_err(Refusal::BadParameter)?;
    for part in to.chunks(PART) {
        let people = part.iter().map(|id| (id.clone(), None)).collect();
        ctx.store.introduce(site, Spoken { people, ..Spoken::default() }).await?;
    }
    notify_known(ctx, site, to, from, text, link).await
}

/// The same for those whom the directory knows.
pub async fn notify_known(
    ctx: &Context,
    site: SiteNumber,
    to: Vec<UserId>,
    from: &str,
    text: &str,
    link: &str,
) -> Result<usize, Refusal> {
    let notice = Notice::checked(from, text, link).map_err(Refusal::BadParameter)?;
    let mut told = 0;
    for part in to.chunks(PART) {
        told += ctx.store.notify(site, part.to_vec(), notice.clone(), ctx.clock.wall_ms()).await?;
    }
    Ok(told)
}
