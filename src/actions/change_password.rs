//! A member replaces their password, and is signed out everywhere but on the page that asks.

use super::identify::Asker;
use super::manage_accounts::hashed;
use super::{Context, sign_in, sign_out};
use crate::chat::password::Password;
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;

/// Replaces the password of the one who asks and knows the old one. Gives when: tokens that were given before are not good any more.
pub async fn change_password(
    ctx: &Context,
    site: &Site,
    asker: &Asker,
    old: Password,
    new: Password,
) -> Result<u64, Refusal> {
    let id = &asker.identity.id;
    let account = sign_in::sign_in(ctx, site, id.as_str(), old).await?;
    let hash = hashed(&account.id, new).await?;
    let keep = asker.holder().map(|holder| holder.session);
    let changed = ctx.store.set_password(account.user, hash, keep, ctx.clock.wall_ms()).await?;
    // It was taken away meanwhile.
    let changed_at_ms = changed.ok_or(Refusal::WrongPassword)?;
    sign_out::sign_out_but(ctx, account.user, keep).await;
    Ok(changed_at_ms)
}
