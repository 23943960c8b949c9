//! carry-2: how a browser's script, which cannot say what it has, shows it by asking again.
//!
//! Every poll of a page has a new identity, and a page stops at the second failure in a row. So what stood in the answers to
//! two requests in a row has arrived when a third comes. Three things must not be taken for such a request: a silent
//! repetition, a request that its page has given up and that comes after a later one, and after a restart, when nobody
//! knows what came before, the first ones.

use super::entry::Seq;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// Requests with the identity of the one before that count as its repetition. One more, and the client simply never changes its
/// identity: it must not be given the same answer for ever.
const REPEATS_MAX: u8 = 2;

/// So many requests in a row may be earlier than the latest. One more, and the client's numbers do not grow after all.
const LATE_MAX: u8 = 8;

/// After a restart so many requests do not count: they may be early ones that were long on their way, and what came after
/// them is forgotten. A page gives up a request after 40 s, and two in a row are its end: this covers two minutes.
const DOUBTFUL: u8 = 2;

/// What tells one script request from its silent repetition, and from one that was sent before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    digest: u64,
    /// The digits at the end of `callback` and of `_`, which grow from request to request of a page; 0 if there are none.
    order: (u64, u64),
}

impl Identity {
    /// Of the request with this `callback` and this `_`.
    pub fn of(callback: &str, nonce: &str) -> Self {
        let digits = |text: &str| {
            let name = text.trim_end_matches(|c: char| c.is_ascii_digit());
            text[name.len()..].parse().unwrap_or(0)
        };
        Self { digest: FxBuildHasher.hash_one((callback, nonce)), order: (digits(callback), digits(nonce)) }
    }

    fn is_before(self, other: Self) -> bool {
        self.order < other.order
    }
}

/// What stands in the answers to one identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Given {
    /// It was not answered yet.
    Nothing,
    /// Everything through there at least: of several answers the first counts, because which of them the page runs nobody
    /// knows.
    Through(Seq),
    /// What must not count: an answer was lost, or the request may be one that its page has given up.
    Void,
}

/// What a further request of a script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Further {
    /// A new one: everything through there has arrived.
    New(Option<Seq>),
    /// The one before once more.
    Repeated,
    /// The one before so often that it is no repetition: the client has but one identity.
    Constant,
    /// Sent before the last one.
    Late,
}

/// The last request of a script, and what its answer and the one before reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Carry {
    identity: Identity,
    repeats: u8,
    late: u8,
    /// So many requests, this one included, do not count.
    doubtful: u8,
    given: Given,
    /// Where the answer to the identity before reached, if that counts.
    before: Option<Seq>,
}

impl Carry {
    /// The first request of a script; `is_doubtful` if there may have been others.
    pub(super) fn begin(identity: Identity, is_doubtful: bool) -> Self {
        Self::follow(identity, None, if is_doubtful { DOUBTFUL } else { 0 })
    }

    fn follow(identity: Identity, before: Option<Seq>, doubtful: u8) -> Self {
        let given = if doubtful > 0 { Given::Void } else { Given::Nothing };
        Self { identity, repeats: 0, late: 0, doubtful, given, before }
    }

    /// A further request came.
    pub(super) fn hear(&mut self, identity: Identity) -> Further {
        if identity == self.identity {
            return self.repeated();
        }
        if !identity.is_before(self.identity) {
            let last = match self.given {
                Given::Through(seq) => Some(seq),
                Given::Nothing | Given::Void => None,
            };
            // An answer may reach less far than the one before it: a session that fell behind reads the log in portions.
            let arrived = last.zip(self.before).map(|(last, before)| last.min(before));
            *self = Self::follow(identity, last, self.doubtful.saturating_sub(1));
            return Further::New(arrived);
        }
        if self.late < LATE_MAX {
            self.late += 1;
            return Further::Late;
        }
        *self = Self::begin(identity, false);
        Further::New(None)
    }

    fn repeated(&mut self) -> Further {
        if self.repeats < REPEATS_MAX {
            self.repeats += 1;
            return Further::Repeated;
        }
        (self.given, self.before) = (Given::Nothing, None);
        Further::Constant
    }

    /// It is answered with everything through `through`.
    pub(super) fn answering(&mut self, through: Seq) {
        if self.given == Given::Nothing {
            self.given = Given::Through(through);
        }
    }

    /// An answer to it is known to be lost.
    pub(super) fn lost(&mut self) {
        if let Given::Through(_) = self.given {
            self.given = Given::Void;
        }
    }

    /// What lies up to there was carried before and only has to be carried again.
    pub(super) fn carried(self) -> Option<Seq> {
        self.before.filter(|_| self.given == Given::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_ordered_by_their_numbers() {
        let of = Identity::of;
        assert!(of("jsonp1322991", "").is_before(of("jsonp1322992", "")));
        assert!(of("parent.jsonp9", "").is_before(of("parent.jsonp10", "")));
        assert!(of("cb", "5").is_before(of("cb", "6")) && of("jsonp1", "9").is_before(of("jsonp2", "3")));
        for (one, other) in [("cb", "dc"), ("a.b", "a.c"), ("cb12345678901234567890123", "cb1x")] {
            assert!(of(one, "") != of(other, ""));
            assert!(
                !of(one, "").is_before(of(other, "")) && !of(other, "").is_before(of(one, "")),
                "no order is known"
            );
        }
    }

    #[test]
    fn nobody_is_left_out_because_of_what_they_call_their_requests() {
        let mut carry = Carry::begin(Identity::of("jsonp9", ""), false);
        for number in 0..u64::from(LATE_MAX) {
            assert_eq!(carry.hear(Identity::of(&format!("jsonp{number}"), "")), Further::Late);
        }
        assert_eq!(carry.hear(Identity::of("jsonp8", "")), Further::New(None));
    }
}
