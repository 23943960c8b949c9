//! Whose visible state changed for one session. What they are now is read when an answer is written; here stands only what the
//! page knew before, so that somebody who went and came back is not told of.

use crate::chat::id::UserNumber;
use crate::chat::user::Identity;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Who, and whether they were online when the page last heard of them.
type Known = FxHashMap<UserNumber, (Arc<Identity>, bool)>;

/// See the module. Two words while nobody changes.
#[derive(Debug, Default)]
pub(super) struct Changes {
    noted: Option<Box<Known>>,
    /// The same, in answers that are not confirmed yet: state that was told into a void has to be told again.
    told: Option<Box<Known>>,
}

impl Changes {
    /// Notes a change. The first note since the last answer remembers what the page knew.
    pub(super) fn note(&mut self, who: &Arc<Identity>, was_online: bool) {
        let noted = self.noted.get_or_insert_default();
        noted.entry(who.number).or_insert_with(|| (Arc::clone(who), was_online));
    }

    /// Whether there is something to tell.
    pub(super) fn is_some(&self) -> bool {
        self.noted.is_some()
    }

    /// Everything that is to be told now.
    pub(super) fn tell(&mut self) -> Vec<(Arc<Identity>, bool)> {
        let Some(noted) = self.noted.take() else { return Vec::new() };
        let now = noted.values().cloned().collect();
        match &mut self.told {
            // On a stream the page may have been told before, and what it knew then is what counts.
            Some(told) => {
                for (number, known) in *noted {
                    told.entry(number).or_insert(known);
                }
            }
            told => *told = Some(noted),
        }
        now
    }

    /// What was told has arrived.
    pub(super) fn settle(&mut self) {
        self.told = None;
    }

    /// What was told did not arrive, as far as anybody knows: it is to be said again, from what the page really knew.
    pub(super) fn untell(&mut self) {
        let Some(told) = self.told.take() else { return };
        self.noted.get_or_insert_default().extend(*told);
    }

    /// Whoever of the people `shown` anew waits to be told of, or stands in an answer that may still be under way, is told
    /// again as they are then.
    pub(super) fn tell_again(&mut self, shown: impl Fn(UserNumber) -> bool) {
        let known = [&self.noted, &self.told].into_iter().flatten().flat_map(|known| known.values());
        let again: Vec<Arc<Identity>> =
            known.filter(|(who, _)| shown(who.number)).map(|(who, _)| Arc::clone(who)).collect();
        for who in again {
            // Also if that answer is lost: what the page then knows of them it has from here.
            if let Some(known) = self.told.as_mut().and_then(|told| told.get_mut(&who.number)) {
                known.1 = true;
            }
            self.noted.get_or_insert_default().insert(who.number, (who, true));
        }
    }

    /// The page was answered with these people online: whoever changed while the answer was made is told of as somebody the page
    /// knows to be there.
    pub(super) fn page_shows(&mut self, online: &[UserNumber]) {
        for (number, (_, was_online)) in self.noted.iter_mut().flat_map(|noted| noted.iter_mut()) {
            *was_online |= online.contains(number);
        }
    }

    /// Nobody needs to hear of any of it.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::id::UserId;

    /// Found by a random play: somebody came, an answer told of it and was lost; meanwhile the page had asked for them and been told
    /// that they are there. When they went it was not told.
    ///
    /// Negative control: let `tell_again` leave `told` as it was.
    #[test]
    fn what_a_page_was_told_beside_a_lost_answer_it_knows() {
        let id = UserId::parse("a").unwrap();
        let who = Arc::new(Identity { number: UserNumber(1), id, nick: "".into() });
        let mut changes = Changes::default();
        changes.note(&who, false);
        assert_eq!(changes.tell().len(), 1);
        changes.tell_again(|_| true);
        changes.untell();
        assert!(changes.tell()[0].1, "it knows that they were there");
    }
}
