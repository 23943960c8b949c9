//! Storms: every member has up to four tabs, and some a page that stays. Tabs are reloaded, left without a word, put to sleep for longer
//! than the graces or than the ticket's life, and opened twice on one ticket, while everybody talks to everybody. What was
//! acknowledged is seen by its member on one page at least (G7), and by the page that stays exactly once and in order (G5).
//!
//! `NEXTIM_REFRESHES=10000 cargo test --test it storm -- --nocapture` storms longer.
//!
//! Negative control: let `Cursors::written` confirm, and messages are seen by nobody, in one run of three; `network` and `model`
//! find it every time.

use super::visitor::opens_as;
use super::{MEMBERS, generation, number};
use crate::support::transport::{Listener, Manner, News, Page, Transport};
use crate::support::{Ask, Http, Member, Server, urls};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Tabs that do not stay, by member: whoever has one only sees nothing by another.
const TABS: [usize; 7] = [4, 4, 4, 4, 1, 2, 4];
/// Longer than both graces, and longer than a ticket lives without a request.
const SLEEPS: [Duration; 2] = [Duration::from_millis(800), Duration::from_millis(2_400)];

/// What happens in a storm, with how often it did.
#[derive(Debug, Default)]
struct Weather {
    over: AtomicBool,
    refreshes: AtomicU64,
    gone: AtomicU64,
    slept: AtomicU64,
    doubled: AtomicU64,
    /// By member, what any of their pages showed; and what went wrong.
    seen: Mutex<BTreeMap<String, BTreeSet<String>>>,
    wrong: Mutex<Vec<String>>,
}

impl Weather {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    fn saw(&self, id: &str, messages: &Value) {
        let mut seen = self.seen.lock().expect("no panic while held");
        let seen = seen.entry(id.to_owned()).or_default();
        for message in messages.as_array().into_iter().flatten() {
            let body = message["body"].as_str().unwrap_or_default();
            if body.starts_with("storm ") && message["to"] == id {
                seen.insert(body.to_owned());
            } else if body.starts_with("storm ") && message["from"] != id {
                self.blame(format!("{id} was shown {message}"));
            }
        }
    }

    fn blame(&self, wrong: String) {
        self.wrong.lock().expect("no panic while held").push(wrong);
    }

    fn count(&self, of: impl Fn(&Self) -> &AtomicU64) {
        of(self).fetch_add(1, Ordering::AcqRel);
    }
}

/// A number that depends on nothing but its seed.
fn draw(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

/// A page that is open.
struct Open {
    member: Member,
    transport: Transport,
    page: Arc<Page>,
    listener: Listener,
    news: UnboundedReceiver<News>,
}

impl Open {
    async fn new(member: &Member, transport: Transport, turn: u64, weather: &Weather) -> Self {
        let mut member = member.tab();
        let form = transport.opens(opens_as(generation(transport, turn)));
        let opening = member.online(&urls::form(&form)).await;
        weather.saw(&member.id, &opening["new_messages"]);
        let page = Arc::new(Page::new(member.address, Manner::QUICK, &opening));
        let (tell, news) = unbounded_channel();
        let listener = transport.listen(&page, tell);
        Self { member, transport, page, listener, news }
    }

    /// Listens for a while. Whether the ticket is still live.
    async fn listens(&mut self, time: Duration, weather: &Weather) -> bool {
        let until = tokio::time::Instant::now() + time;
        loop {
            match tokio::time::timeout_at(until, self.news.recv()).await {
                Err(_) => return true,
                Ok(Some(News::Packet(packet))) => weather.saw(&self.member.id, &packet["messages"]),
                Ok(Some(News::Wrong(wrong))) if !wrong.contains("4409") => {
                    weather.blame(format!("{} ({:?}): {wrong}", self.member.id, self.transport));
                    return false;
                }
                Ok(_) => return false,
            }
        }
    }

    /// Stops listening; what has come by then has been seen.
    async fn stops(mut self, weather: &Weather) -> (Member, Arc<Page>) {
        self.listener.stop().await;
        while let Ok(told) = self.news.try_recv() {
            if let News::Packet(packet) = told {
                weather.saw(&self.member.id, &packet["messages"]);
            }
        }
        (self.member, self.page)
    }
}

/// One tab in the storm.
async fn storm(member: Member, mut state: u64, weather: Arc<Weather>) {
    while !weather.is_over() {
        let transport = Transport::ALL[usize::try_from(draw(&mut state, 7)).expect("small")];
        let mut open = Open::new(&member, transport, draw(&mut state, 3), &weather).await;
        if !open.listens(Duration::from_millis(30 + draw(&mut state, 250)), &weather).await {
            open.stops(&weather).await;
            continue;
        }
        weather.count(|weather| &weather.refreshes);
        // Two plain polls of one ticket confirm each other's answers: that is in the window which plain pollers have.
        let is_plain = matches!(transport, Transport::Plain | Transport::Constant);
        match draw(&mut state, if is_plain { 10 } else { 12 }) {
            0..=3 => {
                let (mut member, page) = open.stops(&weather).await;
                let (seq, epoch) = page.has();
                let form = if transport.is_native() { format!("ack={seq}&epoch={epoch}") } else { String::new() };
                member.does("refresh", &form).await;
            }
            4..=5 => {
                weather.count(|weather| &weather.gone);
                open.stops(&weather).await;
            }
            6..=7 => {
                weather.count(|weather| &weather.gone);
                let (_, page) = open.stops(&weather).await;
                // A page that is closed on an answer which it has not read, and one that is closed before it has opened.
                let poll = Ask::get(&format!("/packets?{}", page.query()));
                let online = Ask::post("/webim/online", "").header("Cookie", &member.cookie);
                for ask in [poll, online] {
                    let mut http = Http::open(member.address).await.expect("a connection");
                    http.send(&ask).await.expect("sent");
                    http.arrived().await;
                }
            }
            8..=9 => {
                weather.count(|weather| &weather.slept);
                let (asleep, page) = open.stops(&weather).await;
                sleep(SLEEPS[usize::try_from(draw(&mut state, 2)).expect("small")]).await;
                let (tell, news) = unbounded_channel();
                let listener = transport.listen(&page, tell);
                let mut awake = Open { member: asleep, transport, page, listener, news };
                awake.listens(Duration::from_millis(200), &weather).await;
                awake.stops(&weather).await;
            }
            _ => {
                weather.count(|weather| &weather.doubled);
                // The browser's "duplicate tab": the same ticket, listening apart.
                let (tell, news) = unbounded_channel();
                let listener = transport.listen(&open.page, tell);
                let (page, member) = (Arc::clone(&open.page), open.member.tab());
                let mut twin = Open { member, transport, page, listener, news };
                let time = Duration::from_millis(200);
                tokio::join!(open.listens(time, &weather), twin.listens(time, &weather));
                tokio::join!(open.stops(&weather), twin.stops(&weather));
            }
        }
    }
}

/// The page that stays: what it is shown, in order, until nothing more comes.
async fn stay(member: Member, transport: Transport, weather: Arc<Weather>) -> (String, Vec<(u64, String)>) {
    let mut open = Open::new(&member, transport, member.id.len() as u64, &weather).await;
    let (id, mut shown) = (open.member.id.clone(), Vec::new());
    loop {
        match timeout(Duration::from_secs(30), open.news.recv()).await {
            Ok(Some(News::Packet(packet))) => {
                weather.saw(&id, &packet["messages"]);
                for message in packet["messages"].as_array().into_iter().flatten() {
                    let body = message["body"].as_str().unwrap_or_default().to_owned();
                    if body == "the end" {
                        return (id, shown);
                    }
                    if message["to"] == *id {
                        shown.push((message["seq"].as_u64().unwrap_or(0), body));
                    }
                }
            }
            other => {
                weather.blame(format!("the page of {id} that stays ({transport:?}) learned {other:?}"));
                return (id, shown);
            }
        }
    }
}

/// Talks to everybody until the storm is over; gives what was acknowledged, by addressee.
async fn talk(mut member: Member, weather: Arc<Weather>) -> Vec<(String, String)> {
    let mut said = Vec::new();
    for count in 0_usize.. {
        if weather.is_over() {
            break;
        }
        let to = *MEMBERS.iter().filter(|id| **id != member.id).nth(count % 6).expect("six others");
        let body = format!("storm {} {count}", member.id);
        member.says(to, &body).await;
        said.push((to.to_owned(), body));
        sleep(Duration::from_millis(5)).await;
    }
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_tabs_loses_nothing_and_a_page_that_stays_sees_everything_once() {
    let server = Server::start_with(|config| config.times.ticket_idle_ms = 1_500).await;
    let refreshes = number("NEXTIM_REFRESHES", 200);
    let weather = Arc::new(Weather::default());
    let (mut storms, mut staying, mut talking) = (JoinSet::new(), JoinSet::new(), JoinSet::new());
    let once = [Transport::Jsonp, Transport::JsonpAck, Transport::Websocket, Transport::Sse];
    let mut members = Vec::new();
    for (at, id) in MEMBERS.into_iter().enumerate() {
        let member = server.member(id).await;
        // The others have only the tabs in the storm.
        if let Some(transport) = once.get(at) {
            staying.spawn(stay(member.tab(), *transport, Arc::clone(&weather)));
        }
        members.push(member);
    }
    // The pages that stay are there before the first word.
    sleep(Duration::from_millis(300)).await;
    for (at, member) in members.iter().enumerate() {
        talking.spawn(talk(member.tab(), Arc::clone(&weather)));
        for tab in 0..TABS[at] {
            storms.spawn(storm(member.tab(), (at * 10 + tab) as u64 + 77, Arc::clone(&weather)));
        }
    }
    while weather.refreshes.load(Ordering::Acquire) < refreshes && weather.wrong.lock().expect("no panic").is_empty() {
        sleep(Duration::from_millis(50)).await;
    }
    weather.over.store(true, Ordering::Release);
    let said: Vec<(String, String)> = talking.join_all().await.into_iter().flatten().collect();
    while storms.join_next().await.is_some() {}
    for (at, id) in MEMBERS.into_iter().enumerate() {
        members[(at + 1) % MEMBERS.len()].says(id, "the end").await;
    }
    let mut bad = Vec::new();
    for (id, shown) in staying.join_all().await {
        let wanted: BTreeSet<&String> = said.iter().filter(|(to, _)| *to == id).map(|(_, body)| body).collect();
        let there: BTreeSet<&String> = shown.iter().map(|(_, body)| body).collect();
        if !shown.is_sorted_by(|a, b| a.0 < b.0) || there.len() != shown.len() {
            bad.push(format!("the page of {id} that stays showed something twice or out of turn"));
        }
        bad.extend(wanted.difference(&there).map(|body| format!("the page of {id} that stays never showed {body}")));
    }
    bad.extend(unseen(&members, &said, &weather).await);
    bad.append(&mut weather.wrong.lock().expect("no panic while held"));
    println!("{} messages; {weather:?}", said.len(), weather = numbers(&weather));
    assert!(bad.is_empty(), "{} findings, first {:#?}", bad.len(), &bad[..bad.len().min(12)]);
}

/// What its member saw on no page, the next one included.
async fn unseen(members: &[Member], said: &[(String, String)], weather: &Weather) -> Vec<String> {
    for member in members {
        weather.saw(&member.id, &member.tab().online("").await["new_messages"]);
    }
    let seen = weather.seen.lock().expect("no panic while held");
    let lost = said.iter().filter(|(to, body)| !seen.get(to).is_some_and(|seen| seen.contains(body)));
    lost.map(|(to, body)| format!("{to} never saw {body}")).collect()
}

fn numbers(weather: &Weather) -> [(&'static str, u64); 4] {
    let of = |count: &AtomicU64| count.load(Ordering::Acquire);
    [
        ("refreshes", of(&weather.refreshes)),
        ("gone", of(&weather.gone)),
        ("slept", of(&weather.slept)),
        ("doubled", of(&weather.doubled)),
    ]
}
