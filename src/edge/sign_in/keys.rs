//! Public keys that a site shows at an address: read when they are needed, kept, and read again as they get old or a token names
//! one that is not among them. While the address does not answer, those that were read go on.

use super::token::usable_keys;
use crate::actions::Context;
use crate::chat::site::Site;
use crate::outgoing::{Answered, Client, Fault};
use jsonwebtoken::jwk::JwkSet;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex};

/// For how long keys are fresh, in milliseconds, if the answer does not say it; and the bounds of what it may say.
const FRESH_MS: u64 = 600_000;
const FRESH_MS_MIN: u64 = 60_000;
const FRESH_MS_MAX: u64 = 3_600_000;
/// Keys that cannot be read again are believed for this long, in milliseconds.
const BELIEVED_MS: u64 = 86_400_000;
/// An address is asked once in this time at most, in milliseconds.
const ASK_EVERY_MS: u64 = 10_000;

/// See the module.
#[derive(Default)]
pub struct Keys(Mutex<FxHashMap<String, Arc<Address>>>);

#[derive(Default)]
struct Kept {
    found: Option<Found>,
    /// When the address was asked last, and what went wrong then.
    asked: Option<(u64, Result<(), Fault>)>,
}

struct Found {
    set: Arc<JwkSet>,
    at_ms: u64,
    fresh_ms: u64,
}

impl Keys {
    /// The keys of a site that shows them, of which a token wants `named`. Keys that were read before are good at once, and read again
    /// in the background; whoever names a key that is not among them makes us ask if they `may_ask`.
    pub async fn of(
        &self,
        ctx: &Arc<Context>,
        site: &Site,
        named: Option<&str>,
        may_ask: impl Fn() -> bool,
    ) -> Option<Result<Arc<JwkSet>, Fault>> {
        let url = site.options.jwks_url.as_deref()?;
        let kept = Arc::clone(self.0.lock().expect("no panic while held").entry(url.to_owned()).or_default());
        let now_ms = ctx.clock.monotonic_ms();
        let (good, has_it, is_due) = kept.state(named, now_ms);
        if !is_due || (!has_it && !may_ask()) {
            return Some(good);
        }
        let (ctx, url, name) = (Arc::clone(ctx), url.to_owned(), site.name.clone());
        let again = Arc::clone(&kept);
        let reading = tokio::spawn(async move { again.read(&ctx, &name, &url).await });
        if has_it && good.is_ok() {
            return Some(good);
        }
        drop(reading.await);
        Some(kept.state(named, now_ms).0)
    }
}

/// What was read at one address; one reads it at a time.
#[derive(Default)]
struct Address {
    kept: Mutex<Kept>,
    reading: tokio::sync::Mutex<()>,
}

impl Address {
    /// What there is, whether the wanted key is among it, and whether it should be read now.
    fn state(&self, named: Option<&str>, now_ms: u64) -> (Result<Arc<JwkSet>, Fault>, bool, bool) {
        let kept = self.kept.lock().expect("no panic while held");
        (kept.good(now_ms), kept.has(named), kept.is_to_be_read(named, now_ms))
    }

    async fn read(&self, ctx: &Context, site: &str, url: &str) {
        let began_ms = ctx.clock.monotonic_ms();
        let _one_reads = self.reading.lock().await;
        let since = |kept: &Kept| kept.asked.as_ref().is_some_and(|(asked_ms, _)| *asked_ms > began_ms);
        if since(&self.kept.lock().expect("no panic while held")) {
            return; // somebody has read it meanwhile
        }
        let read = read(&ctx.outgoing, url).await;
        let now_ms = ctx.clock.monotonic_ms();
        let mut kept = self.kept.lock().expect("no panic while held");
        kept.asked = Some((now_ms, read.as_ref().map(drop).map_err(Clone::clone)));
        match read {
            Ok((set, fresh_ms)) => kept.found = Some(Found { set: Arc::new(set), at_ms: now_ms, fresh_ms }),
            Err(fault) => {
                let age_s = kept.found.as_ref().map(|found| (now_ms - found.at_ms) / 1000);
                tracing::warn!(site, age_s, "jwks_url cannot be read again: {fault}");
            }
        }
    }
}

impl Kept {
    fn is_to_be_read(&self, named: Option<&str>, now_ms: u64) -> bool {
        if self.asked.as_ref().is_some_and(|(asked_ms, _)| now_ms < asked_ms + ASK_EVERY_MS) {
            return false;
        }
        !self.has(named) || self.found.as_ref().is_none_or(|found| now_ms >= found.at_ms + found.fresh_ms)
    }

    fn has(&self, named: Option<&str>) -> bool {
        self.found.as_ref().is_some_and(|found| named.is_none_or(|name| found.set.find(name).is_some()))
    }

    fn good(&self, now_ms: u64) -> Result<Arc<JwkSet>, Fault> {
        match (&self.found, &self.asked) {
            (Some(found), _) if now_ms < found.at_ms + BELIEVED_MS => Ok(Arc::clone(&found.set)),
            (_, Some((_, Err(fault)))) => Err(fault.clone()),
            _ => Err(Fault::Late("it".into())),
        }
    }
}

/// Reads the keys at an address, and for how long they are fresh.
pub async fn read(client: &Client, url: &str) -> Result<(JwkSet, u64), Fault> {
    let answered = client.get(url).await?;
    if answered.status != 200 {
        return Err(Fault::Status(url.into(), answered.status));
    }
    let what = "no JWKS with a key of kty RSA, EC (P-256) or OKP (Ed25519)";
    let set = usable_keys(&answered.body).ok_or_else(|| Fault::Answer(url.into(), what.into()))?;
    Ok((set, fresh_ms(&answered)))
}

fn fresh_ms(answered: &Answered) -> u64 {
    let control = answered.headers.get("cache-control").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let age = control.split(',').find_map(|word| word.trim().strip_prefix("max-age="));
    let said = age.and_then(|seconds| seconds.parse::<u64>().ok()).map(|seconds| seconds.saturating_mul(1000));
    said.map_or(FRESH_MS, |ms| ms.clamp(FRESH_MS_MIN, FRESH_MS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(found: Option<(u64, u64)>, asked_ms: Option<u64>) -> Kept {
        let set = Arc::new(JwkSet { keys: Vec::new() });
        let found = found.map(|(at_ms, fresh_ms)| Found { set, at_ms, fresh_ms });
        Kept { found, asked: asked_ms.map(|at_ms| (at_ms, Err(Fault::Late("x".into())))) }
    }

    #[test]
    fn an_address_is_asked_when_keys_are_old_or_missing_and_not_too_often() {
        assert!(kept(None, None).is_to_be_read(None, 0));
        assert!(!kept(None, Some(0)).is_to_be_read(None, ASK_EVERY_MS - 1), "whoever tries tokens asks nobody");
        assert!(kept(None, Some(0)).is_to_be_read(None, ASK_EVERY_MS));
        assert!(!kept(Some((0, FRESH_MS)), Some(0)).is_to_be_read(None, FRESH_MS - 1));
        assert!(kept(Some((0, FRESH_MS)), Some(0)).is_to_be_read(None, FRESH_MS));
        assert!(kept(Some((0, FRESH_MS)), Some(0)).is_to_be_read(Some("new"), ASK_EVERY_MS), "a key that is not there");
    }

    #[test]
    fn keys_that_were_read_go_on_for_a_day() {
        assert!(kept(Some((0, FRESH_MS)), Some(FRESH_MS)).good(BELIEVED_MS - 1).is_ok());
        assert!(kept(Some((0, FRESH_MS)), Some(FRESH_MS)).good(BELIEVED_MS).is_err());
    }
}
