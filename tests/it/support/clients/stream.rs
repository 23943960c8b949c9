//! The loop of an old page's polls: its waits, what it takes for a failure, and when it gives up.

use super::page::Page;
use super::{Generation, Trouble};
use crate::checks::one_call;
use crate::support::http::{Answer, Http};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Waits of the real clients, in milliseconds.
const FIRST_AFTER: u64 = 300;
const NEXT_AFTER: u64 = 200;
const GIVES_UP_AFTER: u64 = 40_000;

/// What the answer to a poll was for the page.
enum Polled {
    /// A packet; and where the page filter's mark stands once the page has taken it.
    Packet(Value, Option<(String, u64)>),
    /// Nothing that it could load.
    Lost,
    /// What cannot be right.
    Nonsense(String),
}

#[derive(Default)]
struct Stream {
    http: Option<Http>,
    /// The window property of the page filter.
    marks: BTreeMap<String, u64>,
}

/// Polls until the page gives up or dies.
pub(super) async fn listen(page: Arc<Page>) {
    let mut stream = Stream::default();
    let (mut is_first, mut failures) = (true, 0);
    sleep(page.pace.of(FIRST_AFTER)).await;
    loop {
        let began = Instant::now();
        let taken = match stream.poll(&page).await {
            Polled::Packet(packet, mark) => {
                let taken = page.generation.takes(&packet, &mut page.screen());
                // An exception leaves the mark where it was: the same comes again.
                stream.marks.extend(mark.filter(|_| taken.is_ok()));
                taken.map(Some)
            }
            Polled::Lost => Ok(None),
            Polled::Nonsense(wrong) => return page.dies(wrong),
        };
        match taken {
            Ok(Some(then)) => {
                (is_first, failures) = (false, 0);
                page.does(then).await;
            }
            Err(Trouble::Stops(said)) => return page.stops(&said),
            // The loop is dead, and the page goes on saying that it is online.
            Err(Trouble::Throws(why)) if page.generation != Generation::G2 => return page.dies(why),
            Ok(None) | Err(Trouble::Throws(_)) => {
                page.screen().failed_polls += 1;
                failures += 1;
                if page.generation == Generation::G1 {
                    // Its script has no handler of errors; only a timer tells.
                    sleep_until(began + page.pace.of(GIVES_UP_AFTER)).await;
                }
                if is_first || failures == 2 {
                    return page.stops(last_words(page.generation, is_first));
                }
            }
        }
        sleep(page.pace.of(NEXT_AFTER)).await;
    }
}

fn last_words(generation: Generation, is_first: bool) -> &'static str {
    match (generation, is_first) {
        (Generation::G1, true) => "connect error",
        (Generation::G1, false) => "disconnect",
        (_, true) => "Connect Error",
        (_, false) => "Disconnect",
    }
}

impl Stream {
    async fn poll(&mut self, page: &Page) -> Polled {
        let (ask, callback) = page.polls.request(page.generation, page.polls_by_script, &page.connection());
        let asked = async {
            if self.http.is_none() {
                self.http = Some(page.connect().await.ok()?);
            }
            let http = self.http.as_mut()?;
            http.within = Duration::from_secs(3_600);
            http.ask(&ask).await.ok()
        };
        let answer = match page.generation {
            Generation::G3 => asked.await,
            Generation::G1 | Generation::G2 => timeout(page.pace.of(GIVES_UP_AFTER), asked).await.unwrap_or_default(),
        };
        let Some(answer) = answer else {
            self.http = None;
            return Polled::Lost;
        };
        if answer.header("connection") == Some("close") {
            self.http = None;
        }
        if answer.status != 200 {
            return Polled::Lost;
        }
        match callback {
            None => serde_json::from_slice(&answer.body).map_or(Polled::Lost, |packet| Polled::Packet(packet, None)),
            Some(callback) => self.runs(&answer, &callback),
        }
    }

    /// Does what a script's answer does.
    fn runs(&self, answer: &Answer, callback: &str) -> Polled {
        let text = answer.text();
        let call = match one_call::read(&text, callback) {
            Ok(call) => call,
            Err(wrong) => return Polled::Nonsense(wrong),
        };
        let mut packet: Value = serde_json::from_str(call.literal).unwrap_or_default();
        let Some(name) = call.mark else { return Polled::Packet(packet, None) };
        let mark = self.marks.get(name).copied().unwrap_or(0);
        let seq = |message: &Value| message["seq"].as_u64().unwrap_or(0);
        let mut last = mark;
        if let Some(messages) = packet["messages"].as_array_mut() {
            messages.retain(|message| seq(message) > mark);
            last = messages.iter().map(seq).max().unwrap_or(mark);
        }
        Polled::Packet(packet, Some((name.to_owned(), last)))
    }
}
