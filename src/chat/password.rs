//! Passwords of members whose account is kept here: which are taken, and how they are kept. A password is never shown and never stored;
//! what is stored is an argon2id hash of it, from which nobody gets it back but by guessing, at 19 MiB and tens of milliseconds a guess.

use super::id::UserId;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, PasswordHash as Parsed, Version};
use std::fmt;

/// Length of a password, in bytes.
const BYTES: std::ops::RangeInclusive<usize> = 8..=256;
/// Fewer different characters make no password.
const CHARACTERS_MIN: usize = 4;
/// Bytes of randomness beside each password, so that two equal ones have different hashes.
pub const SALT_BYTES: usize = 16;
/// Memory of one hash, in KiB; how often it is gone through; and lanes: what OWASP calls the least.
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// Those that are tried first, in small letters; shorter ones are refused for their length.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password as somebody gave it.
#[derive(Clone)]
pub struct Password(Box<str>);

/// What is kept of a password: an argon2id hash as a PHC string, with its salt and cost.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(Box<str>);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

fn hasher() -> Argon2<'static> {
    let (memory_kib, passes, lanes) = COST;
    let params = Params::new(memory_kib, passes, lanes, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

impl Password {
    /// Any text; whether it may be a password is another question.
    pub fn given(text: &str) -> Self {
        Self(text.into())
    }

    /// Whether it may be the password of this member: long enough, and not what is tried first.
    pub fn is_good_for(&self, user: &UserId) -> bool {
        let folded = self.0.to_lowercase();
        let stem = folded.trim_end_matches(|c: char| !c.is_alphabetic());
        let is_common = COMMON.lines().any(|common| common == folded || common == stem);
        let mut characters: Vec<char> = folded.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        BYTES.contains(&self.0.len())
            && !is_common
            && characters.len() >= CHARACTERS_MIN
            && folded != user.as_str().to_lowercase()
    }

    /// What is kept of it. Takes 19 MiB and tens of milliseconds.
    pub fn hash(&self, salt: [u8; SALT_BYTES]) -> Option<PasswordHash> {
        let salt = SaltString::encode_b64(&salt).ok()?;
        let hash = hasher().hash_password(self.0.as_bytes(), &salt).ok()?;
        Some(PasswordHash(hash.to_string().into()))
    }

    /// Whether it is the one that this was kept of. Takes as much as `hash`, whatever it is.
    pub fn is(&self, kept: &PasswordHash) -> bool {
        let parsed = Parsed::new(&kept.0);
        parsed.is_ok_and(|parsed| hasher().verify_password(self.0.as_bytes(), &parsed).is_ok())
    }
}

impl PasswordHash {
    /// As it was stored.
    pub fn stored(text: &str) -> Self {
        Self(text.into())
    }

    /// For the store, and nobody else.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_good(text: &str) -> bool {
        Password::given(text).is_good_for(&UserId::parse("Anna.Meyer").unwrap())
    }

    #[test]
    fn what_is_tried_first_is_no_password() {
        for good in ["correct horse", "tr0ub4dor&3", "密码密码一二", "a b c d e", &"long ".repeat(51)] {
            assert!(is_good(good), "{good}");
        }
        for bad in [
            "",
            "short",
            "1234567",
            "12345678",
            "Password",
            "PASSWORD2024!",
            "iLoveYou!!",
            "aaaaaaaaaaaa",
            "abababababab",
            "ANNA.meyer",
            &"x1y2z3 ".repeat(37),
        ] {
            assert!(!is_good(bad), "{bad}");
        }
    }

    #[test]
    fn the_list_is_in_small_letters_and_has_none_that_is_too_short() {
        assert!(COMMON.lines().count() > 200);
        for common in COMMON.lines() {
            assert!(common.len() >= *BYTES.start() && common.to_lowercase() == common, "{common}");
        }
    }

    /// Negative control: hash with another salt each time what is compared, or compare texts.
    #[test]
    fn a_hash_knows_its_password_and_shows_none() {
        let password = Password::given("correct horse");
        let (one, other) = (password.hash([1; SALT_BYTES]).unwrap(), password.hash([2; SALT_BYTES]).unwrap());
        assert!(one.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.as_str());
        assert_ne!(one, other);
        assert!(password.is(&one) && password.is(&other));
        assert!(!Password::given("correct horsf").is(&one) && !Password::given("").is(&one));
        assert!(!password.is(&PasswordHash::stored("")) && !password.is(&PasswordHash::stored("correct horse")));
        let shown = format!("{password:?} {one:?}");
        assert!(!shown.contains("correct") && !shown.contains("argon2id"), "{shown}");
    }
}
