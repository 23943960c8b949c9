//! Query and form texts.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Percent-encodes a value.
pub fn encode(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

/// `a=1&b=2` of pairs.
pub fn form(pairs: &[(String, String)]) -> String {
    pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}

/// Adds a parameter to a query or form, which may be empty.
pub fn with(form: &str, name: &str, value: &str) -> String {
    let more = format!("{name}={}", encode(value));
    if form.is_empty() { more } else { format!("{form}&{more}") }
}
