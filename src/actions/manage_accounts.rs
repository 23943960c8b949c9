//! Accounts are made, changed and taken away by whoever runs the server, while it serves.

use super::read_directory::profile;
use super::vouch::{self, Says};
use super::{Context, hashing, manage_sites, sign_out};
use crate::chat::id::{UserId, UserKey, UserNumber};
use crate::chat::password::{Password, PasswordHash, SALT_BYTES};
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;
use crate::chat::user::Profile;
use crate::clock::random;
use std::sync::Arc;

/// Accounts that are read at a time.
const PART: usize = 1_000;

/// What is kept of a password that may be this member's.
pub(super) async fn hashed(user: &UserId, password: Password) -> Result<PasswordHash, Refusal> {
    if !password.is_good_for(user) {
        return Err(Refusal::WeakPassword);
    }
    let salt = random::<SALT_BYTES>();
    hashing::hashing(move || password.hash(salt)).await?.ok_or(Refusal::Internal)
}

/// Gives somebody an account; who is nobody yet becomes a member of this name.
pub async fn add_account(
    ctx: &Context,
    site: &str,
    user: &UserId,
    name: Option<String>,
    password: Password,
) -> Result<Arc<Site>, Refusal> {
    let site = manage_sites::named(ctx, site)?;
    if ctx.store.account(site.number, user.clone()).await?.is_some() {
        return Err(Refusal::AlreadyThere);
    }
    let hash = hashed(user, password).await?;
    vouch::vouch(ctx, site.number, user, Says { name, ..Says::default() }).await?;
    let known = profile(ctx, site.number, user).await?.ok_or(Refusal::UnknownUser)?;
    let key = site.number.user(known.number);
    let is_new = ctx.store.add_account(key, hash, ctx.clock.wall_ms()).await?;
    if is_new { Ok(site) } else { Err(Refusal::AlreadyThere) }
}

/// Replaces somebody's password, and signs them out everywhere.
pub async fn set_password(ctx: &Context, site: &str, user: &UserId, password: Password) -> Result<(), Refusal> {
    let key = account_of(ctx, site, user).await?;
    let hash = hashed(user, password).await?;
    let changed = ctx.store.set_password(key, hash, None, ctx.clock.wall_ms()).await?;
    changed.ok_or(Refusal::UnknownUser)?;
    sign_out::sign_out(ctx, key).await;
    Ok(())
}

/// Takes somebody's account away, and signs them out everywhere. They stay a member.
pub async fn remove_account(ctx: &Context, site: &str, user: &UserId) -> Result<(), Refusal> {
    let key = account_of(ctx, site, user).await?;
    if !ctx.store.remove_account(key).await? {
        return Err(Refusal::UnknownUser);
    }
    sign_out::sign_out(ctx, key).await;
    Ok(())
}

/// Who has an account, and since when the password is what it is, in milliseconds since 1970.
pub async fn accounts(ctx: &Context, site: &str) -> Result<(Arc<Site>, Vec<(Profile, u64)>), Refusal> {
    let site = manage_sites::named(ctx, site)?;
    let mut all: Vec<(Profile, u64)> = Vec::new();
    loop {
        let after = all.last().map_or(UserNumber(0), |(profile, _)| profile.number);
        let part = ctx.store.accounts_after(site.number, after, PART).await?;
        let is_last = part.len() < PART;
        all.extend(part);
        if is_last {
            return Ok((site, all));
        }
    }
}

async fn account_of(ctx: &Context, site: &str, user: &UserId) -> Result<UserKey, Refusal> {
    let site = manage_sites::named(ctx, site)?;
    let account = ctx.store.account(site.number, user.clone()).await?;
    Ok(account.ok_or(Refusal::UnknownUser)?.user)
}
