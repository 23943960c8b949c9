//! Our own client's WebSocket: it acknowledges every packet, drops what it has, and calls.

use super::page::{Failures, Page};
use super::{Call, News};
use crate::support::socket::{Frame, Socket, frame};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

/// How a connection ended.
pub(super) enum Over {
    /// Try again.
    Again,
    /// The page is told, and does not.
    Done,
}

/// Listens until the ticket ends, the page gives up, or nobody wants to know any more.
pub(super) async fn listen(page: &Page, news: &UnboundedSender<News>, mut calls: UnboundedReceiver<Call>) {
    let mut failures = Failures::default();
    loop {
        match converse(page, news, &mut calls, &mut failures).await {
            Ok(Over::Done) => return,
            Ok(Over::Again) => tokio::time::sleep(page.manner.retry).await,
            Err(_) => {
                if !failures.one_more(page, news).await {
                    return;
                }
            }
        }
    }
}

async fn converse(
    page: &Page,
    news: &UnboundedSender<News>,
    calls: &mut UnboundedReceiver<Call>,
    failures: &mut Failures,
) -> io::Result<Over> {
    let mut socket = tokio::time::timeout(page.manner.within, Socket::open(page.address)).await??;
    let (seq, epoch) = page.has();
    let (domain, ticket) = (page.text("domain"), page.text("ticket"));
    let first = json!({"subscribe": {"domain": domain, "ticket": ticket, "ack": seq, "epoch": epoch}});
    socket.text(&first.to_string()).await?;
    let mut asked: BTreeMap<u64, oneshot::Sender<Value>> = BTreeMap::new();
    loop {
        let seen = tokio::select! {
            seen = socket.next() => seen?,
            Some(call) = calls.recv() => {
                let id = page.request();
                socket.text(&call.frame(id)).await?;
                asked.insert(id, call.answer);
                continue;
            }
        };
        match seen {
            Frame::Text(text) => {
                let packet: Value = serde_json::from_str(&text).map_err(io::Error::other)?;
                if let Some(answer) = packet["reply"].as_u64().and_then(|id| asked.remove(&id)) {
                    drop(answer.send(packet));
                    continue;
                }
                failures.none();
                if !page.take(packet, news) {
                    return Ok(Over::Done);
                }
                socket.text(&json!({"ack": page.has().0, "epoch": epoch}).to_string()).await?;
            }
            Frame::Ping(bytes) => socket.bytes(&frame(0x8a, &bytes)).await?,
            Frame::Pong(_) => {}
            Frame::Close(code, reason) => return Ok(closed(code, &reason, news)),
        }
    }
}

/// Whether a goodbye says to come back.
pub(super) fn closed(code: u16, reason: &str, news: &UnboundedSender<News>) -> Over {
    let reason: Value = serde_json::from_str(reason).unwrap_or_default();
    let told = match (code, reason["reconnect"].as_bool()) {
        (_, Some(true)) => return Over::Again,
        (4401, Some(false)) => News::Ended,
        _ => News::Wrong(format!("it was closed with {code} {reason}")),
    };
    drop(news.send(told));
    Over::Done
}

impl Call {
    fn frame(&self, id: u64) -> String {
        let mut frame = serde_json::Map::new();
        for (name, value) in &self.form {
            frame.insert(name.clone(), value.clone().into());
        }
        frame.insert("call".into(), self.endpoint.clone().into());
        frame.insert("id".into(), id.into());
        Value::Object(frame).to_string()
    }
}
