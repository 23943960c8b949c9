//! The operator's listener: figures and probes, and nothing of them where members come in.

use crate::support::http::Http;
use crate::support::{Ask, Server};
use nextim::config::AdminListen;
use std::net::SocketAddr;

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let answer = Http::open(address).await.expect("a connection").ask(&Ask::get(path)).await.expect("an answer");
    (answer.status, answer.text())
}

/// Negative control: leave `refusing` out of `with_headers`, or count sessions in place of members.
#[tokio::test]
async fn figures_say_who_is_here_and_what_was_refused() {
    let change = |config: &mut nextim::config::Config| {
        config.admin_listen = AdminListen::At(SocketAddr::from(([127, 0, 0, 1], 0)));
    };
    let server = Server::start_with(change).await;
    let admin = server.admin_address().expect("it listens");
    let mut susan = server.page("susan", "client=native").await;
    let _tab = server.page("susan", "client=native").await;
    let mut jack = server.page("jack", "client=native").await;
    jack.does("presence", "show=invisible&status=").await;
    assert_eq!(susan.post("message", "type=unicast&to=nobody&body=x").await.code(), "unknown_user");
    let (status, text) = get(admin, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "nextim_members_online{site=\"localhost\"} 1",
        "nextim_members_unseen{site=\"localhost\"} 1",
        "nextim_sessions{site=\"localhost\"} 3",
        "nextim_refusals_total{code=\"unknown_user\"} 1",
        "nextim_store_writable 1",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert_eq!(get(admin, "/readyz").await, (200, "ok\n".into()));
    assert_eq!(get(admin, "/webim/online").await.0, 404);
    assert_eq!(get(server.address, "/metrics").await.0, 404);
}
