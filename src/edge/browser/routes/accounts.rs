//! Signing in with a password that is kept here, and replacing it. Passwords come in the form of a POST and nowhere else: an address is
//! written into logs, and a script can be included by any page.

use super::Endpoint;
use crate::actions::change_password::change_password;
use crate::actions::sign_in::sign_in;
use crate::chat::id::UserId;
use crate::chat::password::Password;
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;
use crate::edge::browser::auth;
use crate::edge::params::Params;
use crate::edge::sign_in::token::account_token;
use crate::edge::{Asked, Edge, json, origin};
use http::Method;
use serde::Serialize;
use std::sync::Arc;

/// A form with passwords in it, in bytes.
const FORM_MAX: usize = 1024;

/// Whoever has shown the password opens pages with this.
#[derive(Serialize)]
struct Opened {
    status: &'static str,
    token: String,
}

/// Carries out a call with passwords; gives JSON.
pub(in crate::edge::browser) async fn carry_out(
    edge: &Edge,
    asked: &Asked,
    endpoint: Endpoint,
    all: &Params,
) -> Result<Vec<u8>, Refusal> {
    if asked.method != Method::POST {
        return Err(Refusal::MethodNotAllowed("POST"));
    }
    if asked.body.len() > FORM_MAX {
        return Err(Refusal::TooLarge);
    }
    if all.has("callback") {
        return Err(Refusal::BadRequest("a password is not sent with `callback`"));
    }
    let form = Params::parse("", &asked.body)?;
    let token = if endpoint == Endpoint::SignIn {
        enter(edge, asked, &form).await?
    } else {
        replace(edge, asked, &form).await?
    };
    Ok(json::encode(&Opened { status: "ok", token }))
}

/// A site that is not there is one without accounts.
async fn enter(edge: &Edge, asked: &Asked, form: &Params) -> Result<String, Refusal> {
    let site = edge.ctx.sites.named_or_only(form.optional("domain"));
    let site = site.filter(|site| site.options.accounts).ok_or(Refusal::SwitchedOff("accounts"))?;
    origin::check_site(edge, asked, site.number, false)?;
    let (user, password) = (form.required("user")?, form.required("password")?);
    edge.rates.check_arrival(asked)?;
    edge.rates.check_sign_in(asked, site.number, user)?;
    let account = sign_in(&edge.ctx, &site, user, Password::given(password)).await?;
    token(edge, &site, &account.id, account.changed_at_ms)
}

/// Of the one who asks, by ticket or token.
async fn replace(edge: &Edge, asked: &Asked, form: &Params) -> Result<String, Refusal> {
    let asker = auth::asker(edge, asked, form).await?;
    if asker.is_from_site {
        return Err(Refusal::NotAllowed);
    }
    let site = edge.ctx.sites.by_number(asker.key.site).ok_or(Refusal::TicketEnded)?;
    let [old, new] = ["old", "new"].map(|name| form.required(name).map(Password::given));
    let (old, new) = (old?, new?);
    edge.rates.check_sign_in(asked, site.number, asker.identity.id.as_str())?;
    // Whoever asks may go away meanwhile: what is begun is done to the end, or other sessions would go on.
    let (ctx, of, by) = (Arc::clone(&edge.ctx), Arc::clone(&site), asker.clone());
    let changing = tokio::spawn(async move { change_password(&ctx, &of, &by, old, new).await });
    let changed_at_ms = changing.await.map_err(|_| Refusal::Internal)??;
    token(edge, &site, &asker.identity.id, changed_at_ms)
}

fn token(edge: &Edge, site: &Site, user: &UserId, password_at_ms: u64) -> Result<String, Refusal> {
    account_token(site, user, edge.ctx.clock.wall_ms() / 1000, password_at_ms).ok_or(Refusal::Internal)
}
