//! A site's own server and its pages through real sockets: the guarantees hold in this role, too, and the key is the only way in.

use crate::support::http::{Answer, Ask, Http};
use crate::support::member::{bodies, each};
use crate::support::{Server, urls};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nextim::chat::site::{KeyDigest, SiteOptions};
use serde_json::Value;
use std::time::Duration;

const SITE: &str = "www.example.com:8080";
const KEY: &str = "a key of some length";

/// Somebody's page, opened by the site.
struct Page {
    ticket: String,
    http: Http,
}

impl Page {
    fn poll_ask(&self) -> Ask {
        Ask::get(&format!("/packets?domain={}&ticket={}", urls::encode(SITE), urls::encode(&self.ticket)))
    }

    async fn poll(&mut self) -> Value {
        let ask = self.poll_ask();
        self.http.ask(&ask).await.expect("an answer").json()
    }

    /// Polls until messages come.
    async fn hears(&mut self) -> Vec<String> {
        for _ in 0..20 {
            let heard = bodies(&self.poll().await["messages"]);
            if !heard.is_empty() {
                return heard;
            }
        }
        panic!("nothing is heard")
    }
}

async fn start_with(options: SiteOptions) -> Server {
    Server::start_with(|config| {
        config.sites.insert(SITE.into(), options.written());
        config.server_keys.insert(SITE.into(), KeyDigest::of(KEY));
    })
    .await
}

async fn call_as(server: &Server, domain: &str, key: &str, path: &str, form: &str) -> Answer {
    let credentials = STANDARD.encode(format!("{domain}:{key}"));
    let ask = Ask::post(path, form).header("Authorization", &format!("Basic {credentials}"));
    server.connect().await.ask(&ask).await.expect("an answer")
}

async fn call(server: &Server, path: &str, form: &str) -> Answer {
    call_as(server, SITE, KEY, path, form).await
}

/// The site says something in somebody's name.
async fn says(server: &Server, from: &str, to: &str, body: &str) {
    let kind = if to.starts_with("room") { "grpchat" } else { "chat" };
    let form = format!("from={from}&nick={from}&to={to}&type={kind}&body={}&timestamp=1", urls::encode(body));
    let answer = call(server, "/v5/messages", &form).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"status":"ok"}"#));
}

async fn opens(server: &Server, who: &str, lists: &str) -> Page {
    let answer = call(server, "/presences/online", &format!("version=3&name={who}&nick={who}&{lists}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    Page { ticket: answer.json()["ticket"].as_str().expect("a ticket").into(), http: server.connect().await }
}

/// What the original loses: it is written into the dead socket.
///
/// Negative control: let `connect_for_site` begin at the head.
#[tokio::test]
async fn what_is_said_while_a_poll_is_dying_comes_with_the_first_poll_of_the_next_page() {
    let server = start_with(SiteOptions::default()).await;
    let mut ann = opens(&server, "ann", "rooms=room1&buddies=bob").await;
    ann.poll().await;
    let ask = ann.poll_ask();
    ann.http.send(&ask).await.unwrap();
    drop(ann);
    says(&server, "bob", "ann", "into the void").await;
    says(&server, "bob", "room1", "in the room, too").await;
    let mut ann = opens(&server, "ann", "rooms=room1&buddies=bob").await;
    says(&server, "bob", "ann", "and now").await;
    let mut heard = ann.hears().await;
    while heard.len() < 3 {
        heard.extend(ann.hears().await);
    }
    assert_eq!(heard, ["into the void", "in the room, too", "and now"]);
    assert!(bodies(&ann.poll().await["messages"]).is_empty(), "once");
}

/// Negative control: ignore `legacy_redelivery_ms`.
#[tokio::test]
async fn what_is_older_than_the_site_wants_is_left_to_its_history() {
    let server = start_with(SiteOptions { legacy_redelivery_ms: 0, ..SiteOptions::default() }).await;
    says(&server, "bob", "ann", "old").await;
    tokio::time::sleep(Duration::from_millis(5)).await; // the clock has another millisecond
    let mut ann = opens(&server, "ann", "").await;
    says(&server, "bob", "ann", "new").await;
    assert_eq!(ann.hears().await, ["new"]);
}

#[tokio::test]
async fn pages_of_a_site_outlive_a_restart_with_their_rooms() {
    let mut server = start_with(SiteOptions::default()).await;
    let mut ann = opens(&server, "ann", "rooms=room1").await;
    let joined =
        call(&server, "/room/join", &format!("ticket={}&room=room2&nick=ann", urls::encode(&ann.ticket))).await;
    assert_eq!(joined.text(), r#"{"room2":1}"#);
    ann.poll().await;
    says(&server, "bob", "room2", "before").await;
    server.stop().await;
    server.start_again().await;
    says(&server, "bob", "room1", "after").await;
    ann.http = server.connect().await;
    let mut heard = ann.hears().await;
    while heard.len() < 2 {
        heard.extend(ann.hears().await);
    }
    assert_eq!(heard, ["before", "after"]);
    let left = call(&server, "/room/leave", &format!("ticket={}&room=room2&nick=ann", urls::encode(&ann.ticket))).await;
    assert_eq!(left.text(), "ok");
    says(&server, "bob", "room2", "not for ann").await;
    says(&server, "bob", "ann", "end").await;
    assert_eq!(ann.hears().await, ["end"]);
}

/// Negative control: let a wrong key of a known site be answered otherwise than an unknown site.
#[tokio::test]
async fn the_key_is_the_only_way_in_and_leads_to_one_site() {
    let server = start_with(SiteOptions::default()).await;
    let ann = opens(&server, "ann", "").await;
    let online = "name=x&nick=x";
    let wrong =
        [(SITE, "a key of some lengtj"), ("www.example.org", KEY), ("localhost", KEY), (SITE, "public"), ("", "")];
    let mut answers = Vec::new();
    for (domain, key) in wrong {
        let answer = call_as(&server, domain, key, "/v5/presences/online", online).await;
        answers.push((answer.status, answer.text()));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 401), "{answers:?}");
    let form = format!("ticket={}&to=ann&body=x", ann.ticket);
    let foreign = call_as(&server, "localhost", "public", "/messages", &form).await;
    assert_eq!((foreign.status, foreign.text().as_str()), (404, "no client found."), "a ticket of another site");
    let seen = call_as(&server, "localhost", "public", "/v5/presences", "ids=ann").await;
    assert_eq!(seen.text(), "{}", "somebody of another site");
    let two = call(&server, "/v5/presences", &format!("domain=localhost&apikey={}&ids=ann", urls::encode(KEY))).await;
    assert_eq!(two.status, 401, "one site's key, another's name");
    let from_page = Ask::get(&format!("/onlines?domain={}&apikey={}&names=ann", urls::encode(SITE), urls::encode(KEY)));
    let from_page = server.connect().await.ask(&from_page.header("Sec-Fetch-Site", "cross-site")).await.unwrap();
    assert_eq!(from_page.status, 403, "{}", from_page.text());
}

#[tokio::test]
async fn bodies_have_the_limits_of_their_version() {
    let server = start_with(SiteOptions::default()).await;
    let people = (0..20_000).map(|number| format!("u{number}")).collect::<Vec<_>>().join(",");
    let many = call(&server, "/v5/presences/online", &format!("name=ann&nick=Ann&buddies={people}")).await;
    assert_eq!(many.status, 200, "20,000 ids are no trouble");
    let more = call(&server, "/v5/presences/online", &format!("name=ann&nick=Ann&buddies={people},x")).await;
    assert_eq!((more.status, more.json()["status"].as_str()), (400, Some("error")));
    let long = |length: usize| format!("from=ann&to=bob&body={}", "x".repeat(length));
    let answer = call(&server, "/messages", &long(64 * 1024)).await;
    assert_eq!(answer.text(), "ok");
    for length in [64 * 1024 + 1, 1024 * 1024] {
        let answer = call(&server, "/messages", &long(length)).await;
        assert_eq!((answer.status, answer.text().as_str()), (400, "body is too long."));
        let answer = call(&server, "/v5/messages", &long(length)).await;
        assert_eq!((answer.status, answer.json()["status"].as_str()), (413, Some("error")));
    }
}

/// Negative control: leave `personal` out of `Live::packet`, and `to` is empty.
#[tokio::test]
async fn a_broadcast_is_a_message_to_each_in_their_own_words() {
    let server = Server::start().await;
    let mut pages = Vec::new();
    for (who, form) in [("susan", ""), ("jack", "show=available"), ("mary", "csrf_token="), ("josh", "client=native")] {
        pages.push((server.page(who, form).await, if who == "mary" { "chat" } else { "unicast" }));
    }
    let form = "from=boss&nick=The+Boss&type=broadcast&body=Soup+is+ready";
    let answer = call_as(&server, "localhost", "public", "/v5/messages", form).await;
    assert_eq!(answer.text(), r#"{"status":"ok"}"#);
    for (page, word) in &mut pages {
        let mut packet = page.poll().await;
        while bodies(&packet["messages"]).is_empty() {
            packet = page.poll().await;
        }
        let heard = &packet["messages"][0];
        let fields = ["type", "from", "to", "nick", "body"].map(|field| heard[field].as_str().unwrap_or_default());
        assert_eq!(fields, [*word, "boss", page.id.as_str(), "The Boss", "Soup is ready"]);
        let history = page.read("history", "id=boss&type=unicast").await;
        assert!(each(&history, "body") == ["Soup is ready"] && each(&history, "to") == [page.id.as_str()]);
    }
    let browser = server.page("lee", "").await.post("message", "type=broadcast&to=&body=me+too").await;
    assert_ne!(browser.status, 200, "only the site's key may");
}

/// Negative control: store an event like any message, and the second page shows its text.
#[tokio::test]
async fn a_site_may_send_events_to_pages_that_read_them() {
    let server = start_with(SiteOptions::default()).await;
    let opened = call(&server, "/v5/presences/online", "name=ann&nick=ann&rooms=room1").await.json();
    let mut fifth = Page { ticket: opened["ticket"].as_str().unwrap().into(), http: server.connect().await };
    let mut third = opens(&server, "ann", "rooms=room1").await;
    says(&server, "bob", "ann", "webim-event:invite|,|r9|,|Room nine").await;
    says(&server, "bob", "room1", "webim-event:x").await;
    says(&server, "bob", "ann", "and words").await;
    let mut heard = fifth.hears().await;
    while heard.len() < 3 {
        heard.extend(fifth.hears().await);
    }
    heard.sort();
    assert_eq!(heard, ["and words", "webim-event:invite|,|r9|,|Room nine", "webim-event:x"]);
    assert_eq!(third.hears().await, ["and words"]);
}

/// Negative control: let `notify` leave out whom the directory lacks.
#[tokio::test]
async fn who_is_named_for_the_first_time_is_told_when_they_come() {
    let server = start_with(SiteOptions::default()).await;
    let told = call(&server, "/v5/notifications", "to=ann,bob&text=Come+and+see&link=/fair&from=The+fair").await;
    assert_eq!(told.text(), r#"{"status":"ok"}"#);
    let ann = opens(&server, "ann", "").await;
    let ask = Ask::get(&format!("/webim/notifications?ticket={}", urls::encode(&ann.ticket)));
    let found = server.connect().await.ask(&ask).await.expect("an answer").json();
    let found = ["text", "link", "from"].map(|name| found[0][name].as_str().unwrap_or_default());
    assert_eq!(found, ["Come and see", "/fair", "The fair"]);
}

/// What is missing is called by the name that the caller would use.
#[tokio::test]
async fn a_sites_mistakes_are_named() {
    let server = start_with(SiteOptions::default()).await;
    for (path, form, says) in [
        ("/v5/presences/online", "nick=Ann", "`name` is missing"),
        ("/presences/online", "name=ann", "`nick` is missing"),
        ("/v5/messages", "to=ann&body=x", "`ticket` of a page, or `from`"),
        ("/v5/messages", "from=bob&to=ann&body=x&type=letter", "chat or grpchat"),
        ("/v4/group/join", "ticket=x", "`group` is missing"),
        ("/v5/notifications", "to=&text=x", "`to` is missing"),
    ] {
        let answer = call(&server, path, form).await;
        assert!(answer.status == 400 && answer.text().contains(says), "{path} {form}: {}", answer.text());
    }
}

/// The library of early 2014: paths of version 5, words of version 4, no media type, and everything is read as JSON.
#[tokio::test]
async fn groups_under_the_fifth_prefix_are_answered_as_groups() {
    let server = start_with(SiteOptions::default()).await;
    let with_key = format!("version=v5&domain={}&apikey={}", urls::encode(SITE), urls::encode(KEY));
    let asks = async |path: &str, form: &str| {
        let ask = Ask::new("POST", path).body(format!("{with_key}&{form}"));
        let answer = server.connect().await.ask(&ask).await.expect("an answer");
        assert_eq!(answer.status, 200, "{path} {form}: {}", answer.text());
        answer.json()
    };
    let opened = asks("/v5/presences/online", "name=ann&nick=Ann&buddies=&groups=g1&show=available&status=").await;
    assert_eq!((&opened["groups"]["g1"], &opened["presences"]), (&1.into(), &serde_json::json!({})));
    let ticket = opened["ticket"].as_str().expect("a ticket");
    assert_eq!(asks("/v5/group/join", &format!("ticket={ticket}&group=g2&nick=Ann")).await["g2"], 1);
    let members = Ask::get(&format!("/v5/group/members?{with_key}&ticket={ticket}&group=g2"));
    let members = server.connect().await.ask(&members).await.expect("an answer");
    assert_eq!(members.text(), r#"[{"id":"ann","nick":"Ann"}]"#);
    assert_eq!(asks("/v5/group/leave", &format!("ticket={ticket}&group=g2&nick=Ann")).await["status"], "ok");
}

/// Ids stand in the path as they are.
#[tokio::test]
async fn a_room_may_be_called_anything() {
    let server = start_with(SiteOptions::default()).await;
    for room in ["a/b", "uid:a:b", "房间", "../x", "50%"] {
        let page = opens(&server, "ann", &format!("rooms={}", urls::encode(room))).await;
        drop(page);
        let raw = if room.contains('%') { urls::encode(room) } else { room.to_owned() };
        let answer = call(&server, &format!("/v5/rooms/{raw}/members"), "").await;
        assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"ann":"available"}"#), "{room}");
    }
}

/// Such a site keeps rights and history itself: what its people do goes through it.
///
/// Negative control: leave `is_from_site` out of `carry_out_for`, or out of `caller`.
#[tokio::test]
async fn a_ticket_from_the_site_is_good_for_its_stream_and_little_else() {
    let server = start_with(SiteOptions::default()).await;
    let mut ann = opens(&server, "ann", "rooms=room1").await;
    let ticket = urls::encode(&ann.ticket);
    for call in [
        "online?x=1",
        "message?to=bob&body=x",
        "histories?ids=bob&type=chat",
        "join?id=room1",
        "invite?id=x&nick=X&members=bob",
        "presence?show=invisible",
        "rooms?ids=",
        "setting?play_sound=false",
        "sign_out?x=1",
        "download_history?id=bob&type=chat",
    ] {
        let answer =
            server.connect().await.ask(&Ask::new("POST", &format!("/webim/{call}&ticket={ticket}"))).await.unwrap();
        assert_eq!((answer.status, answer.code().as_str()), (403, "not_allowed"), "{call}");
    }
    says(&server, "bob", "ann", "still here").await;
    assert_eq!(ann.hears().await, ["still here"]);
    let gone = server.connect().await.ask(&Ask::post("/webim/offline", &format!("ticket={ticket}"))).await.unwrap();
    assert_eq!(gone.status, 200, "{}", gone.text());
    let after = server.connect().await.ask(&Ask::get(&format!("/webim/notifications?ticket={ticket}"))).await.unwrap();
    assert_eq!(after.code(), "ticket_ended");
}

/// The site's plugin hands names on to pages that put them into their markup; it may send them at any length.
///
/// Negative controls: leave `legacy::text` out of `list` or `members`; let `line` cut nothing.
#[tokio::test]
async fn names_are_bounded_and_no_markup_for_pages_that_run_it() {
    let server = start_with(SiteOptions::default()).await;
    let long = urls::encode(&"陈".repeat(100));
    let form = format!("name=bob&nick=%3Cb%3EBob%0A&rooms=room1&status=%3Ci%3E{}", "x".repeat(300));
    assert_eq!(call(&server, "/v5/presences/online", &form).await.status, 200);
    assert_eq!(call(&server, "/v5/presences/online", &format!("name=lee&nick={long}&rooms=room1")).await.status, 200);
    let opened = call(&server, "/presences/online", "version=3&name=ann&nick=Ann&buddies=bob,lee").await.json();
    let people = opened["buddies"].as_array().expect("a list");
    let bob = people.iter().find(|person| person["name"] == "bob").expect("bob");
    assert_eq!(bob["nick"], "&lt;b&gt;Bob");
    assert_eq!(
        bob["status"].as_str().map(str::len),
        Some(255 + 2 * "&lt;".len() - 2),
        "255 bytes before it is escaped"
    );
    let lee = people.iter().find(|person| person["name"] == "lee").expect("lee");
    assert_eq!(lee["nick"], "陈".repeat(63), "190 bytes, and whole characters");
    let ticket = urls::encode(opened["ticket"].as_str().expect("a ticket"));
    let members = call(&server, "/v4/room/members", &format!("ticket={ticket}&room=room1")).await;
    assert_eq!(members.json()["room1"][0]["nick"], "&lt;b&gt;Bob", "{}", members.text());
}

/// A plugin may hand on `ticket` and `from` as a browser sent them: whoever blanks the ticket speaks for nobody.
///
/// Negative control: let `message` read `ticket` with `optional`.
#[tokio::test]
async fn an_empty_ticket_is_no_word_of_the_sites() {
    let server = start_with(SiteOptions::default()).await;
    let mut bob = opens(&server, "bob", "").await;
    for ticket in ["", "undefined", "null", "x"] {
        let form = format!("ticket={ticket}&from=ann&to=bob&body=forged");
        assert_eq!(call(&server, "/messages", &form).await.text(), "no client found.", "{ticket:?}");
        assert_eq!(call(&server, "/v5/messages", &form).await.status, 400, "{ticket:?}");
        let form = format!("ticket={ticket}&type=broadcast&body=forged");
        assert_eq!(call(&server, "/v5/messages", &form).await.status, 400, "{ticket:?}");
    }
    says(&server, "ann", "bob", "her own words").await;
    assert_eq!(bob.hears().await, ["her own words"]);
}
