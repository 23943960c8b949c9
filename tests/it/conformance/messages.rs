//! Parts 1.3, 1.7 and 1.8: saying something, typing, what to be seen as, going.

use super::Client;
use crate::support::clients::wire::{Call, Got};
use crate::support::clients::{Action, Generation};
use crate::support::{Server, hasty};

fn long(config: &mut nextim::config::Config) {
    (config.times.poll_hold_ms, config.times.session_grace_ms, config.times.ticket_idle_ms) = (30_000, 60_000, 90_000);
}

/// Every pair of generations, one to one and in a room: each is given its own words, and everything as text.
#[tokio::test]
async fn part_1_7_everybody_is_written_to_in_their_own_words() {
    let server = Server::start().await;
    for from in Generation::ALL {
        let susan = Client::open(&server, from, "susan").await;
        for to in Generation::ALL {
            let jack = Client::open(&server, to, "jack").await;
            let mut polls = server.member("jack").await;
            polls.ticket = Some(jack.me.ticket.clone());
            let words = if to == Generation::G3 { ["chat", "grpchat"] } else { ["unicast", "multicast"] };
            for (in_room, id, word) in [(false, "jack", words[0]), (true, "room1", words[1])] {
                susan.does(&Action::Message { in_room, to: id, body: "12", is_offline: false }).await;
                let message = loop {
                    let packet = polls.poll().await;
                    if let Some(message) = packet["messages"].get(0) {
                        break message.clone();
                    }
                };
                let found = ["type", "from", "nick", "to", "body", "style"].map(|name| message[name].as_str());
                assert_eq!(found, [Some(word), Some("susan"), Some("Susan Vale"), Some(id), Some("12"), Some("")]);
                assert!(message["timestamp"].as_str().is_some_and(|time| time.parse::<f64>().is_ok()), "{message}");
            }
            jack.does(&Action::Offline).await;
        }
    }
}

/// The page shows its line itself, so its ticket hears nothing; the sender's other tabs do. What it says of the sender is not
/// believed, nor that the receiver is away.
#[tokio::test]
async fn part_1_7_no_echo_no_forgery_and_offline_is_a_hint() {
    let server = Server::start_with(long).await;
    for generation in Generation::ALL {
        let susan = Client::open(&server, generation, "susan").await;
        let mut tab = server.page("susan", "").await;
        let mut jack = server.page("jack", "").await;
        let mut own = server.member("susan").await;
        own.ticket = Some(susan.me.ticket.clone());
        let say = Action::Message { in_room: false, to: "jack", body: "one", is_offline: true };
        let mut call = generation.call(&say, &susan.me).expect("a call");
        for (name, value) in &mut call.form {
            if ["from", "nick"].contains(name) {
                *value = "mary".into();
            }
        }
        assert_eq!(susan.browser.call(&call).await.status, 200);
        let heard = loop {
            if let Some(message) = jack.poll().await["messages"].get(0) {
                break message.clone();
            }
        };
        assert_eq!((&heard["from"], &heard["nick"]), (&"susan".into(), &"Susan Vale".into()), "{generation:?}");
        jack.says("susan", "the end").await;
        let (mut by_tab, mut by_own) = (Vec::new(), Vec::new());
        for (page, heard) in [(&mut tab, &mut by_tab), (&mut own, &mut by_own)] {
            while heard.last().is_none_or(|last| last != "the end") {
                heard.extend(page.hears().await);
            }
        }
        assert_eq!((by_tab, by_own), (vec!["one".into(), "the end".into()], vec!["the end".into()]), "{generation:?}");
        susan.does(&Action::Offline).await;
        tab.does("offline", "").await;
        jack.does("offline", "").await;
    }
}

/// A repeated request of a page that cannot name its messages is one message.
#[tokio::test]
async fn part_1_7_a_silent_repetition_is_one_message() {
    let server = Server::start().await;
    for generation in Generation::ALL {
        let susan = Client::open(&server, generation, "susan").await;
        let mut jack = server.page("jack", "").await;
        let say = Action::Message { in_room: false, to: "jack", body: "once", is_offline: false };
        let call = generation.call(&say, &susan.me).expect("a call");
        for _ in 0..3 {
            assert_eq!(susan.browser.call(&call).await.status, 200);
        }
        susan.does(&Action::Message { in_room: false, to: "jack", body: "the end", is_offline: false }).await;
        let mut heard = Vec::new();
        while heard.last().is_none_or(|last| last != "the end") {
            heard.extend(jack.hears().await);
        }
        assert_eq!(heard, ["once", "the end"], "{generation:?}");
        jack.does("offline", "").await;
    }
}

#[tokio::test]
async fn part_1_7_absent_and_old_types() {
    let server = Server::start().await;
    let susan = Client::open(&server, Generation::G1, "susan").await;
    let mut jack = server.page("jack", "").await;
    let ticket = susan.me.ticket.as_str();
    for kind in [None, Some("msg"), Some("chat"), Some("unicast")] {
        let mut call = Call::post("message", &[("to", "jack"), ("body", "x"), ("ticket", ticket)]).any();
        call.form.extend(kind.map(|kind| ("type", kind.to_owned())));
        assert_eq!(susan.browser.call(&call).await.text, "ok", "{kind:?}");
        assert_eq!(jack.hears().await, ["x"]);
    }
    for kind in ["broadcast", "system"] {
        let call = Call::post("message", &[("type", kind), ("to", "jack"), ("body", "x"), ("ticket", ticket)]).any();
        assert!(susan.browser.call(&call).await.status >= 400, "a member cannot send {kind}");
    }
}

#[tokio::test]
async fn part_1_8_typing() {
    let server = Server::start_with(long).await;
    for generation in Generation::ALL {
        let susan = Client::open(&server, generation, "susan").await;
        let mut jack = server.page("jack", "").await;
        for show in ["typing", "clear"] {
            assert_eq!(susan.does(&Action::Typing { to: "jack", show }).await.status, 200);
            let status = loop {
                let packet = jack.poll().await;
                if let Some(status) = packet["statuses"].get(0) {
                    break status.clone();
                }
            };
            let found = ["from", "nick", "to", "show"].map(|name| status[name].as_str().unwrap_or_default());
            assert_eq!(found, ["susan", "Susan Vale", "jack", show], "{generation:?}");
        }
        jack.does("offline", "").await;
    }
}

/// `undefined` as a status line keeps the line there was.
#[tokio::test]
async fn part_1_8_presence() {
    let server = Server::start().await;
    for generation in [Generation::G2, Generation::G3] {
        let susan = Client::open(&server, generation, "susan").await;
        for show in ["away", "dnd", "chat", "busy", "available"] {
            assert_eq!(susan.does(&Action::Show { show, status: Some("at the water") }).await.status, 200);
            assert_eq!(susan.does(&Action::Show { show, status: None }).await.status, 200);
            let again = Client::open(&server, generation, "susan").await;
            let found = (&again.opened["user"]["show"], &again.opened["user"]["status"]);
            assert_eq!(found, (&show.into(), &"at the water".into()), "{generation:?}");
        }
    }
}

/// Both end this ticket and nobody else's: another tab lives.
#[tokio::test]
async fn part_1_3_offline_and_refresh_end_one_ticket() {
    let server = Server::start().await;
    for generation in Generation::ALL {
        for action in [Action::Offline, Action::Refresh] {
            let susan = Client::open(&server, generation, "susan").await;
            let stays = Client::open(&server, generation, "susan").await;
            let Some(call) = generation.call(&action, &susan.me) else { continue };
            let Got { status, text } = susan.browser.call(&call).await;
            assert!(status == 200 && text.trim_matches('"') == "ok", "{generation:?} {action:?} {text}");
            let polled = async |ticket: &str| {
                let mut page = server.member("susan").await;
                page.ticket = Some(ticket.to_owned());
                page.poll().await
            };
            assert!(polled(&susan.me.ticket).await.is_null(), "{generation:?}");
            assert_eq!(polled(&stays.me.ticket).await["status"], "ok", "{generation:?}");
        }
    }
    assert_eq!(hasty().poll_hold_ms, 600, "each of these waits this long");
}
