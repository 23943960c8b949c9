//! Giving orders: to the server that has the data open, else to the data itself.

pub use crate::edge::control::{Answer, Order, Rotation};

use super::open;
use crate::actions::{Context, Overlay, SiteTable};
use crate::bus::local::LocalBus;
use crate::clock::Clock;
use crate::config::Config;
use crate::edge::control::{self, SOCKET};
use crate::live::Live;
use crate::store::StoreError;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

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
    let clock = Clock::start();
    let end_ms = clock.monotonic_ms() + SERVER_WITHIN_MS;
    let answer = loop {
        if let Some(answer) =
            ask_server(&config.data, order).map_err(|error| OrderError(format!("the server: {error}")))?
        {
            break answer;
        }
        match carry_out_here(config, order) {
            Err(StoreError::InUse(_)) if clock.monotonic_ms() < end_ms => std::thread::sleep(RETRY),
            answer => break answer.map_err(|error| OrderError(error.to_string()))?,
        }
    };
    match answer {
        Answer::Done(value) => Ok(value),
        Answer::Wrong(why) => Err(OrderError(why)),
    }
}

/// `None` if no server listens there.
fn ask_server(data: &Path, order: &Order) -> io::Result<Option<Answer>> {
    let Ok(folder) = File::open(data) else { return Ok(None) };
    let Ok(mut stream) = UnixStream::connect(socket_path(&folder)) else { return Ok(None) };
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(Some(serde_json::from_str(&answer)?))
}

fn carry_out_here(config: &Config, order: &Order) -> Result<Answer, StoreError> {
    let failed = |error: io::Error| StoreError::Unavailable(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let store = open(config, Duration::ZERO, Box::new(|_, _| {})).await?;
        let (bus, _feed) = LocalBus::new();
        let clock = Clock::start();
        let ctx = Context {
            store: Arc::new(store),
            bus: Arc::new(bus),
            live: Live::new(config.times, clock.monotonic_ms()),
            clock,
            sites: SiteTable::default(),
            unsaved: std::sync::Mutex::default(),
            ticket_life_ms: config.ticket_life_ms,
        };
        ctx.sites.set(ctx.store.sites().await?, Overlay::default());
        let answer = control::carry_out(&ctx, order.clone()).await;
        ctx.store.close().await;
        Ok(answer)
    })
}
