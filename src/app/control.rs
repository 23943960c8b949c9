//! Giving orders: to the server that has the data open, else to the data itself.

pub use crate::edge::control::{Answer, Order, Rotation, Secret};

use super::{context, open};
use crate::actions::{Context, Overlay};
use crate::bus::local::LocalBus;
use crate::clock::Clock;
use crate::config::Config;
use crate::edge::control::{self, PIECE_BYTES, Piece, SOCKET};
use crate::store::StoreError;
use std::fs::File;
use std::future::Future;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};

/// How long a server that starts or stops is waited for.
const SERVER_WITHIN_MS: u64 = 10_000;
/// How often it is looked for.
const RETRY: Duration = Duration::from_millis(50);

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OrderError(String);

/// What can be set for a site: name, what it does, what a value must be.
pub fn settings() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    crate::chat::site_options::OPTIONS.iter().map(|row| (row.name, row.what, row.rule))
}

/// The address of a socket in a folder, however long the folder's path is: the system takes 107 bytes.
pub(super) fn socket_path(folder: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd()))
}

/// Has an order carried out on the data of `config`.
pub fn give(config: &Config, order: &Order) -> Result<serde_json::Value, OrderError> {
    let here = |ctx: Arc<Context>| -> Carried {
        let order = order.clone();
        Box::pin(async move { control::carry_out(&ctx, order).await })
    };
    let makes = matches!(order, Order::AddSite { .. });
    patiently(config, makes, |stream| ask_server(stream, order), here)
}

/// Hears how far something has come.
pub type Tell = Arc<dyn Fn(&serde_json::Value) + Send + Sync>;

/// Has a directory carried out that `pieces` gives.
pub fn sync(
    config: &Config,
    site: &str,
    after_line: u64,
    pieces: &(impl Read + Send + Clone + 'static),
    tell: &Tell,
) -> Result<serde_json::Value, OrderError> {
    let order = Order::Sync { site: site.to_owned(), after_line };
    let ask = |stream: UnixStream| {
        let (mut pieces, mut write) = (pieces.clone(), stream.try_clone()?);
        write_order(&mut write, &order)?;
        // A server that stops at a bad line reads no further, and says why.
        std::thread::spawn(move || io::copy(&mut pieces, &mut write).and_then(|_| write.shutdown(Shutdown::Write)));
        read_answer(stream, |report| tell(report))
    };
    let here = |ctx: Arc<Context>| -> Carried {
        let (site, pieces, tell) = (site.to_owned(), pieces.clone(), Arc::clone(tell));
        Box::pin(async move {
            let (reports, mut told) = channel(1);
            let telling = tokio::spawn(async move {
                while let Some(report) = told.recv().await {
                    tell(&report);
                }
            });
            let answer = control::sync(&ctx, &site, after_line, read_all(pieces), reports).await;
            drop(telling.await);
            answer
        })
    };
    patiently(config, false, ask, here)
}

/// Takes lines of an export, each with its end.
pub type Take = Arc<dyn Fn(&[u8]) -> io::Result<()> + Send + Sync>;

/// Takes a site away, or one of its members.
pub fn export(
    config: &Config,
    site: &str,
    user: Option<&str>,
    take: &Take,
    tell: &Tell,
) -> Result<serde_json::Value, OrderError> {
    let order = Order::Export { site: site.to_owned(), user: user.map(str::to_owned) };
    let ask = |mut stream: UnixStream| {
        write_order(&mut stream, &order)?;
        for line in BufReader::new(stream).lines() {
            let taken = match serde_json::from_str(&line?)? {
                Answer::Line(line) => take(format!("{line}\n").as_bytes()),
                Answer::Progress(report) => {
                    tell(&report);
                    Ok(())
                }
                answer => return Ok(answer),
            };
            if let Err(error) = taken {
                return Ok(not_taken(&error));
            }
        }
        Err(ended_early())
    };
    let here = |ctx: Arc<Context>| -> Carried {
        let (site, user) = (site.to_owned(), user.map(str::to_owned));
        let (take, tell) = (Arc::clone(take), Arc::clone(tell));
        Box::pin(async move {
            let mut lines = match control::begin_export(&ctx, &site, user.as_deref()).await {
                Ok(lines) => lines,
                Err(answer) => return answer,
            };
            loop {
                match lines.next(&ctx).await {
                    Ok(Some(part)) => {
                        if let Err(error) = take(&part.bytes) {
                            return not_taken(&error);
                        }
                        tell(&lines.report());
                    }
                    Ok(None) => return Answer::Done(lines.report()),
                    Err(refusal) => return Answer::Wrong(refusal.to_string()),
                }
            }
        })
    };
    patiently(config, false, ask, here)
}

fn not_taken(error: &io::Error) -> Answer {
    Answer::Wrong(format!("it could not be written: {error}"))
}

fn ended_early() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "it ended without an answer")
}

/// What a reader gives, read on a thread of its own.
fn read_all(mut from: impl Read + Send + 'static) -> Receiver<Piece> {
    let (put, pieces) = channel(4);
    std::thread::spawn(move || {
        let mut bytes = vec![0; PIECE_BYTES];
        loop {
            let piece = match from.read(&mut bytes) {
                Ok(0) => return,
                read => read.map(|count| bytes[..count].to_vec()),
            };
            if put.blocking_send(piece).is_err() {
                return;
            }
        }
    });
    pieces
}

/// What root makes in a folder of the server's user, that user cannot write.
fn check_owner(data: &Path) -> Result<(), StoreError> {
    let owner = |path: &Path| std::fs::metadata(path).map(|about| about.uid()).ok();
    match (owner(data), owner(Path::new("/proc/self"))) {
        (Some(theirs), Some(0)) if theirs != 0 => Err(StoreError::Unavailable(format!(
            "{} belongs to the user with number {theirs}, and what root makes there the server could not write: \
             run this as that user (sudo -u '#{theirs}' …)",
            data.display()
        ))),
        _ => Ok(()),
    }
}

type Carried = Pin<Box<dyn Future<Output = Answer>>>;

/// Asks the server that has the data open, else does it here; a server that starts or stops is waited for.
fn patiently(
    config: &Config,
    makes: bool,
    ask: impl Fn(UnixStream) -> io::Result<Answer>,
    here: impl Fn(Arc<Context>) -> Carried,
) -> Result<serde_json::Value, OrderError> {
    let clock = Clock::start();
    let end_ms = clock.monotonic_ms() + SERVER_WITHIN_MS;
    if !makes && !config.data.exists() {
        return Err(OrderError(format!(
            "{}: there is no data (--data, or server.data in the configuration)",
            config.data.display()
        )));
    }
    let answer = loop {
        if let Some(stream) = server(&config.data) {
            break ask(stream).map_err(|error| OrderError(format!("the server: {error}")))?;
        }
        match carry_out_here(config, &here) {
            Err(StoreError::InUse(_)) if clock.monotonic_ms() < end_ms => std::thread::sleep(RETRY),
            answer => break answer.map_err(|error| OrderError(error.to_string()))?,
        }
    };
    match answer {
        Answer::Done(value) | Answer::Progress(value) => Ok(value),
        Answer::Line(_) => Err(OrderError("the server gave a line that was not asked for".into())),
        Answer::Wrong(why) => Err(OrderError(why)),
    }
}

/// `None` if no server listens there.
fn server(data: &Path) -> Option<UnixStream> {
    let folder = File::open(data).ok()?;
    UnixStream::connect(socket_path(&folder)).ok()
}

fn ask_server(mut stream: UnixStream, order: &Order) -> io::Result<Answer> {
    write_order(&mut stream, order)?;
    read_answer(stream, |_| {})
}

fn write_order(stream: &mut UnixStream, order: &Order) -> io::Result<()> {
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    stream.write_all(&line)
}

fn read_answer(stream: UnixStream, tell: impl Fn(&serde_json::Value)) -> io::Result<Answer> {
    for line in BufReader::new(stream).lines() {
        match serde_json::from_str(&line?)? {
            Answer::Progress(report) => tell(&report),
            answer => return Ok(answer),
        }
    }
    Err(ended_early())
}

fn carry_out_here(config: &Config, here: impl Fn(Arc<Context>) -> Carried) -> Result<Answer, StoreError> {
    check_owner(&config.data)?;
    let failed = |error: io::Error| StoreError::Unavailable(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let store = open(config, Duration::ZERO, Box::new(|_, _| {})).await?;
        let (bus, _feed) = LocalBus::new();
        let ctx = Arc::new(context(config, store, Arc::new(bus)).map_err(StoreError::Unavailable)?);
        ctx.sites.set(ctx.store.sites().await?, Overlay::default());
        let answer = here(Arc::clone(&ctx)).await;
        ctx.store.close().await;
        Ok(answer)
    })
}
