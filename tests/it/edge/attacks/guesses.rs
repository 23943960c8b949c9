//! Whoever tries tickets learns nothing from the answers, and harms nobody who has one.

use crate::support::socket::Socket;
use crate::support::{Answer, Ask, Server, assert_empty};
use serde_json::json;

/// Tickets that are tried.
const GUESSES: usize = 1_000;

/// Texts that are no tickets: some differ from a good one in a character, some in their length, some in everything.
fn guesses(good: &str) -> Vec<String> {
    (0..GUESSES)
        .map(|number| match number % 4 {
            0 => {
                let at = number / 4 % good.len();
                let other = if good.as_bytes()[at] == b'A' { "B" } else { "A" };
                // As often as there are characters, and then with something behind.
                format!("{}{other}{}{}", &good[..at], &good[at + 1..], "x".repeat(number / 4 / good.len()))
            }
            1 => format!("{}{number}", &good[..number / 4 % good.len()]),
            2 => format!("{good}{number}"),
            _ => format!("{number:032}"),
        })
        .collect()
}

/// An answer with all that it tells, but the time.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("date")).cloned();
    (answer.status, headers.collect(), answer.text())
}

/// Negative controls: refuse a ticket that is too short or too long in another way; let the answer hold the ticket.
#[tokio::test]
async fn a_thousand_guesses_are_answered_alike() {
    let server = Server::start_with(|config| config.times.ticket_idle_ms = 90_000).await;
    let mut susan = server.page("susan", "").await;
    let mut http = server.connect().await;
    for (path, status, says) in [
        ("/packets?", 200, "null"),
        ("/webim/buddies?ids=jack&", 401, "\"ticket_ended\""),
        ("/events?", 401, "\"ticket_ended\""),
    ] {
        let mut first = None;
        for guess in guesses(susan.ticket()) {
            let ask = Ask::get(&format!("{path}domain=localhost&ticket={guess}"));
            let answer = told(&http.ask(&ask).await.expect("an answer on the same connection"));
            assert!(answer.0 == status && answer.2.contains(says), "{path} {guess}: {answer:?}");
            assert_eq!(*first.get_or_insert_with(|| answer.clone()), answer, "{path} {guess}");
        }
    }
    for guess in guesses(susan.ticket()).iter().step_by(40) {
        let words = json!({"subscribe": {"domain": "localhost", "ticket": guess}}).to_string();
        let goodbye = Socket::subscribed(server.address, &words).await.goodbye().await;
        assert_eq!(goodbye, (4401, "ended".into()), "{guess}");
    }
    assert_empty(&susan.poll().await);
}

/// Whoever guesses on is told 404, and an office behind the same address is not. Negative control: count nothing by address.
#[tokio::test]
async fn who_guesses_on_is_told_that_there_is_nothing_and_nobody_else_is() {
    let server = Server::start_with(|config| config.times.ticket_idle_ms = 90_000).await;
    let susan = server.page("susan", "").await;
    let mut http = server.connect().await;
    let from = |ask: Ask, address: &str| ask.header("X-Forwarded-For", address);
    let mut refused = None;
    // So many within ten seconds are too many; a slow machine takes longer for them, and begins to count again.
    for number in 0..20 * GUESSES {
        let ask = Ask::get(&format!("/packets?domain=localhost&ticket=guess-{number}"));
        let answer = http.ask(&from(ask, "203.0.113.9")).await.expect("an answer");
        if answer.status != 200 {
            refused = Some((number, answer));
            break;
        }
        assert_eq!(answer.text(), "null");
    }
    let (number, answer) = refused.expect("some guess is the last");
    assert!(number >= 500, "{number}");
    assert_eq!((answer.status, answer.code().as_str()), (404, "ticket_ended"));
    let good = http.ask(&from(susan.poll_ask(), "203.0.113.9")).await.expect("an answer");
    assert_empty(&good.json());
    let elsewhere = from(Ask::get("/packets?domain=localhost&ticket=another"), "203.0.113.10");
    assert_eq!(http.ask(&elsewhere).await.expect("an answer").text(), "null");
}
