//! A member's page asks what the site wants them to notice.

use super::Context;
use super::identify::Asker;
use crate::chat::notification::Notification;
use crate::chat::refusal::Refusal;
use crate::chat::session::Dialect;

/// How long a page that cannot say what was read is given the same again, in milliseconds: the answer may have been lost, and
/// a reload or another tab shows it, too.
const AGAIN_MS: u64 = 60_000;

/// What is not read yet, oldest first. `read`: everything through this number is.
pub async fn read_notifications(ctx: &Context, asker: &Asker, read: Option<u64>) -> Result<Vec<Notification>, Refusal> {
    let now_ms = ctx.clock.wall_ms();
    let mut all = ctx.store.notifications(asker.key).await?;
    let through = |one: &Notification| read.is_some_and(|read| one.number <= read);
    if let Some(last) = all.iter().filter(|one| through(one)).map(|one| one.number).max() {
        ctx.store.remove_notifications(asker.key, last, None).await?;
        all.retain(|one| !through(one));
    }
    if asker.dialect() == Some(Dialect::Native) {
        return Ok(all);
    }
    // COMPAT: old clients only ask. What they were given a while ago is taken for read.
    let given_before = now_ms.saturating_sub(AGAIN_MS);
    let is_read = |one: &Notification| (1..given_before).contains(&one.given_at_ms);
    if let Some(last) = all.iter().filter(|one| is_read(one)).map(|one| one.number).max() {
        ctx.store.remove_notifications(asker.key, last, Some(given_before)).await?;
        all.retain(|one| !is_read(one));
    }
    if let Some(last) = all.iter().filter(|one| one.given_at_ms == 0).map(|one| one.number).max() {
        ctx.store.give_notifications(asker.key, last, now_ms).await?;
    }
    Ok(all)
}
