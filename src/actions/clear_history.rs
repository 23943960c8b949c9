//! A member clears conversations: for their own eyes, and only as far as the page that asks has seen them.

use super::identify::Asker;
use super::read_history::{self, Named};
use super::{Context, sweep};
use crate::chat::refusal::Refusal;

/// Clears each conversation; unknown ones are as if they were clear already.
pub async fn clear_history(ctx: &Context, asker: &Asker, of: Vec<Named>) -> Result<(), Refusal> {
    let site = asker.key.site;
    let heads = ctx.store.heads().await?;
    let head = heads.into_iter().find(|(number, _)| *number == site).map_or(0, |(_, seq)| seq);
    ctx.live.reached(site, head).await;
    let point = asker.holder().and_then(|holder| ctx.live.clear_point(holder)).unwrap_or(head);
    // What both sides have seen and cleared is erased; that needs the cursors in the store.
    sweep::store_cursors(ctx).await;
    for named in of {
        let Some(conversation) = read_history::conversation(ctx, asker, named).await? else { continue };
        match ctx.store.clear(asker.key, conversation, point).await.map_err(Refusal::from) {
            Ok(()) | Err(Refusal::UnknownUser | Refusal::UnknownRoom) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(())
}
