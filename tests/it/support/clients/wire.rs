//! How pages of the family put a call on the wire: method, order of parameters, headers, cache buster and callback, as
//! captured from the unmodified clients.

use super::Generation;
use crate::checks::one_call;
use crate::support::http::{Answer, Ask, Http};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// What `encodeURIComponent` leaves as it is.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');
/// A script call of the second generation is given up after this.
const SCRIPT_WITHIN: Duration = Duration::from_secs(5);
/// What old clients keep of themselves, as they send it with every request.
const REMEMBERED: &str = "_webim=%7B%22tabs%22%3A%7B%22b_jack%22%3A%7B%22n%22%3A0%7D%7D%2C%22tabIds%22%3A%5B%22b_jack%22%5D%2C%22p%22%3A5%2C\
                          %22a%22%3A%22%22%2C%22b%22%3A1%2C%22o%22%3Afalse%7D";

/// As the clients encode: a blank becomes `+`.
pub fn component(value: &str) -> String {
    utf8_percent_encode(value, COMPONENT).to_string().replace("%20", "+")
}

/// Parts of a query, of which some may be empty.
fn joined(parts: &[String]) -> String {
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("&")
}

/// A call as a generation makes it.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its path below `/webim/`.
    pub endpoint: &'static str,
    pub is_get: bool,
    /// Whether the client asks for JSON; else it takes any text.
    pub wants_json: bool,
    /// In the order in which it stands on the wire.
    pub form: Vec<(&'static str, String)>,
}

impl Call {
    pub fn new(endpoint: &'static str, is_get: bool, form: &[(&'static str, &str)]) -> Self {
        let form = form.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { endpoint, is_get, wants_json: true, form }
    }

    pub fn get(endpoint: &'static str, form: &[(&'static str, &str)]) -> Self {
        Self::new(endpoint, true, form)
    }

    pub fn post(endpoint: &'static str, form: &[(&'static str, &str)]) -> Self {
        Self::new(endpoint, false, form)
    }

    /// Without a `dataType`: whatever comes back is fine.
    pub fn any(mut self) -> Self {
        self.wants_json = false;
        self
    }

    /// The value of a parameter.
    pub fn value(&self, name: &str) -> &str {
        self.form.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    pub fn pairs(&self) -> String {
        let pairs = self.form.iter().map(|(name, value)| format!("{}={}", component(name), component(value)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

/// What a call came back with.
#[derive(Debug, Clone)]
pub struct Got {
    /// 0 for a script that did not load or was none.
    pub status: u16,
    /// The body, or what the script called its function with.
    pub text: String,
}

impl Got {
    /// What a client that asked for JSON works with; nothing if it was an error or cannot be parsed.
    pub fn json(&self) -> Option<Value> {
        (self.status == 200).then(|| serde_json::from_str(&self.text).ok()).flatten()
    }
}

/// A member's browser on the demonstration: cookies, one connection for calls.
pub struct Browser {
    pub address: SocketAddr,
    pub generation: Generation,
    /// Whether its calls are scripts, too, as on a page of another host.
    pub by_script: bool,
    cookie: String,
    count: AtomicU64,
    http: Mutex<Option<Http>>,
}

impl Browser {
    pub async fn sign_in(address: SocketAddr, generation: Generation, id: &str) -> Self {
        let member = crate::support::Member::sign_in(address, id).await;
        let cookie = format!("{}; {REMEMBERED}", member.cookie);
        Self { address, generation, by_script: false, cookie, count: AtomicU64::new(0), http: Mutex::default() }
    }

    /// The same browser on a page of another host of its site.
    pub fn by_script(mut self) -> Self {
        self.by_script = true;
        self
    }

    /// A number that no other request has, as old pages make it of the time.
    fn next(&self) -> u64 {
        1_795_000_000_000 + self.count.fetch_add(1, Ordering::AcqRel)
    }

    /// What every request of this browser carries. Browsers of the first generations do not say what a request is for.
    fn headers(&self, ask: Ask, is_script: bool, wants_json: bool) -> Ask {
        let late = self.generation == Generation::G3;
        let agent = if late { "Mozilla/5.0 (X11; Linux x86_64)" } else { "Mozilla/4.0 (compatible; MSIE 6.0)" };
        let ask = ask.header("User-Agent", agent).header("Referer", &format!("http://{}/demo/", self.address));
        match (is_script, late) {
            (true, true) => ask
                .header("Accept", "*/*")
                .header("Sec-Fetch-Dest", "script")
                .header("Sec-Fetch-Mode", "no-cors")
                .header("Sec-Fetch-Site", "same-site"),
            (true, false) => ask.header("Accept", "*/*"),
            (false, late) => {
                let json = "application/json, text/javascript, */*";
                let accept = if late { &format!("{json}; q=0.01") } else { json };
                ask.header("X-Requested-With", "XMLHttpRequest")
                    .header("Accept", if wants_json || late { accept } else { "*/*" })
            }
        }
    }

    /// A call's request, and the function that its answer has to call.
    pub fn request(&self, call: &Call) -> (Ask, Option<String>) {
        let (path, pairs, count) = (format!("/webim/{}", call.endpoint), call.pairs(), self.next());
        let late = self.generation == Generation::G3;
        let (ask, callback) = if self.by_script {
            let callback = format!("jsonp{count}");
            let parts = match late {
                true => [format!("callback={callback}&_={}", count + 7), pairs],
                false => [pairs, format!("callback={callback}")],
            };
            (Ask::get(&format!("{path}?{}", joined(&parts))), Some(callback))
        } else if call.is_get {
            let ask = Ask::get(&format!("{path}?{}", joined(&[format!("_={count}"), pairs])));
            // Their core sets it whenever there is data, though there is no body.
            let ask = if late { ask } else { ask.header("Content-Type", "application/x-www-form-urlencoded") };
            (ask, None)
        } else {
            (Ask::post(&path, &pairs), None)
        };
        (self.headers(ask, callback.is_some(), call.wants_json).header("Cookie", &self.cookie), callback)
    }

    /// Calls, and gives what the client is told.
    pub async fn call(&self, call: &Call) -> Got {
        let (ask, callback) = self.request(call);
        let asked = self.ask(&ask);
        let answer = if callback.is_some() && self.generation != Generation::G3 {
            timeout(SCRIPT_WITHIN, asked).await.unwrap_or(None)
        } else {
            asked.await
        };
        let lost = Got { status: 0, text: String::new() };
        let Some(answer) = answer else { return lost };
        match callback {
            None => Got { status: answer.status, text: answer.text() },
            Some(callback) if answer.status == 200 => {
                let text = answer.text();
                one_call::read(&text, &callback).map_or(lost, |call| Got { status: 200, text: call.literal.to_owned() })
            }
            Some(_) => lost,
        }
    }

    /// Sends a request on the kept connection.
    pub async fn ask(&self, ask: &Ask) -> Option<Answer> {
        let mut http = self.http.lock().await;
        for _ in 0..2 {
            if http.is_none() {
                *http = Some(Http::open(self.address).await.ok()?);
            }
            match http.as_mut()?.ask(ask).await {
                Ok(answer) => {
                    if answer.header("connection") == Some("close") {
                        *http = None;
                    }
                    return Some(answer);
                }
                // The server may have closed a connection that was kept.
                Err(_) => *http = None,
            }
        }
        None
    }
}

/// What tells a page's polls from one another, and how they look.
#[derive(Debug, Default)]
pub struct PollCount(AtomicU64);

impl PollCount {
    /// A poll of `connection` on the host that it names: by script with a function of its own, or as a request for JSON.
    pub fn request(&self, generation: Generation, by_script: bool, connection: &Value) -> (Ask, Option<String>) {
        let count = 1_796_000_000_000 + self.0.fetch_add(1, Ordering::AcqRel);
        let text = |name: &str| connection[name].as_str().unwrap_or_default();
        // Taken as it is given: the seed's own had no path.
        let path = text("server").splitn(4, '/').nth(3).unwrap_or_default();
        let (domain, ticket) = (component(text("domain")), component(text("ticket")));
        let callback = by_script.then(|| format!("jsonp{count}"));
        let call = callback.as_ref().map_or_else(String::new, |callback| format!("&callback={callback}"));
        let late = generation == Generation::G3;
        let query = match late {
            true => format!("ticket={ticket}&domain={domain}{call}&_={}", count + 7),
            false => format!("domain={domain}&ticket={ticket}{call}"),
        };
        let ask = Ask::get(&format!("/{path}?{query}"));
        let ask = match (by_script, late) {
            (true, true) => ask.header("Sec-Fetch-Dest", "script").header("User-Agent", "Mozilla/5.0"),
            (true, false) => ask.header("User-Agent", "Mozilla/4.0 (compatible; MSIE 6.0)"),
            (false, _) => ask
                .header("User-Agent", "Mozilla/5.0")
                .header("X-Requested-With", "XMLHttpRequest")
                .header("Accept", "application/json, text/javascript, */*; q=0.01"),
        };
        (ask, callback)
    }
}
