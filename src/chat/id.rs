//! Names and numbers. A site calls its people and rooms by *ids* (its own text); the store gives each a *number*, which is
//! what leads through indexes and memory. Numbers are unique within a site and never reused.

use std::fmt;
use std::sync::Arc;

/// Longest id, in bytes of UTF-8.
pub const ID_BYTES_MAX: usize = 190;

/// Most ids that one request may list.
pub const IDS_MAX: usize = 2_000;

/// Why a text cannot be an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadId {
    /// Nothing but blanks.
    Empty,
    /// More than [`ID_BYTES_MAX`] bytes.
    TooLong,
    /// A comma (ids travel in comma lists) or a control character.
    Character,
}

/// Checks the one rule all ids share: 1 to [`ID_BYTES_MAX`] bytes, no comma, no control character, no blank at either end.
pub fn check_id(text: &str) -> Result<(), BadId> {
    if text.is_empty() || text.trim() != text {
        return Err(BadId::Empty);
    }
    if text.len() > ID_BYTES_MAX {
        return Err(BadId::TooLong);
    }
    if text.chars().any(|c| c == ',' || c.is_control()) {
        return Err(BadId::Character);
    }
    Ok(())
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text that satisfies [`check_id`].
            pub fn parse(text: &str) -> Result<Self, BadId> {
                check_id(text).map(|()| Self(text.into()))
            }

            /// The id as the site wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    };
}

text_id! {
    /// The site's own id of one of its users, e.g. `2`, `susan`, `vid:8f3a`.
    UserId
}
text_id! {
    /// The site's own id of a room, e.g. `room1`.
    RoomId
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
    };
}

number! {
    /// A site on this server.
    SiteNumber
}
number! {
    /// A user within a site.
    UserNumber
}
number! {
    /// A room within a site.
    RoomNumber
}

/// A user anywhere on this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserKey {
    /// Whose user.
    pub site: SiteNumber,
    /// Which user.
    pub user: UserNumber,
}

/// A room anywhere on this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomKey {
    /// Whose room.
    pub site: SiteNumber,
    /// Which room.
    pub room: RoomNumber,
}

impl SiteNumber {
    /// The key of one of this site's users.
    pub fn user(self, user: UserNumber) -> UserKey {
        UserKey { site: self, user }
    }

    /// The key of one of this site's rooms.
    pub fn room(self, room: RoomNumber) -> RoomKey {
        RoomKey { site: self, room }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_but_commas_and_controls_is_an_id() {
        for good in ["2", "susan", "陈伟", "vid:8f3a|x", "a b", "../", "uid:a:b", "*"] {
            assert_eq!(check_id(good), Ok(()), "{good:?}");
        }
        for (bad, why) in
            [("", BadId::Empty), (" a", BadId::Empty), ("a,b", BadId::Character), ("a\0", BadId::Character)]
        {
            assert_eq!(check_id(bad), Err(why), "{bad:?}");
        }
        assert_eq!(check_id(&"x".repeat(ID_BYTES_MAX)), Ok(()));
        assert_eq!(check_id(&"x".repeat(ID_BYTES_MAX + 1)), Err(BadId::TooLong));
    }
}
