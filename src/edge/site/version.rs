//! The versions of the site's API, and what follows from them: told by the path, else by `version`.

use super::call::{Call, Prefix};
use crate::chat::session::Dialect;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 2010: answers are maps.
    V2,
    /// 2010-2012: answers are lists.
    V3,
    /// 2013: rooms are groups.
    V4,
    /// Since 2014: everything is JSON.
    V5,
}

impl Version {
    /// The version of a call.
    pub fn of(call: &Call, word: Option<&str>) -> Self {
        match call.prefix {
            Prefix::V4 => Self::V4,
            Prefix::V5 => Self::V5,
            Prefix::None => match word.map(|word| word.trim_start_matches('v')).and_then(|word| word.chars().next()) {
                Some('3') => Self::V3,
                Some('4') => Self::V4,
                Some('5') => Self::V5,
                _ => Self::V2,
            },
        }
    }

    /// Its number, as sites allow it.
    pub fn digit(self) -> &'static str {
        match self {
            Self::V2 => "2",
            Self::V3 => "3",
            Self::V4 => "4",
            Self::V5 => "5",
        }
    }

    /// The generation of the browser client that comes with plugins of this version.
    pub fn dialect(self) -> Dialect {
        match self {
            Self::V2 | Self::V3 => Dialect::D2,
            Self::V4 | Self::V5 => Dialect::D3,
        }
    }

    /// COMPAT: the plugin of version 2 escapes names and texts itself, as JSON does, without quotes.
    pub fn text(self, given: &str) -> String {
        if self == Self::V2 { unescaped(given) } else { given.to_owned() }
    }
}

/// Reads `\uXXXX` in a text; everything else stays as it is.
pub fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u");
    let mut read = parts.next().unwrap_or_default().to_owned();
    let mut units: Vec<u16> = Vec::new();
    for part in parts {
        let digits = part.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()).filter(|unit| *unit != 0) {
            Some(unit) => {
                units.push(unit);
                let rest = part.get(4..).unwrap_or_default();
                if !rest.is_empty() {
                    flush(&mut read, &mut units);
                    read.push_str(rest);
                }
            }
            None => {
                flush(&mut read, &mut units);
                read.push_str("\\u");
                read.push_str(part);
            }
        }
    }
    flush(&mut read, &mut units);
    read
}

/// Pairs of surrogates are one character; half a pair is none, and shown as such.
fn flush(read: &mut String, units: &mut Vec<u16>) {
    read.extend(char::decode_utf16(units.drain(..)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_path_says_the_version_else_the_word() {
        let of = |path: &str, word| Version::of(&Call::parse(path).unwrap(), word);
        assert_eq!(of("/messages", None), Version::V2);
        assert_eq!(of("/messages", Some("3")), Version::V3);
        assert_eq!(of("/messages", Some("v5")), Version::V5);
        assert_eq!(of("/messages", Some("5.2")), Version::V5);
        assert_eq!(of("/v4/messages", Some("5.2")), Version::V4);
        assert_eq!(of("/v5/messages", Some("v4")), Version::V5);
    }

    #[test]
    fn the_second_version_escapes_by_itself() {
        assert_eq!(unescaped("\\u4f60\\u597d, Jack"), "你好, Jack");
        assert_eq!(unescaped("\\ud83d\\ude00!"), "😀!");
        assert_eq!(unescaped("C:\\user \\u12 \\u0000 \\"), "C:\\user \\u12 \\u0000 \\");
        assert_eq!(unescaped("\\ud83d x"), "\u{fffd} x");
        assert_eq!(Version::V3.text("\\u4f60"), "\\u4f60");
    }

    proptest! {
        #[test]
        fn what_was_escaped_is_read_back(text in "[^\\\\\0]{0,40}") {
            let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            prop_assert_eq!(unescaped(&escaped), text);
        }
    }
}
