//! Takes a site or one of its members away: everything that is kept of them, part by part, as it stood in the log when it was begun.

use super::Context;
use super::read_directory::profile;
use crate::chat::entry::Seq;
use crate::chat::exported::Exported;
use crate::chat::id::UserId;
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;
use crate::store::{Bookmark, Extent};

/// An export under way.
pub struct Export {
    of: Extent,
    next: Option<Bookmark>,
}

/// Begins to take a site away, or one of its members.
pub async fn export(ctx: &Context, site: &Site, user: Option<&UserId>) -> Result<Export, Refusal> {
    let user = match user {
        Some(id) => {
            // The id of a visitor who has become a member is nobody's any more.
            let known = profile(ctx, site.number, id).await?.filter(|known| known.id == *id);
            Some(known.ok_or(Refusal::UnknownUser)?.number)
        }
        None => None,
    };
    let heads = ctx.store.heads().await?;
    let head = heads.into_iter().find(|(of, _)| *of == site.number).map(|(_, head)| head);
    let of = Extent { site: site.number, user, head: head.ok_or(Refusal::UnknownSite)? };
    Ok(Export { of, next: Some(Bookmark::Start) })
}

impl Export {
    /// Nothing that the log has after this is in it.
    pub fn head(&self) -> Seq {
        self.of.head
    }

    /// What comes next; `None` when that was all. There may be nothing in a part, and more after it.
    pub async fn next(&mut self, ctx: &Context) -> Result<Option<Vec<Exported>>, Refusal> {
        let Some(from) = self.next.take() else { return Ok(None) };
        // If it cannot be read now, it can be asked for again.
        self.next = Some(from.clone());
        let part = ctx.store.export(self.of, from).await?;
        self.next = part.next;
        Ok(Some(part.items))
    }
}
