//! A server in this process, on a free port, with the demonstration and files of its own that go away with it.

use super::{Member, http::Http};
use nextim::actions::{Context, PeopleSources};
use nextim::app::{self, Running};
use nextim::bus::local::LocalBus;
use nextim::chat::id::SiteNumber;
use nextim::config::{AdminListen, Config, LogFormat, RateProfile};
use nextim::live::Times;
use nextim::outgoing::Client;
use nextim::outgoing::reach::Reach;
use nextim::store::sqlite::SqliteStore;
use std::net::SocketAddr;
use std::sync::Arc;
use tempfile::TempDir;

/// Times at which a test need not wait long for anything.
pub fn hasty() -> Times {
    Times { poll_hold_ms: 600, session_grace_ms: 300, user_grace_ms: 300, ticket_idle_ms: 5_000, presence_wake_ms: 50 }
}

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    pub config: Config,
    running: Option<Running>,
    _folder: TempDir,
}

impl Server {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts one with a configuration that is changed first.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            next_port: false,
            data: folder.path().join("data"),
            public_url: None,
            tls: None,
            outgoing_allow: Vec::new(),
            demonstration: Some(true),
            admin_listen: AdminListen::Off,
            admin_token: None,
            trusted_proxies: vec!["127.0.0.0/8".parse().expect("a network")],
            times: hasty(),
            ticket_life_ms: 86_400_000,
            connections_per_address: 200,
            rates: Some(RateProfile::Open),
            sites: std::collections::BTreeMap::default(),
            server_keys: std::collections::BTreeMap::default(),
            people: std::collections::BTreeMap::default(),
            log_format: LogFormat::Auto,
            log_filter: "off".into(),
        };
        change(&mut config);
        let running = app::start(&config).await.expect("the server starts");
        let address = running.address;
        config.listen = address;
        Self { address, config, running: Some(running), _folder: folder }
    }

    /// Where the operator's listener is.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.running.as_ref()?.admin_address
    }

    /// Stops it in order.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// Starts it again at the same address with the same files.
    pub async fn start_again(&mut self) {
        self.running = Some(app::start(&self.config).await.expect("the server starts again"));
    }

    /// Stops, lets the site itself do something with what is stored, as its own software would, and starts again.
    pub async fn between<T>(&mut self, work: impl AsyncFnOnce(&Context, SiteNumber) -> T) -> T {
        self.stop().await;
        let (bus, _feed) = LocalBus::new();
        let store = SqliteStore::open(&self.config.data, Box::new(|_, _| {})).expect("the store opens");
        let (outgoing, people) = (Arc::new(Client::new(Reach::default())), PeopleSources::default());
        let (times, ticket_life_ms) = (self.config.times, self.config.ticket_life_ms);
        let ctx = Context::new(Arc::new(store), Arc::new(bus), outgoing, people, times, ticket_life_ms);
        let site = ctx.store.sites().await.expect("sites").swap_remove(0).number;
        let done = work(&ctx, site).await;
        ctx.store.close().await;
        self.start_again().await;
        done
    }

    pub async fn connect(&self) -> Http {
        Http::open(self.address).await.expect("a connection")
    }

    /// Signs a member of the demonstration in.
    pub async fn member(&self, id: &str) -> Member {
        Member::sign_in(self.address, id).await
    }

    /// Signs a member in who opens a page with the given `online` form.
    pub async fn page(&self, id: &str, form: &str) -> Member {
        let mut member = self.member(id).await;
        member.online(form).await;
        member
    }
}
