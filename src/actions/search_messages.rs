//! A member looks for something that was said in their own conversations.

use super::Context;
use super::identify::Asker;
use super::read_history::{self, Named};
use crate::chat::entry::Seq;
use crate::chat::refusal::Refusal;
use crate::chat::search::{Found, HITS_MAX, Search, Terms};

/// What a page looks for.
#[derive(Debug, Clone)]
pub struct Question {
    /// The words.
    pub text: String,
    /// In this conversation alone.
    pub only: Option<Named>,
    /// Before this place.
    pub before: Option<Seq>,
    /// So many hits.
    pub limit: usize,
}

/// The newest messages with all the words. What the asker may not see is as if it did not exist.
pub async fn search_messages(ctx: &Context, asker: &Asker, question: Question) -> Result<Found, Refusal> {
    let Question { text, only, before, limit } = question;
    let terms = Terms::parse(&text).ok_or(Refusal::BadParameter("q"))?;
    if !(1..=HITS_MAX).contains(&limit) {
        return Err(Refusal::BadParameter("limit"));
    }
    let only = match only {
        None => None,
        Some(named) => match read_history::conversation(ctx, asker, named).await? {
            None => return Ok(Found { messages: Vec::new(), before: None }),
            conversation => conversation,
        },
    };
    Ok(ctx.store.search(asker.key, Search { terms, only, before, limit }).await?)
}
