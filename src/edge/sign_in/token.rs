//! Sign-in tokens of a site: a JWT that its backend signed, or the easy form `id.hmac`. What is wrong with one is told to the
//! site's developer, in the log and by `nextim token check`; a browser hears only that nobody is signed in.

use super::provider;
use crate::chat::id::UserId;
use crate::chat::site::Site;
use crate::outgoing::written_id::WrittenId;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::hmac;
use serde::{Deserialize, Serialize};

/// Longest token, in bytes.
const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// Longest life of a JWT, in seconds.
pub const LIFE_MAX_S: u64 = 3_600;
/// How far the clocks of two servers may differ, in seconds.
const LEEWAY_S: u64 = 60;
/// Hexadecimal digits of an easy token's HMAC. No signature that is taken has this length in a JWT.
const MAC_DIGITS: usize = 64;

/// Digits in base64url of an RSA modulus of 2048 to 8192 bits: nothing is verified with another.
const RSA_MODULUS_DIGITS: std::ops::RangeInclusive<usize> = 342..=1366;
/// Parts of a JWK that only its owner has (RFC 7518, 6.2.2, 6.3.2, 6.4.1).
const PRIVATE_PARTS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// Whom a token names, and what it says about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The site's id of the member.
    pub user: UserId,
    /// Display name.
    pub name: Option<String>,
    /// Picture address.
    pub avatar: Option<String>,
    /// Page address.
    pub url: Option<String>,
    /// When the token ends, in seconds since 1970; an easy one never does.
    pub ends_at_s: Option<u64>,
    /// If it was given for a password that is kept here: when that was set, in milliseconds since 1970. It is good as long as that
    /// password is.
    pub password_at_ms: Option<u64>,
}

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not one of the forms.
    #[error(
        "it is neither a JWT (three parts in base64url, with dots between them) nor `id.hmac` with 64 hexadecimal digits"
    )]
    Form,
    /// Its header names another algorithm.
    #[error(
        "its algorithm is not taken: sign with HS256 and the site's token secret, or set jwks or jwks_url for RS256, ES256 and EdDSA"
    )]
    Algorithm,
    /// Its header says where to find a key, or asks for what is not known.
    #[error("its header has `{0}`, which is not honoured: leave it out")]
    Header(&'static str),
    /// The keys that it may be signed with cannot be had.
    #[error("the keys at the site's jwks_url cannot be had: {0}")]
    NoKeys(crate::outgoing::Fault),
    /// Not signed with a key of the site.
    #[error(
        "its signature is not made with a token secret of {0}, or a key of its jwks: sign with the secret as it was printed (ts_...), as text and not decoded"
    )]
    Signature(Box<str>),
    /// A claim that is needed is absent or of another type.
    #[error("its claims are not what is needed: {0}")]
    Claims(String),
    /// It names another site.
    #[error("neither `iss` nor `aud` is {0}, the site it was sent to")]
    OtherSite(Box<str>),
    /// Its time has passed.
    #[error("it ended {0} s ago: make a new one for each page, and compare the servers' clocks")]
    Ended(u64),
    /// Its time has not come.
    #[error("it begins in {0} s: compare the servers' clocks")]
    NotYet(u64),
    /// It lives too long.
    #[error("it lives {0} s; at most {LIFE_MAX_S} s lie between `iat` and `exp`")]
    TooLong(u64),
    /// `sub` cannot be an id.
    #[error("`sub` must be an id of 1 to 190 bytes, without commas and control characters")]
    Subject,
    /// The site does not take easy tokens.
    #[error("easy tokens (id.hmac) are switched off for this site (easy_tokens)")]
    NoEasyTokens,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Claims {
    sub: Option<WrittenId>,
    exp: Option<f64>,
    iat: Option<f64>,
    nbf: Option<f64>,
    iss: Option<String>,
    aud: Option<OneOrMany>,
    name: Option<String>,
    avatar: Option<String>,
    url: Option<String>,
    nextim_password: Option<u64>,
}

/// The words of a JWT's header that a key could be slipped in with.
#[derive(Deserialize)]
struct OddHeader {
    jku: Option<serde_json::Value>,
    jwk: Option<serde_json::Value>,
    x5u: Option<serde_json::Value>,
    x5c: Option<serde_json::Value>,
    crit: Option<serde_json::Value>,
}

/// The names in a token that its site may be among; nothing of it is believed.
pub fn named_sites(token: &str) -> Vec<String> {
    let Some(payload) = token.split('.').nth(1).filter(|_| token.len() <= TOKEN_BYTES_MAX) else { return Vec::new() };
    let Some(claims) = decode::<Claims>(payload) else { return Vec::new() };
    claims.iss.into_iter().chain(claims.aud.into_iter().flat_map(OneOrMany::all)).collect()
}

/// Whether a text is a set of public keys of which each can be used here.
pub fn is_jwks(text: &str) -> bool {
    let set = serde_json::from_str::<JwkSet>(text);
    !has_private_parts(text) && set.is_ok_and(|set| !set.keys.is_empty() && set.keys.iter().all(is_usable))
}

/// Whether somebody has given away a private key in place of the public one: it would be stored, and shown to whoever looks at the site.
fn has_private_parts(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Keys {
        keys: Vec<serde_json::Map<String, serde_json::Value>>,
    }
    let keys = serde_json::from_str::<Keys>(text);
    keys.is_ok_and(|Keys { keys }| keys.iter().any(|key| PRIVATE_PARTS.iter().any(|part| key.contains_key(*part))))
}

/// Believes a token of a site, or says why not.
///
/// `found` are the keys at the site's `jwks_url`, if it has one and the token asks for it (see [`asks_for_key`]).
pub fn check(site: &Site, found: Option<&JwkSet>, token: &str, now_s: u64) -> Result<Signed, Fault> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Fault::Form);
    }
    match easy_parts(token) {
        Some((id, mac)) => easy(site, id, mac),
        None => jwt(site, found, token, now_s),
    }
}

fn easy_parts(token: &str) -> Option<(&str, &str)> {
    let (id, mac) = token.rsplit_once('.')?;
    (mac.len() == MAC_DIGITS && mac.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some((id, mac))
}

fn easy(site: &Site, id: &str, mac: &str) -> Result<Signed, Fault> {
    let user = UserId::parse(id).map_err(|_| Fault::Subject)?;
    // Those of visitors are made here, and the site need not know of them.
    if !site.options.easy_tokens && !is_guest(&user) {
        return Err(Fault::NoEasyTokens);
    }
    let given: Vec<u8> =
        (0..MAC_DIGITS / 2).filter_map(|at| u8::from_str_radix(mac.get(2 * at..2 * at + 2)?, 16).ok()).collect();
    let is_right = |secret: &str| hmac::verify(&key(secret), id.as_bytes(), &given).is_ok();
    if site.token_secrets.iter().any(|secret| is_right(secret)) {
        Ok(Signed { user, name: None, avatar: None, url: None, ends_at_s: None, password_at_ms: None })
    } else {
        Err(Fault::Signature(site.name.clone()))
    }
}

fn key(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

/// What ids of visitors begin with, as in the whole family.
pub const GUEST_PREFIX: &str = "vid:";

/// Whether an id is a visitor's.
pub fn is_guest(user: &UserId) -> bool {
    user.as_str().starts_with(GUEST_PREFIX)
}

/// The easy token of an id.
pub fn easy_token(site: &Site, user: &UserId) -> Option<String> {
    let mac = hmac::sign(&key(site.token_secrets.first()?), user.as_str().as_bytes());
    let digits: String = mac.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("{user}.{digits}"))
}

#[derive(Serialize)]
struct NewClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nextim_password: Option<u64>,
}

/// A JWT as the site's backend would make it, for trying out.
pub fn jwt_token(site: &Site, user: &UserId, name: Option<&str>, now_s: u64, life_s: u64) -> Option<String> {
    let (sub, exp) = (user.as_str(), now_s + life_s);
    signed(site, &NewClaims { iss: &site.name, sub, iat: now_s, exp, name, nextim_password: None })
}

/// The token of a member who has shown a password that is kept here and was set at that time.
pub fn account_token(site: &Site, user: &UserId, now_s: u64, password_at_ms: u64) -> Option<String> {
    let (sub, exp, nextim_password) = (user.as_str(), now_s + LIFE_MAX_S, Some(password_at_ms));
    signed(site, &NewClaims { iss: &site.name, sub, iat: now_s, exp, name: None, nextim_password })
}

fn signed(site: &Site, claims: &NewClaims<'_>) -> Option<String> {
    provider::install();
    let key = EncodingKey::from_secret(site.token_secrets.first()?.as_bytes());
    jsonwebtoken::encode(&Header::default(), claims, &key).ok()
}

/// Whether a token wants one of the public keys of its site, and if so the name of that key, if it has one.
pub fn asks_for_key(token: &str) -> Option<Option<String>> {
    if token.len() > TOKEN_BYTES_MAX || easy_parts(token).is_some() {
        return None;
    }
    let header = jsonwebtoken::decode_header(token).ok()?;
    matches!(header.alg, Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA).then_some(header.kid)
}

/// The public keys in a document that can be used here; what else stands there is left out.
pub fn usable_keys(document: &[u8]) -> Option<JwkSet> {
    #[derive(Deserialize)]
    struct Document {
        keys: Vec<serde_json::Value>,
    }
    let document: Document = serde_json::from_slice(document).ok()?;
    let keys = document.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
    let keys: Vec<Jwk> = keys.filter(is_usable).collect();
    (!keys.is_empty()).then_some(JwkSet { keys })
}

/// A secret is not to be published, and what cannot be verified with is no key.
fn is_usable(key: &Jwk) -> bool {
    let is_public = match &key.algorithm {
        AlgorithmParameters::RSA(key) => RSA_MODULUS_DIGITS.contains(&key.n.len()),
        AlgorithmParameters::EllipticCurve(key) => key.curve == EllipticCurve::P256,
        AlgorithmParameters::OctetKeyPair(key) => key.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    is_public && DecodingKey::from_jwk(key).is_ok()
}

fn jwt(site: &Site, found: Option<&JwkSet>, token: &str, now_s: u64) -> Result<Signed, Fault> {
    provider::install();
    let mut parts = token.split('.');
    let (Some(head), Some(_), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(Fault::Form);
    };
    check_header(head)?;
    let header = jsonwebtoken::decode_header(token).map_err(|_| Fault::Algorithm)?;
    let claims = match header.alg {
        Algorithm::HS256 => {
            let keys = site.token_secrets.iter().map(|secret| DecodingKey::from_secret(secret.as_bytes()));
            verified(site, token, header.alg, keys)?
        }
        Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA => {
            let set: Option<JwkSet> = serde_json::from_str(&site.options.jwks).ok();
            if set.is_none() && found.is_none() {
                return Err(Fault::Algorithm);
            }
            let named = |key: &&Jwk| header.kid.is_none() || key.common.key_id == header.kid;
            let all = set.iter().chain(found).flat_map(|set| &set.keys);
            let keys = all.filter(named).filter_map(|key| DecodingKey::from_jwk(key).ok());
            verified(site, token, header.alg, keys)?
        }
        _ => return Err(Fault::Algorithm),
    };
    check_claims(site, claims, now_s)
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn check_header(head: &str) -> Result<(), Fault> {
    let odd: OddHeader = decode(head).ok_or(Fault::Form)?;
    let words = [("jku", odd.jku), ("jwk", odd.jwk), ("x5u", odd.x5u), ("x5c", odd.x5c), ("crit", odd.crit)];
    words.into_iter().find(|(_, value)| value.is_some()).map_or(Ok(()), |(word, _)| Err(Fault::Header(word)))
}

fn verified(site: &Site, token: &str, by: Algorithm, keys: impl Iterator<Item = DecodingKey>) -> Result<Claims, Fault> {
    let mut rules = Validation::new(by);
    // Times and names are checked here, by the one clock and with reasons.
    rules.validate_exp = false;
    rules.validate_aud = false;
    rules.required_spec_claims.clear();
    for key in keys {
        match jsonwebtoken::decode::<Claims>(token, &key, &rules) {
            Ok(decoded) => return Ok(decoded.claims),
            Err(error) => match error.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidSignature
                | jsonwebtoken::errors::ErrorKind::InvalidKeyFormat => {}
                jsonwebtoken::errors::ErrorKind::Json(error) => return Err(Fault::Claims(error.to_string())),
                _ => return Err(Fault::Form),
            },
        }
    }
    Err(Fault::Signature(site.name.clone()))
}

fn check_claims(site: &Site, claims: Claims, now_s: u64) -> Result<Signed, Fault> {
    let needed = |claim: Option<f64>, name: &str| {
        let seconds = claim.ok_or_else(|| Fault::Claims(format!("`{name}` is missing")))?;
        whole_seconds(seconds).ok_or_else(|| Fault::Claims(format!("`{name}` is no time in seconds since 1970")))
    };
    let (exp, iat) = (needed(claims.exp, "exp")?, needed(claims.iat, "iat")?);
    let nbf = claims.nbf.map(|nbf| needed(Some(nbf), "nbf")).transpose()?;
    let named = claims.iss.iter().cloned().chain(claims.aud.into_iter().flat_map(OneOrMany::all));
    if !named.into_iter().any(|name| site.answers_to(&name)) {
        return Err(Fault::OtherSite(site.name.clone()));
    }
    if exp + LEEWAY_S < now_s {
        return Err(Fault::Ended(now_s - exp));
    }
    let begins = nbf.unwrap_or(0).max(iat);
    if begins > now_s + LEEWAY_S {
        return Err(Fault::NotYet(begins - now_s));
    }
    if exp.saturating_sub(iat) > LIFE_MAX_S {
        return Err(Fault::TooLong(exp - iat));
    }
    let id = String::from(claims.sub.ok_or_else(|| Fault::Claims("`sub` is missing".into()))?);
    let user = UserId::parse(&id).map_err(|_| Fault::Subject)?;
    Ok(Signed {
        user,
        name: claims.name,
        avatar: claims.avatar,
        url: claims.url,
        ends_at_s: Some(exp),
        password_at_ms: claims.nextim_password,
    })
}

/// A time that a JWT says: whole or not, never negative or beyond the calendar.
fn whole_seconds(seconds: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    (0.0..1e12).contains(&seconds).then_some(seconds as u64)
}

impl OneOrMany {
    fn all(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

#[cfg(test)]
mod tests;
