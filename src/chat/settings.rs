//! A member's settings: named JSON values that the client chooses and the server keeps.

use std::collections::BTreeMap;

/// Most settings of one member.
pub const SETTINGS_MAX: usize = 100;
/// Longest name, in characters.
pub const SETTING_NAME_MAX: usize = 64;
/// All names and values together, in bytes.
pub const SETTINGS_BYTES_MAX: usize = 16 * 1024;

/// Names that a client's own object code would trip over.
const DANGEROUS: [&str; 3] = ["__proto__", "constructor", "prototype"];
/// Names that carry the request, never a setting.
const ENVELOPE: [&str; 10] =
    ["ticket", "domain", "server", "callback", "_", "csrf_token", "token", "data", "ack", "epoch"];

/// Settings in which old clients keep the rooms that their member has silenced.
pub const SILENCED_ROOMS: [&str; 2] = ["block_list", "blocked_rooms"];

/// Names to JSON texts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings(pub BTreeMap<String, String>);

/// Why settings are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadSettings {
    /// A name that is empty, too long or dangerous.
    Name,
    /// Too many or too large.
    Size,
}

/// Whether a parameter of this name is part of the request and not a setting.
pub fn is_envelope(name: &str) -> bool {
    ENVELOPE.contains(&name)
}

impl Settings {
    /// Adds a value under `name`.
    pub fn insert(&mut self, name: &str, json: String) -> Result<(), BadSettings> {
        if name.is_empty() || name.chars().count() > SETTING_NAME_MAX || DANGEROUS.contains(&name) {
            return Err(BadSettings::Name);
        }
        self.0.insert(name.to_owned(), json);
        self.check()
    }

    /// These settings with `newer` laid over them: named keys are replaced, others survive.
    pub fn merged(mut self, newer: Self) -> Result<Self, BadSettings> {
        self.0.extend(newer.0);
        self.check().map(|()| self)
    }

    fn check(&self) -> Result<(), BadSettings> {
        let bytes: usize = self.0.iter().map(|(name, json)| name.len() + json.len()).sum();
        if self.0.len() > SETTINGS_MAX || bytes > SETTINGS_BYTES_MAX { Err(BadSettings::Size) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dangerous_names_and_floods_are_refused() {
        let mut settings = Settings::default();
        assert_eq!(settings.insert("__proto__", "1".into()), Err(BadSettings::Name));
        assert_eq!(settings.insert("", "1".into()), Err(BadSettings::Name));
        assert_eq!(settings.insert("theme", "\"dark\"".into()), Ok(()));
        assert_eq!(settings.insert("big", "x".repeat(SETTINGS_BYTES_MAX)), Err(BadSettings::Size));
    }

    #[test]
    fn named_keys_merge_and_others_survive() {
        let one = |name: &str, json: &str| Settings(BTreeMap::from([(name.to_owned(), json.to_owned())]));
        let merged = one("a", "1").merged(one("b", "2")).unwrap().merged(one("a", "3")).unwrap();
        assert_eq!(merged.0.into_iter().collect::<Vec<_>>(), [("a".into(), "3".into()), ("b".into(), "2".into())]);
    }
}
