//! The first step: what is written in the file and the environment, key by key, each optional.

use super::sites::{self, WrittenSite};
use super::{ConfigError, LogFormat, RateProfile};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The sections, as the environment spells them.
const SECTIONS: [&str; 5] = ["SERVER", "STREAM", "LIMITS", "SITES", "LOG"];

/// As written. Every key is optional here.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    #[serde(default)]
    pub(super) server: WrittenServer,
    #[serde(default)]
    pub(super) stream: WrittenStream,
    #[serde(default)]
    pub(super) limits: WrittenLimits,
    #[serde(default)]
    pub(super) outgoing: WrittenOutgoing,
    #[serde(default)]
    pub(super) sites: BTreeMap<String, WrittenSite>,
    #[serde(default)]
    pub(super) log: WrittenLog,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenServer {
    pub(super) listen: Option<String>,
    pub(super) data: Option<PathBuf>,
    pub(super) public_url: Option<String>,
    pub(super) admin_listen: Option<String>,
    pub(super) tls_certificate: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) admin_token: Option<String>,
    pub(super) admin_token_file: Option<PathBuf>,
    pub(super) trusted_proxies: Option<Vec<String>>,
    pub(super) demonstration: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStream {
    pub(super) poll_hold_ms: Option<u64>,
    pub(super) session_grace_ms: Option<u64>,
    pub(super) user_grace_ms: Option<u64>,
    pub(super) ticket_idle_ms: Option<u64>,
    pub(super) ticket_life_ms: Option<u64>,
    pub(super) presence_wake_ms: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenOutgoing {
    pub(super) allow: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenLimits {
    pub(super) connections_per_address: Option<u64>,
    pub(super) rates: Option<RateProfile>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenLog {
    pub(super) format: Option<LogFormat>,
    pub(super) filter: Option<String>,
}

/// The configuration file.
pub(super) fn read_file(path: &Path) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError(format!("{}: {error}", path.display())))?;
    let table: Table = text.parse().map_err(|error| ConfigError(format!("{}: {error}", path.display())))?;
    sites::check_quotes(&table)?;
    // Checked here as well, so that a mistake is reported with the file's name and line.
    toml::from_str::<Written>(&text)
        .map_err(|error| ConfigError(format!("{}: {}", path.display(), explain(&error))))?;
    Ok(table)
}

/// `NEXTIM_SERVER__LISTEN=…` is `server.listen`; `…_FILE` names a file that holds the value.
pub(super) fn lay_over(table: &mut Table, name: &str, value: &str) -> Result<(), ConfigError> {
    let Some(path) = name.strip_prefix("NEXTIM_") else { return Ok(()) };
    if !path.contains("__") {
        let slip = SECTIONS.iter().find_map(|section| Some((section, path.strip_prefix(section)?.strip_prefix('_')?)));
        let meant = |(section, key)| format!("{name} is not a setting; did you mean NEXTIM_{section}__{key}?");
        return slip.map_or(Ok(()), |slip| Err(ConfigError(meant(slip))));
    }
    let path = path.to_ascii_lowercase();
    let (path, text) = match path.strip_suffix("_file") {
        Some(path) => {
            let read =
                std::fs::read_to_string(value).map_err(|error| ConfigError(format!("{name}: {value}: {error}")))?;
            (path.to_owned(), read.trim().to_owned())
        }
        None => (path, value.to_owned()),
    };
    let mut keys = path.split("__").collect::<Vec<_>>();
    let last = keys.pop().unwrap_or_default();
    let mut at = table;
    for key in keys {
        let next = at.entry(key).or_insert_with(|| Value::Table(Table::new()));
        at = next.as_table_mut().ok_or_else(|| ConfigError(format!("{name}: `{key}` is not a section")))?;
    }
    let typed = match (text.parse::<i64>(), text.parse::<bool>()) {
        (Ok(number), _) => Value::Integer(number),
        (_, Ok(flag)) => Value::Boolean(flag),
        _ => Value::String(text.clone()),
    };
    // Whether a number is one depends on the key: a folder may be called 123.
    let is_right = |value: Value| {
        let mut only = Value::Table(Table::from_iter([(last.to_owned(), value)]));
        for key in path.split("__").collect::<Vec<_>>().into_iter().rev().skip(1) {
            only = Value::Table(Table::from_iter([(key.to_owned(), only)]));
        }
        only.try_into::<Written>().map(drop)
    };
    let value = match is_right(typed.clone()) {
        Ok(()) => typed,
        Err(error) if is_right(Value::String(text.clone())).is_err() => {
            return Err(ConfigError(format!("{name} (environment): {}", explain(&error))));
        }
        Err(_) => Value::String(text),
    };
    at.insert(last.to_owned(), value);
    Ok(())
}

/// Adds the nearest known key to an error about an unknown one.
pub(super) fn explain(error: &toml::de::Error) -> ConfigError {
    let text = error.to_string();
    let suggestion = nearest(error.message()).map(|near| format!("\nDid you mean `{near}`?")).unwrap_or_default();
    ConfigError(format!("{}{suggestion}", text.trim_end()))
}

fn nearest(message: &str) -> Option<String> {
    let (unknown, known) = message.strip_prefix("unknown field `")?.split_once("`, expected ")?;
    nearest_of(unknown, known.split('`').skip(1).step_by(2))
}

/// The known name that an unknown one is most like.
pub(super) fn nearest_of<'n>(unknown: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    let by_distance = names.map(|name| (strsim::damerau_levenshtein(unknown, name), name));
    by_distance.min().filter(|(distance, name)| *distance <= name.len() / 2).map(|(_, name)| name.to_owned())
}
