//! A member ends a friendship, on both sides.

use super::Context;
use super::identify::Asker;
use crate::chat::id::UserId;
use crate::chat::refusal::Refusal;
use crate::store::DirectoryChange;

/// The asker and `id` are friends no more; with somebody who was none nothing changes.
pub async fn remove_buddy(ctx: &Context, asker: &Asker, id: UserId) -> Result<(), Refusal> {
    let found = ctx.store.people(asker.key, vec![id.clone()]).await?;
    let other = found.into_iter().next().ok_or(Refusal::UnknownUser)?.profile.number;
    let parted = DirectoryChange::NotFriends { user: asker.identity.id.clone(), buddy: id };
    ctx.store.change_directory(asker.key.site, vec![parted]).await?;
    ctx.live.part(asker.key.site, asker.key.user, other);
    Ok(())
}
