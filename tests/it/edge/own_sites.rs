//! Sites of somebody's own, made while the server serves, through real sockets: whose tokens are believed, what the owner's orders
//! change at once, and that two sites on one server never meet.

mod asked;
mod owners;
mod pages;
mod people;
mod visitors;

use crate::support::member::each;
use crate::support::sites::{HS256, ONE, TWO, add, call, enters, now_s, online, opens, serve, sign, text};
use crate::support::{Ask, urls};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Negative control: let `site_of` look at `domain` alone, or `by_domain` at names alone.
#[tokio::test]
async fn a_members_token_signs_in_wherever_the_page_puts_it() {
    let server = serve().await;
    let one = add(&server, ONE, &[]).await;
    add(&server, TWO, &[]).await;
    let token = one.jwt("2");
    for domain in [ONE, "One.Example", &one.public_key, ""] {
        let form = format!("domain={}", urls::encode(domain));
        let as_parameter = Ask::post("/webim/online", &urls::with(&form, "token", &token));
        let as_header = Ask::post("/webim/online", &form).header("Authorization", &format!("Bearer {token}"));
        for ask in [as_parameter, as_header] {
            let answer = server.connect().await.ask(&ask).await.expect("an answer");
            assert_eq!(answer.status, 200, "{ask:?}: {}", answer.text());
            let opened = answer.json();
            assert_eq!((text(&opened["user"]["id"]), text(&opened["connection"]["domain"])), ("2".into(), ONE.into()));
        }
    }
}

/// Negative controls: answer `UnknownSite` where `by_token` finds no site; leave `OtherSite` or `TooLong` out of `check_claims`.
#[tokio::test]
async fn whatever_is_wrong_with_a_token_the_browser_hears_the_same() {
    let server = serve().await;
    let (one, two) = (add(&server, ONE, &[]).await, add(&server, TWO, &[]).await);
    let (now_s, claims) = (now_s(), one.claims("2"));
    let unsigned =
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let wrong = [
        ("ended", ONE, one.jwt_but("exp", (now_s - 120).into())),
        ("too long a life", ONE, one.jwt_but("exp", (now_s + 7_200).into())),
        ("not yet", ONE, one.jwt_but("nbf", (now_s + 300).into())),
        ("no beginning", ONE, one.jwt_but("iat", Value::Null)),
        ("no id", ONE, one.jwt_but("sub", "a,b".into())),
        ("the other site's", ONE, two.jwt("2")),
        ("for the other site", TWO, one.jwt("2")),
        ("signed by one, in the name of the other", TWO, sign(HS256, &claims, &two.token_secret)),
        ("signed by the other", ONE, sign(HS256, &claims, &two.token_secret)),
        ("the same, and no domain", "", sign(HS256, &claims, &two.token_secret)),
        ("signed with the server's key", ONE, sign(HS256, &claims, &one.secret_key)),
        ("signed with a part of the secret", ONE, sign(HS256, &claims, one.token_secret.trim_start_matches("ts_"))),
        ("not signed", ONE, unsigned),
        ("signed by no algorithm", ONE, sign(r#"{"alg":"none"}"#, &claims, &one.token_secret)),
        ("signed by another algorithm", ONE, sign(r#"{"alg":"HS512"}"#, &claims, &one.token_secret)),
        ("brings a key along", ONE, sign(r#"{"alg":"HS256","jwk":{"kty":"oct"}}"#, &claims, &one.token_secret)),
        ("the other site's, easy", ONE, two.easy("2")),
        ("easy, of nobody knows which site", "", one.easy("2")),
        ("easy, of somebody else", ONE, one.easy("2").replacen('2', "3", 1)),
        ("nonsense", ONE, "x".into()),
        ("a site that is not here", "three.example", one.jwt("2")),
    ];
    let usual = online(&server, &format!("domain={ONE}&token=nonsense")).await.text();
    for (what, domain, token) in wrong {
        let form = format!("domain={domain}&token={}", urls::encode(&token));
        let answer = online(&server, &form).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "not_signed_in"), "{what}");
        assert_eq!(answer.text(), usual, "{what}");
    }
    assert_eq!(enters(&server, &one, "2").await.id(), "2", "what is right is taken");
    assert_eq!(opens(&server, &one.form(&one.easy("2"))).await.id(), "2");
}

/// Negative control: let `vouch` describe only those who are new.
#[tokio::test]
async fn a_member_is_called_as_their_newest_token_says() {
    let server = serve().await;
    let one = add(&server, ONE, &[]).await;
    let watcher = opens(&server, &format!("{}&client=native", one.form(&one.jwt("7")))).await;
    let signs_in = async |more: Value| {
        let mut claims = one.claims("2");
        for (name, value) in more.as_object().expect("claims") {
            claims[name] = value.clone();
        }
        let token = sign(HS256, &claims, &one.token_secret);
        let opened = opens(&server, &format!("{}&client=native", one.form(&token))).await.opened;
        ["nick", "pic_url", "url"].map(|field| text(&opened["user"][field]))
    };
    assert_eq!(signs_in(json!({})).await, ["2", "", ""]);
    let picture = "https://one.example/2.png";
    let described = signs_in(json!({"name": " Ünal O'Neil\n", "avatar": picture, "url": "/members/2"})).await;
    assert_eq!(described, ["Ünal O'Neil", picture, "/members/2"]);
    assert_eq!(signs_in(json!({})).await, described, "what a token does not say stays");
    let renamed = signs_in(json!({"name": "Ünal", "avatar": "javascript:alert(1)"})).await;
    assert_eq!(renamed, ["Ünal", picture, "/members/2"], "and so does what leads nowhere good");
    let shown = watcher.post("buddies", "ids=2").await.json();
    assert_eq!((text(&shown[0]["nick"]), text(&shown[0]["avatar"])), ("Ünal".into(), picture.into()), "to others, too");
}

/// Negative control: leave the comparison of sites out of `by_ticket`.
#[tokio::test]
async fn two_sites_with_the_same_ids_never_meet() {
    let server = serve().await;
    let (one, two) = (add(&server, ONE, &[]).await, add(&server, TWO, &[]).await);
    let (ann, mut bob) = (enters(&server, &one, "1").await, enters(&server, &one, "2").await);
    let (twin, third) = (enters(&server, &two, "2").await, enters(&server, &two, "3").await);
    ann.says("2", "of site one").await;
    third.says("2", "of site two").await;
    assert_eq!((bob.hears().await, twin.hears().await), (vec!["of site one".into()], vec!["of site two".into()]));
    third.says("1", "to somebody who was never here").await;
    assert_eq!(bob.history("1").await, [["1", "2", "of site one"]]);
    assert_eq!(twin.history("3").await, [["3", "2", "of site two"]]);
    assert!(bob.history("3").await.is_empty() && twin.history("1").await.is_empty());
    for (page, presence) in [(&bob, "online"), (&twin, "offline")] {
        let shown = page.post("buddies", "ids=1").await.json();
        assert_eq!(each(&shown, "presence"), [presence], "1 is here on one site alone");
    }
    assert_eq!(call(&server, &one, "/v5/presences", "ids=1").await.text(), r#"{"1":"available"}"#);
    assert_eq!(call(&server, &two, "/v5/presences", "ids=1").await.text(), "{}");
    bob.says("5", "hello").await;
    twin.says("5", "hello").await;
    for page in [&bob, &twin] {
        assert_eq!(page.post("watch", "ids=5").await.status, 200);
    }
    let _five = enters(&server, &one, "5").await;
    ann.says("2", "the end").await;
    third.says("2", "the end").await;
    assert!(bob.sees_until("the end").await.contains(&"5".to_owned()));
    assert!(!twin.sees_until("the end").await.contains(&"5".to_owned()));
    bob.domain = TWO.into();
    assert_eq!(bob.poll().await, Value::Null, "a ticket is good on its own site alone");
}
