//! A member has read a conversation. Their other pages hear of it, so that what they count goes to nothing there, too.

use super::Context;
use super::identify::Asker;
use super::read_history::{self, Named};
use crate::bus::Envelope;
use crate::chat::entry::Seq;
use crate::chat::refusal::Refusal;

/// Everything of the conversation through `seq` is read. What the asker may not see is left as it is.
pub async fn mark_read(ctx: &Context, asker: &Asker, of: Named, seq: Seq) -> Result<(), Refusal> {
    let Some(conversation) = read_history::conversation(ctx, asker, of).await? else { return Ok(()) };
    if let Some(seq) = ctx.store.mark_read(asker.key, conversation.clone(), seq).await? {
        let except = asker.holder().map(|holder| holder.session);
        ctx.bus.publish(Envelope::Read { user: asker.key, conversation, seq, except });
    }
    Ok(())
}
