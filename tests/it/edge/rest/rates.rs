//! Who may ask how often: bursts go through as far as they may, what is over them is told when to come again, and nobody else is
//! slowed. How many go through grows with the time that it takes to ask, so that is measured.

use super::{Api, assert_problem, exchange, site, whole};
use crate::support::sites::{ONE, Page, TWO, add, enters, online, serve, serve_with, set};
use crate::support::{Answer, Ask, Http, urls};
use nextim::config::{Config, RateProfile};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;

fn internet(config: &mut Config) {
    config.rates = Some(RateProfile::Internet);
}

/// Answers of a burst, and how long it took.
struct Burst {
    answers: Vec<Answer>,
    took: Duration,
}

/// Asks the same from several connections at once, on each so many times.
async fn burst(address: SocketAddr, ask: &Ask, connections: usize, each: usize) -> Burst {
    let began = Instant::now();
    let mut all = JoinSet::new();
    for _ in 0..connections {
        let ask = ask.clone();
        all.spawn(async move {
            let mut http = Http::open(address).await.expect("a connection");
            let mut answers = Vec::new();
            for _ in 0..each {
                answers.push(exchange(&mut http, &ask).await);
            }
            answers
        });
    }
    let answers = all.join_all().await.concat();
    Burst { answers, took: began.elapsed() }
}

impl Burst {
    /// `most` at once and one more after each `every` went through with `status`; the others were refused.
    #[track_caller]
    fn assert_bounded(&self, status: u16, most: usize, every: Duration) {
        let passed = self.answers.iter().filter(|answer| answer.status == status).count();
        let refilled = usize::try_from(self.took.as_millis() / every.as_millis()).expect("a short time");
        let seen = format!("{passed} of {} in {:?}", self.answers.len(), self.took);
        assert!(passed >= most && passed <= most + refilled + 1, "{seen}");
        assert!(passed < self.answers.len(), "the burst is too slow to be one: {seen}");
        for refused in self.answers.iter().filter(|answer| answer.status != status) {
            assert_eq!((refused.status, refused.code().as_str()), (429, "too_many_requests"), "{}", refused.text());
            assert!(retry_after(refused) >= 1, "{:?}", refused.headers);
        }
    }

    /// All went through.
    #[track_caller]
    fn assert_free(&self, status: u16) {
        let statuses: Vec<u16> = self.answers.iter().map(|answer| answer.status).collect();
        assert!(statuses.iter().all(|one| *one == status), "{statuses:?}");
    }
}

fn retry_after(answer: &Answer) -> u64 {
    answer.header("retry-after").and_then(|seconds| seconds.parse().ok()).unwrap_or_default()
}

/// A call of a page, with its ticket.
fn of_page(page: &Page, endpoint: &str, form: &str) -> Ask {
    Ask::post(&format!("/webim/{endpoint}"), &urls::with(form, "ticket", &page.ticket))
}

const TO_THREE: &str = "type=unicast&to=3&body=x&style=";

/// Negative controls: leave `check_send` out of `carry_out_for`; count messages by site, or by address.
#[tokio::test]
async fn one_members_messages_are_bounded_and_nobody_elses() {
    let server = serve_with(internet).await;
    let (own, _) = site(&server, ONE).await;
    let (two, four) = (enters(&server, &own, "2").await, enters(&server, &own, "4").await);
    let said = burst(server.address, &of_page(&two, "message", TO_THREE), 40, 15).await;
    said.assert_bounded(200, 200, Duration::from_millis(50));
    four.says("3", "from somebody else").await;
    let last = burst(server.address, &of_page(&two, "message", TO_THREE), 20, 2).await;
    let refused = last.answers.iter().find(|answer| answer.status == 429).expect("still too often");
    sleep(Duration::from_secs(retry_after(refused))).await;
    two.says("3", "later").await;
}

/// Negative control: leave `check_signal`, or `check_online`, out of the edge.
#[tokio::test]
async fn what_a_member_types_and_opens_is_bounded() {
    let server = serve_with(internet).await;
    let (own, _) = site(&server, ONE).await;
    let (two, four) = (enters(&server, &own, "2").await, enters(&server, &own, "4").await);
    two.says("4", "hello").await;
    let typed = burst(server.address, &of_page(&two, "status", "to=4&show=typing"), 10, 20).await;
    typed.assert_bounded(200, 100, Duration::from_millis(100));
    assert_eq!(four.post("status", "to=2&show=typing").await.text(), "ok");
    two.says("4", "and messages are counted apart").await;
    // One page of theirs is open already.
    let opened = burst(server.address, &Ask::post("/webim/online", &own.form(&own.jwt("2"))), 10, 9).await;
    opened.assert_bounded(200, 59, Duration::from_secs(1));
    enters(&server, &own, "5").await;
}

/// Negative control: refuse a poll where it is over the rate.
#[tokio::test]
async fn a_page_that_polls_too_often_waits_and_is_answered() {
    let server = serve_with(internet).await;
    let (own, _) = site(&server, ONE).await;
    let page = enters(&server, &own, "2").await;
    let mut polls = JoinSet::new();
    for _ in 0..120 {
        let (address, ask) = (server.address, page.poll_ask());
        polls.spawn(async move {
            let mut http = Http::open(address).await.expect("a connection");
            let began = Instant::now();
            http.send(&ask).await.expect("sent");
            (whole(&mut http).await, began.elapsed())
        });
    }
    let polled = polls.join_all().await;
    for (answer, _) in &polled {
        assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some("ok")), "{}", answer.text());
    }
    let waited = polled.iter().filter(|(_, took)| *took >= Duration::from_millis(950)).count();
    assert!((1..100).contains(&waited), "{waited} of 120 waited");
    assert_eq!(page.poll().await["status"], "ok");
}

/// Negative controls: leave `check_api` out of `site`; let it count where the profile says so alone.
#[tokio::test]
async fn a_site_bounds_the_calls_of_its_server() {
    let server = serve().await;
    let slow = Api::of(&server, &add(&server, ONE, &[("api_calls_per_s", "5")]).await);
    let (_, other) = site(&server, TWO).await;
    let fifth = Duration::from_millis(200);
    let called = burst(server.address, &slow.ask("GET", "site"), 4, 10).await;
    called.assert_bounded(200, 5, fifth);
    let refused = called.answers.iter().find(|answer| answer.status == 429).expect("one too many");
    assert_problem(refused, 429, "too_many_requests", "the sixth");
    burst(server.address, &other.ask("GET", "site"), 4, 10).await.assert_free(200);
    sleep(Duration::from_millis(1_100)).await;
    // A sync is one call, however long; refused calls cost nothing, and neither do those that have no key.
    let sync = slow.ask("POST", "sync").body("{\"user\":{\"id\":\"2\"}}\n");
    for _ in 0..5 {
        let answer = slow.send(&slow.ask("GET", "site").header("Authorization", "Bearer sk_1")).await;
        assert_problem(&answer, 401, "bad_key", "no key");
    }
    burst(server.address, &sync, 16, 1).await.assert_bounded(200, 5, fifth);
    set(&server, ONE, &[("api_calls_per_s", "0")]).await;
    burst(server.address, &slow.ask("GET", "site"), 4, 10).await.assert_free(200);
}

/// Negative control: leave `check_site` out of `check_send`.
#[tokio::test]
async fn a_site_bounds_the_messages_of_all_its_members_together() {
    let server = serve().await;
    let own = add(&server, ONE, &[("messages_per_s", "5"), ("api_calls_per_s", "0")]).await;
    let (other, _) = site(&server, TWO).await;
    let (two, three) = (enters(&server, &own, "2").await, enters(&server, &own, "3").await);
    let began = Instant::now();
    let [said, more] = [&two, &three].map(|page| of_page(page, "message", "type=unicast&to=4&body=x&style="));
    let (first, second) = tokio::join!(burst(server.address, &said, 10, 3), burst(server.address, &more, 10, 3));
    let both = Burst { answers: [first.answers, second.answers].concat(), took: began.elapsed() };
    both.assert_bounded(200, 5, Duration::from_millis(200));
    let elsewhere = enters(&server, &other, "2").await;
    burst(server.address, &of_page(&elsewhere, "message", TO_THREE), 5, 4).await.assert_free(200);
    // What the site's own server says is bounded by its calls alone.
    let api = Api::of(&server, &own);
    let by_site = api.ask("POST", "messages").body("{\"from\":\"2\",\"to\":\"3\",\"body\":\"x\"}");
    burst(server.address, &by_site, 5, 4).await.assert_free(200);
    set(&server, ONE, &[("messages_per_s", "0")]).await;
    burst(server.address, &said, 5, 4).await.assert_free(200);
}

/// Somebody at an address, as a proxy that is trusted says it.
fn from_address(ask: Ask, address: &str) -> Ask {
    ask.header("X-Forwarded-For", address)
}

/// Negative controls: leave `check_key` out of `site`; count right keys, too.
#[tokio::test]
async fn wrong_keys_are_bounded_by_address() {
    let server = serve_with(internet).await;
    let (_, api) = site(&server, ONE).await;
    let wrong = Ask::get("/api/v1/site").header("Authorization", "Bearer sk_1");
    let guessed = burst(server.address, &from_address(wrong.clone(), "192.0.2.1"), 3, 10).await;
    guessed.assert_bounded(401, 10, Duration::from_secs(6));
    let refused = guessed.answers.iter().find(|answer| answer.status == 429).expect("one too many");
    assert_problem(refused, 429, "too_many_requests", "guessing");
    assert!(retry_after(refused) <= 7, "{:?}", refused.headers);
    let right = from_address(api.ask("GET", "site"), "192.0.2.1");
    burst(server.address, &right, 2, 20).await.assert_free(200);
    let elsewhere = from_address(wrong.clone(), "192.0.2.2");
    assert_problem(&api.send(&elsewhere).await, 401, "bad_key", "from another address");
    burst(server.address, &wrong, 4, 10).await.assert_free(401);
}

/// Negative controls: leave `check_arrival` out of `caller_of`; count this machine's own addresses.
#[tokio::test]
async fn those_whom_nobody_knows_are_bounded_by_address() {
    let server = serve_with(internet).await;
    let (own, _) = site(&server, ONE).await;
    let stranger = Ask::post("/webim/online", &format!("domain={ONE}"));
    let came = burst(server.address, &from_address(stranger.clone(), "192.0.2.1"), 8, 20).await;
    came.assert_bounded(401, 120, Duration::from_millis(500));
    let member = Ask::post("/webim/online", &own.form(&own.jwt("2")));
    burst(server.address, &from_address(member, "192.0.2.1"), 2, 5).await.assert_free(200);
    burst(server.address, &from_address(stranger.clone(), "192.0.2.2"), 1, 1).await.assert_free(401);
    burst(server.address, &stranger, 8, 20).await.assert_free(401);
}

/// Negative control: leave `is_open` out of `check`.
#[tokio::test]
async fn where_no_rates_hold_nobody_is_slowed() {
    let server = serve().await;
    let (own, api) = site(&server, ONE).await;
    let two = enters(&server, &own, "2").await;
    burst(server.address, &of_page(&two, "message", TO_THREE), 20, 15).await.assert_free(200);
    burst(server.address, &of_page(&two, "status", "to=3&show=typing"), 10, 20).await.assert_free(200);
    let wrong = api.ask("GET", "site").header("Authorization", "Bearer sk_1");
    burst(server.address, &from_address(wrong, "192.0.2.1"), 3, 10).await.assert_free(401);
    assert_eq!(online(&server, &own.form(&own.jwt("2"))).await.status, 200);
}
