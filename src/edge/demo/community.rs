//! What the pages are made of: members, rooms, and what one member's page knows.

/// A member of the community, as the pages show them.
pub struct Card {
    /// Id in URLs and in the chat.
    pub id: &'static str,
    /// Name shown to people.
    pub nick: &'static str,
    /// One sentence about them.
    pub about: &'static str,
    /// True for somebody who is nobody's friend yet.
    pub stranger: bool,
}

/// A room of the community, as the pages show it.
pub struct RoomCard {
    /// Id in URLs and in the chat.
    pub id: &'static str,
    /// Name shown to people.
    pub nick: &'static str,
    /// One sentence about it.
    pub about: &'static str,
    /// Ids of the members it starts with.
    pub members: &'static [&'static str],
}

/// What every page of a signed-in member needs to know.
pub struct Page<'a> {
    /// The member this tab belongs to.
    pub me: &'a Card,
    /// Name of the site, as the chat bar gives it.
    pub site: &'a str,
    /// Sign-in token that the chat bar of this tab presents.
    pub token: &'a str,
    /// Everybody in the community.
    pub members: &'a [Card],
    /// Every room of the community.
    pub rooms: &'a [RoomCard],
}

impl Page<'_> {
    /// The member with this id.
    pub(super) fn member(&self, id: &str) -> Option<&Card> {
        self.members.iter().find(|card| card.id == id)
    }

    /// Whether the two see one another as friends; strangers have none.
    pub(super) fn friend(&self, who: &Card) -> bool {
        !self.me.stranger && !who.stranger && who.id != self.me.id
    }

    /// The id, if it is for the attribute that shows somebody in the roster who is no friend.
    pub(super) fn as_stranger<'c>(&self, who: &'c Card) -> Option<&'c str> {
        (!self.friend(who) && who.id != self.me.id).then_some(who.id)
    }

    /// Path of a page of this member.
    pub(super) fn path(&self, rest: &str) -> String {
        format!("/demo/{}/{rest}", self.me.id)
    }
}
