//! Orders of whoever runs this server, from its own command line: through a socket in the data folder that only they can open, or
//! in the command's own process where no server has the data open. One order is one line of JSON, and so is its answer.

mod order;

pub use order::{Answer, Order, Rotation};

use super::accept::Shutdown;
use super::sign_in::token;
use crate::actions::Context;
use crate::actions::manage_sites::{self, NotSet};
use crate::chat::id::UserId;
use crate::chat::refusal::Refusal;
use crate::chat::site::{KeyKind, Site};
use crate::chat::site_options::SiteOptions;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

/// The socket's name in the data folder.
pub const SOCKET: &str = "control.sock";
/// Longest order, in bytes.
const ORDER_BYTES_MAX: u64 = 64 * 1024;
/// An order must be there after this.
const ORDER_WITHIN: Duration = Duration::from_secs(5);

/// Takes orders until shutdown.
pub async fn serve(ctx: Arc<Context>, listener: UnixListener, shutdown: Arc<Shutdown>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.wait() => return,
        };
        match accepted {
            Ok((stream, _)) => drop(tokio::spawn(take(Arc::clone(&ctx), stream))),
            Err(error) => {
                tracing::warn!(%error, "an order could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn take(ctx: Arc<Context>, stream: UnixStream) {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut read = BufReader::new(read.take(ORDER_BYTES_MAX));
    if !matches!(timeout(ORDER_WITHIN, read.read_line(&mut line)).await, Ok(Ok(1..))) {
        return;
    }
    let answer = match serde_json::from_str::<Order>(&line) {
        Ok(order) => carry_out(&ctx, order).await,
        Err(error) => Answer::wrong(&format!("this is no order that the running server knows: {error}")),
    };
    let mut bytes = super::json::encode(&answer);
    bytes.push(b'\n');
    drop(write.write_all(&bytes).await);
}

/// Carries out an order.
pub async fn carry_out(ctx: &Context, order: Order) -> Answer {
    match answer(ctx, order).await {
        Ok(value) => Answer::Done(value),
        Err(NotSet::Refused(Refusal::QuotaReached(what))) => {
            Answer::wrong(&format!("there are as many {what} as there may be"))
        }
        Err(NotSet::Refused(Refusal::BadParameter("site"))) => Answer::wrong(
            "a site is called as its domain is, without http:// and slashes, e.g. www.example.com, or by any word without blanks and quotes",
        ),
        Err(error) => Answer::wrong(&error.to_string()),
    }
}

async fn answer(ctx: &Context, order: Order) -> Result<Value, NotSet> {
    Ok(match order {
        Order::AddSite { site, options } => {
            let mut wanted = SiteOptions::default();
            for (name, value) in &options {
                wanted.set(name, value)?;
            }
            let made = manage_sites::add_site(ctx, &site, wanted).await?;
            json!({
                "site": &*made.site.name, "public_key": &*made.site.public_key,
                "secret_key": made.secret_key, "token_secret": made.token_secret,
            })
        }
        Order::ListSites => ctx.sites.all().iter().map(|site| described(site)).collect(),
        Order::ShowSite { site } => described(&*manage_sites::named(ctx, &site)?),
        Order::SetOptions { site, options } => described(&*manage_sites::set_options(ctx, &site, &options).await?),
        Order::Rotate { site, kind, finish: false } => {
            let (site, key) = manage_sites::rotate(ctx, &site, kind.into()).await?;
            json!({"site": &*site.name, kind.word(): key})
        }
        Order::Rotate { site, kind, finish: true } => {
            described(&*manage_sites::finish_rotation(ctx, &site, kind.into()).await?)
        }
        Order::Suspend { site, suspended } => described(&*manage_sites::suspend(ctx, &site, suspended).await?),
        Order::RemoveSite { site } => {
            manage_sites::remove_site(ctx, &site).await?;
            json!({"site": site, "removed": true})
        }
        Order::MakeToken { site, user, name, life_s, easy } => {
            make_token(ctx, &site, &user, name.as_deref(), life_s, easy)?
        }
        Order::CheckToken { site, token } => check_token(ctx, site.as_deref(), &token)?,
    })
}

/// A site as it is shown: no secrets.
fn described(site: &Site) -> Value {
    let options: serde_json::Map<String, Value> =
        site.options.all().map(|(name, value)| (name.to_owned(), value.into())).collect();
    json!({
        "site": &*site.name, "public_key": &*site.public_key, "suspended": site.suspended,
        "secret_keys": site.server_keys.len(), "token_secrets": site.token_secrets.len(), "options": options,
    })
}

fn make_token(
    ctx: &Context,
    site: &str,
    user: &str,
    name: Option<&str>,
    life_s: u64,
    easy: bool,
) -> Result<Value, NotSet> {
    let site = manage_sites::named(ctx, site)?;
    let user = UserId::parse(user).map_err(|_| Refusal::BadParameter("id"))?;
    let now_s = ctx.clock.wall_ms() / 1000;
    let token = if easy {
        token::easy_token(&site, &user)
    } else {
        token::jwt_token(&site, &user, name, now_s, life_s.min(token::LIFE_MAX_S))
    };
    Ok(json!({"site": &*site.name, "token": token.ok_or(Refusal::Internal)?}))
}

fn check_token(ctx: &Context, site: Option<&str>, token: &str) -> Result<Value, NotSet> {
    let site = match site {
        Some(site) => Some(manage_sites::named(ctx, site)?),
        None => {
            token::named_sites(token).iter().find_map(|name| ctx.sites.by_domain(name)).or_else(|| ctx.sites.only())
        }
    };
    let Some(site) = site else {
        return Ok(json!({"good": false, "why": "it names no site of this server in `iss` or `aud`: give --site"}));
    };
    let now_s = ctx.clock.wall_ms() / 1000;
    Ok(match token::check(&site, None, token, now_s) {
        Ok(signed) => json!({
            "good": true, "site": &*site.name, "user": signed.user.as_str(), "name": signed.name, "avatar": signed.avatar,
            "url": signed.url, "ends_in_s": signed.ends_at_s.map(|ends_s| ends_s.saturating_sub(now_s)),
        }),
        Err(fault) => json!({"good": false, "site": &*site.name, "why": fault.to_string()}),
    })
}

impl From<Rotation> for KeyKind {
    fn from(kind: Rotation) -> Self {
        match kind {
            Rotation::SecretKey => Self::Server,
            Rotation::TokenSecret => Self::Token,
        }
    }
}
