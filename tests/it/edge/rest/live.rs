//! What a site's server changes reaches the pages that are open.

use super::{first_heard, one_site};
use crate::support::member::each;
use crate::support::sites::{Page, enters};
use serde_json::{Value, json};

/// Polls until something is told of somebody's presence.
async fn sees(page: &Page) -> Value {
    for _ in 0..20 {
        let packet = page.poll().await;
        if packet["presences"].as_array().is_some_and(|all| !all.is_empty()) {
            return packet["presences"].clone();
        }
    }
    panic!("{} sees nothing", page.id());
}

/// Negative control: leave `befriend` out of `change_directory`.
#[tokio::test]
async fn new_friends_are_told_that_the_other_is_here() {
    let (server, own, api) = one_site().await;
    api.makes(&["1", "2", "3"]).await;
    let (one, two) = (enters(&server, &own, "1").await, enters(&server, &own, "2").await);
    let three = enters(&server, &own, "3").await;
    let told = |id: &str| json!([{"from": id, "nick": format!("Name {id}"), "type": "online", "show": "available", "status": ""}]);
    api.does("PUT", "users/1/buddies", &json!([{"id": "2"}])).await;
    assert_eq!((sees(&one).await, sees(&two).await), (told("2"), told("1")));
    api.settles("PUT", "users/3/buddies/1", Some(&json!({}))).await;
    assert_eq!((sees(&three).await, sees(&one).await), (told("1"), told("3")));
    api.settles("PUT", "users/3/buddies/1", Some(&json!({"group": "work"}))).await;
    one.says("2", "the end").await;
    assert!(two.sees_until("the end").await.is_empty(), "nobody else is told, and nobody twice");
    // From now on they hear of each other, and parted friends do not.
    api.settles("DELETE", "users/1/buddies/2", None).await;
    assert_eq!(one.post("presence", "show=away&status=").await.text(), "ok");
    assert_eq!(sees(&three).await[0]["show"], "away");
    one.says("2", "the very end").await;
    assert!(two.sees_until("the very end").await.is_empty());
}

/// Negative control: leave `rename` out of `change_directory`.
#[tokio::test]
async fn an_open_page_speaks_under_the_name_that_the_site_gave_last() {
    let (server, own, api) = one_site().await;
    api.makes(&["2", "3"]).await;
    let (two, three) = (enters(&server, &own, "2").await, enters(&server, &own, "3").await);
    for name in ["Name 2", "Bea", "Béa 陈"] {
        api.does("PUT", "users/2", &json!({"name": name})).await;
        two.says("3", name).await;
        let message = first_heard(&three).await;
        assert_eq!((&message["body"], &message["nick"]), (&json!(name), &json!(name)));
    }
    let history = api.reads("users/3/history?with=2").await;
    assert_eq!(
        each(&history, "name"),
        ["Name 2", "Bea", "Béa 陈"],
        "what was said before keeps the name it was said under"
    );
    let seen = three.post("buddies", "ids=2").await.json();
    assert_eq!(seen[0]["nick"], "Béa 陈");
}

/// Negative control: let `seat_all` of the store write no entry to the log.
#[tokio::test]
async fn an_open_page_hears_the_room_while_the_site_has_its_member_there() {
    let (server, own, api) = one_site().await;
    api.makes(&["2", "3"]).await;
    api.seats("r", &["3"]).await;
    let (two, three) = (enters(&server, &own, "2").await, enters(&server, &own, "3").await);
    let says = async |body: &str| {
        api.does("POST", "messages", &json!({"from": "3", "room": "r", "body": body})).await;
    };
    says("before").await;
    api.settles("PUT", "rooms/r/members/2", None).await;
    says("within").await;
    assert_eq!(two.hears().await, ["within"]);
    let said = two.post("message", "type=multicast&to=r&body=and+back&style=").await;
    assert_eq!(said.text(), "ok");
    api.settles("DELETE", "rooms/r/members/2", None).await;
    says("after").await;
    three.says("2", "alone").await;
    assert_eq!(two.hears().await, ["alone"]);
    api.settles("POST", "rooms/r/members", Some(&json!({"ids": ["2", "ghost"]}))).await;
    says("again").await;
    assert_eq!(two.hears().await, ["again"]);
    let history = api.reads("users/2/history?room=r").await;
    assert!(history.to_string().contains("within"), "{history}");
}
