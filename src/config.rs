//! Configuration in two steps: what is written (file, environment, flags, each optional), then one checked value that the
//! rest is built from. Unknown keys are errors with a suggestion.

mod addresses;
mod admin;
mod people;
mod shown;
mod sites;
mod written;

use crate::chat::site::KeyDigest;
use crate::live::Times;
use crate::people::settings::Settings as PeopleSettings;
pub use addresses::{TlsFiles, parse_address};
use addresses::{public_url, trusted_proxies};
use ipnet::IpNet;
use serde::Deserialize;
pub use sites::nearest_setting;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use toml::{Table, Value};
use written::{Written, WrittenStream, explain, lay_over, read_file};

/// The text of `nextim.example.toml`: every key with its default and what it does.
pub const EXAMPLE: &str = include_str!("../nextim.example.toml");

/// Clients of the family give up a poll after 40 s.
const POLL_HOLD_MS_MAX: u64 = 35_000;

/// What is wrong with the configuration: the text says where and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// `Text` on a terminal, `Json` elsewhere.
    #[default]
    Auto,
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Where `/metrics` is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminListen {
    /// Nowhere.
    Off,
    /// There.
    At(SocketAddr),
    /// On this machine, on the first free port from 9464 on.
    Anywhere,
}

/// Which rates hold, by the names that the log has for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RateProfile {
    /// Those for people whom nobody knows.
    Internet,
    /// None but those that a site sets.
    Open,
}

impl RateProfile {
    /// The word in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Internet => "internet",
            Self::Open => "open",
        }
    }
}

/// Checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen. With `next_port`, the first free port from here on.
    pub listen: SocketAddr,
    /// Whether a later port will do.
    pub next_port: bool,
    /// Where everything is kept.
    pub data: PathBuf,
    /// Where the server is reached from outside, without a slash at the end.
    pub public_url: Option<String>,
    /// The certificate, if this server speaks TLS itself.
    pub tls: Option<TlsFiles>,
    /// Whether the demonstration community is on; `None`: if the data has no other site.
    pub demonstration: Option<bool>,
    /// Where the operator's listener is.
    pub admin_listen: AdminListen,
    /// What whoever asks there must show: only its digest is known.
    pub admin_token: Option<KeyDigest>,
    /// Proxies that are believed when they say who asks.
    pub trusted_proxies: Vec<IpNet>,
    /// Graces and holds.
    pub times: Times,
    /// Longest life of a ticket, in milliseconds.
    pub ticket_life_ms: u64,
    /// Connections from one address at most. This machine's own addresses, which may be a proxy's, are not counted.
    pub connections_per_address: u64,
    /// Which rates hold; `None`: those of the open internet, but none for the demonstration.
    pub rates: Option<RateProfile>,
    /// Networks that sites may be asked in besides the open internet.
    pub outgoing_allow: Vec<IpNet>,
    /// Settings of sites that stand here and not in the store, by name: names and values.
    pub sites: BTreeMap<String, Vec<(String, String)>>,
    /// Sites whose own server may call, by name, with its key.
    pub server_keys: BTreeMap<String, KeyDigest>,
    /// Where sites are asked for their people, by name.
    pub people: BTreeMap<String, PeopleSettings>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines there are: `level` or `target=level`, comma-separated.
    pub log_filter: String,
}

/// What the command line says; it wins over everything else.
#[derive(Debug, Default, Clone)]
pub struct Flags {
    /// `--listen`.
    pub listen: Option<SocketAddr>,
    /// `--data`.
    pub data: Option<PathBuf>,
    /// `--config`.
    pub config: Option<PathBuf>,
}

impl Config {
    /// Reads the file, the environment and the flags, each over the one before, and checks the result. Without `--config`,
    /// `nextim.toml` in the present folder is read if it is there.
    pub fn load(flags: &Flags, environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let usual = Path::new("nextim.toml");
        let file = flags.config.as_deref().or_else(|| usual.exists().then_some(usual));
        let mut table = match file {
            Some(path) => read_file(path)?,
            None => Table::new(),
        };
        for (name, value) in environment {
            lay_over(&mut table, &name, &value)?;
        }
        let is_site = sets_a_site(&table);
        let written: Written = Value::Table(table).try_into().map_err(|error| explain(&error))?;
        Self::check(written, flags, is_site)
    }

    /// What is right and probably not meant.
    pub fn advice(&self) -> Option<&'static str> {
        (!self.server_keys.is_empty() && self.public_url.is_none()).then_some(
            "server.public_url is not set: pages of a site's plugin are told to poll the address under which the plugin reached this \
             server, which browsers may not reach",
        )
    }

    fn check(written: Written, flags: &Flags, is_site: bool) -> Result<Self, ConfigError> {
        let Written { server, stream, limits, outgoing, mut sites, log } = written;
        let written = server.listen.as_deref().map(parse_address).transpose();
        let written = written.map_err(|error| ConfigError(format!("server.listen: {error}")))?;
        let chosen = flags.listen.or(written);
        let listen = chosen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8000)));
        let is_out = is_site || !listen.ip().is_loopback();
        let demonstration = server.demonstration.or(is_out.then_some(false));
        if demonstration == Some(true) && !listen.ip().is_loopback() {
            let why = "the demonstration signs anybody in, so it runs on a loopback address only: \
                       set server.demonstration = false, or listen on 127.0.0.1";
            return Err(ConfigError(why.into()));
        }
        let (admin_listen, admin_token) = admin::checked(&server)?;
        Ok(Self {
            listen,
            next_port: chosen.is_none(),
            data: flags.data.clone().or(server.data).unwrap_or_else(|| "nextim-data".into()),
            public_url: server.public_url.map(|url| public_url(&url)).transpose()?,
            demonstration,
            tls: addresses::tls(server.tls_certificate, server.tls_key)?,
            admin_listen,
            admin_token,
            trusted_proxies: trusted_proxies(server.trusted_proxies)?,
            times: times(&stream)?,
            ticket_life_ms: within(
                "stream.ticket_life_ms",
                stream.ticket_life_ms.unwrap_or(2_592_000_000),
                60_000,
                2_592_000_000,
            )?,
            connections_per_address: within(
                "limits.connections_per_address",
                limits.connections_per_address.unwrap_or(200),
                1,
                1_000_000,
            )?,
            rates: limits.rates,
            outgoing_allow: addresses::networks("outgoing.allow", outgoing.allow.unwrap_or_default())?,
            people: sites::people(&mut sites)?,
            sites: sites::special(&sites)?,
            server_keys: sites::server_keys(&sites)?,
            log_format: log.format.unwrap_or_default(),
            log_filter: log_filter(log.filter.unwrap_or_else(|| "info".into()))?,
        })
    }
}

/// A filter that would silence everything by a slip of the pen is refused.
fn log_filter(filter: String) -> Result<String, ConfigError> {
    let level = |word: &str| word.trim().parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
    let good = filter.split(',').all(|part| part.split_once('=').map_or(level(part), |(_, word)| level(word)));
    let why = "log.filter must be error, warn, info, debug, trace or off, or target=level, comma-separated; it is";
    if good { Ok(filter) } else { Err(ConfigError(format!("{why} {filter:?}"))) }
}

/// Whether a configuration is for a site of somebody's own: whoever gives the server a public name, a site's server a key, or says
/// where a site has its people, does not want a demonstration on it. Times, logs and folders say nothing about that.
fn sets_a_site(table: &Table) -> bool {
    let section = |name: &str| table.get(name).and_then(Value::as_table);
    let is_public = section("server").is_some_and(|server| server.contains_key("public_url"));
    let mut sites = section("sites").into_iter().flatten().filter_map(|(_, site)| site.as_table());
    is_public || sites.any(|site| ["api_key", "api_key_file", "people"].iter().any(|key| site.contains_key(*key)))
}

fn times(stream: &WrittenStream) -> Result<Times, ConfigError> {
    Ok(Times {
        poll_hold_ms: within("stream.poll_hold_ms", stream.poll_hold_ms.unwrap_or(25_000), 100, POLL_HOLD_MS_MAX)?,
        session_grace_ms: within("stream.session_grace_ms", stream.session_grace_ms.unwrap_or(8_000), 100, 600_000)?,
        user_grace_ms: within("stream.user_grace_ms", stream.user_grace_ms.unwrap_or(8_000), 0, 600_000)?,
        ticket_idle_ms: within("stream.ticket_idle_ms", stream.ticket_idle_ms.unwrap_or(120_000), 500, 86_400_000)?,
        presence_wake_ms: within("stream.presence_wake_ms", stream.presence_wake_ms.unwrap_or(1_000), 0, 60_000)?,
    })
}

fn within(key: &str, value: u64, least: u64, most: u64) -> Result<u64, ConfigError> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(ConfigError(format!("{key} is {value}; it must be from {least} to {most}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::site_options::{OPTIONS, SiteOptions};

    pub(super) fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nextim.toml");
        std::fs::write(&path, text).unwrap();
        let flags = Flags { config: Some(path), ..Flags::default() };
        let pairs = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(&flags, pairs)
    }

    #[test]
    fn the_example_says_the_defaults_and_every_key() {
        let lines = EXAMPLE.lines().map(|line| line.strip_prefix("#= ").unwrap_or(line));
        // Keys are in files that the example does not bring along.
        let is_file = |line: &&str| {
            ["api_key_file", "admin_token_file", "tls_", "url_file"].iter().any(|key| line.starts_with(key))
        };
        let uncommented = lines.filter(|line| !is_file(line)).collect::<Vec<_>>().join("\n");
        let (example, defaults) = (load(&uncommented, &[]).unwrap(), load("", &[]).unwrap());
        let mut example = Config { public_url: None, ..example };
        assert!(!example.next_port, "the example names the address");
        example.next_port = true;
        example.demonstration = defaults.demonstration;
        example.rates = defaults.rates;
        example.admin_listen = defaults.admin_listen;
        // No site has a source unless it is said.
        assert_eq!(example.people.len(), 1);
        example.people.clear();
        // Every setting of a site stands there with its default.
        example.sites.retain(|_, given| SiteOptions::default().with(given) != SiteOptions::default());
        assert_eq!(format!("{example:?}"), format!("{defaults:?}"));
        let of_sites = OPTIONS.iter().map(|row| row.name);
        let others = [
            "listen",
            "data",
            "public_url",
            "admin_listen",
            "admin_token_file",
            "trusted_proxies",
            "demonstration",
            "poll_hold_ms",
            "session_grace_ms",
            "user_grace_ms",
            "ticket_idle_ms",
            "ticket_life_ms",
            "presence_wake_ms",
            "connections_per_address",
            "rates",
            "tls_certificate",
            "tls_key",
            "allow",
            "api_key_file",
            "from",
            "url",
            "url_file",
            "map",
            "profile",
            "buddies",
            "rooms",
            "table_prefix",
            "site_url",
            "refresh_s",
            "timeout_ms",
            "connections",
            "tls",
            "tls_ca_file",
            "format",
            "filter",
        ];
        for key in others.into_iter().chain(of_sites) {
            assert!(EXAMPLE.contains(&format!("#= {key} = ")), "the example lacks {key}");
        }
    }

    #[test]
    fn what_is_shown_is_a_configuration_that_holds_the_same_and_no_key() {
        let text = "[server]\npublic_url = \"https://im.example/a\"\n[limits]\nrates = \"open\"\n\
                    [sites.\"www.example.com\"]\nguests = true\napi_key = \"0123456789abcdef\"\n";
        let config = load(text, &[("NEXTIM_STREAM__POLL_HOLD_MS", "1000")]).unwrap();
        let shown = config.shown();
        assert!(!shown.contains("0123456789abcdef") && shown.contains("a key of its server is set"), "{shown}");
        let again = Config { server_keys: config.server_keys.clone(), ..load(&shown, &[]).unwrap() };
        let same = Config { next_port: true, admin_listen: config.admin_listen, ..again };
        assert_eq!(format!("{same:?}"), format!("{config:?}"));
    }

    #[test]
    fn unknown_keys_are_errors_with_a_suggestion() {
        let error = load("[server]\nlisen = \"127.0.0.1:1\"\n", &[]).unwrap_err().to_string();
        assert!(error.contains("Did you mean `listen`?") && error.contains("nextim.toml"), "{error}");
        let error = load("", &[("NEXTIM_STREAM__POLL_HOLD", "1")]).unwrap_err().to_string();
        assert!(error.contains("Did you mean `poll_hold_ms`?"), "{error}");
    }

    #[test]
    fn the_environment_wins_over_the_file_and_values_have_limits() {
        let file = "[stream]\npoll_hold_ms = 20000\n[server]\nlisten = \"127.0.0.1:9\"\n";
        let config = load(file, &[("NEXTIM_STREAM__POLL_HOLD_MS", "10000"), ("NEXTIM_OTHER", "x")]).unwrap();
        assert_eq!((config.times.poll_hold_ms, config.listen.port()), (10_000, 9));
        let error = load("[stream]\npoll_hold_ms = 36000\n", &[]).unwrap_err().to_string();
        assert!(error.contains("35000"), "{error}");
        assert!(load("[server]\npublic_url = \"https://a/?b\"\n", &[]).is_err());
    }

    #[test]
    fn the_demonstration_stays_on_until_a_site_is_configured() {
        assert!(load(EXAMPLE, &[]).unwrap().demonstration.is_none(), "the example as it is printed sets nothing");
        assert!(load("[log]\nfilter = \"debug\"\n", &[("NEXTIM_SERVER__DATA", "x")]).unwrap().demonstration.is_none());
        assert_eq!(
            load("[server]\npublic_url = \"https://im.example.com\"\n", &[]).unwrap().demonstration,
            Some(false)
        );
        assert_eq!(load("[server]\ndemonstration = false\n", &[]).unwrap().demonstration, Some(false));
        assert_eq!(load("[sites.a]\napi_key = \"0123456789abcdef\"\n", &[]).unwrap().demonstration, Some(false));
        assert!(load("[sites.a]\nredelivery = false\n", &[]).unwrap().demonstration.is_none());
    }

    #[test]
    fn the_demonstration_is_refused_on_an_open_address() {
        let error = load("[server]\nlisten = \"0.0.0.0:8000\"\ndemonstration = true\n", &[]).unwrap_err().to_string();
        assert!(error.contains("loopback"), "{error}");
        assert_eq!(load("[server]\nlisten = \"0.0.0.0:8000\"\n", &[]).unwrap().demonstration, Some(false));
        let error = load("", &[("NEXTIM_SERVER_LISTEN", "127.0.0.1:1")]).unwrap_err().to_string();
        assert!(error.contains("NEXTIM_SERVER__LISTEN?"), "{error}");
        assert_eq!(parse_address("localhost:9000").unwrap().port(), 9000);
        let error = load("", &[("NEXTIM_SERVER__LISTEN", "9000")]).unwrap_err().to_string();
        assert!(error.contains("such as 127.0.0.1:9000"), "{error}");
        assert!(load("", &[("NEXTIM_SERVER__DATA", "123")]).unwrap().data.ends_with("123"), "a folder may be a number");
        assert!(load("[log]\nfilter = \"loud\"\n", &[]).is_err());
    }
}
