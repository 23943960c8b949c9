//! The newest messages of conversations, as the asker may see them.

use super::Context;
use super::identify::Asker;
use crate::chat::entry::Seq;
use crate::chat::history::{Conversation, HISTORY_ROWS_ALL_MAX, HISTORY_ROWS_MAX, History};
use crate::chat::id::{RoomId, UserId, UserKey};
use crate::chat::refusal::Refusal;

/// A conversation as a page names it: old pages do not say whether an id is a user's or a room's.
#[derive(Debug, Clone)]
pub enum Named {
    /// It is this one.
    Exactly(Conversation),
    /// A user, or else a room, of this id.
    ById(String),
}

/// Which part of each history.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// What was said before this place; else all.
    pub before: Option<Seq>,
    /// So many of the newest messages of that.
    pub limit: usize,
}

/// Histories, each with the id it was asked by.
pub async fn histories(ctx: &Context, asker: &Asker, of: Vec<Named>, part: Part) -> Result<Vec<History>, Refusal> {
    check_limit(part)?;
    if of.len().saturating_mul(part.limit) > HISTORY_ROWS_ALL_MAX {
        return Err(Refusal::TooManyIds);
    }
    let mut wanted = Vec::new();
    for named in of {
        wanted.extend(conversation(ctx, asker, named).await?);
    }
    Ok(ctx.store.histories(asker.key, wanted, part.before, part.limit).await?)
}

/// The same of somebody whom the site asks about.
pub async fn histories_of(
    ctx: &Context,
    viewer: UserKey,
    of: Vec<Conversation>,
    part: Part,
) -> Result<Vec<History>, Refusal> {
    check_limit(part)?;
    Ok(ctx.store.histories(viewer, of, part.before, part.limit).await?)
}

fn check_limit(part: Part) -> Result<(), Refusal> {
    if (1..=HISTORY_ROWS_MAX).contains(&part.limit) { Ok(()) } else { Err(Refusal::BadParameter("limit")) }
}

/// The conversation that a page means, if there is one.
pub(super) async fn conversation(ctx: &Context, asker: &Asker, named: Named) -> Result<Option<Conversation>, Refusal> {
    match named {
        Named::Exactly(conversation) => Ok(Some(conversation)),
        Named::ById(id) => resolve(ctx, asker, &id).await,
    }
}

/// A user id wins over an equal room id.
async fn resolve(ctx: &Context, asker: &Asker, id: &str) -> Result<Option<Conversation>, Refusal> {
    let Ok(user) = UserId::parse(id) else { return Ok(None) };
    if !ctx.store.people(asker.key, vec![user.clone()]).await?.is_empty() {
        return Ok(Some(Conversation::With(user)));
    }
    Ok(RoomId::parse(id).ok().map(Conversation::In))
}
