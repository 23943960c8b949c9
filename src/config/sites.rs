//! The sections of sites: how each is served, the key of its own server, and where its people are asked for.

use super::ConfigError;
use super::people::WrittenPeople;
use crate::chat::site::{KeyDigest, SiteOptions, is_site_name};
use crate::chat::site_options::{BadOption, OPTIONS};
use crate::people::settings::Settings;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use toml::{Table, Value};

/// Shortest key of a site's own server, in characters.
const SERVER_KEY_MIN: usize = 16;

/// As written: the keys of its server, and whatever can be set for a site.
#[derive(Debug, Default, Deserialize)]
pub(super) struct WrittenSite {
    api_key: Option<String>,
    api_key_file: Option<PathBuf>,
    people: Option<WrittenPeople>,
    #[serde(flatten)]
    options: BTreeMap<String, Value>,
}

type Sites = BTreeMap<String, WrittenSite>;

/// The settings of sites, as names and values.
pub(super) fn special(sites: &Sites) -> Result<BTreeMap<String, Vec<(String, String)>>, ConfigError> {
    let mut special = BTreeMap::new();
    for (name, site) in sites {
        check_name(name)?;
        let given = site.options.iter().map(|(key, value)| given(name, key, value));
        let given = given.collect::<Result<Vec<_>, _>>()?;
        if !given.is_empty() {
            special.insert(name.clone(), given);
        }
    }
    Ok(special)
}

/// The setting that an unknown one is most like.
pub fn nearest_setting(unknown: &str) -> Option<String> {
    super::written::nearest_of(unknown, OPTIONS.iter().map(|row| row.name))
}

/// A setting, which must be one.
fn given(site: &str, key: &str, value: &Value) -> Result<(String, String), ConfigError> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let value = match value {
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        value => text(value),
    };
    match SiteOptions::default().set(key, &value) {
        // Every message asks the store for it.
        Ok(()) if key == "directory_complete" && value == "true" => Err(ConfigError(format!(
            "sites.{site}.directory_complete is kept with the data: nextim site set {site} directory_complete=true"
        ))),
        Ok(()) => Ok((key.to_owned(), value)),
        Err(BadOption::Name(_)) => {
            let names = OPTIONS.iter().map(|row| row.name).chain(["api_key", "api_key_file", "people"]);
            let meant = super::written::nearest_of(key, names);
            let meant = meant.map(|near| format!("\nDid you mean `{near}`?")).unwrap_or_default();
            Err(ConfigError(format!("sites.{site}: unknown field `{key}`{meant}")))
        }
        Err(error) => Err(ConfigError(format!("sites.{site}.{error}"))),
    }
}

/// The keys of those whose own server may call.
pub(super) fn server_keys(sites: &Sites) -> Result<BTreeMap<String, KeyDigest>, ConfigError> {
    let mut keys = BTreeMap::new();
    for (name, site) in sites {
        if let Some(key) = site.server_key(name)? {
            keys.insert(name.clone(), key);
        }
    }
    Ok(keys)
}

/// Where sites are asked for their people. Takes it out.
pub(super) fn people(sites: &mut Sites) -> Result<BTreeMap<String, Settings>, ConfigError> {
    let mut people = BTreeMap::new();
    for (name, site) in sites {
        if let Some(written) = site.people.take() {
            check_name(name)?;
            people.insert(name.clone(), written.check(name)?);
        }
    }
    Ok(people)
}

/// A domain without quotes is taken apart at its points.
pub(super) fn check_quotes(table: &Table) -> Result<(), ConfigError> {
    for (first, site) in table.get("sites").and_then(Value::as_table).into_iter().flatten() {
        let (mut name, mut site) = (vec![first.as_str()], site);
        while let Some((part, inner)) = site.as_table().into_iter().flatten().find(|(_, inner)| inner.is_table()) {
            name.push(part);
            site = inner;
        }
        name.pop_if(|last| *last == "people");
        if name.len() > 1 {
            let name = name.join(".");
            return Err(ConfigError(format!("[sites.{name}]: put the domain in quotes: [sites.\"{name}\"]")));
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), ConfigError> {
    let why = "is not a domain: write it as the site's plugin does, without http:// and slashes, e.g. www.example.com";
    if is_site_name(name) { Ok(()) } else { Err(ConfigError(format!("sites.{name:?} {why}"))) }
}

impl WrittenSite {
    /// The key of the site's own server. One that can be guessed would let anybody be anybody.
    fn server_key(&self, site: &str) -> Result<Option<KeyDigest>, ConfigError> {
        let (from, key) = match (&self.api_key, &self.api_key_file) {
            (Some(_), Some(_)) => {
                let why = "give one of them, or nobody knows which counts";
                return Err(ConfigError(format!("sites.{site}: api_key and api_key_file: {why}")));
            }
            (Some(key), None) => (format!("sites.{site}.api_key"), key.clone()),
            (None, Some(path)) => {
                let from = format!("sites.{site}.api_key_file: {}", path.display());
                let read = std::fs::read_to_string(path).map_err(|error| ConfigError(format!("{from}: {error}")))?;
                (format!("{from}: the key in it"), read.trim().to_owned())
            }
            (None, None) => return Ok(None),
        };
        // HTTP Basic puts a colon before the key.
        let is_good = key.len() >= SERVER_KEY_MIN && key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
        let why = "must be at least 16 visible ASCII characters without `:`, such as `openssl rand -hex 24` gives";
        if is_good { Ok(Some(KeyDigest::of(&key))) } else { Err(ConfigError(format!("{from} {why}"))) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::load;
    use super::*;

    #[test]
    fn a_site_with_a_key_that_can_be_guessed_is_refused() {
        let load_key = |key: &str| load(&format!("[sites.\"www.example.com\"]\napi_key = \"{key}\"\n"), &[]);
        let config = load_key("0123456789abcdef").unwrap();
        assert_eq!(config.server_keys.keys().collect::<Vec<_>>(), ["www.example.com"]);
        assert_eq!(config.server_keys["www.example.com"], KeyDigest::of("0123456789abcdef"));
        for bad in ["public", "", "0123456789 abcdef", "0123456789:abcdef"] {
            let error = load_key(bad).unwrap_err().to_string();
            assert!(error.contains("openssl rand") && !error.contains(&format!("\"{bad}\"")), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "0123456789abcdef\n").unwrap();
        let text = format!("[sites.a]\napi_key_file = {:?}\n", file.display().to_string());
        assert_eq!(load(&text, &[]).unwrap().server_keys["a"], KeyDigest::of("0123456789abcdef"));
        assert!(load("[sites.a]\napi_key_file = \"/nowhere/key\"\n", &[]).is_err());
        let both = format!("{text}api_key = \"0123456789abcdef\"\n");
        assert!(load(&both, &[]).unwrap_err().to_string().contains("give one of them"));
    }

    #[test]
    fn mistakes_are_named_with_their_site() {
        let error = |text: &str| load(text, &[]).unwrap_err().to_string();
        assert!(
            error("[sites.a]\nlegacy_redelivery_s = 601\n")
                .contains("sites.a.legacy_redelivery_s must be a whole number from 0 to 600")
        );
        let unquoted = error("[sites.www.example.com]\nredelivery = false\n");
        assert!(unquoted.contains("[sites.\"www.example.com\"]"), "{unquoted}");
        for bad in ["http://www.example.com/", "www.example.com/", "a,b", ""] {
            assert!(error(&format!("[sites.\"{bad}\"]\nredelivery = false\n")).contains("is not a domain"), "{bad}");
        }
        let old_client = |file: &str| load(&format!("[sites.x]\nold_client = ['{file}']\n"), &[]);
        assert_eq!(old_client("/a/b.js").unwrap().sites["x"], [("old_client".into(), "/a/b.js".into())]);
        for bad in ["/a/b", "/a/\"b.js", "javascript:b.js", "/<b>.css", "/a b.js"] {
            assert!(old_client(bad).unwrap_err().to_string().contains("sites.x.old_client"), "{bad}");
        }
    }
}
