//! Who lives in Harbour, what they said before you came, and what hangs on the notice board.

use super::community::{Card, RoomCard};

/// Everybody. The first four are all friends of one another; the others know nobody yet.
pub(super) const MEMBERS: [Card; 7] = [
    Card {
        id: "susan",
        nick: "Susan Vale",
        about: "Runs the boathouse and knows where everything is.",
        stranger: false,
    },
    Card { id: "jack", nick: "Jack Moreno", about: "Rows bow, bakes on Saturdays.", stranger: false },
    Card { id: "mary", nick: "Mary Okafor", about: "Coxes the eight and photographs the birds.", stranger: false },
    Card {
        id: "josh",
        nick: "Josh Lindqvist",
        about: "Repairs oars; asks too many questions about wood.",
        stranger: false,
    },
    Card { id: "lee", nick: "Lee Wen", about: "Moved here in spring and is looking for a crew.", stranger: true },
    Card {
        id: "nora",
        nick: "Nora Haddad",
        about: "Used to sail; wants to see how the other half floats.",
        stranger: true,
    },
    Card { id: "wei", nick: "陈伟", about: "刚搬来，周末想学划船。", stranger: true },
];

/// The rooms.
pub(super) const ROOMS: [RoomCard; 2] = [
    RoomCard {
        id: "room1",
        nick: "Boathouse",
        about: "Everything about boats, keys and who has the van.",
        members: &["susan", "jack", "mary", "josh"],
    },
    RoomCard { id: "room2", nick: "Sunday crew", about: "Who rows on Sunday.", members: &["susan", "jack"] },
];

/// Friendships with the group each side has the other in.
pub(super) const FRIENDS: [(&str, &str, &str, &str); 6] = [
    ("susan", "Rowing", "jack", "Rowing"),
    ("susan", "Rowing", "mary", "friend"),
    ("susan", "friend", "josh", "Workshop"),
    ("jack", "friend", "mary", "Rowing"),
    ("jack", "Rowing", "josh", "Workshop"),
    ("mary", "Neighbours", "josh", "Neighbours"),
];

/// What was said: minutes before the start, who, to whom (a member, or a room), what.
pub(super) const SAID: [(u64, &str, &str, &str); 14] = [
    (2_900, "mary", "room1", "The new oars are here. They smell wonderful."),
    (2_890, "josh", "room1", "Please nobody leave them in the sun before I have oiled them."),
    (2_880, "susan", "room1", "Josh, they are hanging in the workshop. In the shade. In a row."),
    (1_500, "jack", "susan", "Can I borrow the small trailer on Saturday?"),
    (1_494, "susan", "jack", "Yes. The key is where it always is."),
    (1_493, "jack", "susan", "Under the frog?"),
    (1_492, "susan", "jack", "Under the frog."),
    (700, "mary", "jack", "I have photographs of you falling in. Very elegant ones."),
    (690, "jack", "mary", "Name your price."),
    (640, "josh", "mary", "Could you bring the blue paint back when you pass by?"),
    (130, "susan", "room2", "Sunday at seven? The water should be like glass."),
    (121, "jack", "room2", "Seven. I bring rolls."),
    (60, "josh", "susan", "Is the boathouse open tonight?"),
    (55, "susan", "josh", "Until nine."),
];

/// A note on the board.
pub(super) struct Post {
    pub(super) by: &'static str,
    pub(super) when: &'static str,
    pub(super) topic: &'static str,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
}

/// The notice board.
pub(super) const POSTS: &[Post] = &[
    Post {
        by: "susan",
        when: "Today, 07:10",
        topic: "Outing",
        title: "Saturday: on the water at half past seven",
        text: "High water is at 08:12, so we launch half an hour early and let the tide bring us home. \
               Two seats in the four are still free. Bring something warm for the slipway.",
    },
    Post {
        by: "jack",
        when: "Yesterday",
        topic: "Boats",
        title: "The new blades are here",
        text: "Six pairs with orange tips, on the rack by the door. If you borrow the old ones, \
               write it on the board so we know what is left for the open day.",
    },
    Post {
        by: "mary",
        when: "Yesterday",
        topic: "Kitchen",
        title: "Soup for everyone who paints",
        text: "The boathouse doors get their second coat on Sunday and I am cooking for the painters. \
               Tell me in the Boathouse room if you do not eat fish.",
    },
    Post {
        by: "josh",
        when: "Tuesday",
        topic: "Photos",
        title: "Lantern row: the pictures are sorted",
        text: "Forty-one good ones and a very good heron. If you would rather not be in the calendar, \
               send me a line before Friday.",
    },
];

/// The water today.
pub(super) const WATER: &[(&str, &str, &str)] = &[
    ("High water", "08:12", "4.1 m"),
    ("Low water", "14:26", "0.9 m"),
    ("Wind", "South-west", "3 Bft"),
    ("Sunset", "20:47", "lamps by 20:15"),
];
