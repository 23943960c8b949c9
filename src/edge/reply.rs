//! Answers: as JSON, as a script that calls the caller's function, as text or as a page. Headers that every answer carries
//! are set here, for those that hyper writes as for those that are written by hand.

use bytes::Bytes;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;

/// How an answer is wrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// JSON or text.
    Plain,
    /// A call of this function (JSONP).
    Script(Box<str>),
}

/// Longest callback name after `parent.`.
const CALLBACK_MAX: usize = 64;

impl Form {
    /// Reads `callback`: a plain function name, or `parent.` and one, as old iframes send it. Nothing else: no other dot,
    /// so that no page can be made to call something it did not name.
    pub fn parse(callback: &str) -> Option<Self> {
        let name = callback.strip_prefix("parent.").unwrap_or(callback);
        let mut characters = name.chars();
        let first = characters.next()?;
        let starts = first.is_ascii_alphabetic() || matches!(first, '_' | '$');
        let goes_on = characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'));
        (starts && goes_on && name.len() <= CALLBACK_MAX).then(|| Self::Script(callback.into()))
    }

    /// Wraps a JSON text. The comment at the front keeps the answer from being read as anything but a script.
    pub fn wrap(&self, json: &[u8]) -> Vec<u8> {
        match self {
            Self::Plain => json.to_vec(),
            Self::Script(callback) => [b"/**/", callback.as_bytes(), b"(", json, b");"].concat(),
        }
    }

    /// The media type of what `wrap` gives.
    pub fn media_type(&self) -> &'static str {
        match self {
            Self::Plain => "application/json; charset=utf-8",
            Self::Script(_) => "application/javascript; charset=utf-8",
        }
    }
}

/// On every answer: nothing is kept, nothing is guessed, no address with a ticket in it goes out as a referrer.
const ALWAYS: [(&str, &str); 3] =
    [("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")];

/// On every script: it may be loaded by the site's pages, and if somebody opens it, it is a file to save.
const ON_SCRIPTS: [(&str, &str); 2] =
    [("content-disposition", "attachment; filename=f.txt"), ("cross-origin-resource-policy", "cross-origin")];

/// An answer.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    refusal: Option<&'static str>,
}

impl Reply {
    fn new(media_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut reply = Self { status: StatusCode::OK, headers: Vec::new(), body: body.into(), refusal: None };
        reply.headers.push((CONTENT_TYPE, HeaderValue::from_static(media_type)));
        for (name, value) in ALWAYS {
            reply.headers.push((HeaderName::from_static(name), HeaderValue::from_static(value)));
        }
        reply
    }

    /// A JSON text, wrapped as the form says.
    pub fn json(form: &Form, json: &[u8]) -> Self {
        let mut reply = Self::new(form.media_type(), form.wrap(json));
        if let Form::Script(_) = form {
            for (name, value) in ON_SCRIPTS {
                reply.headers.push((HeaderName::from_static(name), HeaderValue::from_static(value)));
            }
        }
        reply
    }

    /// Plain text.
    pub fn text(text: impl Into<Bytes>) -> Self {
        Self::new("text/plain; charset=utf-8", text)
    }

    /// A file or page of ours.
    pub fn file(media_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self::new(media_type, body)
    }

    /// The head of an answer that goes on until its connection ends.
    pub fn event_stream() -> Self {
        let reply = Self::new("text/event-stream; charset=utf-8", "");
        // Proxies that collect answers would keep everything.
        reply.header(HeaderName::from_static("x-accel-buffering"), "no")
    }

    /// Go and look there.
    pub fn see_other(location: &str) -> Self {
        let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
        Self::text("").status(StatusCode::SEE_OTHER).header(http::header::LOCATION, location)
    }

    /// Notes that it refuses, for whoever counts.
    #[must_use]
    pub fn refusing(mut self, code: &'static str) -> Self {
        self.refusal = Some(code);
        self
    }

    /// The code of the refusal, if it is one.
    pub fn refusal_code(&self) -> Option<&'static str> {
        self.refusal
    }

    /// Whether it says itself whose pages may read it.
    pub fn names_its_readers(&self) -> bool {
        self.headers.iter().any(|(name, _)| *name == ACCESS_CONTROL_ALLOW_ORIGIN)
    }

    /// Sets the status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Self {
        if let Ok(value) = value.try_into() {
            self.headers.retain(|(known, _)| *known != name);
            self.headers.push((name, value));
        }
        self
    }

    /// For hyper.
    pub fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }

    /// As the bytes of an HTTP/1.1 answer, for a connection that was taken from hyper.
    pub fn into_bytes(self, keep_alive: bool) -> Vec<u8> {
        let mut bytes = self.head();
        if !keep_alive {
            bytes.extend_from_slice(b"connection: close\r\n");
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// The head alone, of an answer whose body ends with its connection.
    pub fn into_head(self) -> Vec<u8> {
        let mut bytes = self.head();
        bytes.extend_from_slice(b"connection: close\r\n\r\n");
        bytes
    }

    fn head(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(320 + self.body.len());
        let reason = self.status.canonical_reason().unwrap_or_default();
        bytes.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\n", self.status.as_str()).as_bytes());
        for (name, value) in &self.headers {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                bytes.extend_from_slice(part);
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::json;
    use proptest::prelude::*;

    #[test]
    fn only_plain_names_are_callbacks() {
        for good in ["jsonp1", "parent.jsonp1285", "_", "$a", "cb_2"] {
            assert!(Form::parse(good).is_some(), "{good}");
        }
        let long = "a".repeat(CALLBACK_MAX + 1);
        for bad in ["", "1a", "a.b", "parent.parent.a", "a b", "a(", "alert(1)", "a;b", "parent.", "ä", &long] {
            assert!(Form::parse(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        /// Negative control: without `json::Ascii` the first answer with a letter outside ASCII fails here.
        #[test]
        fn a_script_is_one_call_of_the_given_name(name in "[A-Za-z_$][A-Za-z0-9_$]{0,20}", text in ".{0,60}") {
            let script = Form::parse(&name).unwrap().wrap(&json::encode(&[text.as_str()]));
            prop_assert!(script.is_ascii());
            let script = String::from_utf8(script).unwrap();
            let argument = script.strip_prefix(&format!("/**/{name}(")).and_then(|rest| rest.strip_suffix(");")).unwrap();
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(argument).unwrap(), [text]);
        }
    }
}
