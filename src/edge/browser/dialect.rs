//! How the generations of the client family differ, as one table. Everything that leaves through a ticket asks here.

use crate::actions::connect::BuddyScope;
use crate::chat::entry::Addressee;
use crate::chat::history::Conversation;
use crate::chat::session::Dialect;
use crate::edge::params::Params;

/// Which generation opens a page, told by what its released clients send. An explicit `client` comes first.
pub fn of_page(params: &Params, accept: Option<&str>) -> Dialect {
    if let Some(named) = params.optional("client").and_then(Dialect::parse) {
        return named;
    }
    let new_core =
        accept.is_some_and(|accept| accept.contains("q=0.01")) || (params.has("callback") && params.has("_"));
    if params.has("csrf_token") {
        Dialect::D3
    } else if new_core || params.has("show") {
        Dialect::D2
    } else {
        Dialect::D1
    }
}

/// Which friends `online` answers in full.
pub fn buddy_scope(dialect: Dialect) -> BuddyScope {
    match dialect {
        Dialect::D1 | Dialect::Native => BuddyScope::Shown,
        Dialect::D2 => BuddyScope::Online,
        Dialect::D3 => BuddyScope::All,
    }
}

/// The word for a message's kind in the receiver's vocabulary: a wrong one stops the 5.x client for good.
pub fn message_type(dialect: Dialect, to: &Addressee) -> &'static str {
    type_word(dialect, matches!(to, Addressee::Room { .. }))
}

/// The same word for a conversation.
pub fn conversation_type(dialect: Dialect, conversation: &Conversation) -> &'static str {
    type_word(dialect, matches!(conversation, Conversation::In(_)))
}

fn type_word(dialect: Dialect, in_room: bool) -> &'static str {
    match (dialect, in_room) {
        (Dialect::D3, false) => "chat",
        (Dialect::D3, true) => "grpchat",
        (_, false) => "unicast",
        (_, true) => "multicast",
    }
}

/// Whether `members` lists everybody with presence, or only those who are there.
pub fn members_with_presence(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::D3 | Dialect::Native)
}

/// Whether a single room's members come as a map like those of several.
pub fn members_as_map(dialect: Dialect) -> bool {
    dialect == Dialect::D1
}

/// Whether settings are answered as plain values only: the first client takes any list for a change.
pub fn flat_settings(dialect: Dialect) -> bool {
    dialect == Dialect::D1
}

/// The dialect of a request that came without a ticket.
pub fn of_request(params: &Params) -> Dialect {
    let later = matches!(params.raw("type"), Some("chat" | "grpchat")) || params.has("csrf_token");
    if later { Dialect::D3 } else { Dialect::D1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_generation_is_known_by_how_it_asks() {
        let of = |query: &str, accept: &str| of_page(&Params::parse(query, b"").unwrap(), Some(accept));
        let old = "application/json, text/javascript, */*";
        assert_eq!(of("buddy_ids=2&stranger_ids=7", old), Dialect::D1);
        assert_eq!(of("buddy_ids=2&room_ids=r1&show=available", old), Dialect::D2);
        assert_eq!(of("buddy_ids=2&room_ids=r1&csrf_token=&show=available", old), Dialect::D3);
        assert_eq!(of("buddy_ids=2", "application/json, text/javascript, */*; q=0.01"), Dialect::D2);
        assert_eq!(of("callback=jsonp1&_=2&buddy_ids=", "*/*"), Dialect::D2);
        assert_eq!(of("client=native&csrf_token=&show=away", "*/*"), Dialect::Native);
    }
}
