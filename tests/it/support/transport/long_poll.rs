//! The seed's poll, one after the other on a kept connection, as a browser does it.

use super::page::{Failures, Page};
use super::{News, Transport, packet, script};
use crate::support::http::{Answer, Ask, Http};
use crate::support::urls::with;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::sleep;

/// Polls until the ticket ends, the page gives up, or nobody wants to know any more.
pub(super) async fn listen(transport: Transport, page: &Page, news: &UnboundedSender<News>) {
    let path = page.text("server").splitn(4, '/').nth(3).unwrap_or_default();
    let (mut http, mut failures) = (None, Failures::default());
    loop {
        let (ask, callback) = request(transport, page, path);
        let Ok(answer) = poll(&mut http, page, &ask).await else {
            http = None;
            if failures.one_more(page, news).await {
                continue;
            }
            return;
        };
        failures.none();
        if answer.header("connection") == Some("close") {
            http = None;
        }
        let goes_on = match read(transport, page, &answer, callback.as_deref()) {
            Ok(Value::Null) => {
                drop(news.send(News::Ended));
                false
            }
            Ok(packet) if transport == Transport::JsonpAck => page.take(packet, news),
            Ok(packet) => match packet::check(&packet) {
                Ok(()) => news.send(News::Packet(packet)).is_ok(),
                Err(wrong) => news.send(News::Wrong(wrong)).is_err(),
            },
            Err(wrong) => {
                drop(news.send(News::Wrong(wrong)));
                false
            }
        };
        if !goes_on {
            return;
        }
        sleep(page.manner.pause).await;
    }
}

fn request(transport: Transport, page: &Page, path: &str) -> (Ask, Option<String>) {
    let count = page.request();
    let callback = transport.callback(count);
    let mut query = page.query();
    if transport == Transport::JsonpAck {
        let (seq, epoch) = page.has();
        query = with(&with(&query, "ack", &seq.to_string()), "epoch", &epoch);
    }
    if let Some(name) = &callback {
        query = with(&query, "callback", name);
    }
    let ask = match transport {
        Transport::Jsonp | Transport::JsonpAck => script::ask(path, &query, count),
        _ => Ask::get(&format!("/{path}?{query}")),
    };
    (ask, callback)
}

async fn poll(http: &mut Option<Http>, page: &Page, ask: &Ask) -> std::io::Result<Answer> {
    if http.is_none() {
        *http = Some(Http::open(page.address).await?);
    }
    let http = http.as_mut().expect("just opened");
    http.within = page.manner.within;
    http.ask(ask).await
}

fn read(transport: Transport, page: &Page, answer: &Answer, callback: Option<&str>) -> Result<Value, String> {
    match (transport, callback) {
        (Transport::Jsonp | Transport::JsonpAck, Some(callback)) => {
            script::run(page, answer, callback, transport == Transport::JsonpAck)
        }
        (_, Some(callback)) => answer.try_script(callback),
        (_, None) if answer.status == 200 => serde_json::from_slice(&answer.body).map_err(|error| error.to_string()),
        (_, None) => Err(format!("{} {}", answer.status, answer.text())),
    }
}
