//! The seed's poll, one after the other on a kept connection, as a browser does it.

use super::{News, Transport};
use crate::support::http::{Answer, Ask, Http};
use crate::support::urls::with;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;

/// Between an answer and the next poll; real pages take 200 ms.
const PAUSE: Duration = Duration::from_millis(5);
/// After a failure.
const RETRY: Duration = Duration::from_millis(100);

/// Polls until the ticket ends or nobody wants to know any more.
pub(super) async fn listen(
    transport: Transport,
    address: SocketAddr,
    connection: &Value,
    news: &UnboundedSender<News>,
) {
    let text = |name: &str| connection[name].as_str().unwrap_or_default().to_owned();
    let query = with(&with("", "domain", &text("domain")), "ticket", &text("ticket"));
    let server = text("server");
    let path = server.splitn(4, '/').nth(3).unwrap_or_default().to_owned();
    let mut http = None;
    for count in 0.. {
        let callback = transport.callback(count);
        let query = callback.as_ref().map_or_else(|| query.clone(), |name| with(&query, "callback", name));
        let Ok(answer) = poll(&mut http, address, &Ask::get(&format!("/{path}?{query}"))).await else {
            http = None;
            sleep(RETRY).await;
            continue;
        };
        if answer.header("connection") == Some("close") {
            http = None;
        }
        let packet = read(&answer, callback.as_deref()).and_then(|packet| check(&packet).map(|()| packet));
        let (told, goes_on) = match packet {
            Ok(Value::Null) => (News::Ended, false),
            Ok(packet) => (News::Packet(packet), true),
            Err(wrong) => (News::Wrong(wrong), false),
        };
        if news.send(told).is_err() || !goes_on {
            return;
        }
        sleep(PAUSE).await;
    }
}

async fn poll(http: &mut Option<Http>, address: SocketAddr, ask: &Ask) -> std::io::Result<Answer> {
    if http.is_none() {
        *http = Some(Http::open(address).await?);
    }
    http.as_mut().expect("just opened").ask(ask).await
}

fn read(answer: &Answer, callback: Option<&str>) -> Result<Value, String> {
    match callback {
        Some(callback) => answer.try_script(callback),
        None if answer.status == 200 => serde_json::from_slice(&answer.body).map_err(|error| error.to_string()),
        None => Err(format!("{} {}", answer.status, answer.text())),
    }
}

/// What every packet must be: `status` and three lists, and nothing but strings where old pages need strings.
fn check(packet: &Value) -> Result<(), String> {
    if packet.is_null() {
        return Ok(());
    }
    if packet["status"] != "ok" {
        return Err(format!("a status other than ok in {packet}"));
    }
    for list in ["messages", "presences", "statuses"] {
        for item in packet[list].as_array().ok_or_else(|| format!("no list of {list} in {packet}"))? {
            let fields: &[&str] = match list {
                "messages" => &["from", "nick", "to", "timestamp", "type", "body", "style"],
                "presences" => &["from", "nick", "type", "show", "status"],
                _ => &["from", "nick", "to", "show"],
            };
            if let Some(field) = fields.iter().find(|field| !item[**field].is_string()) {
                return Err(format!("{field} is not a string in {packet}"));
            }
        }
    }
    Ok(())
}
