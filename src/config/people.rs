//! `[sites."NAME".people]`: where a site is asked for its own people, checked.

use super::ConfigError;
use super::written::nearest_of;
use crate::chat::site_options::is_address;
use crate::people::maps::Map;
use crate::people::settings::{From, OwnQueries, SecretUrl, Settings, Tls};
use serde::Deserialize;
use std::path::PathBuf;

/// Longest prefix of tables, in characters.
const PREFIX_MAX: usize = 32;

/// As written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenPeople {
    from: Option<String>,
    url: Option<String>,
    url_file: Option<PathBuf>,
    map: Option<String>,
    profile: Option<String>,
    buddies: Option<String>,
    rooms: Option<String>,
    table_prefix: Option<String>,
    site_url: Option<String>,
    refresh_s: Option<u64>,
    timeout_ms: Option<u64>,
    connections: Option<u64>,
    tls: Option<bool>,
    tls_ca_file: Option<PathBuf>,
}

impl WrittenPeople {
    /// What it says of a site, if it can be meant so.
    pub(super) fn check(self, site: &str) -> Result<Settings, ConfigError> {
        let at = |key: &str| format!("sites.{site}.people.{key}");
        let wrong = |key: &str, why: &str| ConfigError(format!("{} {why}", at(key)));
        let from = match self.from.as_deref() {
            Some("mysql") => From::Mysql,
            Some("postgres") => From::Postgres,
            Some("http") => From::Http,
            Some(_) => return Err(wrong("from", "must be \"mysql\" (MariaDB, too), \"postgres\" or \"http\"")),
            None => return Err(wrong("from", "is missing: \"mysql\" (MariaDB, too), \"postgres\" or \"http\"")),
        };
        let map = self.map.as_deref().map(|name| map(name, from)).transpose();
        let map = map.map_err(|why| wrong("map", &why))?;
        let own = OwnQueries { profile: self.profile, buddies: self.buddies, rooms: self.rooms };
        for (key, query) in [("profile", &own.profile), ("buddies", &own.buddies), ("rooms", &own.rooms)] {
            query.iter().try_for_each(|query| check_query(query, from)).map_err(|why| wrong(key, why))?;
        }
        if from == From::Http && (map.is_some() || own != OwnQueries::default()) {
            return Err(wrong("from", "= \"http\" asks the site's own server: it has no map and no queries"));
        }
        if from != From::Http && map.is_none() && own.profile.is_none() {
            return Err(wrong("map", "is missing: name one, or write at least the query `profile`"));
        }
        let site_url = self.site_url.unwrap_or_default();
        if !site_url.is_empty() && !crate::chat::site_options::is_public_url(&site_url) {
            return Err(wrong("site_url", "must be a whole http or https address, such as https://www.example.com"));
        }
        if self.table_prefix.as_deref().is_some_and(|prefix| !is_prefix(prefix)) {
            return Err(wrong("table_prefix", "must be at most 32 letters, digits and underscores"));
        }
        let within = |key: &str, value: Option<u64>, usual, (least, most)| {
            super::within(&at(key), value.unwrap_or(usual), least, most)
        };
        Ok(Settings {
            from,
            url: url(&at("url"), from, self.url, self.url_file)?,
            map,
            table_prefix: self.table_prefix,
            own,
            site_url: site_url.trim_end_matches('/').to_owned(),
            refresh_ms: within("refresh_s", self.refresh_s, 60, (1, 86_400))? * 1000,
            timeout_ms: within("timeout_ms", self.timeout_ms, 1_500, (50, 10_000))?,
            connections: within("connections", self.connections, 4, (1, 64))? as usize,
            tls: match (self.tls, self.tls_ca_file) {
                (Some(false), Some(_)) => return Err(wrong("tls_ca_file", "means TLS: take away tls = false")),
                (_, Some(file)) => Tls::RootsIn(file),
                (Some(true), None) => Tls::PublicRoots,
                (Some(false) | None, None) => Tls::Off,
            },
        })
    }
}

fn map(name: &str, from: From) -> Result<Map, String> {
    let names = || Map::ALL.iter().map(|(name, _)| *name);
    let Some((_, map)) = Map::ALL.into_iter().find(|(known, _)| *known == name) else {
        let meant = nearest_of(name, names()).map(|near| format!("\nDid you mean `{near}`?")).unwrap_or_default();
        return Err(format!("must be one of {}; it is {name:?}{meant}", names().collect::<Vec<_>>().join(", ")));
    };
    if map.is_for(from) { Ok(map) } else { Err(format!("= \"{name}\" is for from = \"mysql\"")) }
}

/// A query that can only read, and has a place for the member's id. The connection refuses to write as well.
fn check_query(query: &str, from: From) -> Result<(), &'static str> {
    let first = query.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
    let first: String = first.chars().take_while(char::is_ascii_alphabetic).collect();
    if !["select", "with"].contains(&first.to_ascii_lowercase().as_str()) {
        return Err("must be a query that reads: SELECT or WITH");
    }
    match from {
        From::Mysql if !query.contains('?') => Err("has no `?` where the member's id belongs"),
        From::Postgres if !query.contains("$1") => Err("has no `$1` where the member's id belongs"),
        From::Mysql | From::Postgres | From::Http => Ok(()),
    }
}

fn is_prefix(prefix: &str) -> bool {
    prefix.len() <= PREFIX_MAX && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The address, with the password in it, which no message repeats.
fn url(at: &str, from: From, url: Option<String>, file: Option<PathBuf>) -> Result<SecretUrl, ConfigError> {
    let error = |why: &str| Err(ConfigError(format!("{at}{why}")));
    let url = match (url, file) {
        (Some(_), Some(_)) => return error(" and url_file: give one of them, or nobody knows which counts"),
        (Some(url), None) => url,
        (None, Some(file)) => {
            let read = std::fs::read_to_string(&file);
            let read = read.map_err(|error| ConfigError(format!("{at}_file: {}: {error}", file.display())))?;
            read.trim().to_owned()
        }
        (None, None) => {
            return error(" is missing, or url_file: such as mysql://USER:PASSWORD@127.0.0.1:3306/DATABASE");
        }
    };
    let (schemes, example): (&[&str], _) = match from {
        From::Mysql => (&["mysql://"], "mysql://USER:PASSWORD@HOST:PORT/DATABASE"),
        From::Postgres => (&["postgres://", "postgresql://"], "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"),
        From::Http => (&["https://", "http://"], "https://www.example.com/nextim/people"),
    };
    if !schemes.iter().any(|scheme| url.starts_with(scheme)) {
        return error(&format!(" must be an address such as {example}"));
    }
    if from == From::Http && !can_be_asked(&url) {
        return error(&format!(" must be an address such as {example}, with neither user nor password in it"));
    }
    Ok(SecretUrl(url))
}

/// Whether `outgoing` would ask there.
fn can_be_asked(url: &str) -> bool {
    let has_good_port = |at: &http::uri::Authority| at.as_str().len() == at.host().len() || at.port_u16().is_some();
    let is_good = |uri: http::Uri| uri.authority().is_some_and(has_good_port);
    is_address(url) && url.parse().is_ok_and(is_good)
}

/// A source as a configuration file would say it, all but its address.
pub(super) fn shown(site: &str, settings: &Settings) -> Vec<String> {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let from = match settings.from {
        From::Mysql => "mysql",
        From::Postgres => "postgres",
        From::Http => "http",
    };
    let mut lines = vec![format!("\n[sites.{}.people]", quoted(site)), format!("from = {}", quoted(from))];
    lines.push("# url is set, and not shown".to_owned());
    let texts = [
        ("map", settings.map.map(Map::name)),
        ("table_prefix", settings.table_prefix.as_deref()),
        ("profile", settings.own.profile.as_deref()),
        ("buddies", settings.own.buddies.as_deref()),
        ("rooms", settings.own.rooms.as_deref()),
        ("site_url", Some(settings.site_url.as_str()).filter(|url| !url.is_empty())),
    ];
    lines.extend(texts.into_iter().filter_map(|(key, value)| Some(format!("{key} = {}", quoted(value?)))));
    lines.extend([
        format!("refresh_s = {}", settings.refresh_ms / 1000),
        format!("timeout_ms = {}", settings.timeout_ms),
        format!("connections = {}", settings.connections),
    ]);
    lines.push(match &settings.tls {
        Tls::RootsIn(file) => format!("tls_ca_file = {}", quoted(&file.display().to_string())),
        tls => format!("tls = {}", *tls == Tls::PublicRoots),
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::super::tests::load;
    use super::*;

    const URL: &str = "url = \"mysql://reader:secret-word@127.0.0.1/forum\"\n";

    fn people(text: &str) -> Result<Settings, String> {
        let text = format!("[sites.\"www.example.com\"]\n[sites.\"www.example.com\".people]\n{text}");
        let mut config = load(&text, &[]).map_err(|error| error.to_string())?;
        Ok(config.people.remove("www.example.com").expect("the section is there"))
    }

    #[test]
    fn a_map_is_a_few_lines_and_the_rest_has_defaults() {
        let settings = people(&format!("from = \"mysql\"\nmap = \"discuz\"\n{URL}")).unwrap();
        assert_eq!((settings.refresh_ms, settings.timeout_ms, settings.connections), (60_000, 1_500, 4));
        assert!(settings.queries().profile.contains("pre_common_member") && settings.tls == Tls::Off);
        let own = "from = \"mysql\"\nmap = \"wordpress\"\ntable_prefix = \"wp7_\"\nbuddies = \"select b as id from f where a = ?\"\n";
        let queries = people(&format!("{own}{URL}")).unwrap().queries();
        assert_eq!(queries.buddies.as_deref(), Some("select b as id from f where a = ?"));
        assert!(queries.profile.contains("wp7_users") && queries.rooms.is_none());
    }

    #[test]
    fn mistakes_are_named_and_the_password_is_in_none_of_them() {
        for (text, why) in [
            ("map = \"discuz\"\n", "from is missing"),
            ("from = \"oracle\"\nmap = \"discuz\"\n", "from must be"),
            ("from = \"mysql\"\n", "map is missing"),
            ("from = \"mysql\"\nmap = \"discus\"\n", "Did you mean `discuz`?"),
            ("from = \"postgres\"\nmap = \"discuz\"\n", "is for from = \"mysql\""),
            ("from = \"mysql\"\nmapp = \"discuz\"\n", "Did you mean `map`?"),
            ("from = \"mysql\"\nprofile = \"UPDATE u SET a = ?\"\n", "profile must be a query that reads"),
            ("from = \"mysql\"\nprofile = \"SELECT 1\"\n", "has no `?`"),
            ("from = \"postgres\"\nprofile = \"SELECT 1\"\n", "has no `$1`"),
            ("from = \"mysql\"\nmap = \"discuz\"\ntable_prefix = \"a; DROP\"\n", "table_prefix must be"),
            ("from = \"mysql\"\nmap = \"discuz\"\nsite_url = \"www.example.com\"\n", "site_url must be"),
            ("from = \"mysql\"\nmap = \"discuz\"\ntimeout_ms = 20000\n", "timeout_ms is 20000"),
            ("from = \"mysql\"\nmap = \"discuz\"\nurl_file = \"/a\"\n", "give one of them"),
            ("from = \"mysql\"\nmap = \"discuz\"\ntls = false\ntls_ca_file = \"/a\"\n", "means TLS"),
        ] {
            let error = people(&format!("{text}{URL}")).unwrap_err();
            assert!(error.contains(why), "{error}");
            // What the file's reader cannot take it shows with its line; that is never the one with the password.
            assert!(!error.contains("secret-word"), "{error}");
        }
        let bad = "from = \"mysql\"\nmap = \"discuz\"\n";
        assert!(people(bad).unwrap_err().contains("url is missing"));
        assert!(people(&format!("{bad}url = \"secret-word\"\n")).is_err_and(|error| !error.contains("secret-word")));
    }

    /// Negative control: leave `can_be_asked` out.
    #[test]
    fn a_server_is_asked_at_an_address_that_can_be_asked() {
        let at = |url: &str| people(&format!("from = \"http\"\nurl = \"{url}\"\n"));
        for url in [
            "https://www.example.com/people",
            "http://127.0.0.1:8080/people?a=b",
            "http://[::1]:8080/",
            "https://www.example.com",
        ] {
            assert_eq!(at(url).map(|settings| settings.url), Ok(SecretUrl(url.into())));
        }
        for url in [
            "https://reader:secret-word@www.example.com/people",
            "https://secret-word@www.example.com/",
            "https://",
            "https:///people",
            "https://www.example.com:secret-word/",
            "https://www.example.com:99999/",
            "https://www.example.com/a b",
            "https://www.example.com/#a",
        ] {
            let error = at(url).unwrap_err();
            assert!(error.contains("neither user nor password") && !error.contains("secret-word"), "{url}: {error}");
        }
    }

    #[test]
    fn a_source_is_shown_without_its_address() {
        let text = format!(
            "[sites.\"www.example.com\".people]\nfrom = \"postgres\"\nprofile = \"SELECT id FROM u WHERE id = $1\"\ntls = true\n{}",
            URL.replace("mysql", "postgresql")
        );
        let config = load(&text, &[]).unwrap();
        let shown = config.shown();
        assert!(!shown.contains("secret-word") && !format!("{config:?}").contains("secret-word"), "{shown}");
        let again = shown.replace("# url is set, and not shown", &URL.replace("mysql", "postgresql"));
        assert_eq!(load(&again, &[]).unwrap().people, config.people, "{shown}");
        assert_eq!(config.demonstration, Some(false), "the site is somebody's own");
    }

    #[test]
    fn the_address_may_be_in_a_file_and_the_domain_must_be_in_quotes() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        std::fs::write(&file, "mysql://a:b@h/d\n").unwrap();
        let text = format!("from = \"mysql\"\nmap = \"phpbb\"\nurl_file = {:?}\n", file.display().to_string());
        assert_eq!(people(&text).unwrap().url, SecretUrl("mysql://a:b@h/d".into()));
        let error = load("[sites.www.example.com.people]\nfrom = \"mysql\"\n", &[]).unwrap_err().to_string();
        assert!(error.contains("[sites.\"www.example.com\"]"), "{error}");
        assert!(load("[sites.localhost.people]\nfrom = \"mysql\"\n", &[]).unwrap_err().to_string().contains("map is"));
    }
}
