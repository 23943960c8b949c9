//! Server-sent events as a browser's `EventSource` takes them: it connects again after every end, with the id of the last
//! event, unless it is told that the ticket is not live. What it has it drops, as our own client does.

use super::page::{Failures, Page};
use super::{News, packet};
use crate::support::http::{Ask, Http};
use serde_json::Value;
use std::io;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{sleep, timeout};

/// A stream that is silent for longer than a hold is gone.
const SILENT: Duration = Duration::from_secs(60);

/// An event as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    pub data: String,
    pub id: Option<String>,
    pub retry: Option<u64>,
    /// A comment, which is no event.
    pub comment: bool,
}

/// Reads the next event or comment; an event that is cut short is none. May not be dropped while it waits.
pub async fn next_event(http: &mut Http) -> io::Result<Event> {
    let mut event = Event::default();
    loop {
        let line = timeout(SILENT, http.line()).await??;
        match line.split_once(':') {
            None if line.is_empty() => return Ok(event),
            Some(("", _)) => event.comment = true,
            Some(("event", name)) => event.name = name.trim_start().into(),
            Some(("data", data)) => event.data += data.strip_prefix(' ').unwrap_or(data),
            Some(("id", id)) => event.id = Some(id.trim_start().into()),
            Some(("retry", retry)) => event.retry = retry.trim().parse().ok(),
            _ => return Err(io::Error::other(format!("not a line of an event: {line}"))),
        }
    }
}

/// Listens until the ticket ends, the page gives up, or nobody wants to know any more.
pub(super) async fn listen(page: &Page, news: &UnboundedSender<News>) {
    let mut failures = Failures::default();
    loop {
        let before = page.has().0;
        match hear(page, news).await {
            Ok(true) => sleep(page.manner.pause).await,
            Ok(false) => return,
            Err(_) if page.has().0 > before => {
                failures.none();
                sleep(page.manner.retry).await;
            }
            Err(_) => {
                if !failures.one_more(page, news).await {
                    return;
                }
            }
        }
    }
}

/// Listens on one connection. Whether the page connects again.
async fn hear(page: &Page, news: &UnboundedSender<News>) -> io::Result<bool> {
    let mut http = timeout(page.manner.within, Http::open(page.address)).await??;
    let mut ask = Ask::get(&format!("/events?{}", page.query())).header("Accept", "text/event-stream");
    if let Some(id) = page.event() {
        ask = ask.header("Last-Event-ID", &id);
    }
    http.send(&ask).await?;
    let head = timeout(page.manner.within, http.head()).await??;
    if head.status == 401 {
        drop(news.send(News::Ended));
        return Ok(false);
    }
    if head.status != 200 || head.header("content-type") != Some("text/event-stream; charset=utf-8") {
        drop(news.send(News::Wrong(format!("not a stream: {head:?}"))));
        return Ok(false);
    }
    loop {
        let event = next_event(&mut http).await?;
        if event.name == "goodbye" {
            return Ok(true);
        }
        if event.data.is_empty() {
            continue;
        }
        let packet: Value = serde_json::from_str(&event.data).map_err(io::Error::other)?;
        let wanted = format!("{}.{}", packet["epoch"].as_str().unwrap_or_default(), packet["seq"]);
        if event.id.as_deref() != Some(&wanted) {
            drop(news.send(News::Wrong(format!("{event:?} is not called {wanted}"))));
            return Ok(false);
        }
        if let Err(wrong) = packet::check(&packet) {
            drop(news.send(News::Wrong(wrong)));
            return Ok(false);
        }
        page.set_event(&wanted);
        if !page.take(packet, news) {
            return Ok(false);
        }
    }
}
