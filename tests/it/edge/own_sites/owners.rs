//! What the owner of a site orders counts at once: keys that follow one another, settings, a site that is switched off or removed.

use crate::support::member::each;
use crate::support::sites::{
    ONE, Own, TWO, add, assert_refused, call, enters, online, opens, order, pairs, serve, serve_with, set, text,
    try_order,
};
use nextim::app::control::{Order, Rotation};
use serde_json::{Value, json};

/// Negative control: let `KEYS_MAX` be 1, or `RetireKeys` keep two.
#[tokio::test]
async fn two_keys_are_good_until_a_rotation_is_finished() {
    let server = serve().await;
    let old = add(&server, ONE, &[]).await;
    let page = enters(&server, &old, "2").await;
    let rotate = |kind, finish| order(&server, Order::Rotate { site: ONE.into(), kind, finish });
    let token_secret = text(&rotate(Rotation::TokenSecret, false).await["token_secret"]);
    let secret_key = text(&rotate(Rotation::SecretKey, false).await["secret_key"]);
    let new = Own { name: ONE.into(), public_key: old.public_key.clone(), secret_key, token_secret };
    let works = async |site: &Own| {
        let tokens = [site.jwt("2"), site.easy("2")].map(|token| site.form(&token));
        let called = call(&server, site, "/v5/presences", "ids=2").await.status;
        [online(&server, &tokens[0]).await.status, online(&server, &tokens[1]).await.status, called]
    };
    assert_eq!((works(&old).await, works(&new).await), ([200; 3], [200; 3]));
    let third = Order::Rotate { site: ONE.into(), kind: Rotation::TokenSecret, finish: false };
    assert!(try_order(&server, third).await.is_err_and(|why| why.contains("finish the rotation")));
    assert_eq!((works(&old).await, works(&new).await), ([200; 3], [200; 3]), "a third one takes none of them away");
    assert_eq!(rotate(Rotation::TokenSecret, true).await["token_secrets"], 1);
    assert_eq!(works(&old).await, [401, 401, 200], "each kind for itself");
    assert_eq!(rotate(Rotation::SecretKey, true).await["secret_keys"], 1);
    assert_eq!((works(&old).await, works(&new).await), ([401; 3], [200; 3]));
    assert_eq!(page.poll().await["status"], "ok", "nobody is signed out by it");
}

/// Negative control: leave `sign_everybody_out` out of `suspend`.
#[tokio::test]
async fn a_suspended_site_lets_everybody_out_and_nobody_in() {
    let server = serve_with(|config| config.times.poll_hold_ms = 30_000).await;
    let (one, two) = (add(&server, ONE, &[]).await, add(&server, TWO, &[]).await);
    let (page, other) = (enters(&server, &one, "2").await, enters(&server, &two, "2").await);
    let neighbour = enters(&server, &two, "3").await;
    let mut held = server.connect().await;
    held.send(&page.poll_ask()).await.expect("sent");
    let suspend = |suspended| order(&server, Order::Suspend { site: ONE.into(), suspended });
    assert_eq!(suspend(true).await["suspended"], true);
    assert_eq!(held.answer().await.expect("the poll is released").text(), "null");
    assert_eq!(page.poll().await, Value::Null);
    for token in [one.jwt("2"), one.easy("3")] {
        assert_refused(&online(&server, &one.form(&token)).await, 403, "site_suspended");
    }
    assert_refused(&page.post("message", "type=unicast&to=3&body=x").await, 401, "ticket_ended");
    assert_refused(&call(&server, &one, "/v5/presences", "ids=2").await, 403, "site_suspended");
    neighbour.says("2", "next door").await;
    assert_eq!(other.hears().await, ["next door"]);
    assert_eq!(suspend(false).await["suspended"], false);
    assert_eq!(page.poll().await, Value::Null, "tickets do not come back");
    assert_eq!(enters(&server, &one, "2").await.id(), "2");
    assert_eq!(call(&server, &one, "/v5/presences", "ids=2").await.status, 200);
}

/// Negative control: leave `erase_site`, or `sites.remove`, out of `remove_site`.
#[tokio::test]
async fn a_removed_site_is_unknown_and_one_of_its_name_begins_empty() {
    let server = serve().await;
    let before = add(&server, ONE, &[]).await;
    add(&server, TWO, &[]).await;
    let (ann, bob) = (enters(&server, &before, "2").await, enters(&server, &before, "7").await);
    ann.says("7", "before the end").await;
    assert_eq!(bob.hears().await, ["before the end"]);
    assert_eq!(order(&server, Order::RemoveSite { site: ONE.into() }).await["removed"], true);
    assert_eq!(bob.poll().await, Value::Null);
    assert_refused(&online(&server, &before.form(&before.jwt("2"))).await, 401, "not_signed_in");
    assert_eq!(call(&server, &before, "/v5/presences", "ids=2").await.status, 401);
    assert_eq!(each(&order(&server, Order::ListSites).await, "site"), [TWO]);
    let shown = try_order(&server, Order::ShowSite { site: ONE.into() }).await;
    assert!(shown.is_err_and(|why| why.contains("no such site")));
    let after = add(&server, ONE, &[]).await;
    assert_ne!((&after.public_key, &after.token_secret), (&before.public_key, &before.token_secret));
    assert_refused(&online(&server, &before.form(&before.jwt("2"))).await, 401, "not_signed_in");
    let again = enters(&server, &after, "2").await;
    assert_eq!(again.opened["seq"], 0, "a log of its own");
    assert_ne!(again.opened["epoch"], ann.opened["epoch"]);
    assert!(again.history("7").await.is_empty());
    assert_eq!(again.post("buddies", "ids=7").await.json(), json!([]), "nobody is left");
}

/// Negative controls: let `set_options` change the store and not the table, or keep what came before the first that is none.
#[tokio::test]
async fn settings_count_at_once_and_all_or_none_of_them() {
    let server = serve().await;
    let one = add(&server, ONE, &[]).await;
    let domain = format!("domain={ONE}");
    assert_refused(&online(&server, &domain).await, 401, "not_signed_in");
    set(&server, ONE, &[("guests", "true")]).await;
    assert!(opens(&server, &domain).await.id().starts_with("vid:"));
    for (name, value, says) in [
        ("jsonp", "yes", "true or false"),
        ("origins", "https://www.one.example/path", "without a path"),
        ("no_such", "1", "no setting"),
    ] {
        let options = pairs(&[("guests", "false"), (name, value)]);
        let why = try_order(&server, Order::SetOptions { site: ONE.into(), options: options.clone() }).await;
        assert!(why.is_err_and(|why| why.contains(says)), "{name}={value}");
        let made = try_order(&server, Order::AddSite { site: TWO.into(), options }).await;
        assert!(made.is_err_and(|why| why.contains(says)), "{name}={value}");
    }
    let shown = order(&server, Order::ShowSite { site: ONE.into() }).await;
    assert_eq!((text(&shown["options"]["guests"]), text(&shown["options"]["jsonp"])), ("true".into(), "true".into()));
    let is_told = |secret: &String| shown.to_string().contains(secret);
    assert!(!is_told(&one.secret_key) && !is_told(&one.token_secret), "no secrets");
    assert_eq!(each(&order(&server, Order::ListSites).await, "site"), [ONE], "nothing was made by halves");
    for taken in [ONE, "One.Example"] {
        let made = try_order(&server, Order::AddSite { site: taken.into(), options: Vec::new() }).await;
        assert!(made.is_err_and(|why| why.contains("one of that name")), "{taken}");
    }
}
