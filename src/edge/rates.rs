//! How often somebody may ask: token buckets (GCRA, by `governor`), each counted by whom it is about. Nobody else's haste slows a
//! member down, and what is over the rate is told when to come again.

use super::Asked;
use super::crowd::counted_as;
use crate::actions::SiteTable;
use crate::chat::id::{SiteNumber, UserId, UserKey};
use crate::chat::refusal::Refusal;
use crate::chat::session::SessionNumber;
use crate::chat::site::Site;
use crate::clock::Clock;
use governor::clock::Clock as _;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Messages of one member: so many at once, and so many in this time.
const SENDS: (u32, Duration) = (200, Duration::from_secs(10));
/// Pages that one member opens.
const ONLINES: (u32, Duration) = (60, Duration::from_secs(60));
/// Pages that visitors and whoever is not signed in open from one address.
const ARRIVALS: (u32, Duration) = (120, Duration::from_secs(60));
/// Tokens that are not believed, from one address: apart, so that whoever tries some keeps nobody beside them from coming.
const WRONG_TOKENS: (u32, Duration) = (120, Duration::from_secs(60));
/// Polls with one ticket.
const POLLS: (u32, Duration) = (50, Duration::from_secs(1));
/// Typing and presence of one member.
const SIGNALS: (u32, Duration) = (100, Duration::from_secs(10));
/// Wrong keys from one address.
const WRONG_KEYS: (u32, Duration) = (10, Duration::from_secs(60));
/// Passwords that are tried for one member from one address.
const SIGN_INS: (u32, Duration) = (5, Duration::from_secs(60));
/// How often what nobody needs any more is forgotten, in milliseconds.
const TIDY_EVERY_MS: u64 = 60_000;

/// The one clock, as `governor` reads it.
#[derive(Debug, Clone, Copy)]
struct Monotonic(Clock);

impl governor::clock::Clock for Monotonic {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Duration::from_millis(self.0.monotonic_ms()).into()
    }
}

/// Who has no bounds but what sites set for themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenTo {
    /// Nobody.
    Nobody,
    /// The demonstration's people.
    Site(SiteNumber),
    /// Everybody: a measurement.
    Everybody,
}

type NoMiddleware = governor::middleware::NoOpMiddleware<Nanos>;
type Keyed<K> = RateLimiter<K, DashMapStateStore<K>, Monotonic, NoMiddleware>;

/// See the module.
pub struct Rates {
    open: OpenTo,
    clock: Monotonic,
    tidied_ms: AtomicU64,
    sends: Keyed<UserKey>,
    onlines: Keyed<(SiteNumber, UserId)>,
    arrivals: Keyed<IpAddr>,
    wrong_tokens: Keyed<IpAddr>,
    polls: Keyed<SessionNumber>,
    signals: Keyed<UserKey>,
    wrong_keys: Keyed<IpAddr>,
    sign_ins: Keyed<SignIn>,
    /// What sites set for themselves, each with its own quota.
    of_sites: Keyed<(SiteNumber, OfSite)>,
}

/// Whose password is tried, and from where; this machine's own addresses are one.
type SignIn = (SiteNumber, Box<str>, Option<IpAddr>);

/// What a site bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum OfSite {
    Calls(u32),
    Messages(u32),
}

fn keyed<K: Hash + Eq + Clone>(rate: (u32, Duration), clock: Monotonic) -> Keyed<K> {
    RateLimiter::new(quota(rate), DashMapStateStore::default(), clock)
}

fn quota((count, time): (u32, Duration)) -> Quota {
    let burst = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(time / burst.get()).map_or(Quota::per_second(burst), |quota| quota.allow_burst(burst))
}

impl Rates {
    /// Nobody has asked yet. Those to whom it is `open` have no bounds but what sites set.
    pub fn new(open: OpenTo, clock: Clock) -> Self {
        let clock = Monotonic(clock);
        Self {
            open,
            clock,
            tidied_ms: AtomicU64::new(0),
            sends: keyed(SENDS, clock),
            onlines: keyed(ONLINES, clock),
            arrivals: keyed(ARRIVALS, clock),
            wrong_tokens: keyed(WRONG_TOKENS, clock),
            polls: keyed(POLLS, clock),
            signals: keyed(SIGNALS, clock),
            wrong_keys: keyed(WRONG_KEYS, clock),
            sign_ins: keyed(SIGN_INS, clock),
            // One cell is a millionth of a second's share: a call takes as many as its site's bound makes of it.
            of_sites: keyed((SHARES, Duration::from_secs(1)), clock),
        }
    }

    fn check<K: Hash + Eq + Clone>(&self, of: &Keyed<K>, key: &K) -> Result<(), Refusal> {
        if self.open == OpenTo::Everybody {
            return Ok(());
        }
        self.tidy();
        of.check_key(key).map_err(|not_until| self.later(not_until.wait_time_from(self.clock.now())))
    }

    /// The same of somebody on a site.
    fn check_of<K: Hash + Eq + Clone>(&self, site: SiteNumber, of: &Keyed<K>, key: &K) -> Result<(), Refusal> {
        if self.open == OpenTo::Site(site) { Ok(()) } else { self.check(of, key) }
    }

    fn later(&self, wait: Duration) -> Refusal {
        Refusal::TooManyRequests { retry_after_s: wait.as_secs() + 1 }
    }

    /// A member says something.
    pub fn check_send(&self, sites: &SiteTable, user: UserKey) -> Result<(), Refusal> {
        self.check_of(user.site, &self.sends, &user)?;
        let site = sites.by_number(user.site);
        let bound = site.map_or(0, |site| site.options.messages_per_s);
        self.check_site(user.site, OfSite::Messages, bound)
    }

    /// A member opens a page.
    pub fn check_online(&self, site: SiteNumber, user: &UserId) -> Result<(), Refusal> {
        self.check_of(site, &self.onlines, &(site, user.clone()))
    }

    /// Somebody comes whom nobody knows. This machine's own addresses may be a proxy's that says nothing of who asks.
    pub fn check_arrival(&self, asked: &Asked) -> Result<(), Refusal> {
        counted_as(asked.client.ip()).map_or(Ok(()), |address| self.check(&self.arrivals, &address))
    }

    /// A token is not believed, or names a key that is not known yet.
    pub fn check_wrong_token(&self, asked: &Asked) -> Result<(), Refusal> {
        counted_as(asked.client.ip()).map_or(Ok(()), |address| self.check(&self.wrong_tokens, &address))
    }

    /// A page polls.
    pub fn check_poll(&self, session: SessionNumber) -> Result<(), Refusal> {
        self.check(&self.polls, &session)
    }

    /// A member types, or changes what they are seen as.
    pub fn check_signal(&self, user: UserKey) -> Result<(), Refusal> {
        self.check_of(user.site, &self.signals, &user)
    }

    /// Somebody has shown a key that is nobody's.
    pub fn check_key(&self, asked: &Asked) -> Result<(), Refusal> {
        counted_as(asked.client.ip()).map_or(Ok(()), |address| self.check(&self.wrong_keys, &address))
    }

    /// A password is tried. Counts whatever the profile: no measurement needs it, and no proxy before this server excuses it.
    pub fn check_sign_in(&self, asked: &Asked, site: SiteNumber, user: &str) -> Result<(), Refusal> {
        self.tidy();
        let key = (site, user.into(), counted_as(asked.client.ip()));
        let checked = self.sign_ins.check_key(&key);
        checked.map_err(|not_until| self.later(not_until.wait_time_from(self.clock.now())))
    }

    /// A site's own server calls.
    pub fn check_api(&self, site: &Site) -> Result<(), Refusal> {
        self.check_site(site.number, OfSite::Calls, site.options.api_calls_per_s)
    }

    /// The site's own bound counts whatever the profile: it was set by somebody.
    fn check_site(&self, site: SiteNumber, what: fn(u32) -> OfSite, per_s: u64) -> Result<(), Refusal> {
        let Some(per_s) = u32::try_from(per_s).ok().and_then(NonZeroU32::new) else { return Ok(()) };
        self.tidy();
        let cells = NonZeroU32::new(SHARES / per_s).unwrap_or(NonZeroU32::MIN);
        let key = (site, what(per_s.get()));
        match self.of_sites.check_key_n(&key, cells) {
            Ok(Ok(())) | Err(_) => Ok(()),
            Ok(Err(not_until)) => Err(self.later(not_until.wait_time_from(self.clock.now()))),
        }
    }

    /// Forgets whoever has not asked for so long that it makes no difference.
    fn tidy(&self) {
        let now_ms = self.clock.0.monotonic_ms();
        let last_ms = self.tidied_ms.load(Ordering::Relaxed);
        let is_due = now_ms >= last_ms + TIDY_EVERY_MS
            && self.tidied_ms.compare_exchange(last_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_due {
            self.onlines.retain_recent();
            for keyed in [&self.sends, &self.signals] {
                keyed.retain_recent();
            }
            for keyed in [&self.arrivals, &self.wrong_tokens, &self.wrong_keys] {
                keyed.retain_recent();
            }
            self.sign_ins.retain_recent();
            self.polls.retain_recent();
            self.of_sites.retain_recent();
        }
    }
}

/// Into how many shares a second of a site's own bound is cut.
const SHARES: u32 = 1_000_000;
