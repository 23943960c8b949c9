//! Tokens that are believed, and why others are not.

use super::*;
use crate::chat::id::SiteNumber;
use crate::chat::site::SiteOptions;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::json;

const NOW_S: u64 = 1_800_000_000;

/// With the keys that are set for the site alone.
fn check(site: &Site, token: &str, now_s: u64) -> Result<Signed, Fault> {
    super::check(site, None, token, now_s)
}

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
    check(&site("a", &["s"]), &signed(&json!({"alg": "HS256"}), claims, "s"), NOW_S).unwrap_err()
}

#[test]
fn what_the_site_signed_is_believed_with_either_secret() {
    let a = site("a", &["new", "old"]);
    for secret in ["new", "old"] {
        let token = jwt_token(&site("a", &[secret]), &user("7"), Some("Ünal"), NOW_S, 600).unwrap();
        let signed = check(&a, &token, NOW_S).unwrap();
        assert_eq!(
            (signed.user, signed.name.as_deref(), signed.ends_at_s),
            (user("7"), Some("Ünal"), Some(NOW_S + 600))
        );
        let token = easy_token(&site("a", &[secret]), &user("a.b")).unwrap();
        assert_eq!(check(&a, &token, NOW_S).unwrap().user, user("a.b"));
    }
    for secret in ["", "other", "New"] {
        let token = jwt_token(&site("a", &[secret]), &user("7"), None, NOW_S, 600).unwrap();
        assert_eq!(check(&a, &token, NOW_S), Err(Fault::Signature("a".into())));
        let token = easy_token(&site("a", &[secret]), &user("7")).unwrap();
        assert_eq!(check(&a, &token, NOW_S), Err(Fault::Signature("a".into())));
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
    let of = |header: serde_json::Value| check(&site("a", &["s"]), &signed(&header, &claims(), "s"), NOW_S);
    for alg in ["none", "None", "HS512", "RS256", "ES256", "EdDSA", ""] {
        assert_eq!(of(json!({"alg": alg})), Err(Fault::Algorithm), "{alg}");
    }
    assert_eq!(of(json!({"alg": "HS256", "jku": "https://evil/"})), Err(Fault::Header("jku")));
    assert_eq!(of(json!({"alg": "HS256", "crit": ["x"]})), Err(Fault::Header("crit")));
    for token in ["", ".", "..", "a.b.c", "7.00", &"x".repeat(9000)] {
        assert!(check(&site("a", &["s"]), token, NOW_S).is_err(), "{token}");
    }
    let mut strict = site("a", &["s"]);
    strict.options.easy_tokens = false;
    assert_eq!(check(&strict, &easy_token(&strict, &user("7")).unwrap(), NOW_S), Err(Fault::NoEasyTokens));
    assert!(check(&strict, &easy_token(&strict, &user("vid:7")).unwrap(), NOW_S).is_ok());
}

#[test]
fn aud_names_the_site_as_well_as_iss_and_a_number_is_an_id() {
    let a = site("a", &["s"]);
    for claims in [
        json!({"aud": "a", "sub": 7, "iat": NOW_S, "exp": NOW_S + 1}),
        json!({"aud": ["x", "pk_a"], "iss": "my backend", "sub": "7", "iat": NOW_S as f64 + 0.5, "exp": NOW_S + 1}),
    ] {
        assert_eq!(check(&a, &signed(&json!({"alg": "HS256"}), &claims, "s"), NOW_S).unwrap().user, user("7"));
    }
}

/// A site whose tokens may be signed with these keys.
fn publishing(keys: &serde_json::Value) -> Site {
    let mut site = site("a", &["s"]);
    let jwks = json!({"keys": keys}).to_string();
    assert!(is_jwks(&jwks), "{jwks}");
    site.options.set("jwks", &jwks).unwrap();
    site
}

fn message(header: &serde_json::Value) -> String {
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(&claims()))
}

#[test]
fn keys_of_the_site_sign_by_their_own_algorithm_and_no_other() {
    let random = ring::rand::SystemRandom::new();
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let edwards = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let curve = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
    let point = curve.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
    let a = publishing(&json!([
        {"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(edwards.public_key().as_ref()), "kid": "ed"},
        {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "ec"},
    ]));
    let token = |alg: &str, kid: Option<&str>, sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        let message = message(&kid.map_or(json!({"alg": alg}), |kid| json!({"alg": alg, "kid": kid})));
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(sign(message.as_bytes())))
    };
    let by_edwards = |message: &[u8]| edwards.sign(message).as_ref().to_vec();
    let by_curve = |message: &[u8]| curve.sign(&random, message).unwrap().as_ref().to_vec();
    for good in [
        token("EdDSA", Some("ed"), &by_edwards),
        token("EdDSA", None, &by_edwards),
        token("ES256", Some("ec"), &by_curve),
        token("ES256", None, &by_curve),
    ] {
        assert_eq!(check(&a, &good, NOW_S).unwrap().user, user("7"));
        assert_eq!(check(&site("a", &["s"]), &good, NOW_S), Err(Fault::Algorithm), "a site without such keys");
    }
    for bad in [
        token("EdDSA", Some("ec"), &by_edwards),
        token("ES256", Some("ec"), &by_edwards),
        token("EdDSA", Some("other"), &by_edwards),
        token("RS256", None, &by_curve),
        token("EdDSA", None, &|_| vec![0; 64]),
    ] {
        assert_eq!(check(&a, &bad, NOW_S), Err(Fault::Signature("a".into())), "{bad}");
    }
}

/// The key and signature of RFC 7515, appendix A.2.
#[test]
fn rs256_is_what_the_rfc_says() {
    provider::install();
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let key: Jwk = serde_json::from_value(json!({"kty": "RSA", "n": n, "e": "AQAB"})).unwrap();
    let mut rules = Validation::new(Algorithm::RS256);
    rules.validate_exp = false;
    let decode =
        |token: &str| jsonwebtoken::decode::<serde_json::Value>(token, &DecodingKey::from_jwk(&key).unwrap(), &rules);
    assert!(decode(token).is_ok());
    assert!(decode(&token.replace("cC4h", "cC4i")).is_err());
}

#[test]
fn what_is_no_set_of_public_keys_is_refused() {
    for bad in [
        "{}",
        r#"{"keys":[]}"#,
        r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#,
        r#"{"keys":[{"kty":"EC","crv":"P-384","x":"AA","y":"AA"}]}"#,
        r#"{"keys":[{"kty":"RSA","n":"?","e":"AQAB"}]}"#,
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}]}"#,
        "x",
    ] {
        assert!(!is_jwks(bad), "{bad}");
    }
    // A modulus too short or too long for anything to be verified with it.
    for (digits, is_good) in [(171, false), (341, false), (342, true), (1366, true), (1367, false)] {
        let set = json!({"keys": [{"kty": "RSA", "n": "w".repeat(digits), "e": "AQAB"}]});
        assert_eq!(is_jwks(&set.to_string()), is_good, "{digits}");
    }
}

/// Algorithm confusion: a published key, whose text everybody has, is no secret.
#[test]
fn a_published_key_is_not_taken_for_a_secret() {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let a = publishing(&json!([{"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "k"}]));
    let raw = URL_SAFE_NO_PAD.decode(x).unwrap();
    let message = message(&json!({"alg": "HS256", "kid": "k"}));
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &raw), message.as_bytes());
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.as_ref()));
    assert_eq!(check(&a, &token, NOW_S), Err(Fault::Signature("a".into())));
}
