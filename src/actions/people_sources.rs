//! The sites that are asked for their people, and when: not again before what was answered is old, one question for a member at a time,
//! and none for a while after a source has failed, so that a database that is down costs nobody their patience.

use crate::chat::id::UserId;
use crate::chat::site::Site;
use crate::people::{Asked, PeopleSource, SourceError, Whom};
use rustc_hash::{FxHashMap, FxHasher};
use std::collections::BTreeMap;
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{OwnedMutexGuard, Semaphore};

/// How long nobody is asked for after a failure, in milliseconds.
const BACK_OFF_MS: u64 = 5_000;
/// How often a site's failures are written to the log at most, in milliseconds.
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
    /// So many are asked for at once.
    places: Semaphore,
    state: Mutex<State>,
    answers: AtomicU64,
    failures: AtomicU64,
    skips: AtomicU64,
}

#[derive(Default)]
struct State {
    /// When members were asked for last.
    known: FxHashMap<UserId, u64>,
    /// Members who are asked for now; whoever else wants to, waits.
    turns: std::collections::HashMap<UserId, Arc<tokio::sync::Mutex<()>>, BuildHasherDefault<FxHasher>>,
    /// Nobody is asked for before this.
    rests_until_ms: u64,
    /// Nothing is told before this.
    silent_until_ms: u64,
    /// Whether it was told that the source is down, and not yet that it is back.
    told_down: bool,
}

/// How a source may be asked.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How old an answer may be, in milliseconds.
    pub refresh_ms: u64,
    /// How long one is waited for, in milliseconds.
    pub timeout_ms: u64,
    /// Members who are asked for at once.
    pub at_once: usize,
}

/// How often a site was asked.
#[derive(Debug, Clone)]
pub struct SourceCounts {
    /// The site's name.
    pub site: String,
    /// Questions that were answered.
    pub answers: u64,
    /// Questions that were not.
    pub failures: u64,
    /// Questions that were not put, because the source had failed just before.
    pub skips: u64,
}

impl PeopleSources {
    /// Adds a site's source.
    pub fn add(&mut self, site: &str, asked: Arc<dyn PeopleSource>, bounds: Bounds) {
        let Bounds { refresh_ms, timeout_ms, at_once } = bounds;
        let places = Semaphore::new(at_once);
        let (answers, failures, skips) = Default::default();
        let timeout = Duration::from_millis(timeout_ms);
        let (name, state) = (site.to_ascii_lowercase(), Mutex::default());
        let source =
            Source { site: site.to_owned(), asked, refresh_ms, timeout, places, state, answers, failures, skips };
        self.0.insert(name, source);
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
    source: &'a Source,
    user: &'a UserId,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.source.state();
        self.guard = None;
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

    /// Waits until nobody else asks for this member.
    pub(super) async fn turn<'a>(&'a self, user: &'a UserId) -> Turn<'a> {
        let lock = Arc::clone(self.state().turns.entry(user.clone()).or_default());
        // From here on, so that it is cleared up also if the waiting is dropped.
        let mut turn = Turn { source: self, user, guard: None };
        turn.guard = Some(lock.lock_owned().await);
        turn
    }

    /// Asks for a member, and waits as long as may be waited: for a place, and then for the answer. That there is no place says
    /// nothing of the source.
    pub(super) async fn ask(&self, site: &Site, user: &UserId) -> Result<Option<Asked>, SourceError> {
        let Ok(Ok(_place)) = tokio::time::timeout(self.timeout, self.places.acquire()).await else {
            let mend = "more come online than it answers for: set `connections` higher, or make its queries faster";
            return Err(SourceError::lasting("too many are asked for at once", mend));
        };
        match tokio::time::timeout(
            self.timeout,
            self.asked.ask(&Whom { site: &site.name, secrets: &site.token_secrets, user }),
        )
        .await
        {
            Ok(answer) => answer,
            Err(_) => Err(late(self.timeout)),
        }
    }

    /// Whether it could be asked; a first connection may take as long again as an answer.
    pub(super) async fn check(&self) -> Result<(), SourceError> {
        let checked = tokio::time::timeout(self.timeout * 2, self.asked.check()).await;
        checked.unwrap_or_else(|_| Err(late(self.timeout * 2)))
    }

    /// A member was asked for, and what was answered is stored.
    pub(super) fn answered(&self, user: &UserId, skipped: usize, now_ms: u64) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        state.know(user, now_ms);
        if std::mem::take(&mut state.told_down) {
            tracing::info!(site = self.site, "the site can be asked for its people again");
        }
        if skipped > 0 && now_ms >= state.silent_until_ms {
            state.silent_until_ms = now_ms + TELL_EVERY_MS;
            let user = user.as_str();
            tracing::warn!(
                site = self.site,
                user,
                skipped,
                "rows of the site's tables are left out: an id is none, or twice there"
            );
        }
    }

    /// A member could not be asked for.
    pub(super) fn failed(&self, user: &UserId, error: &SourceError, now_ms: u64) {
        self.failures.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        if error.is_lost {
            state.rests_until_ms = now_ms + BACK_OFF_MS;
        } else {
            // It is about this member alone: others are asked for.
            state.know(user, now_ms);
        }
        if now_ms >= state.silent_until_ms {
            state.silent_until_ms = now_ms + TELL_EVERY_MS;
            state.told_down = true;
            let (why, mend) = (&*error.what, error.mend);
            tracing::warn!(
                site = self.site,
                why,
                mend,
                "the site cannot be asked for its people: members come in with those it named before"
            );
        }
    }
}

impl State {
    fn know(&mut self, user: &UserId, now_ms: u64) {
        if self.known.len() >= KNOWN_MAX {
            let half = oldest_half(&self.known);
            self.known.retain(|_, asked_ms| *asked_ms > half);
        }
        self.known.insert(user.clone(), now_ms);
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
mod tests {
    use super::*;
    use crate::chat::id::SiteNumber;
    use crate::chat::site::SiteOptions;
    use async_trait::async_trait;

    struct Silent;

    #[async_trait]
    impl PeopleSource for Silent {
        async fn ask(&self, _: &Whom<'_>) -> Result<Option<Asked>, SourceError> {
            std::future::pending().await
        }

        async fn check(&self) -> Result<(), SourceError> {
            Ok(())
        }
    }

    fn sources() -> PeopleSources {
        let mut sources = PeopleSources::default();
        sources.add("WWW.example.com", Arc::new(Silent), Bounds { refresh_ms: 60_000, timeout_ms: 20, at_once: 1 });
        sources
    }

    fn site() -> Site {
        Site {
            number: SiteNumber(1),
            name: "www.example.com".into(),
            public_key: "pk_1".into(),
            token_secrets: Box::default(),
            epoch: "e".into(),
            server_keys: Box::default(),
            suspended: false,
            options: SiteOptions::default(),
        }
    }

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    #[test]
    fn a_member_is_asked_for_again_when_the_answer_is_old_and_not_while_the_source_rests() {
        let sources = sources();
        let source = sources.of("www.Example.com").unwrap();
        let (ann, ben) = (user("1"), user("2"));
        assert!(source.is_due(&ann, 1_000));
        source.answered(&ann, 0, 1_000);
        assert!(!source.is_due(&ann, 60_999) && source.is_due(&ann, 61_000) && source.is_due(&ben, 1_001));
        source.failed(&ann, &SourceError::lost("down", "start it"), 61_000);
        assert!(!source.is_due(&ann, 61_001) && !source.is_due(&ben, 65_999) && source.is_due(&ben, 66_000));
        let counts = sources.counts();
        assert_eq!((counts[0].answers, counts[0].failures, counts[0].skips), (1, 1, 2));
        assert!(sources.of("other").is_none());
    }

    /// Negative control: let every failure rest the site.
    #[test]
    fn what_fails_for_one_member_fails_for_that_member() {
        let sources = sources();
        let source = sources.of("www.example.com").unwrap();
        let (ann, ben) = (user("1"), user("2"));
        source.failed(&ann, &SourceError::lasting("a column is wrong", "correct it"), 1_000);
        assert!(!source.is_due(&ann, 1_001) && source.is_due(&ben, 1_001) && source.is_due(&ann, 61_000));
    }

    #[tokio::test]
    async fn who_finds_no_place_does_not_speak_against_the_source() {
        let sources = sources();
        let source = sources.of("www.example.com").unwrap();
        let _taken = source.places.acquire().await.unwrap();
        let error = source.ask(&site(), &user("1")).await.unwrap_err();
        assert!(!error.is_lost, "{error}");
    }

    #[test]
    fn what_is_remembered_of_members_is_bounded() {
        let sources = sources();
        let source = sources.of("www.example.com").unwrap();
        for number in 0..KNOWN_MAX as u64 + 10 {
            source.answered(&user(&number.to_string()), 0, number);
        }
        assert!(source.state().known.len() < KNOWN_MAX);
        assert!(!source.is_due(&user(&KNOWN_MAX.to_string()), KNOWN_MAX as u64 + 10), "the newest are kept");
    }

    /// Negative control: without the lock in `turn` both turns are there at once.
    #[tokio::test]
    async fn one_asks_for_a_member_at_a_time_and_whoever_waits_leaves_nothing_behind() {
        let sources = sources();
        let source = sources.of("www.example.com").unwrap();
        let (ann, ben) = (user("1"), user("2"));
        let first = source.turn(&ann).await;
        let soon = Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, source.turn(&ann)).await.is_err(), "somebody else asks for her");
        drop(source.turn(&ben).await);
        assert_eq!(source.state().turns.len(), 1);
        drop(first);
        assert!(source.state().turns.is_empty());
        drop(source.turn(&ann).await);
    }

    #[tokio::test]
    async fn an_answer_is_not_waited_for_longer_than_is_said() {
        let sources = sources();
        let error = sources.of("www.example.com").unwrap().ask(&site(), &user("1")).await.unwrap_err();
        assert!(error.what.contains("20 ms") && error.is_lost, "{error}");
    }
}
