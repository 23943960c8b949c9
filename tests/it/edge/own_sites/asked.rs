//! Sites whose own server says who signs in: whose a cookie is, and which keys sign its tokens.

use crate::support::asked_site::{AskedSite, bare, good};
use crate::support::sites::{ONE, Own, TWO, add, assert_refused, now_s, online, serve_with, set, text};
use crate::support::{Answer, Ask, Server};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{Ed25519KeyPair, KeyPair};
use ring::{hmac, rand};
use serde_json::json;
use std::sync::Arc;

async fn serve() -> Server {
    serve_with(|config| config.outgoing_allow = vec!["127.0.0.1/32".parse().expect("a network")]).await
}

fn who(request: &str) -> String {
    let cookie = |value: &str| request.contains(&format!("\r\ncookie: sid={value}\r\n"));
    match () {
        () if cookie("jack") => good(r#"{"id":"jack","name":"Jack of the Docks"}"#),
        () if cookie("guest") => good(r#"{"id":"vid:0123"}"#),
        () if cookie("broken") => bare("500 Oops"),
        () => bare("401 Unauthorized"),
    }
}

async fn by_cookie(server: &Server, cookie: &str, headers: &[(&str, &str)]) -> Answer {
    let ask = Ask::post("/webim/online", &format!("domain={ONE}")).header("Cookie", cookie);
    let ask = headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value));
    server.connect().await.ask(&ask).await.expect("an answer")
}

/// The signature is checked as any library for Standard Webhooks does.
pub fn assert_signed(request: &str, own: &Own) {
    let (head, body) = request.split_once("\r\n\r\n").expect("a body");
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).expect("a header");
    let signed = format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp"));
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, own.token_secret.as_bytes()), signed.as_bytes());
    assert_eq!(header("webhook-signature"), format!("v1,{}", STANDARD.encode(mac)));
}

/// Negative controls: leave `cookie_names` out of what is shown; keep no answer; keep what one cookie says for every cookie.
#[tokio::test]
async fn the_site_says_whose_a_cookie_is_and_is_asked_once_a_minute() {
    let (server, site) = (serve().await, AskedSite::start(who).await);
    let own = add(&server, ONE, &[("cookie_url", &site.url("/whoami")), ("cookie_names", "sid")]).await;
    for _ in 0..3 {
        let answer = by_cookie(&server, "_ga=1; sid=jack", &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let user = &answer.json()["user"];
        assert_eq!((text(&user["id"]), text(&user["nick"])), ("jack".into(), "Jack of the Docks".into()));
    }
    let [request] = &site.asked()[..] else { panic!("asked more than once") };
    assert!(request.starts_with("POST /whoami ") && !request.contains("_ga"), "{request}");
    assert!(request.ends_with(&format!(r#"{{"type":"cookie","site":"{ONE}"}}"#)), "{request}");
    assert_signed(request, &own);
    for cookie in ["sid=nobody", "sid=guest", "other=jack", ""] {
        assert_refused(&by_cookie(&server, cookie, &[]).await, 401, "not_signed_in");
    }
    assert_eq!(site.asked().len(), 3, "a cookie that is not named asks nobody");
}

/// Negative controls: leave `may_come` out of `by_cookie`; let `check_cookie_origin` look at the server's own pages alone.
#[tokio::test]
async fn a_cookie_speaks_for_pages_that_its_site_lists_and_no_others() {
    let (server, site) = (serve().await, AskedSite::start(who).await);
    let options = [("cookie_url", site.url("/whoami")), ("cookie_names", "sid".to_owned())];
    let options = options.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
    let public = format!("http://{}", server.address);
    add(&server, ONE, &[&options[..], &[("origins", "https://www.one.example"), ("public_url", &public)]].concat())
        .await;
    add(&server, TWO, &[("origins", "https://two.example")]).await;
    for (name, value) in [
        ("Origin", "https://two.example"),
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Referer", "https://evil.example/"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        let answer = by_cookie(&server, "sid=jack", &[(name, value)]).await;
        assert_eq!(answer.status, 403, "{name}: {value}: {}", answer.text());
        assert_eq!(answer.header("access-control-allow-credentials"), None, "{name}: {value}");
    }
    assert!(site.asked().is_empty(), "nobody is asked for a foreign page");
    let listed = [("Origin", "https://www.one.example"), ("Sec-Fetch-Site", "same-site")];
    let answer = by_cookie(&server, "sid=jack", &listed).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://www.one.example"));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    let script = Ask::get(&format!("/webim/online?domain={ONE}&callback=cb")).header("Cookie", "sid=jack");
    let answer = server.connect().await.ask(&script).await.expect("an answer");
    assert_eq!(answer.script("cb")["code"], "cross_site", "a script shows no origin");
}

#[tokio::test]
async fn an_address_inside_is_not_asked_unless_the_operator_allows_it() {
    let server = serve_with(|_| {}).await;
    let site = AskedSite::start(who).await;
    add(&server, ONE, &[("cookie_url", &site.url("/whoami")), ("cookie_names", "sid")]).await;
    assert_refused(&by_cookie(&server, "sid=jack", &[]).await, 503, "site_unavailable");
    assert!(site.asked().is_empty());
}

/// Whoever has a site on somebody's server could else be shown the cookies of another one's members.
///
/// Negative control: leave `is_for` out of `by_cookie`.
#[tokio::test]
async fn a_site_is_shown_no_cookies_that_came_under_another_host() {
    let (server, site) = (serve().await, AskedSite::start(who).await);
    let options = [("cookie_url", site.url("/whoami")), ("cookie_names", "sid".to_owned())];
    let options = options.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>();
    add(&server, TWO, &[]).await;
    add(&server, ONE, &[&options[..], &[("public_url", "https://chat.one.example")]].concat()).await;
    assert_refused(&by_cookie(&server, "sid=jack", &[]).await, 401, "not_signed_in");
    set(&server, ONE, &[("public_url", "")]).await;
    assert_refused(&by_cookie(&server, "sid=jack", &[]).await, 401, "not_signed_in");
    assert!(site.asked().is_empty());
    set(&server, ONE, &[("public_url", &format!("http://{}/chat", server.address))]).await;
    assert_eq!(by_cookie(&server, "sid=jack", &[]).await.status, 200);
}

/// By HTTP/2 a browser takes its cookies apart, and other cookies of a site may be of any bytes.
///
/// Negative controls: look at the first header alone; read headers as ASCII.
#[tokio::test]
async fn cookies_come_in_pieces_and_of_any_bytes() {
    let (server, site) = (serve().await, AskedSite::start(who).await);
    add(&server, ONE, &[("cookie_url", &site.url("/whoami")), ("cookie_names", "sid"), ("guests", "true")]).await;
    let form = format!("domain={ONE}");
    let pieces = Ask::post("/webim/online", &form).header("Cookie", "a=1").header("Cookie", "sid=jack");
    let bytes = Ask::post("/webim/online", &form).header("Cookie", "name=\u{fc}; sid=jack");
    for ask in [pieces, bytes] {
        let answer = server.connect().await.ask(&ask).await.expect("an answer");
        assert_eq!(text(&answer.json()["user"]["id"]), "jack", "{}", answer.text());
    }
    assert_eq!(site.asked().len(), 1, "both are the same cookie");
    // Whoever is signed in there does not become a visitor here because the site fails.
    assert_refused(&by_cookie(&server, "sid=broken", &[]).await, 503, "site_unavailable");
}

/// Negative control: leave `SYSTEM` out of `change_directory`, or of `member`.
#[tokio::test]
async fn nobody_is_the_sites_own_voice() {
    let server = serve().await;
    let own = add(&server, ONE, &[]).await;
    assert_refused(&online(&server, &own.form(&own.jwt("system"))).await, 401, "not_signed_in");
    let key = format!("Bearer {}", own.secret_key);
    let put = Ask::new("PUT", "/api/v1/users/system").header("Authorization", &key);
    let put = put.header("Content-Type", "application/json").body(r#"{"name":"Impostor"}"#);
    assert_eq!(server.connect().await.ask(&put).await.expect("an answer").status, 400);
}

/// Negative control: leave the turns out of `whose`.
#[tokio::test]
async fn a_crowd_with_one_cookie_is_one_question_and_a_slow_site_is_its_own() {
    let (server, site) = (Arc::new(serve().await), AskedSite::start(who).await);
    add(&server, ONE, &[("cookie_url", &site.url("/whoami")), ("cookie_names", "sid")]).await;
    let crowd = (0..10).map(|_| {
        let server = Arc::clone(&server);
        tokio::spawn(async move { by_cookie(&server, "sid=jack", &[]).await.status })
    });
    for page in crowd.collect::<Vec<_>>() {
        assert_eq!(page.await.expect("no panic"), 200);
    }
    assert_eq!(site.asked().len(), 1);
    // What the site fails over may be these cookies alone: others are asked about all the same.
    assert_refused(&by_cookie(&server, "sid=broken", &[]).await, 503, "site_unavailable");
    assert_refused(&by_cookie(&server, "sid=other", &[]).await, 401, "not_signed_in");
    assert_eq!(by_cookie(&server, "sid=jack", &[]).await.status, 200, "who is known needs no question");
}

struct Signer {
    key: Ed25519KeyPair,
    kid: &'static str,
}

impl Signer {
    fn new(kid: &'static str) -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&rand::SystemRandom::new()).expect("a key");
        Self { key: Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("a key"), kid }
    }

    fn jwk(&self) -> serde_json::Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(self.key.public_key().as_ref()), "kid": self.kid})
    }

    fn token(&self, id: &str) -> String {
        let head = json!({"alg": "EdDSA", "kid": self.kid}).to_string();
        let claims = json!({"iss": ONE, "sub": id, "iat": now_s(), "exp": now_s() + 600}).to_string();
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(self.key.sign(message.as_bytes()).as_ref()))
    }
}

/// What else a provider publishes, such as keys for encryption, is no reason to do without those that are good.
fn jwks(keys: &[&Signer]) -> String {
    let other = json!({"kty": "oct", "k": "c2VjcmV0", "kid": "other", "alg": "A256KW"});
    let all: Vec<_> = keys.iter().map(|key| key.jwk()).chain([other]).collect();
    good(&json!({"keys": all}).to_string())
}

/// Negative controls: read the keys for each token; forget them when the address fails.
#[tokio::test]
async fn keys_are_read_from_their_address_once_and_go_on_while_it_is_down() {
    let (server, old, new) = (serve().await, Signer::new("old"), Signer::new("new"));
    let published = jwks(&[&old]);
    let site = AskedSite::start(move |_| published.clone()).await;
    let own = add(&server, ONE, &[("jwks_url", &site.url("/keys"))]).await;
    for _ in 0..3 {
        assert_eq!(online(&server, &own.form(&old.token("7"))).await.status, 200);
    }
    assert_eq!(site.asked().len(), 1);
    // A key that is not there is looked for at most every 10 s: whoever makes up names of keys asks nobody.
    for _ in 0..3 {
        assert_refused(&online(&server, &own.form(&new.token("7"))).await, 401, "not_signed_in");
    }
    assert_eq!(site.asked().len(), 1);
    site.answers(|_| bare("503 Down"));
    assert_eq!(online(&server, &own.form(&old.token("8"))).await.status, 200, "what was read goes on");
    assert_eq!(online(&server, &own.form(&own.jwt("9"))).await.status, 200, "and the site's secret needs no keys");
    // An address that was never read has nothing to go on with.
    set(&server, ONE, &[("jwks_url", &site.url("/others"))]).await;
    assert_refused(&online(&server, &own.form(&old.token("7"))).await, 401, "not_signed_in");
}
