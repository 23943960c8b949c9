//! A member ends a friendship, on both sides.

use super::Context;
use super::identify::Asker;
use super::sync_directory::change_directory;
use crate::chat::id::UserId;
use crate::chat::refusal::Refusal;
use crate::store::DirectoryChange;

/// The asker and `id` are friends no more; with somebody who was none nothing changes.
pub async fn remove_buddy(ctx: &Context, asker: &Asker, id: UserId) -> Result<(), Refusal> {
    let parted = DirectoryChange::NotFriends { user: asker.identity.id.clone(), buddy: id };
    change_directory(ctx, asker.key.site, vec![parted]).await
}
