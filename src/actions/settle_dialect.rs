//! A page turns out to be of a later generation than it could be told from how it opened.

use super::Context;
use super::identify::Asker;

/// The asker's page has used a word that only the later generation has: if its generation was open, it is settled now. In
/// memory at once; should the store not take it, the page shows it again after a restart.
pub async fn settle_dialect(ctx: &Context, asker: &mut Asker) {
    let Some((holder, dialect)) = &mut asker.session else { return };
    let Some(settled) = dialect.speaking_later_words() else { return };
    *dialect = settled;
    ctx.live.set_dialect(holder, settled);
    let Some(digest) = ctx.live.digest(holder) else { return };
    if let Err(error) = ctx.store.set_dialect(holder.key.site, digest, settled).await {
        tracing::warn!(%error, "what a page turned out to be is kept in memory only");
    }
    ctx.correct_unsaved(digest, |record| record.dialect = settled);
}
