//! Builds the parts, joins them, and shuts them down in order. The only place that names a store's or a bus's backend.

pub mod control;
pub mod data;
pub mod doctor;

use crate::actions::{Context, Overlay, SiteTable, manage_sites, restore, sweep, tail};
use crate::bus::local::LocalBus;
use crate::bus::{Bus, Envelope};
use crate::chat::site::{KeyDigest, SiteOptions};
use crate::clock::Clock;
use crate::config::{AdminListen, Config, RateProfile};
use crate::edge::Edge;
use crate::edge::accept::{Shutdown, serve};
use crate::edge::admin::{self, Meters};
use crate::edge::browser::transport::long_poll::DeadPolls;
use crate::edge::control as edge_control;
use crate::edge::demo::{seed, sign_in::Demonstration};
use crate::edge::rates::{OpenTo, Rates};
use crate::edge::refusals::Refusals;
use crate::edge::sign_in::SignIn;
use crate::live::Live;
use crate::store::sqlite::SqliteStore;
use crate::store::{CommitObserver, StoreError};
use listenfd::ListenFd;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a stop waits for connections to be answered.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);
/// With an inherited socket, how long a start waits for the process before to let go of the data.
const PREDECESSOR_WITHIN: Duration = Duration::from_secs(60);
/// How often it looks.
const LOCK_RETRY: Duration = Duration::from_millis(10);
/// The usual port of the operator's listener.
const ADMIN_PORT: u16 = 9464;
/// Ports tried after the usual one.
const PORTS_TRIED: u16 = 100;

/// Why the server did not start: the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It could not, as things are.
    #[error("{0}")]
    Other(String),
    /// The data is damaged.
    #[error("{0}")]
    Damaged(String),
}

/// A server that listens.
pub struct Running {
    /// Where.
    pub address: SocketAddr,
    /// Where `/metrics` is.
    pub admin_address: Option<SocketAddr>,
    /// Which rates hold.
    pub rates: RateProfile,
    /// Whether the demonstration community is there.
    pub demonstration: bool,
    ctx: Arc<Context>,
    shutdown: Arc<Shutdown>,
    accepting: JoinHandle<()>,
    housekeeping: Vec<JoinHandle<()>>,
    connections: mpsc::Receiver<()>,
}

/// Starts a server.
pub async fn start(config: &Config) -> Result<Running, StartError> {
    let (bus, feed) = LocalBus::new();
    let bus = Arc::new(bus);
    let commits = Arc::clone(&bus);
    let observer: CommitObserver = Box::new(move |site, entries| commits.publish(Envelope::Appended { site, entries }));
    // First the address: a start that fails leaves nothing behind.
    let (listener, is_inherited) = match inherited()? {
        Some(listener) => (listener, true),
        None => (bind(config).await?, false),
    };
    let address = listener.local_addr().map_err(|error| StartError::Other(error.to_string()))?;
    let patience = if is_inherited { PREDECESSOR_WITHIN } else { Duration::ZERO };
    let store = open(config, patience, observer).await.map_err(start_error)?;
    let clock = Clock::start();
    let ctx = Arc::new(Context {
        store: Arc::new(store),
        bus,
        live: Live::new(config.times, clock.monotonic_ms()),
        clock,
        sites: SiteTable::default(),
        unsaved: std::sync::Mutex::default(),
        ticket_life_ms: config.ticket_life_ms,
    });
    let sign_in = prepare(&ctx, config).await?;
    let shutdown = Arc::new(Shutdown::default());
    let orders = orders(&config.data)?;
    let mut housekeeping = vec![
        tokio::spawn(edge_control::serve(Arc::clone(&ctx), orders, Arc::clone(&shutdown))),
        tokio::spawn(tail::run(Arc::clone(&ctx), feed)),
        tokio::spawn(sweep::run_deadlines(Arc::clone(&ctx))),
        tokio::spawn(sweep::run_upkeep(Arc::clone(&ctx))),
    ];
    let demonstration = sign_in.demonstration().is_some();
    let open_to = match (config.rates, sign_in.demonstration()) {
        (Some(RateProfile::Open), _) => OpenTo::Everybody,
        (None, Some(demonstration)) => OpenTo::Site(demonstration.site()),
        (Some(RateProfile::Internet), _) | (None, None) => OpenTo::Nobody,
    };
    let edge = Edge {
        ctx: Arc::clone(&ctx),
        sign_in,
        public_url: config.public_url.clone(),
        proxies: config.trusted_proxies.clone(),
        connections_per_address: config.connections_per_address,
        descriptors: rlimit::Resource::NOFILE.get_soft().unwrap_or(u64::MAX),
        dead_polls: DeadPolls::default(),
        meters: Meters::default(),
        rates: Rates::new(open_to, clock),
        refusals: Refusals::default(),
    };
    let (open, connections) = mpsc::channel(1);
    let edge = Arc::new(edge);
    let admin_address = match bind_admin(config).await? {
        Some(listener) => {
            let address = listener.local_addr().ok();
            housekeeping.push(tokio::spawn(admin::serve(
                Arc::clone(&edge),
                config.admin_token,
                listener,
                Arc::clone(&shutdown),
            )));
            address
        }
        None => None,
    };
    let accepting = tokio::spawn(serve(edge, listener, Arc::clone(&shutdown), open));
    let rates = if open_to == OpenTo::Everybody { RateProfile::Open } else { RateProfile::Internet };
    Ok(Running { address, admin_address, rates, demonstration, ctx, shutdown, accepting, housekeeping, connections })
}

/// The socket for orders of the command line. Whoever holds the data holds it, so one that is there is left over.
fn orders(data: &Path) -> Result<UnixListener, StartError> {
    let listen = || {
        let folder = File::open(data)?;
        let path = control::socket_path(&folder);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    };
    listen().map_err(|error| StartError::Other(format!("{}: the socket for orders: {error}", data.display())))
}

/// A listening socket from whoever started this process (`LISTEN_FDS`): it outlives the process, so that pages which connect
/// during a restart wait instead of failing.
fn inherited() -> Result<Option<TcpListener>, StartError> {
    let failed = |error: io::Error| StartError::Other(format!("the inherited socket: {error}"));
    let Some(listener) = ListenFd::from_env().take_tcp_listener(0).map_err(failed)? else { return Ok(None) };
    listener.set_nonblocking(true).map_err(failed)?;
    TcpListener::from_std(listener).map(Some).map_err(failed)
}

/// Opens the store; with `patience`, as soon as a predecessor lets go of it.
async fn open(config: &Config, patience: Duration, observer: CommitObserver) -> Result<SqliteStore, StoreError> {
    let clock = Clock::start();
    let end_ms = clock.monotonic_ms() + u64::try_from(patience.as_millis()).unwrap_or(0);
    let observer = Arc::new(observer);
    loop {
        let observer = Arc::clone(&observer);
        match SqliteStore::open(&config.data, Box::new(move |site, entries| observer(site, entries))) {
            Err(StoreError::InUse(_)) if clock.monotonic_ms() < end_ms => tokio::time::sleep(LOCK_RETRY).await,
            opened => return opened,
        }
    }
}

fn start_error(error: StoreError) -> StartError {
    match error {
        StoreError::Damaged(why) => StartError::Damaged(why),
        StoreError::Unavailable(why) | StoreError::InUse(why) => StartError::Other(why),
        StoreError::Refused(refusal) => StartError::Other(refusal.to_string()),
    }
}

/// Restores what outlived the last process, and fills the demonstration.
async fn prepare(ctx: &Context, config: &Config) -> Result<SignIn, StartError> {
    let restored = restore::restore(ctx).await.map_err(start_error)?;
    if restored > 0 {
        tracing::info!(restored, "sessions go on where they were");
    }
    let mut overlay = Overlay { options: config.sites.clone(), keys: config.server_keys.clone() };
    for name in overlay.keys.keys() {
        let new = manage_sites::new_site(ctx, name, SiteOptions::default());
        ctx.store.ensure_site(new).await.map_err(start_error)?;
    }
    let demonstration = if has_demonstration(ctx, config).await? {
        let failed = |refusal| StartError::Other(format!("the demonstration: {refusal}"));
        let site = seed::ensure(ctx).await.map_err(failed)?;
        overlay.keys.insert(site.name.to_string(), KeyDigest::of(seed::PUBLIC_KEY));
        Some(Demonstration::new(&site))
    } else {
        None
    };
    let stored = ctx.store.sites().await.map_err(start_error)?;
    for name in overlay.options.keys().filter(|name| !stored.iter().any(|site| site.answers_to(name))) {
        tracing::warn!(site = name, "the configuration has a section for a site that is not there");
    }
    ctx.sites.set(stored, overlay);
    Ok(SignIn::new(demonstration))
}

/// Where nothing is said, the demonstration is for a folder that has no other site.
async fn has_demonstration(ctx: &Context, config: &Config) -> Result<bool, StartError> {
    match config.demonstration {
        Some(said) => Ok(said),
        None => {
            let sites = ctx.store.sites().await.map_err(start_error)?;
            Ok(sites.iter().all(|site| &*site.name == seed::SITE))
        }
    }
}

/// The listener for the operator. Where none is named, the first free port of this machine will do; that there is none is no reason not to serve.
async fn bind_admin(config: &Config) -> Result<Option<TcpListener>, StartError> {
    match config.admin_listen {
        AdminListen::Off => Ok(None),
        AdminListen::At(address) => {
            let failed = |error| StartError::Other(format!("server.admin_listen: cannot listen on {address}: {error}"));
            TcpListener::bind(address).await.map(Some).map_err(failed)
        }
        AdminListen::Anywhere => {
            for port in ADMIN_PORT..ADMIN_PORT + PORTS_TRIED {
                if let Ok(listener) = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await {
                    return Ok(Some(listener));
                }
            }
            Ok(None)
        }
    }
}

async fn bind(config: &Config) -> Result<TcpListener, StartError> {
    let mut address = config.listen;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && config.next_port => {
                if address.port() >= config.listen.port().saturating_add(PORTS_TRIED) {
                    return Err(StartError::Other(format!("no free port from {} on", config.listen)));
                }
                address.set_port(address.port() + 1);
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(StartError::Other(format!(
                    "{address} is in use; stop what listens there, or give another --listen"
                )));
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let why = "ports below 1024 need privileges: take another, or grant CAP_NET_BIND_SERVICE";
                return Err(StartError::Other(format!("cannot listen on {address}: {why}")));
            }
            Err(error) => return Err(StartError::Other(format!("cannot listen on {address}: {error}"))),
        }
    }
}

impl Running {
    /// How many sites there are, the demonstration's included.
    pub fn sites(&self) -> usize {
        self.ctx.sites.all().len()
    }

    /// Stops in order: no new connections, held polls are answered, writes finish, cursors are stored, the store is closed.
    pub async fn stop(mut self) {
        self.shutdown.begin();
        drop(self.accepting.await);
        self.ctx.live.drain();
        if timeout(DRAIN_WITHIN, self.connections.recv()).await.is_err() {
            tracing::warn!("some connections did not end in time and are cut");
        }
        for task in self.housekeeping {
            task.abort();
        }
        sweep::settle(&self.ctx).await;
        self.ctx.store.close().await;
    }
}
