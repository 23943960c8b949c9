//! Builds the parts, joins them, and shuts them down in order. The only place that names a store's or a bus's backend.

pub mod control;
pub mod data;
pub mod doctor;
mod keys;
mod listeners;
pub mod people;

use crate::actions::{Context, Overlay, manage_sites, restore, sweep, tail};
use crate::bus::local::LocalBus;
use crate::bus::{Bus, Envelope};
use crate::chat::site::{KeyDigest, SiteOptions};
use crate::clock::Clock;
use crate::config::{Config, RateProfile};
use crate::edge::Edge;
use crate::edge::accept::{Shutdown, serve};
use crate::edge::admin::{self, Meters};
use crate::edge::browser::transport::long_poll::DeadPolls;
use crate::edge::control as edge_control;
use crate::edge::demo::{seed, sign_in::Demonstration};
use crate::edge::rates::{OpenTo, Rates};
use crate::edge::refusals::Refusals;
use crate::edge::sign_in::SignIn;
use crate::edge::tls::Tls;
use crate::outgoing::Client;
use crate::outgoing::reach::Reach;
use crate::store::sqlite::SqliteStore;
use crate::store::{CommitObserver, StoreError};
use listeners::{bind, bind_admin, inherited, orders};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a stop waits for connections to be answered.
const DRAIN_WITHIN: Duration = Duration::from_secs(10);
/// With an inherited socket, how long a start waits for the process before to let go of the data.
const PREDECESSOR_WITHIN: Duration = Duration::from_secs(60);
/// Members who are taken away at a time: each reads the whole log of a site.
const EXPORTS_MAX: usize = 4;
/// How often it looks.
const LOCK_RETRY: Duration = Duration::from_millis(10);

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
    /// Whether by TLS.
    pub is_tls: bool,
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

/// Whether what the configuration names is there and can be used, as far as that can be said without starting.
pub fn check(config: &Config) -> Result<(), String> {
    tls(config).map_err(|error| error.to_string())?;
    people::sources(config, &outgoing(config)).map(drop)
}

fn outgoing(config: &Config) -> Arc<Client> {
    Arc::new(Client::new(Reach::new(config.outgoing_allow.clone())))
}

/// The certificate, if there is to be one.
fn tls(config: &Config) -> Result<Option<Arc<Tls>>, StartError> {
    let tls = config.tls.as_ref().map(|files| Tls::load(&files.certificate, &files.key));
    Ok(tls.transpose().map_err(tls_error)?.map(Arc::new))
}

/// Starts a server.
pub async fn start(config: &Config) -> Result<Running, StartError> {
    let (bus, feed) = LocalBus::new();
    let bus = Arc::new(bus);
    let commits = Arc::clone(&bus);
    let observer: CommitObserver = Box::new(move |site, entries| commits.publish(Envelope::Appended { site, entries }));
    let tls = tls(config)?;
    // First the address: a start that fails leaves nothing behind.
    let (listener, is_inherited) = match inherited()? {
        Some(listener) => (listener, true),
        None => (bind(config).await?, false),
    };
    let address = listener.local_addr().map_err(|error| StartError::Other(error.to_string()))?;
    let patience = if is_inherited { PREDECESSOR_WITHIN } else { Duration::ZERO };
    let store = open(config, patience, observer).await.map_err(start_error)?;
    let ctx = Arc::new(context(config, store, bus).map_err(StartError::Other)?);
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
    let is_tls = tls.is_some();
    let edge = Arc::new(edge(config, &ctx, sign_in, tls, open_to));
    if let Some(tls) = &edge.tls {
        let keeping = Arc::clone(tls).keep(Arc::clone(&shutdown)).map_err(tls_error)?;
        housekeeping.push(tokio::spawn(keeping));
    }
    let (open, connections) = mpsc::channel(1);
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
    Ok(Running {
        address,
        is_tls,
        admin_address,
        rates,
        demonstration,
        ctx,
        shutdown,
        accepting,
        housekeeping,
        connections,
    })
}

fn tls_error(error: impl std::fmt::Display) -> StartError {
    StartError::Other(format!("TLS: {error}"))
}

/// What actions work with, over a store that is open.
fn context(config: &Config, store: SqliteStore, bus: Arc<LocalBus>) -> Result<Context, String> {
    let outgoing = outgoing(config);
    let people = people::sources(config, &outgoing)?;
    Ok(Context::new(Arc::new(store), bus, outgoing, people, config.times, config.ticket_life_ms))
}

fn edge(config: &Config, ctx: &Arc<Context>, sign_in: SignIn, tls: Option<Arc<Tls>>, open_to: OpenTo) -> Edge {
    Edge {
        ctx: Arc::clone(ctx),
        sign_in,
        public_url: config.public_url.clone(),
        tls,
        proxies: config.trusted_proxies.clone(),
        connections_per_address: config.connections_per_address,
        descriptors: rlimit::Resource::NOFILE.get_soft().unwrap_or(u64::MAX),
        dead_polls: DeadPolls::default(),
        meters: Meters::default(),
        rates: Rates::new(open_to, ctx.clock),
        refusals: Refusals::default(),
        exports: Arc::new(Semaphore::new(EXPORTS_MAX)),
    }
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
    let mentioned = overlay.options.keys().chain(config.people.keys());
    for name in mentioned.filter(|name| !stored.iter().any(|site| site.answers_to(name))) {
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
