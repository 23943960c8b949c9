//! Part 1.6: what was said before, and clearing it.

use super::{Client, assert_texts, list};
use crate::support::Server;
use crate::support::clients::wire::Call;
use crate::support::clients::{Action, Generation};
use crate::support::member::{bodies, each};

const FIELDS: [&str; 7] = ["type", "to", "from", "nick", "style", "body", "timestamp"];

/// The first asks for ids without a type and is given a map; the others for one, and are given a list, oldest first.
#[tokio::test]
async fn part_1_6_history() {
    let server = Server::start().await;
    for generation in Generation::ALL {
        let susan = Client::open(&server, generation, "susan").await;
        let late = generation == Generation::G3;
        for (in_room, id, word) in [
            (false, "jack", if late { "chat" } else { "unicast" }),
            (true, "room1", if late { "grpchat" } else { "multicast" }),
        ] {
            let history = susan.reads(&Action::History { in_room, id }).await;
            let history = if generation == Generation::G1 { &history[id] } else { &history };
            for item in list(history) {
                assert_texts(item, &FIELDS);
                assert_eq!(item["type"], word, "{generation:?}");
            }
            let times: Vec<u64> =
                each(history, "timestamp").iter().map(|time| time.parse().expect("milliseconds")).collect();
            assert!(times.len() >= 3 && times.is_sorted(), "{generation:?} {times:?}");
        }
        let none = susan.reads(&Action::History { in_room: false, id: "wei" }).await;
        let none = if generation == Generation::G1 { &none["wei"] } else { &none };
        assert_eq!(list(none).len(), 0, "a window that stays empty is not one that waits for ever");
    }
}

#[tokio::test]
async fn part_1_6_several_at_once_and_words_of_the_request() {
    let server = Server::start().await;
    let g1 = Client::open(&server, Generation::G1, "susan").await;
    let call = Call::get("histories", &[("ids", "jack,josh,room1")]);
    let map = g1.browser.call(&call).await.json().expect("a map");
    assert_eq!(map.as_object().map(serde_json::Map::len), Some(3));
    // A request without a ticket is answered in the words it uses itself.
    for (word, csrf, kind) in [("unicast", false, "unicast"), ("chat", true, "chat"), ("chat", false, "chat")] {
        let mut call = Call::get("history", &[("type", word), ("id", "jack")]);
        call.form.extend(csrf.then(|| ("csrf_token", String::new())));
        let history = g1.browser.call(&call).await.json().expect("a list");
        assert_eq!(history[0]["type"], kind);
    }
}

#[tokio::test]
async fn part_1_6_the_last_thirty() {
    let server = Server::start().await;
    let mut lee = server.member("lee").await;
    for count in 0..33 {
        lee.says("susan", &count.to_string()).await;
    }
    let susan = Client::open(&server, Generation::G2, "susan").await;
    let history = susan.reads(&Action::History { in_room: false, id: "lee" }).await;
    let said = bodies(&history);
    assert_eq!((said.len(), said[0].as_str(), said[29].as_str()), (30, "3", "32"));
}

/// One dialogue, on one side: the originals cleared all of them, or what they should not.
#[tokio::test]
async fn part_1_6_clearing() {
    let server = Server::start().await;
    for (generation, me) in [(Generation::G1, "susan"), (Generation::G2, "jack"), (Generation::G3, "mary")] {
        let client = Client::open(&server, generation, me).await;
        let count = async |id: &str| {
            let history = client.reads(&Action::History { in_room: false, id }).await;
            list(if generation == Generation::G1 { &history[id] } else { &history }).len()
        };
        for other in ["lee", "nora"] {
            server.member(other).await.says(me, "to be cleared").await;
        }
        assert_eq!((count("lee").await, count("nora").await), (1, 1));
        assert_eq!(client.does(&Action::Clear { in_room: false, id: "lee" }).await.status, 200);
        assert_eq!((count("lee").await, count("nora").await), (0, 1), "{generation:?}");
        let theirs = server.member("lee").await.read("history", &format!("type=unicast&id={me}")).await;
        assert_eq!(list(&theirs).len(), 1, "the other side keeps it");
    }
}

/// The names of the later framework, as calls of the client that has them.
#[tokio::test]
async fn part_5_4_paths_of_histories() {
    let server = Server::start().await;
    let susan = Client::open(&server, Generation::G3, "susan").await;
    let form = [("type", "chat"), ("id", "jack"), ("csrf_token", "")];
    for path in ["history", "histories"] {
        assert!(susan.browser.call(&Call::get(path, &form)).await.json().expect("JSON").is_array(), "{path}");
    }
    for path in ["clear_history", "history/clear", "clear"] {
        assert_eq!(susan.browser.call(&Call::post(path, &form)).await.text, "\"ok\"", "{path}");
    }
}
