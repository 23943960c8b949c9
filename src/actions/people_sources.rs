//! The sites that are asked for their people, and when: not again before what was answered is old, one question for a member at a time and
//! a few at once, and none for a while after the way there was cut, so that a database that is down costs nobody their patience. What goes
//! wrong for one member keeps no other from being asked for.

use crate::chat::id::UserId;
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;
use crate::clock::Clock;
use crate::people::{Asked, BUDDIES_MAX, PeopleSource, ROOMS_MAX, SourceError, Whom};
use rustc_hash::{FxHashMap, FxHasher};
use std::collections::BTreeMap;
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{OwnedMutexGuard, Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// How long nobody is asked for after the way was cut, in milliseconds.
const BACK_OFF_MS: u64 = 5_000;
/// How often it is written to the log at most that a site cannot be asked, and as often what is wrong with its members, in milliseconds.
const TELL_EVERY_MS: u64 = 60_000;
/// Members of a site of whom it is known when they were asked for. The oldest answers are forgotten first, which costs a question.
const KNOWN_MAX: usize = 100_000;

/// The sources of all sites that have one, by name in small letters.
#[derive(Default)]
pub struct PeopleSources(BTreeMap<String, Source>);

/// A site's source, and what is known of it.
pub struct Source {
    site: String,
    asked: Arc<dyn PeopleSource>,
    refresh_ms: u64,
    timeout: Duration,
    /// For questions that are put at once.
    places: Semaphore,
    state: Mutex<State>,
    answers: AtomicU64,
    failures: AtomicU64,
    skips: AtomicU64,
}

#[derive(Default)]
struct State {
    /// When members were asked for last, whatever came of it.
    known: FxHashMap<UserId, u64>,
    /// When anybody's answer came last.
    answered_ms: Option<u64>,
    /// Members who are asked for now; whoever else wants to, waits.
    turns: std::collections::HashMap<UserId, Arc<tokio::sync::Mutex<()>>, BuildHasherDefault<FxHasher>>,
    /// Nobody is asked for before this.
    rests_until_ms: u64,
    /// Nothing is told of the source before this.
    silent_until_ms: u64,
    /// Nothing is told of its members before this.
    silent_of_members_until_ms: u64,
    /// Whether it was told that the source is down, and not yet that it is back.
    told_down: bool,
}

/// How a source is asked.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How old what was answered of a member may be, in milliseconds.
    pub refresh_ms: u64,
    /// How long an answer is waited for, and as long again a place among the questions, in milliseconds.
    pub timeout_ms: u64,
    /// Questions at once.
    pub at_once: usize,
}

/// What was odd about an answer that was taken all the same.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Oddities {
    skipped: usize,
    is_cut: bool,
}

impl Oddities {
    pub(super) fn of(asked: &Asked) -> Self {
        Self { skipped: asked.skipped, is_cut: asked.has_more_buddies || asked.has_more_rooms }
    }
}

/// How often a site was asked.
#[derive(Debug, Clone)]
pub struct SourceCounts {
    /// The site's name.
    pub site: String,
    /// Questions that were answered.
    pub answers: u64,
    /// Questions that were not, or whose answer could not be stored.
    pub failures: u64,
    /// Questions that were not put, because the source had failed just before or too many were waiting.
    pub skips: u64,
}

impl PeopleSources {
    /// Adds a site's source.
    pub fn add(&mut self, site: &str, asked: Arc<dyn PeopleSource>, bounds: Bounds) {
        let (answers, failures, skips) = Default::default();
        let (timeout, refresh_ms) = (Duration::from_millis(bounds.timeout_ms), bounds.refresh_ms);
        let (places, state) = (Semaphore::new(bounds.at_once), Mutex::default());
        let (name, site) = (site.to_ascii_lowercase(), site.to_owned());
        self.0.insert(name, Source { site, asked, refresh_ms, timeout, places, state, answers, failures, skips });
    }

    /// The source of a site, if it has one.
    pub fn of(&self, site: &str) -> Option<&Source> {
        if self.0.is_empty() { None } else { self.0.get(&site.to_ascii_lowercase()) }
    }

    /// How often each was asked since the start.
    pub fn counts(&self) -> Vec<SourceCounts> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counts = self.0.values().map(|source| SourceCounts {
            site: source.site.clone(),
            answers: count(&source.answers),
            failures: count(&source.failures),
            skips: count(&source.skips),
        });
        counts.collect()
    }
}

/// The right to ask for somebody, until it is dropped.
pub(super) struct Turn<'a> {
    /// Whom to ask.
    pub(super) source: &'a Source,
    user: &'a UserId,
    guard: Option<OwnedMutexGuard<()>>,
    place: Option<SemaphorePermit<'a>>,
}

impl Turn<'_> {
    /// The source has answered: others may ask it, but not for this member yet.
    pub(super) fn leave_place(&mut self) {
        self.place = None;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.source.state();
        (self.guard, self.place) = (None, None);
        // Whoever waits has one, too.
        if state.turns.get(self.user).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            state.turns.remove(self.user);
        }
    }
}

impl Source {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while held")
    }

    /// Whether a member should be asked for.
    pub(super) fn is_due(&self, user: &UserId, now_ms: u64) -> bool {
        let state = self.state();
        let is_old = state.known.get(user).is_none_or(|asked_ms| now_ms >= asked_ms + self.refresh_ms);
        let rests = is_old && now_ms < state.rests_until_ms;
        if rests {
            self.skips.fetch_add(1, Ordering::Relaxed);
        }
        is_old && !rests
    }

    /// Waits until nobody else asks for this member and there is a place for one more question, but not for longer than for an answer.
    /// Nothing if there is no place so soon, or the member is to be asked for no more.
    pub(super) async fn turn<'a>(&'a self, user: &'a UserId, clock: &Clock) -> Option<Turn<'a>> {
        let waiting = async {
            let lock = Arc::clone(self.state().turns.entry(user.clone()).or_default());
            // From here on, so that it is cleared up also if the waiting is dropped.
            let mut turn = Turn { source: self, user, guard: None, place: None };
            turn.guard = Some(lock.lock_owned().await);
            // Whoever had the turn before may have asked.
            if !self.is_due(user, clock.monotonic_ms()) {
                return None;
            }
            turn.place = Some(self.places.acquire().await.ok()?);
            // And meanwhile the source may have failed.
            self.is_due(user, clock.monotonic_ms()).then_some(turn)
        };
        timeout(self.timeout, waiting).await.unwrap_or_else(|_| {
            self.skips.fetch_add(1, Ordering::Relaxed);
            None
        })
    }

    /// A place for a question of its operator's.
    pub(super) async fn place(&self) -> Result<SemaphorePermit<'_>, SourceError> {
        let busy = || SourceError::lost("all connections are in use", "try again, or set `connections` higher");
        let place = timeout(self.timeout, self.places.acquire()).await.map_err(|_| busy())?;
        place.map_err(|_| busy())
    }

    /// Asks for a member, and waits as long as may be waited. Whoever asks has a place.
    pub(super) async fn ask(&self, site: &Site, user: &UserId) -> Result<Option<Asked>, SourceError> {
        let whom = Whom { site: &site.name, secrets: &site.token_secrets, user };
        timeout(self.timeout, self.asked.ask(&whom)).await.unwrap_or_else(|_| Err(late(self.timeout)))
    }

    /// Whether it could be asked; a first connection may take as long again as an answer. Whoever asks has a place.
    pub(super) async fn check(&self) -> Result<(), SourceError> {
        let checked = timeout(self.timeout * 2, self.asked.check()).await;
        checked.unwrap_or_else(|_| Err(late(self.timeout * 2)))
    }

    /// A member was asked for at `put_ms`, and what was answered is stored.
    pub(super) fn answered(&self, user: &UserId, odd: Oddities, put_ms: u64, now_ms: u64) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        state.remember(user, put_ms);
        state.answered_ms = Some(now_ms);
        if std::mem::take(&mut state.told_down) {
            tracing::info!(site = self.site, "the site can be asked for its people again");
        }
        let Oddities { skipped, is_cut } = odd;
        if (skipped == 0 && !is_cut) || !state.may_tell_of_members(now_ms) {
            return;
        }
        let (site, user) = (&*self.site, user.as_str());
        if skipped > 0 {
            tracing::warn!(
                site,
                user,
                skipped,
                "what the site names is left out in part: an id is none, or twice there"
            );
        }
        if is_cut {
            let (buddies, rooms) = (BUDDIES_MAX, ROOMS_MAX);
            tracing::warn!(
                site,
                user,
                buddies,
                rooms,
                "the site names more friends or rooms than are taken of a member: those who are not among them stay as they are"
            );
        }
    }

    /// What was answered of a member could not be stored: it would be no better a moment later.
    pub(super) fn not_stored(&self, user: &UserId, refusal: &Refusal, put_ms: u64, now_ms: u64) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        state.remember(user, put_ms);
        state.answered_ms = Some(now_ms);
        if state.may_tell_of_members(now_ms) {
            let (site, user) = (&*self.site, user.as_str());
            tracing::warn!(site, user, %refusal, "what the site says of a member could not be stored");
        }
    }

    /// A member could not be asked for at `put_ms`. If the way there is cut, nobody is for a while; else, and if somebody else had an answer
    /// since, it is about this member alone, who counts as asked for.
    pub(super) fn failed(&self, user: &UserId, error: &SourceError, put_ms: u64, now_ms: u64) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let (site, user_id, why, mend) = (&*self.site, user.as_str(), &*error.what, error.mend);
        let mut state = self.state();
        if error.is_lost && state.answered_ms.is_none_or(|answered_ms| answered_ms <= put_ms) {
            state.rests_until_ms = now_ms + BACK_OFF_MS;
            if now_ms >= state.silent_until_ms {
                state.silent_until_ms = now_ms + TELL_EVERY_MS;
                state.told_down = true;
                tracing::warn!(
                    site,
                    why,
                    mend,
                    "the site cannot be asked for its people: members come in with those it named before"
                );
            }
            return;
        }
        state.remember(user, put_ms);
        if !error.is_lost {
            state.answered_ms = Some(now_ms);
        }
        if state.may_tell_of_members(now_ms) {
            tracing::warn!(
                site,
                user = user_id,
                why,
                mend,
                "a member cannot be asked for: they come in with what is stored"
            );
        }
    }
}

impl State {
    /// Until what was asked at `put_ms` is old, the member is not asked for again.
    fn remember(&mut self, user: &UserId, put_ms: u64) {
        if self.known.len() >= KNOWN_MAX {
            let half = oldest_half(&self.known);
            self.known.retain(|_, asked_ms| *asked_ms > half);
        }
        self.known.insert(user.clone(), put_ms);
    }

    /// Whether something may be told of members now; then nothing more for a while.
    fn may_tell_of_members(&mut self, now_ms: u64) -> bool {
        let may = now_ms >= self.silent_of_members_until_ms;
        if may {
            self.silent_of_members_until_ms = now_ms + TELL_EVERY_MS;
        }
        may
    }
}

fn late(after: Duration) -> SourceError {
    let what = format!("no answer after {} ms", after.as_millis());
    SourceError::lost(what, "is it reachable, and fast enough? Or set timeout_ms higher")
}

/// A time that about half of all are not after.
fn oldest_half(known: &FxHashMap<UserId, u64>) -> u64 {
    let mut times: Vec<u64> = known.values().copied().collect();
    let middle = times.len() / 2;
    times.select_nth_unstable(middle).1.to_owned()
}

#[cfg(test)]
mod tests;
