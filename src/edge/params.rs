//! The parameters of a request: query and form, merged, decoded strictly. Parsed once, here.

use crate::chat::id::{IDS_MAX, RoomId, UserId};
use crate::chat::refusal::Refusal;
use percent_encoding::percent_decode;
use std::borrow::Cow;

/// Parameters in one request.
const PARAMETERS_MAX: usize = 500;

/// Names and values, each name once.
#[derive(Debug, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads the query and the form of one request.
    pub fn parse(query: &str, form: &[u8]) -> Result<Self, Refusal> {
        let mut params = Self::default();
        for source in [query.as_bytes(), form] {
            for pair in source.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
                let mut halves = pair.splitn(2, |byte| *byte == b'=');
                let name = decode(halves.next().unwrap_or_default())?;
                let value = decode(halves.next().unwrap_or_default())?;
                params.add(name, value)?;
            }
        }
        Ok(params)
    }

    /// The same from a JSON object: texts, numbers and truth values, as a form would write them.
    pub fn from_object(fields: &serde_json::Map<String, serde_json::Value>) -> Result<Self, Refusal> {
        let mut params = Self::default();
        for (name, value) in fields {
            let value = match value {
                serde_json::Value::String(text) if text.contains('\0') => return Err(Refusal::BadEncoding),
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Number(_) | serde_json::Value::Bool(_) => value.to_string(),
                serde_json::Value::Null => continue,
                _ => return Err(Refusal::BadRequest("parameters are texts, numbers or truth values")),
            };
            params.add(name.clone(), value)?;
        }
        Ok(params)
    }

    fn add(&mut self, name: String, value: String) -> Result<(), Refusal> {
        if self.0.len() >= PARAMETERS_MAX {
            return Err(Refusal::BadRequest("it has too many parameters"));
        }
        if self.0.iter().any(|(known, _)| *known == name) {
            return Err(Refusal::RepeatedParameter);
        }
        self.0.push((name, value));
        Ok(())
    }

    /// Takes a parameter out that was not meant for the call.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether the name stands there, whatever its value.
    pub fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// The value as it was sent.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value, where the words that old clients send for nothing (`undefined`, `null`) count as absent.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.raw(name).filter(|value| !matches!(*value, "" | "undefined" | "null"))
    }

    /// The value, which must be there and not empty.
    pub fn required(&self, name: &'static str) -> Result<&str, Refusal> {
        self.raw(name).filter(|value| !value.is_empty()).ok_or(Refusal::MissingParameter(name))
    }

    /// A whole number; none if the name is absent.
    pub fn number(&self, name: &'static str) -> Result<Option<u64>, Refusal> {
        let Some(digits) = self.optional(name) else { return Ok(None) };
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| is_plain).map(Some).ok_or(Refusal::BadParameter(name))
    }

    /// A user's id, which must be there.
    pub fn user(&self, name: &'static str) -> Result<UserId, Refusal> {
        UserId::parse(self.required(name)?).map_err(|_| Refusal::BadParameter(name))
    }

    /// A room's id, which must be there.
    pub fn room(&self, name: &'static str) -> Result<RoomId, Refusal> {
        RoomId::parse(self.required(name)?).map_err(|_| Refusal::BadParameter(name))
    }

    /// The users of a comma list; none if the name is absent.
    pub fn users(&self, name: &'static str) -> Result<Vec<UserId>, Refusal> {
        self.list(name)?.into_iter().map(|id| UserId::parse(id).map_err(|_| Refusal::BadParameter(name))).collect()
    }

    /// The rooms of a comma list; none if the name is absent.
    pub fn rooms(&self, name: &'static str) -> Result<Vec<RoomId>, Refusal> {
        self.list(name)?.into_iter().map(|id| RoomId::parse(id).map_err(|_| Refusal::BadParameter(name))).collect()
    }

    /// The members of a comma list, without repeats and blanks.
    pub fn list(&self, name: &str) -> Result<Vec<&str>, Refusal> {
        self.list_of(name, IDS_MAX)
    }

    /// The same of `most` at most.
    pub fn list_of(&self, name: &str, most: usize) -> Result<Vec<&str>, Refusal> {
        let mut ids: Vec<&str> = Vec::new();
        for id in self.optional(name).unwrap_or_default().split(',').map(str::trim).filter(|id| !id.is_empty()) {
            if ids.len() >= most {
                return Err(Refusal::TooManyIds);
            }
            ids.push(id);
        }
        let mut seen = std::collections::HashSet::new();
        ids.retain(|id| seen.insert(*id));
        Ok(ids)
    }
}

/// Undoes `application/x-www-form-urlencoded`. Text that is not UTF-8, or holds a NUL, is refused and not repaired.
fn decode(encoded: &[u8]) -> Result<String, Refusal> {
    let spaced: Cow<'_, [u8]> = if encoded.contains(&b'+') {
        encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect()
    } else {
        encoded.into()
    };
    let text = percent_decode(&spaced).decode_utf8().map_err(|_| Refusal::BadEncoding)?;
    if text.contains('\0') { Err(Refusal::BadEncoding) } else { Ok(text.into_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn merges_query_and_form_and_refuses_repeats() {
        let params = Params::parse("a=1&b=%E4%BD%A0+x", b"c=%0A'&d").unwrap();
        assert_eq!(params.iter().collect::<Vec<_>>(), [("a", "1"), ("b", "你 x"), ("c", "\n'"), ("d", "")]);
        assert_eq!(Params::parse("a=1", b"a=1").unwrap_err(), Refusal::RepeatedParameter);
        assert_eq!(Params::parse("a=%FF", b"").unwrap_err(), Refusal::BadEncoding);
        assert_eq!(Params::parse("a=%00", b"").unwrap_err(), Refusal::BadEncoding);
    }

    #[test]
    fn the_words_old_clients_send_for_nothing_are_nothing() {
        let params = Params::parse("status=undefined&nick=null&body=undefined&ids=1,,2,1", b"").unwrap();
        assert_eq!((params.optional("status"), params.optional("nick")), (None, None));
        assert_eq!(params.required("body"), Ok("undefined"), "a body is never touched");
        assert_eq!(params.list("ids").unwrap(), ["1", "2"]);
    }

    #[test]
    fn numbers_are_digits_and_nothing_else() {
        let number = |text: &str| Params::parse(&format!("n={text}"), b"").unwrap().number("n");
        assert_eq!((number("0"), number("007"), number("")), (Ok(Some(0)), Ok(Some(7)), Ok(None)));
        assert_eq!(number("18446744073709551615"), Ok(Some(u64::MAX)));
        for bad in ["-1", "%2B5", "1.0", "1e3", "18446744073709551616", "x", "1+", "%EF%BC%91"] {
            assert_eq!(number(bad), Err(Refusal::BadParameter("n")), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(query in ".{0,60}", form in proptest::collection::vec(any::<u8>(), 0..60)) {
            drop(Params::parse(&query, &form));
        }

        #[test]
        fn what_is_encoded_comes_back(value in "[^\0]{0,40}") {
            let encoded = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC).to_string();
            let params = Params::parse(&format!("v={encoded}"), b"").unwrap();
            prop_assert_eq!(params.raw("v"), Some(value.as_str()));
        }
    }
}
