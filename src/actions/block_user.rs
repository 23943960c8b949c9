//! A member does not want to hear or see another, and is not heard or seen by them. To the other it looks as if they were offline and
//! silent: what the other writes is answered as ever.

use super::Context;
use super::read_directory;
use crate::chat::id::{UserId, UserKey};
use crate::chat::refusal::Refusal;
use crate::chat::user::Profile;
use crate::live::Block;
use std::sync::Arc;

/// From now on `user` blocks `peer`, or does so no more.
///
/// On a task of its own: whoever asks may go away between the store and the memory, and the two must say the same.
pub async fn block_user(ctx: &Arc<Context>, user: UserKey, peer: UserId, blocks: bool) -> Result<(), Refusal> {
    let ctx = Arc::clone(ctx);
    let done = tokio::spawn(async move {
        let (peer, seq) = ctx.store.block(user, peer, blocks).await?;
        ctx.live.block(user, peer, seq, blocks, ctx.clock.monotonic_ms());
        Ok(())
    });
    done.await.map_err(|_| Refusal::Internal)?
}

/// Whom `user` blocks.
pub async fn blocked(ctx: &Context, user: UserKey) -> Result<Vec<Profile>, Refusal> {
    Ok(ctx.store.blocked(user).await?)
}

/// Those whom it is no use to call, among some: `user` and they do not hear each other.
pub(super) async fn without_severed(ctx: &Context, user: UserKey, people: Vec<UserId>) -> Result<Vec<UserId>, Refusal> {
    let mut heard = Vec::new();
    for id in people {
        let known = read_directory::profile(ctx, user.site, &id).await?;
        if !known.is_some_and(|known| ctx.live.is_severed(user, known.number)) {
            heard.push(id);
        }
    }
    Ok(heard)
}

/// Notes what is stored: after a start, or where much has changed at once.
pub(super) async fn restore(ctx: &Context) -> Result<(), crate::store::StoreError> {
    let stored = ctx.store.all_blocks().await?.into_iter();
    ctx.live.restore_blocks(
        stored.map(|stored| (stored.user, Block { by: stored.user.user, peer: stored.peer, over: stored.over })),
    );
    Ok(())
}
