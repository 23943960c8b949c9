//! Visitors who are not signed in: the same ones as long as their pages keep the token, and members once they sign in.

use crate::support::sites::{ONE, Page, TWO, add, assert_refused, enters, online, opens, post, serve, set, text};
use crate::support::urls;
use serde_json::Value;

fn guest_token(page: &Page) -> String {
    text(&page.opened["guest_token"])
}

/// Negative control: leave `!is_guest` out of `easy`.
#[tokio::test]
async fn a_visitor_is_the_same_one_as_long_as_the_page_keeps_the_token() {
    let server = serve().await;
    let one = add(&server, ONE, &[("guests", "true")]).await;
    let visitor = opens(&server, &format!("domain={ONE}")).await;
    let token = guest_token(&visitor);
    assert!(visitor.id().starts_with("vid:"), "{}", visitor.id());
    let again = opens(&server, &one.form(&token)).await;
    assert_eq!((again.id(), guest_token(&again)), (visitor.id(), token.clone()));
    assert_eq!(again.opened["user"]["nick"], visitor.opened["user"]["nick"]);
    let other = opens(&server, "").await; // a site alone needs no domain
    assert!(other.id().starts_with("vid:") && other.id() != visitor.id());
    assert!(enters(&server, &one, "2").await.opened.get("guest_token").is_none(), "members have their site");
    set(&server, ONE, &[("easy_tokens", "false")]).await;
    assert_refused(&online(&server, &one.form(&one.easy("2"))).await, 401, "not_signed_in");
    assert_eq!(opens(&server, &one.form(&token)).await.id(), visitor.id(), "it is not the site that made it");
    let two = add(&server, TWO, &[("guests", "true")]).await;
    assert_refused(&online(&server, &two.form(&token)).await, 401, "not_signed_in");
    assert_refused(&online(&server, "").await, 401, "not_signed_in");
}

/// Negative control: leave the look at `guests` out of `guest`, or `token(..).is_none()` out of `caller_of`.
#[tokio::test]
async fn visitors_come_where_the_site_lets_them_and_nowhere_else() {
    let server = serve().await;
    let one = add(&server, ONE, &[("guests", "true")]).await;
    let domain = format!("domain={ONE}");
    let token = guest_token(&opens(&server, &domain).await);
    for wrong in ["x", "vid:1.abc", &token.replace("vid:", "vid:0")] {
        assert_refused(&online(&server, &one.form(wrong)).await, 401, "not_signed_in");
    }
    set(&server, ONE, &[("guests", "false")]).await;
    assert_refused(&online(&server, &domain).await, 401, "not_signed_in");
    for token in [token, one.jwt("vid:1"), one.easy("vid:1")] {
        assert_refused(&online(&server, &one.form(&token)).await, 401, "not_signed_in");
    }
}

/// Negative controls: leave `merge_guest` out of `online`; let the store find the visitor's own number; leave `sign_out` out of
/// `merge_guest`.
#[tokio::test]
async fn what_a_visitor_said_is_the_members_when_they_sign_in() {
    let server = serve().await;
    let one = add(&server, ONE, &[("guests", "true")]).await;
    let seven = enters(&server, &one, "7").await;
    let visitor = opens(&server, &format!("domain={ONE}")).await;
    visitor.says("7", "is anybody there?").await;
    assert_eq!(seven.hears().await, ["is anybody there?"]);
    seven.says(visitor.id(), "yes").await;
    assert_eq!(visitor.hears().await, ["yes"]);
    let desk = enters(&server, &one, "9").await; // a page of the member that is open already
    let nine = opens(&server, &urls::with(&one.form(&one.jwt("9")), "guest", &guest_token(&visitor))).await;
    assert_eq!((nine.id(), nine.opened.get("guest_token")), ("9", None));
    assert_eq!(visitor.poll().await, Value::Null);
    assert_refused(&visitor.post("message", "type=unicast&to=7&body=x").await, 401, "ticket_ended");
    let said = [["9", "7", "is anybody there?"], ["7", "9", "yes"]];
    assert_eq!(nine.history("7").await, said);
    assert_eq!(seven.history("9").await, said);
    seven.says(visitor.id(), "and now?").await;
    for page in [&nine, &desk] {
        assert_eq!(page.hears().await, ["and now?"]);
    }
    nine.says("7", "still here").await;
    assert_eq!(seven.hears().await, ["still here"]);
    let all = seven.history("9").await;
    assert_eq!(all.iter().map(|[_, _, body]| body.as_str()).collect::<Vec<_>>()[2..], ["and now?", "still here"]);
    assert_eq!(seven.history(visitor.id()).await, all, "the visitor's id leads to the member");
}

/// The token stays in the browser's storage and never ends: whoever uses the browser next has it.
///
/// Negative control: leave the look at `has_become` out of `sign_in::guest`.
#[tokio::test]
async fn what_a_visitor_was_given_is_no_key_to_the_member() {
    let server = serve().await;
    let one = add(&server, ONE, &[("guests", "true")]).await;
    let visitor = opens(&server, &format!("domain={ONE}")).await;
    visitor.says("7", "a secret").await;
    let token = guest_token(&visitor);
    let nine = opens(&server, &urls::with(&one.form(&one.jwt("9")), "guest", &token)).await;
    assert_eq!(nine.history("7").await, [["9", "7", "a secret"]]);
    let answer = online(&server, &one.form(&token)).await;
    let next = answer.json()["user"]["id"].as_str().unwrap_or_default().to_owned();
    assert!(answer.status == 200 && next.starts_with("vid:"), "whoever uses it next is a visitor: {}", answer.text());
    assert_ne!(next, visitor.id(), "and a new one");
    let answer = post(&server, "/webim/histories", &format!("ids=7&{}", one.form(&token))).await;
    assert!(!answer.text().contains("a secret"), "without a ticket: {}", answer.text());
}

/// Negative controls: leave `filter(token::is_guest)` out of `former_guest`, or the look at `merged_into` out of `merge`.
#[tokio::test]
async fn nobody_becomes_somebody_elses_past() {
    let server = serve().await;
    let one = add(&server, ONE, &[("guests", "true")]).await;
    let two = add(&server, TWO, &[("guests", "true")]).await;
    let eight = enters(&server, &one, "8").await;
    eight.says("7", "mine").await;
    let foreign = guest_token(&opens(&server, &format!("domain={TWO}")).await);
    for wrong in [one.jwt("8"), one.easy("8"), two.easy("vid:1"), foreign, "x".into()] {
        let nine = opens(&server, &urls::with(&one.form(&one.jwt("9")), "guest", &wrong)).await;
        assert_eq!((nine.id(), nine.history("7").await.len()), ("9", 0), "{wrong}");
    }
    assert_eq!(eight.poll().await["status"], "ok", "and nobody is signed out");
    let visitor = opens(&server, &format!("domain={ONE}")).await;
    visitor.says("7", "the visitor's").await;
    let becomes =
        async |id: &str| opens(&server, &urls::with(&one.form(&one.jwt(id)), "guest", &guest_token(&visitor))).await;
    let (nine, ten) = (becomes("9").await, becomes("10").await);
    assert_eq!((nine.history("7").await.len(), ten.history("7").await.len()), (1, 0), "the first who says so");
    enters(&server, &one, "7").await.says(visitor.id(), "to the first").await;
    assert_eq!(nine.hears().await, ["to the first"]);
    assert_eq!(eight.history("7").await, [["8", "7", "mine"]]);
}
