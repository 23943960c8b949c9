//! How a site knows that it is we who ask: the headers of Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature),
//! which libraries of every language check. Signed with the site's token secrets, all of them while one replaces another.

use super::{Answered, Client, Fault};
use crate::clock::random_digits;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use ring::hmac;

/// What a site is asked with.
pub struct Question<'a> {
    /// Where.
    pub url: &'a str,
    /// The site's token secrets.
    pub secrets: &'a [Box<str>],
    /// JSON.
    pub body: Vec<u8>,
    /// Further headers.
    pub headers: HeaderMap,
    /// Longest answer, in bytes.
    pub answer_bytes_max: usize,
}

impl Client {
    /// Asks a site, in a way that it can check; `now_s` in seconds since 1970.
    pub async fn ask_signed(&self, question: Question<'_>, now_s: u64) -> Result<Answered, Fault> {
        let Question { url, secrets, body, mut headers, answer_bytes_max } = question;
        let id = format!("msg_{}", random_digits::<12>());
        let signature = signature(secrets, &id, now_s, &body);
        for (name, value) in
            [("webhook-id", id), ("webhook-timestamp", now_s.to_string()), ("webhook-signature", signature)]
        {
            headers.insert(HeaderName::from_static(name), HeaderValue::try_from(value).expect("it is plain ASCII"));
        }
        self.post(url, headers, body, answer_bytes_max).await
    }
}

/// A signature by each secret.
fn signature(secrets: &[Box<str>], id: &str, now_s: u64, body: &[u8]) -> String {
    let mut signed = format!("{id}.{now_s}.").into_bytes();
    signed.extend_from_slice(body);
    let by = |secret: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        format!("v1,{}", STANDARD.encode(hmac::sign(&key, &signed)))
    };
    secrets.iter().map(|secret| by(secret)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification (Standard Webhooks 1.0), whose secret is the base64 of these bytes.
    #[test]
    fn signatures_are_as_the_specification_says() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let mut signed = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.".to_vec();
        signed.extend_from_slice(body);
        let expected = STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &signed));
        assert_eq!(expected, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        // Ours are the same over text secrets, several side by side.
        let two = signature(&["a".into(), "b".into()], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        let mac = |key: &str| STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), &signed));
        assert_eq!(two, format!("v1,{} v1,{}", mac("a"), mac("b")));
    }
}
