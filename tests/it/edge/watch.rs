//! A page says whom it shows: it is told of them now, hears of them from then on, and of those before no more.

use crate::support::member::each;
use crate::support::{Member, Server};
use serde_json::{Value, json};

/// Polls until somebody changes, and gives who and how.
async fn sees(page: &mut Member) -> (String, String) {
    for _ in 0..20 {
        let packet = page.poll().await;
        if let Some(presence) = packet["presences"].as_array().and_then(|list| list.first()) {
            let text = |field: &str| presence[field].as_str().expect("a text").to_owned();
            return (text("from"), text("type"));
        }
    }
    panic!("{} sees nobody", page.id);
}

fn said(who: &str, what: &str) -> (String, String) {
    (who.into(), what.into())
}

#[tokio::test]
async fn a_page_hears_of_those_it_shows_now() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "client=native&stranger_ids=lee").await;
    let mut nora = server.page("nora", "").await;
    let _held = nora.hold().await; // here until she says otherwise
    let shown = susan.read("watch", "ids=nora,ghost,wei").await;
    assert_eq!(each(&shown, "id"), ["nora", "wei"], "unknown ones are left out");
    assert_eq!(each(&shown, "presence"), ["online", "offline"]);
    assert_eq!(shown, susan.read("buddies", "ids=nora,ghost,wei").await, "as `buddies` answers");
    server.page("lee", "").await; // whom the page shows no more
    nora.does("presence", "show=dnd").await;
    assert_eq!(sees(&mut susan).await, said("nora", "show"));
    nora.does("offline", "").await;
    assert_eq!(sees(&mut susan).await, said("nora", "offline"));
    assert_eq!(susan.get("watch", "ids=").await.json(), json!([]), "and now nobody");
    let mut nora = server.page("nora", "").await;
    nora.does("presence", "show=away").await;
    let _jack = server.page("jack", "").await;
    assert_eq!(sees(&mut susan).await, said("jack", "online"), "friends are told of as ever");
}

#[tokio::test]
async fn somebody_invisible_is_offline_here_too() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "client=native").await;
    let mut nora = server.page("nora", "").await;
    nora.does("presence", "show=invisible&status=hidden").await;
    let wei = susan.read("watch", "ids=wei").await[0].clone();
    let nora_now = susan.read("watch", "ids=nora").await[0].clone();
    for field in ["presence", "show", "status", "status_time"] {
        assert_eq!(nora_now[field], wei[field], "{field}");
    }
    nora.does("presence", "show=available").await;
    assert_eq!(sees(&mut susan).await, said("nora", "online"));
}

/// Negative control: let `actions::watch` not store the strangers.
#[tokio::test]
async fn whom_a_page_shows_survives_a_restart() {
    let mut server = Server::start().await;
    let mut susan = server.page("susan", "client=native&stranger_ids=lee").await;
    susan.read("watch", "ids=nora").await;
    server.stop().await;
    server.start_again().await;
    let (ticket, cookie) = (susan.ticket.clone(), susan.cookie.clone());
    let mut susan = server.member("susan").await;
    (susan.ticket, susan.cookie) = (ticket, cookie);
    susan.poll().await;
    server.page("lee", "").await;
    let _nora = server.page("nora", "").await;
    assert_eq!(sees(&mut susan).await, said("nora", "online"));
}

#[tokio::test]
async fn watching_takes_a_ticket() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    let answer = susan.post("watch", "ids=lee").await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "missing_parameter"));
    assert!(answer.json()["message"].as_str().is_some_and(|text| text.contains("`ticket`")));
    assert_eq!(susan.post("watch", "ids=lee&ticket=gone").await.code(), "ticket_ended");
    susan.online("").await;
    susan.does("offline", "").await;
    assert_eq!(susan.post("watch", "ids=lee").await.code(), "ticket_ended");
    let many = (0..2_000).map(|index| format!("u{index}")).collect::<Vec<_>>().join(",");
    susan.online("").await;
    assert_eq!(susan.read("watch", &format!("ids={many}")).await, Value::Array(vec![]));
    assert_eq!(susan.post("watch", &format!("ids={many},one")).await.code(), "too_many_ids");
}
