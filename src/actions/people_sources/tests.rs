//! When a site is asked, and when it is not.

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
    let bounds = Bounds { refresh_ms: 60_000, timeout_ms: 20, at_once: 2 };
    sources.add("WWW.example.com", Arc::new(Silent), bounds);
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
    source.answered(&ann, Oddities::default(), 1_000, 1_001);
    assert!(!source.is_due(&ann, 60_999) && source.is_due(&ann, 61_000) && source.is_due(&ben, 1_001));
    source.failed(&ann, &SourceError::lost("down", "start it"), 60_900, 61_000);
    assert!(!source.is_due(&ann, 61_001) && !source.is_due(&ben, 65_999) && source.is_due(&ben, 66_000));
    let counts = sources.counts();
    assert_eq!((counts[0].answers, counts[0].failures, counts[0].skips), (1, 1, 2));
    assert!(sources.of("other").is_none());
}

#[test]
fn what_is_remembered_of_members_is_bounded() {
    let sources = sources();
    let source = sources.of("www.example.com").unwrap();
    for number in 0..KNOWN_MAX as u64 + 10 {
        source.answered(&user(&number.to_string()), Oddities::default(), number, number);
    }
    assert!(source.state().known.len() < KNOWN_MAX);
    assert!(!source.is_due(&user(&KNOWN_MAX.to_string()), KNOWN_MAX as u64 + 10), "the newest are kept");
}

/// Negative control: without the lock in `turn` both turns are there at once.
#[tokio::test]
async fn one_asks_for_a_member_at_a_time_and_whoever_waits_leaves_nothing_behind() {
    let (sources, clock) = (sources(), Clock::start());
    let source = sources.of("www.example.com").unwrap();
    let (ann, ben) = (user("1"), user("2"));
    let first = source.turn(&ann, &clock).await;
    assert!(source.turn(&ann, &clock).await.is_none(), "somebody else asks for her");
    drop(source.turn(&ben, &clock).await.unwrap());
    assert_eq!(source.state().turns.len(), 1);
    drop(first);
    assert!(source.state().turns.is_empty());
    drop(source.turn(&ann, &clock).await.unwrap());
    assert_eq!(source.places.available_permits(), 2);
}

/// Negative controls: take no place in `turn`; let the time that is waited for one be the source's, and a failure of it.
#[tokio::test]
async fn a_few_questions_are_put_at_once_and_whoever_finds_no_place_makes_nobody_wait() {
    let (sources, clock) = (sources(), Clock::start());
    let source = sources.of("www.example.com").unwrap();
    let (ann, ben, cy) = (user("1"), user("2"), user("3"));
    let mut first = source.turn(&ann, &clock).await.unwrap();
    let second = source.turn(&ben, &clock).await.unwrap();
    assert!(source.turn(&cy, &clock).await.is_none() && source.place().await.is_err());
    assert_eq!((sources.counts()[0].skips, sources.counts()[0].failures), (1, 0));
    assert!(source.is_due(&cy, clock.monotonic_ms()), "the source does not rest for that");
    first.leave_place();
    assert!(source.turn(&cy, &clock).await.is_some(), "what was answered is stored while another question is put");
    drop(second);
    assert!(source.place().await.is_ok());
}

/// Negative controls: let every failure be the source's; remember no member whose question has failed.
#[test]
fn what_is_wrong_with_one_member_keeps_no_other_from_being_asked_for() {
    let sources = sources();
    let source = sources.of("www.example.com").unwrap();
    let (ann, ben) = (user("1"), user("2"));
    source.failed(&ann, &SourceError::lasting("no answer that is one", "mend it"), 1_000, 1_010);
    assert!(!source.is_due(&ann, 60_999) && source.is_due(&ann, 61_000), "she is not asked for at every page");
    assert!(source.is_due(&ben, 1_011));
    // Her question takes too long, and the others' do not.
    source.answered(&ben, Oddities::default(), 61_100, 61_105);
    source.failed(&ann, &SourceError::lost("no answer", "faster"), 61_000, 62_500);
    assert!(source.is_due(&user("3"), 62_501) && !source.is_due(&ann, 120_999));
    // Nobody's is answered any more.
    source.failed(&user("3"), &SourceError::lost("no answer", "faster"), 62_501, 64_001);
    assert!(!source.is_due(&user("4"), 64_002) && source.is_due(&user("3"), 69_001));
}

/// Negative control: leave `remember` out of `not_stored`.
#[test]
fn what_cannot_be_stored_is_not_asked_for_again_at_once() {
    let sources = sources();
    let source = sources.of("www.example.com").unwrap();
    let (ann, ben) = (user("1"), user("2"));
    source.not_stored(&ann, &Refusal::Internal, 1_000, 1_010);
    assert!(!source.is_due(&ann, 60_999) && source.is_due(&ann, 61_000) && source.is_due(&ben, 1_011));
    assert_eq!((sources.counts()[0].answers, sources.counts()[0].failures), (0, 1));
    let mut state = source.state();
    let told = [1_011, 61_009, 61_010].map(|now_ms| state.may_tell_of_members(now_ms));
    assert_eq!(told, [false, false, true], "once a minute");
}

#[tokio::test]
async fn an_answer_is_not_waited_for_longer_than_is_said() {
    let sources = sources();
    let error = sources.of("www.example.com").unwrap().ask(&site(), &user("1")).await.unwrap_err();
    assert!(error.what.contains("20 ms") && error.is_lost, "{error}");
}
