//! The newest messages of conversations, as the asker may see them.

use super::Context;
use super::identify::Asker;
use crate::chat::history::{Conversation, HISTORY_ROWS, History};
use crate::chat::id::{RoomId, UserId};
use crate::chat::refusal::Refusal;

/// A conversation as a page names it: old pages do not say whether an id is a user's or a room's.
#[derive(Debug, Clone)]
pub enum Named {
    /// It is this one.
    Exactly(Conversation),
    /// A user, or else a room, of this id.
    ById(String),
}

/// Histories, each with the id it was asked by.
pub async fn histories(ctx: &Context, asker: &Asker, of: Vec<Named>) -> Result<Vec<History>, Refusal> {
    let mut wanted = Vec::new();
    for named in of {
        match named {
            Named::Exactly(conversation) => wanted.push(conversation),
            Named::ById(id) => wanted.extend(resolve(ctx, asker, &id).await?),
        }
    }
    Ok(ctx.store.histories(asker.key, wanted, HISTORY_ROWS).await?)
}

/// A user id wins over an equal room id.
pub(super) async fn resolve(ctx: &Context, asker: &Asker, id: &str) -> Result<Option<Conversation>, Refusal> {
    let Ok(user) = UserId::parse(id) else { return Ok(None) };
    if !ctx.store.people(asker.key, vec![user.clone()]).await?.is_empty() {
        return Ok(Some(Conversation::With(user)));
    }
    Ok(RoomId::parse(id).ok().map(Conversation::In))
}
