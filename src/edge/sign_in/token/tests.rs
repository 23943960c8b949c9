//! Tokens that are believed, and why others are not.

use super::*;
use crate::chat::id::SiteNumber;
use crate::chat::site::SiteOptions;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

const NOW_S: u64 = 1_800_000_000;

fn site(name: &str, secrets: &[&str]) -> Site {
    Site {
        number: SiteNumber(1),
        name: name.into(),
        public_key: format!("pk_{name}").into(),
        token_secrets: secrets.iter().map(|secret| (*secret).into()).collect(),
        epoch: "e".into(),
        server_keys: Box::default(),
        suspended: false,
        options: SiteOptions::default(),
    }
}

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn signed(header: &serde_json::Value, claims: &serde_json::Value, secret: &str) -> String {
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let mac = hmac::sign(&key(secret), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.as_ref()))
}

fn claims() -> serde_json::Value {
    json!({"iss": "a", "sub": "7", "iat": NOW_S, "exp": NOW_S + 600})
}

fn fault(claims: &serde_json::Value) -> Fault {
    check(&site("a", &["s"]), None, &signed(&json!({"alg": "HS256"}), claims, "s"), NOW_S).unwrap_err()
}

#[test]
fn what_the_site_signed_is_believed_with_either_secret() {
    let a = site("a", &["new", "old"]);
    for secret in ["new", "old"] {
        let token = jwt_token(&site("a", &[secret]), &user("7"), Some("Ünal"), NOW_S, 600).unwrap();
        let signed = check(&a, None, &token, NOW_S).unwrap();
        assert_eq!(
            (signed.user, signed.name.as_deref(), signed.ends_at_s),
            (user("7"), Some("Ünal"), Some(NOW_S + 600))
        );
        let token = easy_token(&site("a", &[secret]), &user("a.b")).unwrap();
        assert_eq!(check(&a, None, &token, NOW_S).unwrap().user, user("a.b"));
    }
    for secret in ["", "other", "New"] {
        let token = jwt_token(&site("a", &[secret]), &user("7"), None, NOW_S, 600).unwrap();
        assert_eq!(check(&a, None, &token, NOW_S), Err(Fault::Signature("a".into())));
        let token = easy_token(&site("a", &[secret]), &user("7")).unwrap();
        assert_eq!(check(&a, None, &token, NOW_S), Err(Fault::Signature("a".into())));
    }
}

/// The vector of RFC 7515, appendix A.1: its key is bytes, as a site's secret is.
#[test]
fn hs256_is_what_the_rfc_says() {
    provider::install();
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let key = DecodingKey::from_base64_secret(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ+EstJQLr/T+1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow==",
    )
    .unwrap();
    let mut rules = Validation::new(Algorithm::HS256);
    rules.validate_exp = false;
    assert!(jsonwebtoken::decode::<serde_json::Value>(token, &key, &rules).is_ok());
}

#[test]
fn every_fault_says_what_to_do() {
    let with = |name: &str, value: serde_json::Value| {
        let mut claims = claims();
        claims[name] = value;
        claims
    };
    assert_eq!(fault(&with("exp", json!(NOW_S - 100))), Fault::Ended(100));
    assert_eq!(fault(&with("exp", json!(NOW_S + 4000))), Fault::TooLong(4000));
    assert_eq!(fault(&with("nbf", json!(NOW_S + 100))), Fault::NotYet(100));
    assert_eq!(fault(&with("iat", json!(NOW_S + 100))), Fault::NotYet(100));
    assert_eq!(fault(&with("iss", json!("b"))), Fault::OtherSite("a".into()));
    assert_eq!(fault(&with("sub", json!("a,b"))), Fault::Subject);
    for (name, value) in [
        ("sub", json!(null)),
        ("sub", json!(["7"])),
        ("exp", json!("x")),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("iat", json!(null)),
    ] {
        assert!(matches!(fault(&with(name, value.clone())), Fault::Claims(_)), "{name} {value}");
    }
    let of = |header: serde_json::Value| check(&site("a", &["s"]), None, &signed(&header, &claims(), "s"), NOW_S);
    for alg in ["none", "None", "HS512", "RS256", "ES256", "EdDSA", ""] {
        assert_eq!(of(json!({"alg": alg})), Err(Fault::Algorithm), "{alg}");
    }
    assert_eq!(of(json!({"alg": "HS256", "jku": "https://evil/"})), Err(Fault::Header("jku")));
    assert_eq!(of(json!({"alg": "HS256", "crit": ["x"]})), Err(Fault::Header("crit")));
    for token in ["", ".", "..", "a.b.c", "7.00", &"x".repeat(9000)] {
        assert!(check(&site("a", &["s"]), None, token, NOW_S).is_err(), "{token}");
    }
    let mut strict = site("a", &["s"]);
    strict.options.easy_tokens = false;
    assert_eq!(check(&strict, None, &easy_token(&strict, &user("7")).unwrap(), NOW_S), Err(Fault::NoEasyTokens));
    assert!(check(&strict, None, &easy_token(&strict, &user("vid:7")).unwrap(), NOW_S).is_ok());
}

#[test]
fn aud_names_the_site_as_well_as_iss_and_a_number_is_an_id() {
    let a = site("a", &["s"]);
    for claims in [
        json!({"aud": "a", "sub": 7, "iat": NOW_S, "exp": NOW_S + 1}),
        json!({"aud": ["x", "pk_a"], "iss": "my backend", "sub": "7", "iat": NOW_S as f64 + 0.5, "exp": NOW_S + 1}),
    ] {
        assert_eq!(check(&a, None, &signed(&json!({"alg": "HS256"}), &claims, "s"), NOW_S).unwrap().user, user("7"));
    }
}

/// Algorithm confusion: a published key, whose text everybody has, is no secret.
#[test]
fn a_published_key_is_not_taken_for_a_secret() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let set: JwkSet =
        serde_json::from_value(json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "k"}]})).unwrap();
    let raw = URL_SAFE_NO_PAD.decode(x).unwrap();
    let header = json!({"alg": "HS256", "kid": "k"});
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&header), part(&claims()));
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &raw), message.as_bytes());
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.as_ref()));
    assert_eq!(check(&site("a", &["s"]), Some(&set), &token, NOW_S), Err(Fault::Signature("a".into())));
}
