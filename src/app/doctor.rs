//! What usually goes wrong, looked for: the configuration, the folder, the machine, the sites, and whether a server answers.

use super::control::{self, Order};
use super::keys;
use super::people;
use crate::clock::Clock;
use crate::config::Config;
use crate::edge::tls::Tls;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Good,
    /// It works, and is probably not meant so.
    Advice,
    /// It does not work.
    Wrong,
}

/// Something that was looked at.
#[derive(Debug, Clone)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub mend: Option<String>,
}

/// A server with fewer descriptors is short of them when a community is busy.
const DESCRIPTORS_MIN: u64 = 10_000;
/// Before 2026 nobody had this program: a clock that says so is wrong.
const CLOCK_MIN_MS: u64 = 1_767_225_600_000;
/// A server that is there answers within this.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

fn good(what: String) -> Finding {
    Finding { level: Level::Good, what, mend: None }
}

fn not_good(level: Level, what: String, mend: &str) -> Finding {
    Finding { level, what, mend: Some(mend.to_owned()) }
}

/// Looks at everything.
pub fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![clock(), descriptors()];
    findings.extend(config.advice().map(|advice| not_good(Level::Advice, advice.to_owned(), "set server.public_url")));
    findings.extend(folder(&config.data));
    findings.extend(config.tls.as_ref().map(|files| match Tls::load(&files.certificate, &files.key) {
        Ok(_) => good("the certificate and its key belong together".into()),
        Err(error) => {
            not_good(Level::Wrong, format!("TLS: {error}"), "correct server.tls_certificate and server.tls_key")
        }
    }));
    findings.extend(answers(config));
    if config.data.exists() {
        findings.extend(sites(config));
    }
    findings.extend(config.people.iter().map(|(site, settings)| match people::check(config, settings) {
        Ok(took_ms) => good(format!("site {site} can be asked for its people ({took_ms} ms)")),
        Err(error) => {
            let what = format!("site {site} cannot be asked for its people: {}", error.what);
            not_good(Level::Wrong, what, &error.mend)
        }
    }));
    findings
}

fn clock() -> Finding {
    if Clock::start().wall_ms() >= CLOCK_MIN_MS {
        good("the clock says a year in which this program exists".into())
    } else {
        let what = "the clock is years behind: sign-in tokens seem to come from the future".into();
        not_good(Level::Wrong, what, "set the clock (NTP)")
    }
}

fn descriptors() -> Finding {
    let (_, hard) = rlimit::Resource::NOFILE.get().unwrap_or((0, u64::MAX));
    if hard >= DESCRIPTORS_MIN {
        return good(format!("{hard} files may be open: about as many pages at once"));
    }
    let mend = "raise it: LimitNOFILE=1048576 in the systemd unit, or `ulimit -n`";
    not_good(Level::Advice, format!("only {hard} files may be open, and every open page is one"), mend)
}

fn folder(data: &Path) -> Vec<Finding> {
    let name = data.display();
    let metadata = match std::fs::metadata(data) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return vec![not_good(
                Level::Advice,
                format!("{name} is not there yet"),
                "it is made by `nextim serve` or `nextim site add`",
            )];
        }
        Err(error) => {
            return vec![not_good(Level::Wrong, format!("{name}: {error}"), "run this as the user the server runs as")];
        }
    };
    let mut findings = Vec::new();
    if metadata.permissions().mode() & 0o077 == 0 {
        findings.push(good(format!("{name} is its owner's alone")));
    } else {
        let mode = metadata.permissions().mode() & 0o777;
        let what = format!("{name} has mode {mode:o}: others on this machine may read messages and secrets");
        findings.push(not_good(Level::Advice, what, &format!("chmod 700 {name}")));
    }
    if let Ok(file) = std::fs::metadata(data.join("nextim.sqlite3"))
        && file.uid() != metadata.uid()
    {
        let what = format!("{name} and the database in it belong to different users");
        findings.push(not_good(Level::Wrong, what, "chown -R both to the user the server runs as"));
    }
    findings
}

/// Whether something answers where the server should be.
fn answers(config: &Config) -> Vec<Finding> {
    let address = config.listen;
    match ask(address, "/readyz") {
        Ok(status) if status.contains(" 400 ") && config.tls.is_some() => {
            vec![good(format!("a server answers on {address}, by TLS"))]
        }
        Ok(status) if status.contains(" 200 ") => {
            vec![good(format!("a server answers on {address} and can store messages"))]
        }
        Ok(status) if status.contains(" 503 ") => {
            let what = format!("a server answers on {address} and cannot store messages");
            vec![not_good(Level::Wrong, what, "see its log; is the disk full? `nextim verify` looks at the data")]
        }
        Ok(status) => {
            let what = format!("something else answers on {address}: {}", status.trim());
            vec![not_good(Level::Wrong, what, "stop it, or set another server.listen")]
        }
        Err(error) => {
            let what = format!("nothing answers on {address} ({error})");
            vec![not_good(Level::Advice, what, "start it: `nextim serve`")]
        }
    }
}

/// The first line of an answer.
fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_WITHIN)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.take(16 * 1024).read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

fn sites(config: &Config) -> Vec<Finding> {
    let sites = match control::give(config, &Order::ListSites) {
        Ok(sites) => sites,
        Err(error) => {
            return vec![not_good(Level::Wrong, format!("the sites cannot be read: {error}"), "see above, or the log")];
        }
    };
    let sites: Vec<&Value> = sites.as_array().into_iter().flatten().collect();
    if sites.is_empty() {
        let mend = "make one: nextim site add www.example.com";
        return vec![not_good(Level::Advice, "there is no site yet: nobody can sign in".into(), mend)];
    }
    sites.into_iter().flat_map(|site| of_site(config, site)).collect()
}

/// What keeps cookies from signing anybody in.
fn of_cookies(config: &Config, name: &str, url: &str, names: &str, public_url: &str) -> Vec<Finding> {
    let wrong = |what: &str, mend: &str| not_good(Level::Wrong, format!("site {name}: {what}"), mend);
    let mut findings = Vec::new();
    if let Err(why) = keys::reach(config, url) {
        findings
            .push(wrong(&format!("cookie_url: {why}"), "nobody signs in by a cookie: correct it with nextim site set"));
    }
    if names.is_empty() {
        let mend = format!("nextim site set {name} cookie_names=PHPSESSID, or what your session cookie is called");
        findings.push(wrong("cookie_url is set, and no cookie is named: none is shown", &mend));
    }
    if public_url.is_empty() {
        let mend = format!("nextim site set {name} public_url=https://…, unless it is the only site here");
        let what = format!("site {name}: cookies count under its public_url alone, which is not set");
        findings.push(not_good(Level::Advice, what, &mend));
    }
    findings
}

fn of_site(config: &Config, site: &Value) -> Vec<Finding> {
    let name = site["site"].as_str().unwrap_or_default();
    let option = |name: &str| site["options"][name].as_str().unwrap_or_default();
    let mut findings = Vec::new();
    let jwks_url = Some(option("jwks_url")).filter(|url| !url.is_empty());
    findings.extend(jwks_url.and_then(|url| keys::check(config, url).err()).map(|why| {
        let mend = "tokens signed with these keys are refused: correct it with nextim site set";
        not_good(Level::Wrong, format!("site {name}: jwks_url: {why}"), mend)
    }));
    if let Some(url) = Some(option("cookie_url")).filter(|url| !url.is_empty()) {
        findings.extend(of_cookies(config, name, url, option("cookie_names"), option("public_url")));
    }
    let mut advise =
        |what: String, mend: &str| findings.push(not_good(Level::Advice, format!("site {name}: {what}"), mend));
    if site["suspended"] == true {
        advise("it is switched off".into(), &format!("nextim site suspend {name} --resume"));
    }
    let is_served = config.listen.ip().is_loopback() && config.public_url.is_none() && option("public_url").is_empty();
    if !is_served && option("origins").is_empty() && name != "localhost" {
        let mend = format!("nextim site set {name} origins=https://{name}");
        advise("it lists no origins: its pages on another host cannot read answers".into(), &mend);
    }
    for (kind, word) in [("secret_keys", "--secret-key"), ("token_secrets", "--token-secret")] {
        if site[kind] == 2 {
            let mend = format!("when everything uses the new one: nextim site rotate {name} {word} --finish");
            advise(format!("two {} are good: a rotation is not finished", kind.replace('_', " ")), &mend);
        }
    }
    let reached = [option("public_url"), config.public_url.as_deref().unwrap_or_default()];
    let reached = reached.into_iter().find(|url| !url.is_empty()).unwrap_or_default();
    if reached.starts_with("http://") && option("origins").contains("https://") {
        advise(
            format!("its pages are https and {reached} is not: browsers do not load it there"),
            "put TLS in front (docs/reverse-proxy.md)",
        );
    }
    if findings.is_empty() {
        findings.push(good(format!("site {name}")));
    }
    findings
}
