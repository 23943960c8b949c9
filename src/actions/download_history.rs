//! A member takes one conversation away, as far as a file of a fair size holds it.

use super::Context;
use super::identify::Asker;
use super::read_history::{self, Named};
use crate::chat::entry::Message;
use crate::chat::history::HISTORY_ROWS_MAX;
use crate::chat::refusal::Refusal;
use std::sync::Arc;

/// Messages in one file, the newest.
const ROWS_MAX: usize = 1_000;
/// Text in one file, in bytes.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The newest messages of a conversation, oldest first; none of one that the asker may not see. Read page by page, so that
/// other lookups have their turn in between.
pub async fn download_history(ctx: &Context, asker: &Asker, of: Named) -> Result<Vec<Arc<Message>>, Refusal> {
    let Some(conversation) = read_history::conversation(ctx, asker, of).await? else { return Ok(Vec::new()) };
    let (mut newest_first, mut bytes, mut before) = (Vec::new(), 0, None);
    'pages: loop {
        let page = ctx.store.histories(asker.key, vec![conversation.clone()], before, HISTORY_ROWS_MAX).await?;
        let page = page.into_iter().next().map(|history| history.messages).unwrap_or_default();
        let Some(first) = page.first() else { break };
        before = Some(first.seq);
        for message in page.into_iter().rev() {
            bytes += message.body.len();
            if newest_first.len() == ROWS_MAX || bytes > BYTES_MAX {
                break 'pages;
            }
            newest_first.push(message);
        }
    }
    newest_first.reverse();
    Ok(newest_first)
}
