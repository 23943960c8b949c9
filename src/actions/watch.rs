//! A page shows other people than before: from now on it hears of their presence, friends or not.

use super::identify::Asker;
use super::{Context, PersonView};
use crate::chat::id::{UserId, UserNumber};
use crate::chat::refusal::Refusal;

/// Replaces the strangers of the asker's page. Gives them as they are now; unknown ones are left out.
pub async fn watch(ctx: &Context, asker: &Asker, ids: Vec<UserId>) -> Result<Vec<PersonView>, Refusal> {
    let (holder, _) = asker.session.ok_or(Refusal::TicketEnded)?;
    let people = ctx.store.people(asker.key, ids).await?;
    let numbers: Vec<UserNumber> = people.iter().map(|person| person.profile.number).collect();
    let digest = ctx.live.digest(&holder).ok_or(Refusal::TicketEnded)?;
    // Stored first: what is answered holds after a restart, too.
    ctx.store.replace_strangers(asker.key.site, digest, numbers.clone()).await?;
    ctx.correct_unsaved(digest, |record| record.strangers = numbers.clone());
    let seen = ctx.live.watch(&holder, &numbers).ok_or(Refusal::TicketEnded)?;
    Ok(people.into_iter().zip(seen).map(|(person, visible)| PersonView { person, visible }).collect())
}
