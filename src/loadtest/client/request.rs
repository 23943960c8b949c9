//! What members ask, in the words of the protocol.

use super::ledger::{MARK_BYTES, Mark};
use crate::loadtest::plan::{Part, SignIn};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;
use std::io;

/// Text as it may stand in a form or a query.
pub fn quoted(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// A form sent to a call (`online`, `message`, …).
pub fn call(part: &Part, name: &str, cookie: Option<&str>, form: &str) -> Vec<u8> {
    let cookie = cookie.map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
    format!(
        "POST {}/webim/{name} HTTP/1.1\r\nHost: {}\r\n{cookie}Content-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        part.path,
        part.authority,
        form.len()
    )
    .into_bytes()
}

/// A page that is opened: in the oldest words, or as a client that acknowledges.
pub fn online(part: &Part, id: &str, room: Option<&str>, native: bool) -> Vec<u8> {
    let mut form =
        format!("domain={}&buddy_ids=&room_ids={}", quoted(&part.domain), room.map(quoted).unwrap_or_default());
    if native {
        form.push_str("&client=native");
    }
    match &part.sign_in {
        SignIn::Secret(secret) => {
            form.push_str(&format!("&token={}", quoted(&easy_token(secret, id))));
            call(part, "online", None, &form)
        }
        SignIn::Cookie(template) => call(part, "online", Some(&template.replace("{id}", id)), &form),
    }
}

/// A text that carries a mark and is `bytes` long.
pub fn marked_text(mark: Mark, run: u32, bytes: usize) -> String {
    let filling = bytes.saturating_sub(MARK_BYTES + 1);
    format!("{} {}", mark.text(run), "x".repeat(filling))
}

/// `id.hmac`, as a site's backend makes it.
fn easy_token(secret: &str, id: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let digits: String = hmac::sign(&key, id.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{id}.{digits}")
}

/// Host and path of an URL, whatever its scheme; of a path alone, the host that is given.
pub fn split_url<'u>(url: &'u str, authority: &'u str) -> io::Result<(&'u str, &'u str)> {
    if url.starts_with('/') && !url.starts_with("//") {
        return Ok((authority, url));
    }
    let Some((scheme, rest)) = url.split_once("//") else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "an address that is no URL"));
    };
    if matches!(scheme, "https:" | "wss:") {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "an address with TLS"));
    }
    Ok(rest.split_at(rest.find('/').unwrap_or(rest.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_split() {
        assert_eq!(split_url("http://im.example:81/a/packets", "x").ok(), Some(("im.example:81", "/a/packets")));
        assert_eq!(split_url("ws://im.example/websocket", "x").ok(), Some(("im.example", "/websocket")));
        assert_eq!(split_url("/packets", "x:1").ok(), Some(("x:1", "/packets")));
        assert!(split_url("wss://im.example/websocket", "x").is_err());
    }

    #[test]
    fn texts_have_the_length_asked_for() {
        let mark = Mark { id: 1, to: 2, due_us: 3 };
        assert_eq!(marked_text(mark, 1, 80).len(), 80);
        assert_eq!(marked_text(mark, 1, 500).len(), 500);
        assert_eq!(marked_text(mark, 1, 10).len(), MARK_BYTES + 1);
    }
}
