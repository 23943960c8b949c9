//! Ids that look like paths, tickets or markup, wherever a client can name one: refused or answered, and nothing dies of them.

use super::{Client, list};
use crate::support::clients::wire::Browser;
use crate::support::clients::{Action, Generation, Opening, Page};
use crate::support::{Ask, Server, urls};
use serde_json::json;

/// What a site may call its people and rooms, since an id is any text without a comma.
pub const IDS: [&str; 16] = [
    "../",
    "..",
    "a/b/../c",
    "a|b",
    "uid:a:b",
    "vid:8f3a",
    "陈伟 的房间",
    "two words",
    "it's \"quoted\"",
    "<img src=x onerror=alert(1)>",
    "50%25",
    "a?b=c&d#e",
    "__proto__",
    "constructor",
    "*.>",
    "0",
];

fn naming<'a>(id: &'a str, ids: &'a [String], list: &'a [&'a str]) -> [Action<'a>; 12] {
    [
        Action::Online { windows: list, rooms: list, strangers: list, show: "available" },
        Action::Buddies(ids),
        Action::Join { room: id, nick: id },
        Action::Leave { room: id },
        Action::Members(id),
        Action::History { in_room: false, id },
        Action::History { in_room: true, id },
        Action::Clear { in_room: true, id },
        Action::Message { in_room: false, to: id, body: "x", is_offline: true },
        Action::Message { in_room: true, to: id, body: "x", is_offline: false },
        Action::Typing { to: id, show: "typing" },
        Action::Block(id),
    ]
}

/// By requests and by scripts of every generation. What is answered parses, and names the id only as text.
#[tokio::test]
async fn hostile_ids_by_every_client() {
    let server = Server::start().await;
    for generation in Generation::ALL {
        for by_script in [false, true] {
            let browser = Browser::sign_in(server.address, generation, "susan").await;
            let browser = if by_script { browser.by_script() } else { browser };
            let bare = Action::Online { windows: &[], rooms: &[], strangers: &[], show: "available" };
            let susan = Client::with(browser, "susan", &bare).await;
            for id in IDS {
                let (ids, windows) = ([id.to_owned()], [id]);
                for action in naming(id, &ids, &windows) {
                    let Some(call) = generation.call(&action, &susan.me) else { continue };
                    let got = susan.browser.call(&call).await;
                    let known = matches!(got.status, 200 | 400 | 403 | 404);
                    assert!(known && !got.text.is_empty(), "{generation:?} {by_script} {action:?}: {got:?}");
                    assert!(!got.text.contains('<'), "{action:?}: {got:?}");
                }
            }
        }
    }
    let mut jack = server.page("jack", "").await;
    jack.says("susan", "all is well").await;
    let susan = Client::open(&server, Generation::G2, "susan").await;
    assert_eq!(list(&susan.opened["new_messages"]).last().map(|last| &last["body"]), Some(&"all is well".into()));
}

/// Settings and lists of silenced rooms may hold them, too, and come back whole.
#[tokio::test]
async fn hostile_ids_in_settings_and_lists() {
    let server = Server::start().await;
    let susan = Client::open(&server, Generation::G3, "susan").await;
    let map = json!({"blocked_rooms": IDS, "remembered": IDS});
    assert_eq!(susan.does(&Action::Setting(&map)).await.status, 200);
    let again = Client::open(&server, Generation::G3, "susan").await;
    assert_eq!(again.opened["setting"]["remembered"], map["remembered"]);
    let page = Page::of(server.address, Generation::G1, "susan", &Opening { strangers: &IDS, ..Opening::BARE }).await;
    page.until("a packet", |screen| screen.packets > 0).await;
    page.assert_alive();
    let all: Vec<String> = IDS.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(list(&susan.reads(&Action::Buddies(&all)).await).len(), 0, "unknown ids are left out");
}

/// Tickets are one text, whatever an id makes them look like; so are the paths of this server.
#[tokio::test]
async fn hostile_ids_as_tickets_and_paths() {
    let server = Server::start().await;
    let mut http = server.connect().await;
    for id in IDS {
        let ticket = urls::encode(id);
        let answer =
            http.ask(&Ask::get(&format!("/packets?domain=localhost&ticket={ticket}"))).await.expect("an answer");
        assert_eq!((answer.status, answer.text().as_str()), (200, "null"), "{id}");
        for path in ["/webim/buddies?ids=jack&ticket=", "/webim/members?id=room1&ticket="] {
            let answer = http.ask(&Ask::get(&format!("{path}{ticket}"))).await.expect("an answer");
            assert_eq!(answer.status, 401, "{path} {id}");
        }
        for path in [format!("/webim/{ticket}"), format!("/webim/room/{ticket}"), format!("/demo/{ticket}/")] {
            let answer = http.ask(&Ask::get(&path)).await.expect("an answer");
            assert!(matches!(answer.status, 303 | 400 | 404), "{path}: {}", answer.status);
        }
    }
}
