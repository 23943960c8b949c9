//! Whose key it is, and from where it comes.

use super::{Api, assert_problem, exchange, one_site, site};
use crate::support::sites::{ONE, TWO, order, text};
use crate::support::{Answer, Ask};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nextim::app::control::{Order, Rotation};
use serde_json::json;

/// Negative controls: say of a wrong key that it is wrong; look at the path before the key.
#[tokio::test]
async fn whatever_is_wrong_with_a_key_the_answer_is_the_same() {
    let (server, own, api) = one_site().await;
    let (removed, of_removed) = site(&server, TWO).await;
    order(&server, Order::RemoveSite { site: removed.name.clone() }).await;
    let credentials = STANDARD.encode(format!("{}:{}", own.name, own.secret_key));
    let key = &own.secret_key;
    let shorter = &key[..key.len() - 1];
    let wrong = [
        None,
        Some("Bearer sk_1".to_owned()),
        Some(format!("Bearer {shorter}")),
        Some(format!("Bearer {key}0")),
        Some(format!("Bearer {}", key.to_uppercase())),
        Some(format!("Bearer {}", own.public_key)),
        Some(format!("Bearer {}", own.token_secret)),
        Some(format!("Bearer {}", own.jwt("2"))),
        Some(format!("Bearer {}", of_removed.key)),
        Some(format!("Basic {credentials}")),
        Some(format!("Basic {key}")),
        Some(format!("{key} Bearer")),
        Some(format!("Bearer{key}")),
        Some(key.clone()),
        Some("Bearer".to_owned()),
        Some(String::new()),
    ];
    let usual = server.connect().await.ask(&Ask::get("/api/v1/site")).await.expect("an answer").text();
    for authorization in wrong {
        for (method, path) in
            [("GET", "site"), ("GET", "users/2"), ("GET", "nothing"), ("DELETE", "site"), ("POST", "sync")]
        {
            let mut ask = Ask::new(method, &format!("/api/v1/{path}"));
            if let Some(authorization) = &authorization {
                ask = ask.header("Authorization", authorization);
            }
            let answer = api.send(&ask).await;
            let what = format!("{method} {path} {authorization:?}");
            assert_problem(&answer, 401, "bad_key", &what);
            assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"nextim\""), "{what}");
            assert_eq!(answer.text(), usual, "{what}");
        }
    }
    for scheme in ["Bearer", "bearer", "BEARER", "bEARER"] {
        let answer = api.send(&Ask::get("/api/v1/site").header("Authorization", &format!("{scheme} {key}"))).await;
        assert_eq!((answer.status, answer.json()["site"].clone()), (200, json!(ONE)), "{scheme}");
    }
}

/// Negative control: leave the look at `sec-fetch-` out of `site`, or have it look when the key is wrong, too.
#[tokio::test]
async fn a_key_that_comes_from_a_browser_does_nothing() {
    let (server, own, api) = one_site().await;
    let from_browser = [
        ("Origin", "https://www.one.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Site", "none"),
        ("Sec-Fetch-Mode", "cors"),
    ];
    for (name, value) in from_browser {
        for (method, path) in [("PUT", "users/9"), ("GET", "site"), ("GET", "nothing"), ("POST", "sync")] {
            let body = if path == "sync" { "{\"user\":{\"id\":\"9\"}}" } else { "{}" };
            let ask = api.ask(method, path).header(name, value).body(body);
            let what = format!("{method} {path} {name}: {value}");
            let answer = api.send(&ask).await;
            assert_problem(&answer, 403, "apikey_in_browser", &what);
            assert!(!answer.text().contains(&own.secret_key), "{what}");
            let guess = ask.header("Authorization", "Bearer sk_1");
            assert_problem(&api.send(&guess).await, 401, "bad_key", &what);
        }
    }
    assert_problem(&api.call("GET", "users/9").await, 404, "unknown_user", "nothing was done");
    let preflight = Ask::new("OPTIONS", "/api/v1/users/9").header("Origin", "https://www.one.example");
    let preflight = preflight.header("Access-Control-Request-Method", "PUT");
    let answer = server.connect().await.ask(&preflight).await.expect("an answer");
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "nor do browsers ask");
}

/// Negative control: leave the look at `suspended` out of `site`.
#[tokio::test]
async fn the_server_of_a_suspended_site_is_told_so() {
    let (server, _, api) = one_site().await;
    let (_, other) = site(&server, TWO).await;
    let suspend = |suspended| order(&server, Order::Suspend { site: ONE.into(), suspended });
    suspend(true).await;
    for (method, path) in [("GET", "site"), ("PUT", "users/9"), ("POST", "sync"), ("GET", "nothing")] {
        let ask = api.ask_with(method, path, &json!({}));
        assert_problem(&api.send(&ask).await, 403, "site_suspended", path);
        let guess = ask.header("Authorization", "Bearer sk_1");
        assert_problem(&api.send(&guess).await, 401, "bad_key", "who has no key is not told");
    }
    assert_eq!(other.reads("site").await["site"], TWO);
    suspend(false).await;
    assert_problem(&api.call("GET", "users/9").await, 404, "unknown_user", "nothing was done");
}

/// Negative control: let `RetireKeys` keep two, or `by_server_key` remember what a key was good for.
#[tokio::test]
async fn the_old_key_is_good_until_its_rotation_is_finished() {
    let (server, _, old) = one_site().await;
    let (_, other) = site(&server, TWO).await;
    let rotate = |finish| order(&server, Order::Rotate { site: ONE.into(), kind: Rotation::SecretKey, finish });
    let new = Api { key: text(&rotate(false).await["secret_key"]), ..old.clone() };
    assert_ne!(old.key, new.key);
    let mut kept = server.connect().await;
    for api in [&old, &new] {
        assert_eq!(exchange(&mut kept, &api.ask("GET", "site")).await.json()["site"], ONE);
    }
    assert_eq!(rotate(true).await["secret_keys"], 1);
    let refused = exchange(&mut kept, &old.ask("GET", "site")).await;
    assert_problem(&refused, 401, "bad_key", "at once, on a connection that was good before");
    let sites = async |api: &Api| -> Answer { api.call("GET", "site").await };
    assert_eq!(sites(&new).await.json()["site"], ONE);
    assert_eq!(sites(&other).await.json()["site"], TWO, "each key is of its own site");
}
