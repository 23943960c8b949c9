//! What a site wants its members to notice, as old pages ask for it and as a native page does.

use crate::support::member::each;
use crate::support::{Ask, Member, Server};
use nextim::actions::notify::notify;
use nextim::chat::id::UserId;
use nextim::chat::refusal::Refusal;
use serde_json::{Value, json};

fn user(id: &str) -> UserId {
    UserId::parse(id).expect("an id")
}

/// The site tells susan.
async fn tell(server: &mut Server, text: &str, link: &str) {
    server
        .between(async |ctx, site| notify(ctx, site, vec![user("susan")], "Board", text, link).await)
        .await
        .expect("kept");
}

/// As the clients ask, 2 s after their start.
async fn old_page(susan: &mut Member) -> Value {
    let ask =
        Ask::get("/webim/notifications?_=1795411491369").header("Content-Type", "application/x-www-form-urlencoded");
    susan.ask(ask.header("Accept", "application/json, text/javascript, */*")).await.json()
}

#[tokio::test]
async fn an_old_page_is_given_the_same_for_a_minute() {
    let mut server = Server::start().await;
    let mut susan = server.member("susan").await;
    assert_eq!(old_page(&mut susan).await, json!([]));
    tell(&mut server, "Two <b>seats</b> are free", "/board/1").await;
    let given = old_page(&mut susan).await;
    assert_eq!(
        (&given[0]["text"], &given[0]["link"], &given[0]["from"]),
        (&"Two <b>seats</b> are free".into(), &"/board/1".into(), &"Board".into())
    );
    assert!(given[0]["id"].is_string() && given[0]["time"].is_string(), "{given}");
    assert_eq!(old_page(&mut susan).await, given, "a reload, or another tab");
    // More than a minute later.
    server
        .between(async |ctx, site| {
            let key =
                site.user(ctx.store.member(site, user("susan")).await.expect("a read").expect("susan").profile.number);
            ctx.store.remove_notifications(key, u64::MAX >> 1, Some(ctx.clock.wall_ms() + 1)).await.expect("removed");
            notify(ctx, site, vec![user("susan")], "", "old", "").await.expect("kept");
            ctx.store.give_notifications(key, u64::MAX >> 1, ctx.clock.wall_ms() - 61_000).await.expect("given");
            notify(ctx, site, vec![user("susan")], "", "new", "").await.expect("kept");
        })
        .await;
    let given = old_page(&mut susan).await;
    assert_eq!(each(&given, "text"), ["new"]);
    assert_eq!((&given[0]["link"], given[0].get("from")), (&"#".into(), None), "an empty link leads nowhere");
}

#[tokio::test]
async fn a_native_page_says_what_it_has_read() {
    let mut server = Server::start().await;
    for text in ["one", "two", "three"] {
        tell(&mut server, text, "https://example.com/").await;
    }
    let mut susan = server.page("susan", "client=native").await;
    let all = susan.read("notifications", "").await;
    assert_eq!(each(&all, "text"), ["one", "two", "three"]);
    assert_eq!(susan.read("notifications", "").await, all, "until it is read");
    let second = all[1]["id"].as_str().expect("an id").to_owned();
    let rest = susan.read("notifications", &format!("read={second}")).await;
    assert_eq!(each(&rest, "text"), ["three"]);
    assert_eq!(susan.read("notifications", &format!("read={second}")).await, rest);
    assert_eq!(susan.post("notifications", "read=x").await.code(), "bad_parameter");
    let end = u64::MAX;
    assert_eq!(susan.read("notifications", &format!("read={end}")).await, json!([]));
    let mut jack = server.page("jack", "").await;
    assert_eq!(jack.read("notifications", "").await, json!([]), "nobody else's");
    let nobody = server.connect().await.ask(&Ask::get("/webim/notifications")).await.expect("an answer");
    assert_eq!(nobody.code(), "not_signed_in");
}

#[tokio::test]
async fn a_site_is_told_what_cannot_be_kept() {
    let mut server = Server::start().await;
    let told = server
        .between(async |ctx, site| {
            let susan = || vec![user("susan"), user("ghost")];
            [
                notify(ctx, site, susan(), "", "x", "").await,
                notify(ctx, site, susan(), "", "", "").await,
                notify(ctx, site, susan(), "", &"x".repeat(2_001), "").await,
                notify(ctx, site, susan(), "", "x", "javascript:alert(1)").await,
                notify(ctx, site, susan(), "", "x", &format!("/{}", "x".repeat(500))).await,
                notify(ctx, site, vec![user("susan"); 2_001], "", "x", "").await,
            ]
        })
        .await;
    let bad = |name| Err(Refusal::BadParameter(name));
    assert_eq!(told, [Ok(2), bad("text"), bad("text"), bad("link"), bad("link"), Ok(2_001)]);
}
