//! The people a page shows who may not be friends.

use crate::chat::id::UserNumber;

/// Somebody the page shows who may not be a friend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stranger {
    pub(super) number: UserNumber,
    /// The stamp of the state of them that the page was told; older changes may still be on their way.
    pub(super) since: u64,
}

impl Stranger {
    /// Strangers as a session keeps them.
    pub(super) fn sorted(mut strangers: Vec<Self>) -> Box<[Self]> {
        strangers.sort_unstable_by_key(|stranger| stranger.number);
        strangers.into()
    }

    /// Those that a page opens with.
    pub(super) fn all(numbers: &[UserNumber]) -> Box<[Self]> {
        Self::sorted(numbers.iter().map(|number| Self { number: *number, since: 0 }).collect())
    }
}
