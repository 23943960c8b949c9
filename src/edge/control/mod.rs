//! Orders of whoever runs this server, from its own command line: through a socket in the data folder that only they can open, or
//! in the command's own process where no server has the data open. One order is one line of JSON, and so is its answer.

mod accounts;
mod order;
pub mod people;

pub use order::{Answer, Order, Rotation, Secret};

use super::accept::Shutdown;
use super::export::{Lines, Part};
use super::rest::sync::Sync;
use super::sign_in::{self, token};
use crate::actions::Context;
use crate::actions::manage_sites::{self, NotSet};
use crate::chat::id::UserId;
use crate::chat::refusal::Refusal;
use crate::chat::site::{KeyKind, Site};
use crate::chat::site_options::{BadOption, OPTIONS, SiteOptions};
use serde_json::{Value, json};
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

/// The socket's name in the data folder.
pub const SOCKET: &str = "control.sock";
/// Longest order, in bytes.
const ORDER_BYTES_MAX: u64 = 64 * 1024;
/// A piece of what follows an order.
pub type Piece = std::io::Result<Vec<u8>>;
/// Its size at most, in bytes.
pub const PIECE_BYTES: usize = 64 * 1024;
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
            // Between the binding and the mode of the socket's file anybody may have come in.
            Ok((stream, _)) if !is_ours(&stream) => drop(stream),
            Ok((stream, _)) => drop(tokio::spawn(take(Arc::clone(&ctx), stream))),
            Err(error) => {
                tracing::warn!(%error, "an order could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Whether the other side runs as this server's user, or as root.
fn is_ours(stream: &UnixStream) -> bool {
    let own = std::fs::metadata("/proc/self").map(|own| own.uid());
    matches!((stream.peer_cred(), own), (Ok(peer), Ok(own)) if peer.uid() == own || peer.uid() == 0)
}

async fn take(ctx: Arc<Context>, stream: UnixStream) {
    let (read, mut write) = stream.into_split();
    let (mut line, mut read) = (String::new(), BufReader::new(read));
    let mut first = (&mut read).take(ORDER_BYTES_MAX);
    if !matches!(timeout(ORDER_WITHIN, first.read_line(&mut line)).await, Ok(Ok(1..))) {
        return;
    }
    let answer = match serde_json::from_str::<Order>(&line) {
        Ok(Order::Sync { site, after_line }) => {
            let (tell, told) = channel(1);
            let pieces = pieces_of(read);
            let telling = tokio::spawn(tell_all(write, told));
            let answer = sync(&ctx, &site, after_line, pieces, tell).await;
            match telling.await {
                Ok(taken_back) => write = taken_back,
                Err(_) => return,
            }
            answer
        }
        Ok(Order::Export { site, user }) => export(&ctx, &site, user.as_deref(), &mut write).await,
        Ok(order) => carry_out(&ctx, order).await,
        Err(error) => Answer::wrong(&format!("this is no order that the running server knows: {error}")),
    };
    drop(write.write_all(&line_of(&answer)).await);
}

fn line_of(answer: &Answer) -> Vec<u8> {
    let mut bytes = super::json::encode(answer);
    bytes.push(b'\n');
    bytes
}

/// What arrives, piece by piece.
fn pieces_of(mut read: impl AsyncRead + Unpin + Send + 'static) -> Receiver<Piece> {
    let (put, pieces) = channel(4);
    tokio::spawn(async move {
        let mut bytes = vec![0; PIECE_BYTES];
        loop {
            let piece = match read.read(&mut bytes).await {
                Ok(0) => return,
                Ok(count) => Ok(bytes[..count].to_vec()),
                Err(error) => Err(error),
            };
            if put.send(piece).await.is_err() {
                return;
            }
        }
    });
    pieces
}

async fn tell_all(mut write: OwnedWriteHalf, mut told: Receiver<Value>) -> OwnedWriteHalf {
    while let Some(report) = told.recv().await {
        drop(write.write_all(&line_of(&Answer::Progress(report))).await);
    }
    write
}

/// Begins to take a site away, or one of its members.
pub async fn begin_export(ctx: &Context, site: &str, user: Option<&str>) -> Result<Lines, Answer> {
    let begun = async {
        let site = manage_sites::named(ctx, site)?;
        let user = user.map(UserId::parse).transpose().map_err(|_| Refusal::BadParameter("user"))?;
        Lines::begin(ctx, site, user).await
    };
    begun.await.map_err(|refusal| Answer::wrong(&refusal.to_string()))
}

/// Writes an export, line by line, as fast as the other side reads.
async fn export(ctx: &Context, site: &str, user: Option<&str>, write: &mut OwnedWriteHalf) -> Answer {
    let mut lines = match begin_export(ctx, site, user).await {
        Ok(lines) => lines,
        Err(answer) => return answer,
    };
    loop {
        let part = match lines.next(ctx).await {
            Ok(Some(part)) => part,
            Ok(None) => return Answer::Done(lines.report()),
            Err(refusal) => return Answer::wrong(&refusal.to_string()),
        };
        let mut bytes = framed(&part);
        bytes.extend(line_of(&Answer::Progress(lines.report())));
        if write.write_all(&bytes).await.is_err() {
            return Answer::wrong("nobody reads it any more");
        }
    }
}

/// The lines of a part as answers that give them.
fn framed(part: &Part) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(part.bytes.len() + 64);
    for line in part.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        for piece in [&b"{\"line\":"[..], line, b"}\n"] {
            bytes.extend_from_slice(piece);
        }
    }
    bytes
}

/// Carries out a directory that comes piece by piece. How far it has come goes to `tell`.
pub async fn sync(
    ctx: &Context,
    site: &str,
    after_line: u64,
    mut pieces: Receiver<Piece>,
    tell: Sender<Value>,
) -> Answer {
    let site = match manage_sites::named(ctx, site) {
        Ok(site) => site,
        Err(refusal) => return Answer::wrong(&refusal.to_string()),
    };
    let mut sync = Sync::new(ctx, site.number, after_line);
    while let Some(piece) = pieces.recv().await {
        let piece = match piece {
            Ok(piece) => piece,
            Err(error) => return Answer::wrong(&format!("the directory could not be read: {error}")),
        };
        match sync.feed(&piece).await {
            Ok(Some(report)) => drop(tell.send(json!(report)).await),
            Ok(None) => {}
            Err(report) => return Answer::Done(json!(report)),
        }
    }
    Answer::Done(json!(sync.finish().await))
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
            check_jwks(&options)?;
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
        Order::SetOptions { site, options } => {
            check_jwks(&options)?;
            described(&*manage_sites::set_options(ctx, &site, &options).await?)
        }
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
        Order::Sync { .. } => return Err(Refusal::BadRequest("a sync is followed by its lines").into()),
        Order::Export { .. } => return Err(Refusal::BadRequest("an export is answered in lines").into()),
        Order::MakeToken { site, user, name, life_s, easy } => {
            make_token(ctx, &site, &user, name.as_deref(), life_s, easy)?
        }
        Order::AddAccount { .. }
        | Order::SetPassword { .. }
        | Order::RemoveAccount { .. }
        | Order::ListAccounts { .. } => accounts::answer(ctx, order).await?,
        Order::AskPeople { site, user } => people::ask(ctx, &site, &user).await?,
        Order::CheckToken { site, token } => check_token(ctx, site.as_deref(), &token).await?,
    })
}

/// Keys that no token could be checked with are refused when they are set, and not when somebody signs in.
fn check_jwks(options: &[(String, String)]) -> Result<(), NotSet> {
    let mut given = options.iter().filter(|(name, value)| name == "jwks" && !value.is_empty());
    let row = OPTIONS.iter().find(|row| row.name == "jwks");
    match (given.find(|(_, value)| !token::is_jwks(value)), row) {
        (Some((_, value)), Some(row)) => {
            Err(BadOption::Value { name: row.name, rule: row.rule, value: value.clone() }.into())
        }
        _ => Ok(()),
    }
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

async fn check_token(ctx: &Context, site: Option<&str>, token: &str) -> Result<Value, NotSet> {
    let site = match site {
        Some(site) => Some(manage_sites::named(ctx, site)?),
        None => ctx.sites.among_or_only(&token::named_sites(token)),
    };
    let Some(site) = site else {
        return Ok(
            json!({"good": false, "why": "it does not say for which site of this server it is (`iss` or `aud`; an easy token never does): give --site"}),
        );
    };
    let now_s = ctx.clock.wall_ms() / 1000;
    Ok(match sign_in::checked_afresh(ctx, &site, token).await {
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
