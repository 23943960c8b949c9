//! One request of a browser's script for the stream, as far as it can be told from others.

use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// What tells one script request from its silent repetition, and from one that was sent before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScriptRequest {
    digest: u64,
    /// A digest of what stands before the digits of `callback`: only within one name the digits say anything.
    name: u32,
    /// The digits at the end of `callback` and of `_`, which grow from request to request of a page; 0 if there are none.
    order: (u64, u64),
}

impl ScriptRequest {
    /// Of the request with this `callback` and this `_`.
    pub fn of(callback: &str, nonce: &str) -> Self {
        let name = |text: &'_ str| text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let digits = |text: &str| text[name(text)..].parse().unwrap_or(0);
        let hash = FxBuildHasher.hash_one(&callback[..name(callback)]);
        Self {
            digest: FxBuildHasher.hash_one((callback, nonce)),
            name: (hash >> 32) as u32,
            order: (digits(callback), digits(nonce)),
        }
    }

    /// Whether it was sent before the other one; `false` where nothing tells.
    pub(super) fn is_before(self, other: Self) -> bool {
        self.name == other.name && self.order < other.order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_ordered_by_their_numbers() {
        let of = ScriptRequest::of;
        assert!(of("jsonp1322991", "").is_before(of("jsonp1322992", "")));
        assert!(of("parent.jsonp9", "").is_before(of("parent.jsonp10", "")));
        assert!(of("cb", "5").is_before(of("cb", "6")) && of("jsonp1", "9").is_before(of("jsonp2", "3")));
        for (one, other) in [("a7", "b8"), ("cb", "dc"), ("a.b", "a.c"), ("cb12345678901234567890123", "cb1x")] {
            assert!(of(one, "") != of(other, ""));
            assert!(
                !of(one, "").is_before(of(other, "")) && !of(other, "").is_before(of(one, "")),
                "no order is known"
            );
        }
    }
}
