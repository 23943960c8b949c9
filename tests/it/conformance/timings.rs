//! Part 2.1 and 2.4: the times, as released on both sides. One test, all at once, because real times are long.

use super::{Client, ONLINE};
use crate::support::clients::wire::Browser;
use crate::support::clients::{Action, Generation, Opening, Pace, Page};
use crate::support::{Ask, Member, Server};
use nextim::config::{Config, Flags};
use serde_json::Value;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// What a page is told about somebody until it is told that they went, and after how many milliseconds that is.
async fn told(mut page: Member, whom: &str, since: Instant) -> (Vec<String>, u64) {
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|last| last != "offline") {
        let packet = page.poll().await;
        assert!(packet.is_object(), "{packet}");
        let about = packet["presences"].as_array().into_iter().flatten().filter(|presence| presence["from"] == whom);
        kinds.extend(about.map(|presence| presence["type"].as_str().unwrap_or_default().to_owned()));
    }
    (kinds, u64::try_from(since.elapsed().as_millis()).expect("small"))
}

#[track_caller]
fn assert_within(what: &str, (kinds, ms): &(Vec<String>, u64), within: RangeInclusive<u64>) {
    assert!(within.contains(ms), "{what}: {kinds:?} after {ms} ms, not within {within:?}");
}

/// Closed with a word: others see it 8 s later.
async fn explicit_offline(server: &Server) {
    let wei = Client::open(server, Generation::G2, "wei").await;
    let watching = server.page("lee", "stranger_ids=wei").await;
    let since = Instant::now();
    wei.does(&Action::Offline).await;
    assert_within("an explicit offline", &told(watching, "wei", since).await, 7_900..=10_000);
}

/// Never polled, or not again: others see it 16 s later.
async fn silent_tab(server: &Server) {
    let since = Instant::now();
    let _nora = Client::open(server, Generation::G3, "nora").await;
    let watching = server.page("lee", "stranger_ids=nora").await;
    assert_within("a page that never polled", &told(watching, "nora", since).await, 15_900..=20_000);
}

/// Closed in a held poll, which the connection tells: the same time as for one that stopped polling.
async fn tab_closed_in_a_poll(server: &Server) {
    let watching = server.page("mary", "").await;
    let josh = Client::open(server, Generation::G3, "josh").await;
    let mut member = server.member("josh").await;
    member.ticket = Some(josh.me.ticket.clone());
    let mut held = member.hold().await;
    assert!(held.is_silent_for(Duration::from_secs(1)).await);
    let since = Instant::now();
    drop(held);
    assert_within("a page closed in its poll", &told(watching, "josh", since).await, 15_900..=20_000);
}

/// A reload of five seconds is seen by nobody; what others do see later is that they go.
async fn reload(server: &Server) {
    let browser = Browser::sign_in(server.address, Generation::G2, "jack").await;
    let jack = Client::with(browser, "jack", &ONLINE).await;
    let watching = server.page("susan", "").await;
    jack.does(&Action::Refresh).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let jack = Client::with(jack.browser, "jack", &ONLINE).await;
    // Comes again all the while, as a page does, and goes after longer than both graces.
    let mut again = server.member("jack").await;
    again.ticket = Some(jack.me.ticket.clone());
    let until = Instant::now() + Duration::from_secs(13);
    let polls = async {
        while Instant::now() < until {
            let mut held = again.hold().await;
            assert!(held.is_silent_for(Duration::from_secs(2)).await || held.answer().await.is_ok());
        }
        let since = Instant::now();
        jack.does(&Action::Offline).await;
        since
    };
    let (since, (kinds, _)) = tokio::join!(polls, told(watching, "jack", until));
    assert_eq!(kinds, ["offline"], "all that susan is told of jack");
    assert!(since.elapsed() >= Duration::from_millis(7_900), "she was told of the reload");
}

/// A poll with nothing to say is held for 25 s, below the 40 s at which the clients give up, and is all empty then.
async fn hold(server: &Server) {
    let susan = Client::open(server, Generation::G1, "lee").await;
    let mut member = server.member("lee").await;
    member.ticket = Some(susan.me.ticket.clone());
    let since = Instant::now();
    let packet = member.poll().await;
    let held = since.elapsed();
    assert!((25_000..27_000).contains(&held.as_millis()), "{held:?} {packet}");
    assert_eq!(packet["messages"], Value::Array(Vec::new()));
}

/// The page of every generation at its own speed: the first poll is in time, and the next after it, for longer than a hold.
async fn pages_stay(server: &Server) {
    let mut pages = Vec::new();
    for (generation, id) in Generation::ALL.into_iter().zip(["susan", "jack", "mary"]) {
        let opening = Opening { pace: Pace::REAL, ..Opening::BARE };
        pages.push(Page::of(server.address, generation, id, &opening).await);
    }
    tokio::time::sleep(Duration::from_secs(28)).await;
    for page in pages {
        page.assert_alive();
        assert!(page.screen().packets >= 1, "{:?} has been answered once", page.generation);
        assert!(page.screen().went.is_empty(), "{:?} saw a friend go who was here", page.generation);
    }
}

/// Servers of their own, so that no presence of one check wakes a poll of another. Negative control: a user without a grace
/// when their last ticket ends.
#[tokio::test]
async fn part_2_4_others_see_an_end_in_time() {
    let product = Config::load(&Flags::default(), std::iter::empty()).expect("the product's configuration");
    let times = product.times;
    assert_eq!((times.poll_hold_ms, times.session_grace_ms, times.user_grace_ms), (25_000, 8_000, 8_000));
    let start = || Server::start_with(|config| config.times = times);
    let servers = [start().await, start().await, start().await, start().await, start().await, start().await];
    let [a, b, c, d, e, f] = &servers;
    tokio::join!(explicit_offline(a), silent_tab(b), tab_closed_in_a_poll(c), reload(d), hold(e), pages_stay(f));
    // Whoever is gone altogether is told so once it asks.
    let mut http = a.connect().await;
    let answer = http.ask(&Ask::get("/packets?domain=localhost&ticket=gone")).await.expect("an answer");
    assert_eq!((answer.status, answer.text().as_str()), (200, "null"));
}
