//! A member looks for people of the site by name.

use super::identify::Asker;
use super::{Context, PersonView};
use crate::chat::refusal::Refusal;
use crate::chat::search::{TEXT_CHARS_MAX, folded};

/// People in one answer.
const FOUND_MAX: usize = 20;

/// People whose name has the text in it, whatever its case, or whose id it is: friends first, and not the asker.
pub async fn find_people(ctx: &Context, asker: &Asker, text: &str) -> Result<Vec<PersonView>, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
        return Err(Refusal::BadParameter("nick"));
    }
    let found = ctx.store.people_named(asker.key, text.to_owned(), folded(text), FOUND_MAX).await?;
    let view = |person: crate::chat::user::Person| {
        let visible = ctx.live.seen_by(asker.key, asker.key.site.user(person.profile.number));
        PersonView { person, visible }
    };
    Ok(found.into_iter().map(view).collect())
}
