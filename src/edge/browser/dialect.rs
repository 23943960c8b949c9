//! How the generations of the client family differ, as one table. Everything that leaves through a ticket asks here.

use crate::actions::connect::BuddyScope;
use crate::chat::entry::Addressee;
use crate::chat::history::Conversation;
use crate::chat::session::Dialect;
use crate::edge::params::Params;

/// What one generation needs: a row of the table.
pub struct Manners {
    /// The word for a message to one person. A wrong one stops the 5.x client for good.
    pub private_word: &'static str,
    /// The word for a message in a room.
    pub room_word: &'static str,
    /// Which friends `online` answers in full.
    pub buddies: BuddyScope,
    /// Whether a single room's members come as a map like those of several.
    pub members_as_map: bool,
    /// Whether members are listed whether they are there or not, with their presence.
    pub all_members: bool,
    /// Whether settings are answered as plain values only: the first client takes any list for a change.
    pub flat_settings: bool,
    /// Whether it marks silenced rooms by using their ids as places in the list of rooms.
    pub rooms_by_place: bool,
    /// Whether it counts a room's members itself: an open room comes with all of them, or with none.
    pub counts_members: bool,
    /// Whether names, links and status lines go into its page as markup, and links in messages become links whatever they do.
    pub runs_markup: bool,
    /// Whether to join a room that is not there makes it.
    pub makes_rooms_by_joining: bool,
}

/// The row of the first client, which the others differ from.
const FIRST: Manners = Manners {
    private_word: "unicast",
    room_word: "multicast",
    buddies: BuddyScope::Shown,
    members_as_map: true,
    all_members: false,
    flat_settings: true,
    rooms_by_place: true,
    counts_members: false,
    runs_markup: true,
    makes_rooms_by_joining: false,
};
const SECOND: Manners = Manners { buddies: BuddyScope::Online, members_as_map: false, flat_settings: false, ..FIRST };
const THIRD: Manners = Manners {
    private_word: "chat",
    room_word: "grpchat",
    buddies: BuddyScope::All,
    all_members: true,
    makes_rooms_by_joining: true,
    counts_members: true,
    ..SECOND
};
const NATIVE: Manners =
    Manners { buddies: BuddyScope::Shown, all_members: true, rooms_by_place: false, runs_markup: false, ..SECOND };

/// The table.
pub fn manners(dialect: Dialect) -> &'static Manners {
    match dialect {
        Dialect::D1 => &FIRST,
        Dialect::D2 | Dialect::D2Late => &SECOND,
        Dialect::D3 => &THIRD,
        Dialect::Native => &NATIVE,
    }
}

/// Which generation opens a page: what its address says (`client`, or a version as `v`), else what its released clients send.
/// `None` if the address says something that is none.
pub fn of_page(params: &Params, accept: Option<&str>) -> Option<Dialect> {
    if let Some(word) = params.optional("client") {
        return Dialect::parse(word);
    }
    if let Some(version) = params.optional("v") {
        return of_version(version);
    }
    let new_core =
        accept.is_some_and(|accept| accept.contains("q=0.01")) || (params.has("callback") && params.has("_"));
    Some(if params.has("csrf_token") {
        Dialect::D3
    } else if new_core {
        Dialect::D2Late
    } else if params.has("show") {
        Dialect::D2
    } else {
        Dialect::D1
    })
}

/// The generation of a version of the family, as site owners know it: `1` the seed's own, `1.0` to `4.0`, `5` and what follows.
fn of_version(version: &str) -> Option<Dialect> {
    match (version, version.split('.').next()?) {
        ("1", _) => Some(Dialect::D1),
        (_, "1" | "2" | "3" | "4") => Some(Dialect::D2),
        (_, "5") => Some(Dialect::D3),
        _ => None,
    }
}

/// The word for a message's kind in the receiver's vocabulary.
pub fn message_type(dialect: Dialect, to: &Addressee) -> &'static str {
    type_word(dialect, matches!(to, Addressee::Room { .. }))
}

/// The same word for a conversation.
pub fn conversation_type(dialect: Dialect, conversation: &Conversation) -> &'static str {
    type_word(dialect, matches!(conversation, Conversation::In(_)))
}

fn type_word(dialect: Dialect, in_room: bool) -> &'static str {
    let manners = manners(dialect);
    if in_room { manners.room_word } else { manners.private_word }
}

/// Whether a request uses a word that only the third generation has.
pub fn speaks_later_words(params: &Params) -> bool {
    matches!(params.raw("type"), Some("chat" | "grpchat"))
}

/// The dialect of a request that came without a ticket.
pub fn of_request(params: &Params) -> Dialect {
    if speaks_later_words(params) || (params.has("csrf_token") && !params.has("type")) {
        Dialect::D3
    } else {
        Dialect::D1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_generation_is_known_by_how_it_asks() {
        let of = |query: &str, accept: &str| of_page(&Params::parse(query, b"").unwrap(), Some(accept));
        let old = "application/json, text/javascript, */*";
        assert_eq!(of("buddy_ids=2&stranger_ids=7", old), Some(Dialect::D1));
        assert_eq!(of("buddy_ids=2&room_ids=r1&show=available", old), Some(Dialect::D2));
        assert_eq!(of("buddy_ids=2&room_ids=r1&csrf_token=&show=available", old), Some(Dialect::D3));
        let new = "application/json, text/javascript, */*; q=0.01";
        assert_eq!(of("buddy_ids=2&show=available", new), Some(Dialect::D2Late));
        assert_eq!(of("callback=jsonp1&_=2&buddy_ids=", "*/*"), Some(Dialect::D2Late));
        assert_eq!(of("callback=jsonp1&_=2&buddy_ids=&csrf_token=", "*/*"), Some(Dialect::D3));
        assert_eq!(of("callback=jsonp1&buddy_ids=&show=available", "*/*"), Some(Dialect::D2));
        assert_eq!(of("client=native&csrf_token=&show=away", "*/*"), Some(Dialect::Native));
        assert_eq!(of("client=foreign&csrf_token=", "*/*"), None);
    }

    #[test]
    fn the_address_wins_over_what_is_sent() {
        let of = |query: &str| of_page(&Params::parse(query, b"").unwrap(), None);
        assert_eq!(of("v=5&buddy_ids="), Some(Dialect::D3));
        assert_eq!(of("v=5.4.1"), Some(Dialect::D3));
        assert_eq!(of("v=3&csrf_token="), Some(Dialect::D2));
        assert_eq!(of("v=1&show=available"), Some(Dialect::D1));
        assert_eq!(of("v=1.0"), Some(Dialect::D2));
        assert_eq!(of("v=7"), None);
    }

    #[test]
    fn requests_without_a_ticket_are_answered_in_their_own_words() {
        let of = |query: &str| of_request(&Params::parse(query, b"").unwrap());
        assert_eq!(of("type=chat&id=2&csrf_token="), Dialect::D3);
        assert_eq!(of("type=grpchat&id=2"), Dialect::D3);
        assert_eq!(of("type=unicast&id=2&csrf_token="), Dialect::D1);
        assert_eq!(of("ids=2"), Dialect::D1);
        assert_eq!(of("ids=2&csrf_token="), Dialect::D3);
    }
}
