//! Users as others see them in a list: name, picture, link.

use super::id::{UserId, UserNumber};
use super::presence::Mood;

/// What a site says about one of its users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The number the store gave.
    pub number: UserNumber,
    /// The site's id.
    pub id: UserId,
    /// Display name.
    pub nick: Box<str>,
    /// Address of a picture, possibly relative to the site; may be empty.
    pub picture_url: Box<str>,
    /// Address of the user's page, possibly relative; may be empty.
    pub url: Box<str>,
}

/// A user as somebody in particular sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The profile.
    pub profile: Profile,
    /// The group the viewer has this friend in; `None` for somebody who is not a friend.
    pub group: Option<Box<str>>,
}

/// A member with all that their first session needs in memory.
#[derive(Debug, Clone)]
pub struct Member {
    /// The member's own profile.
    pub profile: Profile,
    /// What they last said about themselves.
    pub mood: Mood,
    /// Numbers of all friends: roster and watchers at once, since friendship has two sides.
    pub buddies: Box<[UserNumber]>,
    /// The rooms they are in now.
    pub memberships: Vec<super::room::Membership>,
    /// Highest seq any of their sessions has confirmed.
    pub delivered: super::entry::Seq,
}

/// Who is who: the parts of a user that travel with every packet.
#[derive(Debug, PartialEq, Eq)]
pub struct Identity {
    /// The store's number.
    pub number: UserNumber,
    /// The site's id.
    pub id: UserId,
    /// Display name.
    pub nick: Box<str>,
}
