//! Sign-in tokens: any text is believed or refused with a reason; what is not signed with this site's secret is nobody's, and what is
//! says what was said.

use nextim::chat::id::{SiteNumber, UserId};
use nextim::chat::site::{Site, SiteOptions};
use nextim::edge::sign_in::token::{self, LIFE_MAX_S};

/// Of the seeds that are signed: with `ts_seed`, for `a.example`.
const NOW_S: u64 = 1_800_000_000;
/// A name longer than this may make a token that is too long.
const NAME_BYTES: usize = 800;
/// One public key of each kind: of RFC 7517 (A.1), RFC 8037 (A.2), RFC 7515 (A.2).
const JWKS: &str = r#"{"keys":[
{"kty":"EC","crv":"P-256","kid":"ec","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"},
{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
{"kty":"RSA","kid":"rs","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}]}"#;

fn site(secrets: &[&str]) -> Site {
    let mut options = SiteOptions::default();
    options.set("jwks", JWKS).expect("keys");
    Site {
        number: SiteNumber(1),
        name: "a.example".into(),
        public_key: "pk_a".into(),
        token_secrets: secrets.iter().map(|secret| (*secret).into()).collect(),
        epoch: "e".into(),
        server_keys: Box::default(),
        suspended: false,
        options,
    }
}

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _is_one = token::is_jwks(text);
    assert!(token::is_jwks(JWKS), "there are keys to be confused");
    drop(token::named_sites(text));
    let own = site(&["ts_other", "ts_seed"]);
    match token::check(&own, None, text, NOW_S) {
        Ok(signed) => {
            assert!(UserId::parse(signed.user.as_str()).is_ok());
            assert!(signed.ends_at_s.is_none_or(|ends_s| ends_s <= NOW_S + 60 + LIFE_MAX_S));
            // Nobody here can sign with the public keys' other halves.
            let foreign = token::check(&site(&["ts_foreign"]), None, text, NOW_S);
            assert!(foreign.is_err(), "without the secret: {foreign:?}");
        }
        Err(fault) => assert!(!fault.to_string().is_empty()),
    }
    says_what_was_said(&own, text);
    if let Ok(user) = UserId::parse(text) {
        let easy = token::easy_token(&own, &user).expect("a secret");
        assert_eq!(token::check(&own, None, &easy, NOW_S).map(|signed| signed.user), Ok(user));
    }
}

/// A good token has the name that it was made with, and is good for nothing with other claims.
fn says_what_was_said(own: &Site, text: &str) {
    let seven = UserId::parse("7").expect("an id");
    let name = &text[..text.floor_char_boundary(NAME_BYTES)];
    let good = token::jwt_token(own, &seven, Some(name), NOW_S, 600).expect("a secret");
    let signed = token::check(own, None, &good, NOW_S).expect("a good token");
    assert_eq!((signed.user, signed.name.as_deref(), signed.ends_at_s), (seven, Some(name), Some(NOW_S + 600)));
    let parts: Vec<&str> = good.split('.').collect();
    if !text.contains('.') && text != parts[1] {
        let forged = format!("{}.{text}.{}", parts[0], parts[2]);
        assert!(token::check(own, None, &forged, NOW_S).is_err(), "{forged}");
    }
}
