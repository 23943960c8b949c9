//! Cookie mode: the browser sends the site's own cookies along, because this server is reached under the site's name, and the site's
//! server says whose they are. What it says is kept for a minute, and for nobody longer than that.

use super::token::Signed;
use crate::chat::id::{SiteNumber, UserId};
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;
use crate::edge::Edge;
use crate::outgoing::signed::Question;
use crate::outgoing::written_id::WrittenId;
use crate::outgoing::{ANSWER_BYTES_MAX, Answered, Fault};
use http::header::{COOKIE, HeaderMap, HeaderValue};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// For how long an answer holds, in milliseconds: one that names somebody, and one that names nobody.
const SOMEBODY_MS: u64 = 60_000;
const NOBODY_MS: u64 = 5_000;
/// Answers kept at a time.
const KEPT_MAX: usize = 50_000;
/// Questions to one site under way at a time.
const ASKED_MAX: usize = 8;
/// How long whoever comes waits for a place among the questions, and for another one's answer to the same.
const PLACE_WITHIN: Duration = Duration::from_secs(3);
/// Whoever waits for the same answer shares one of these.
const TURNS: usize = 32;
/// A site that could not be asked is not asked again for this long, in milliseconds.
const BACK_OFF_MS: u64 = 2_000;

/// By digest of site and cookies: who, or that the site failed over them; and until when.
type Kept = FxHashMap<[u8; 32], (Result<Option<Signed>, Fault>, u64)>;

/// See the module.
#[derive(Default)]
pub struct Cookies {
    kept: Mutex<Kept>,
    sites: Mutex<FxHashMap<SiteNumber, Arc<Way>>>,
}

/// The way to one site.
struct Way {
    /// Whoever comes with the same cookies waits for the one answer.
    turns: [tokio::sync::Mutex<()>; TURNS],
    places: Semaphore,
    /// Nobody is asked about before this.
    rests_until_ms: AtomicU64,
}

/// Why nobody is named.
pub enum Unknown {
    /// The site could not be asked, for this reason.
    Fault(Fault),
    /// It is asked by too many, or rests.
    Busy,
    /// Whoever asks does so too often.
    Refused(Refusal),
}

/// What a site is asked, as JSON.
#[derive(Serialize)]
struct Asks<'a> {
    r#type: &'static str,
    site: &'a str,
}

/// What it says.
#[derive(Deserialize)]
struct Says {
    id: Option<WrittenId>,
    name: Option<String>,
    avatar: Option<String>,
    url: Option<String>,
}

impl Cookies {
    /// Whose these cookies are, as `site` says at `url`. `may_ask` counts whoever makes us ask.
    pub async fn whose(
        &self,
        edge: &Edge,
        site: &Site,
        url: &str,
        cookies: &[u8],
        may_ask: impl Fn() -> Result<(), Refusal>,
    ) -> Result<Option<Signed>, Unknown> {
        let Some(shown) = shown(&site.options.cookie_names, cookies) else { return Ok(None) };
        let digest = digest(site, url, &shown);
        let now_ms = || edge.ctx.clock.monotonic_ms();
        if let Some(who) = self.known(&digest, now_ms()) {
            return who.map_err(Unknown::Fault);
        }
        may_ask().map_err(Unknown::Refused)?;
        let way = self.way(site.number);
        let waiting = async {
            let turn = way.turns[usize::from(digest[0]) % TURNS].lock().await;
            way.places.acquire().await.map(|place| (turn, place))
        };
        let Ok(Ok(_turn)) = timeout(PLACE_WITHIN, waiting).await else { return Err(Unknown::Busy) };
        if let Some(who) = self.known(&digest, now_ms()) {
            return who.map_err(Unknown::Fault);
        }
        if now_ms() < way.rests_until_ms.load(Ordering::Relaxed) {
            return Err(Unknown::Busy);
        }
        let who = ask(edge, site, url, shown).await;
        match &who {
            Ok(Some(_)) => self.keep(digest, &who, now_ms(), SOMEBODY_MS),
            // What it fails over may be these cookies alone.
            Err(fault) if !fault.is_of_the_way() => self.keep(digest, &who, now_ms(), NOBODY_MS),
            Ok(None) => self.keep(digest, &who, now_ms(), NOBODY_MS),
            Err(_) => way.rests_until_ms.store(now_ms() + BACK_OFF_MS, Ordering::Relaxed),
        }
        who.map_err(Unknown::Fault)
    }

    fn known(&self, digest: &[u8; 32], now_ms: u64) -> Option<Result<Option<Signed>, Fault>> {
        self.kept().get(digest).filter(|(_, until_ms)| now_ms < *until_ms).map(|(who, _)| who.clone())
    }

    fn way(&self, site: SiteNumber) -> Arc<Way> {
        let new = || {
            let turns = std::array::from_fn(|_| tokio::sync::Mutex::default());
            Arc::new(Way { turns, places: Semaphore::new(ASKED_MAX), rests_until_ms: AtomicU64::new(0) })
        };
        Arc::clone(self.sites.lock().expect("no panic while held").entry(site).or_insert_with(new))
    }

    fn keep(&self, digest: [u8; 32], who: &Result<Option<Signed>, Fault>, now_ms: u64, holds_ms: u64) {
        let mut kept = self.kept();
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, (_, until_ms)| now_ms < *until_ms);
            if kept.len() >= KEPT_MAX {
                kept.clear();
            }
        }
        kept.insert(digest, (who.clone(), now_ms + holds_ms));
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no panic while held")
    }
}

async fn ask(edge: &Edge, site: &Site, url: &str, shown: HeaderValue) -> Result<Option<Signed>, Fault> {
    let headers = HeaderMap::from_iter([(COOKIE, shown)]);
    let asks = Asks { r#type: "cookie", site: &site.name };
    let body = serde_json::to_vec(&asks).expect("wire shapes have string keys and finite numbers");
    let question = Question { url, secrets: &site.token_secrets, body, headers, answer_bytes_max: ANSWER_BYTES_MAX };
    let answered = edge.ctx.outgoing.ask_signed(question, edge.ctx.clock.wall_ms() / 1000).await?;
    read(url, &answered)
}

/// The cookies that the site wants to see; `None` if it is none, or nothing that can be sent on.
fn shown(names: &[String], cookies: &[u8]) -> Option<HeaderValue> {
    let pairs = cookies.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
    let is_wanted = |pair: &&[u8]| {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
        names.iter().any(|wanted| wanted.as_bytes() == name)
    };
    let wanted: Vec<&[u8]> = pairs.filter(is_wanted).collect();
    (!wanted.is_empty()).then(|| HeaderValue::from_bytes(&wanted.join(&b"; "[..])).ok()).flatten()
}

fn digest(site: &Site, url: &str, shown: &HeaderValue) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(site.number.0.to_le_bytes());
    digest.update(url);
    digest.update([0]);
    digest.update(shown.as_bytes());
    digest.finalize().into()
}

fn read(url: &str, answered: &Answered) -> Result<Option<Signed>, Fault> {
    match answered.status {
        200 => {}
        204 | 401 | 403 | 404 => return Ok(None),
        status => return Err(Fault::Status(url.into(), status)),
    }
    let bad = |what: &str| Fault::Answer(url.into(), what.into());
    let Says { id, name, avatar, url: page } =
        serde_json::from_slice(&answered.body).map_err(|_| bad("no JSON object with `id`"))?;
    let Some(id) = id.map(String::from) else { return Ok(None) };
    let user = UserId::parse(&id).map_err(|_| bad("an `id` that is none: 1 to 190 bytes, no commas"))?;
    Ok(Some(Signed { user, name, avatar, url: page, ends_at_s: None, password_at_ms: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Negative control: with `contains` on the pair instead of the name, `x=PHPSESSID` is shown.
    #[test]
    fn a_site_is_shown_the_cookies_it_names_and_no_others() {
        let names = ["PHPSESSID".to_owned(), "remember".to_owned()];
        let shown = |names: &[String], cookies: &str| shown(names, cookies.as_bytes());
        let cookies = "_ga=1; PHPSESSID=abc=d;remember=x ; x=PHPSESSID; PHPSESSIDs=no; other=\u{fc}";
        assert_eq!(shown(&names, cookies).unwrap(), "PHPSESSID=abc=d; remember=x");
        assert_eq!(shown(&[], "a=1;  b=2"), None);
        assert_eq!(shown(&names, "_ga=1"), None);
        assert_eq!(shown(&[], ""), None);
    }

    fn answered(status: u16, body: &'static str) -> Answered {
        Answered { status, headers: HeaderMap::new(), body: body.into() }
    }

    #[test]
    fn an_answer_names_somebody_or_nobody_or_is_none() {
        let id = |status, body| read("u", &answered(status, body)).map(|who| who.map(|who| who.user.to_string()));
        assert_eq!(id(200, r#"{"id":"jack","name":"Jack"}"#), Ok(Some("jack".into())));
        assert_eq!(id(200, r#"{"id":7}"#), Ok(Some("7".into())));
        assert_eq!(id(200, r#"{"id":null}"#), Ok(None));
        assert_eq!(id(200, "{}"), Ok(None));
        assert_eq!(id(204, ""), Ok(None));
        assert_eq!(id(401, "no"), Ok(None));
        assert!(id(200, "<html>").is_err() && id(500, "").is_err() && id(200, r#"{"id":"a,b"}"#).is_err());
    }
}
