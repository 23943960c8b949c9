//! The WebSocket of old pages: one frame that subscribes, and from then on only what the browser does by itself, which is to
//! answer PINGs.

use super::page::{Failures, Page};
use super::websocket::{Over, closed};
use super::{News, packet};
use crate::support::socket::{Frame, Socket, frame};
use serde_json::Value;
use std::io;
use tokio::sync::mpsc::UnboundedSender;

/// Listens until the ticket ends, the page gives up, or nobody wants to know any more. (Real pages of that time do not come
/// back at all; the rules of this connection are what is tested.)
pub(super) async fn listen(page: &Page, news: &UnboundedSender<News>) {
    let mut failures = Failures::default();
    loop {
        match hear(page, news, &mut failures).await {
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

async fn hear(page: &Page, news: &UnboundedSender<News>, failures: &mut Failures) -> io::Result<Over> {
    let mut socket = tokio::time::timeout(page.manner.within, Socket::open(page.address)).await??;
    socket.text(&format!("subscribe {} {}", page.text("domain"), page.text("ticket"))).await?;
    loop {
        match socket.next().await? {
            Frame::Text(text) => {
                let packet: Value = serde_json::from_str(&text).map_err(io::Error::other)?;
                failures.none();
                if let Err(wrong) = packet::check(&packet) {
                    drop(news.send(News::Wrong(wrong)));
                    return Ok(Over::Done);
                }
                if news.send(News::Packet(packet)).is_err() {
                    return Ok(Over::Done);
                }
            }
            Frame::Ping(bytes) => socket.bytes(&frame(0x8a, &bytes)).await?,
            Frame::Pong(_) => {}
            Frame::Close(code, reason) => return Ok(closed(code, &reason, news)),
        }
    }
}
