//! Old pages put names, status lines and addresses into their markup as they come, and follow any link in a message: what
//! hostile people write reaches them harmless, and a native client as it was written.

use crate::support::{Member, Server, urls};
use nextim::actions::sync_directory::sync_directory;
use nextim::chat::entry::{Draft, Party, To};
use nextim::chat::id::{RoomId, UserId};
use nextim::store::DirectoryChange;
use proptest::prelude::*;
use serde_json::{Value, json};

const NICK: &str = "<img src=x onerror=\"alert('1')\"> & R&amp;D";
const NICK_SAFE: &str = "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; R&amp;D";
const BODY: &str = "<b>1 & 2</b> [x](JaVa\tscript:alert(1)) ![y](data:text/html,\"<z>) [z](http://a/?b=c&d)";
const BODY_SAFE: &str =
    "<b>1 & 2</b> [x](JaVa\tscript\u{200d}:alert(1)) ![y](data\u{200d}:text/html,%22%3Cz%3E) [z](http://a/?b=c&d)";

/// A server on which jack is hostile, and so is a room of his with susan.
async fn hostile() -> Server {
    let mut server = Server::start().await;
    server
        .between(async |ctx, site| {
            let id = |id: &str| UserId::parse(id).expect("an id");
            let (room, url) = (RoomId::parse("'evil\"").expect("an id"), || "java\nscript:alert(1)".to_owned());
            let changes = vec![
                DirectoryChange::User { id: id("jack"), nick: NICK.into(), picture_url: url(), url: url() },
                DirectoryChange::Friends {
                    user: id("susan"),
                    buddy: id("jack"),
                    group: "<i>".into(),
                    buddy_group: "".into(),
                },
                DirectoryChange::Room {
                    id: room.clone(),
                    nick: NICK.into(),
                    picture_url: "/a.png\"x".into(),
                    url: "".into(),
                    open: true,
                },
            ];
            let members = vec![(room.clone(), id("susan")), (room, id("jack"))];
            sync_directory(ctx, site, changes, members, ctx.clock.wall_ms()).await.expect("changed");
        })
        .await;
    server
}

const PAGES: [&str; 4] = [
    "buddy_ids=jack&stranger_ids=",
    "buddy_ids=jack&room_ids=&show=available",
    "buddy_ids=jack&room_ids=&csrf_token=&show=available",
    "client=native&buddy_ids=jack",
];

async fn jack(server: &Server) -> Member {
    let mut jack = server.page("jack", "show=available").await;
    jack.does("presence", &format!("show=away&status={}", urls::encode(NICK))).await;
    jack
}

/// Negative controls, each seen to fail here: `nick` of a message, of a presence or of typing given as it is.
#[tokio::test]
async fn whatever_leads_into_markup_is_harmless_in_every_generation() {
    let server = hostile().await;
    let mut jack = jack(&server).await;
    for form in PAGES {
        let native = form.contains("native");
        let [nick, body] = if native { [NICK, BODY] } else { [NICK_SAFE, BODY_SAFE] };
        let mut susan = server.page("susan", form).await;
        jack.says("susan", BODY).await;
        jack.does("status", "to=susan&show=typing").await;
        let mut packets = Vec::new();
        while !packets.iter().any(|packet: &Value| packet["statuses"][0].is_object())
            || !packets.iter().any(|packet| packet["messages"][0].is_object())
        {
            packets.push(susan.poll().await);
        }
        let message =
            packets.iter().map(|packet| &packet["messages"][0]).find(|message| message.is_object()).expect("one");
        assert_eq!(
            (&message["nick"], &message["body"], &message["from"]),
            (&nick.into(), &body.into(), &"jack".into()),
            "{form}"
        );
        let typing =
            packets.iter().map(|packet| &packet["statuses"][0]).find(|status| status.is_object()).expect("one");
        assert_eq!(typing["nick"], nick, "{form}");
        jack.does("presence", "show=dnd").await;
        let presence = loop {
            let packet = susan.poll().await;
            if packet["presences"][0].is_object() {
                break packet["presences"][0].clone();
            }
        };
        assert_eq!((&presence["nick"], &presence["status"]), (&nick.into(), &nick.into()), "{form}");
        jack.does("presence", "show=away").await;
        susan.does("offline", "").await;
    }
}

fn of<'a>(list: &'a Value, id: &str) -> &'a Value {
    let found = list.as_array().into_iter().flatten().find(|item| item["id"] == id);
    found.unwrap_or_else(|| panic!("no {id} in {list}"))
}

#[tokio::test]
async fn what_opens_a_page_is_harmless_in_every_generation() {
    let server = hostile().await;
    let _jack = jack(&server).await;
    for form in PAGES {
        let mut susan = server.member("susan").await;
        let opened = susan.online(form).await;
        let (person, room) = (of(&opened["buddies"], "jack"), of(&opened["rooms"], "'evil\""));
        let members = susan.read("members", "ids='evil\"").await["'evil\""].clone();
        if form.contains("native") {
            assert_eq!(
                (&person["nick"], &person["url"], &person["group"]),
                (&NICK.into(), &"java\nscript:alert(1)".into(), &"<i>".into())
            );
            assert_eq!(
                (&room["nick"], &room["url"], &of(&members, "jack")["nick"]),
                (&NICK.into(), &"".into(), &NICK.into())
            );
            continue;
        }
        let safe = json!({"nick": NICK_SAFE, "status": NICK_SAFE, "url": "#", "pic_url": "", "avatar": "", "group": "&lt;i&gt;", "id": "jack"});
        for (name, value) in safe.as_object().expect("a map") {
            assert_eq!(&person[name], value, "{name} in {form}");
        }
        assert_eq!((&room["nick"], &room["name"]), (&NICK_SAFE.into(), &"&#39;evil&quot;".into()), "{form}");
        assert_eq!(
            (&room["url"], &room["pic_url"]),
            (&"#".into(), &"/a.png%22x".into()),
            "a missing url is shown as a word"
        );
        assert_eq!(of(&members, "jack")["nick"], NICK_SAFE, "{form}");
        assert_eq!(of(&susan.read("buddies", "ids=jack").await, "jack")["nick"], NICK_SAFE, "{form}");
        susan.does("offline", "").await;
    }
}

/// A page that gives no ticket is taken for an old one.
#[tokio::test]
async fn histories_are_harmless_with_a_cookie_alone() {
    let server = hostile().await;
    jack(&server).await.says("susan", BODY).await;
    let mut susan = server.member("susan").await;
    for (query, kind) in [("type=unicast&id=jack", "unicast"), ("type=chat&id=jack&csrf_token=", "chat")] {
        let history = susan.read("history", query).await;
        let last = history.as_array().and_then(|all| all.last()).cloned().expect("a message");
        assert_eq!((&last["body"], &last["type"]), (&BODY_SAFE.into(), &kind.into()));
    }
}

/// A row that came another way than through `message`. Negative control: the style given as it is stored.
#[tokio::test]
async fn a_style_that_was_stored_as_it_came_is_cut_down_when_it_is_read() {
    let mut server = Server::start().await;
    server
        .between(async |ctx, site| {
            let jack =
                ctx.store.member(site, UserId::parse("jack").expect("an id")).await.expect("a read").expect("jack");
            let draft = Draft {
                by: nextim::chat::entry::Voice::Member,
                site,
                from: Party { number: jack.profile.number, id: jack.profile.id },
                nick: "Jack".into(),
                to: To::User(UserId::parse("susan").expect("an id")),
                style: "color:red;background:url(//x)\" onmouseover=\"alert(1)".into(),
                body: "x".into(),
                origin: None,
                cid: None,
                now_ms: ctx.clock.wall_ms(),
            };
            ctx.store.append(draft).await.expect("stored");
        })
        .await;
    for form in PAGES {
        let opened = server.member("susan").await.online(form).await;
        assert_eq!(opened["new_messages"][0]["style"], "color:red", "{form}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Negative controls, each seen to fail here: a target's quotes left as they are; only the outermost of nested targets
    /// looked at; a `&` where a scheme could stand let through in an address.
    #[test]
    fn nothing_hostile_leaves_its_place(
        text in "(\\]\\(|\\] \\(|\\)|\\)|java\\t?script|javascript|:|:|\"|/|&colon;|&|http|[\\[<>;'`#? \u{1}\u{200d}a]){0,24}"
    ) {
        crate::checks::run("legacy", text.as_bytes());
    }
}
