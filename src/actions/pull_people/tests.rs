//! What follows from what a site says and what is stored.

use super::*;
use crate::chat::id::RoomNumber;

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn described(nick: &str) -> Described {
    Described { nick: Some(nick.to_owned()), picture_url: Some("/a.png".into()), url: None }
}

fn profile(id: &str, nick: &str) -> (UserId, Profile) {
    let profile = Profile {
        number: UserNumber(id.parse().unwrap()),
        id: user(id),
        nick: nick.into(),
        picture_url: "/a.png".into(),
        url: "/u".into(),
    };
    (user(id), profile)
}

fn room(id: &str, open: bool, temporary: bool) -> Room {
    let (number, nick, picture_url) = (RoomNumber(1), id.into(), "/a.png".into());
    let (id, url) = (RoomId::parse(id).unwrap(), "".into());
    Room { number, id, nick, picture_url, url, open, all_count: 1, temporary }
}

fn known() -> Known {
    let before = Before { buddies: [2, 3].map(UserNumber).into(), rooms: HashSet::new() };
    Known {
        before,
        profiles: HashMap::from([profile("1", "Me"), profile("2", "Ann"), profile("3", "Ben"), profile("4", "Cem")]),
        groups: HashMap::from([(user("2"), "Rowing".into()), (user("3"), "friend".into())]),
        groups_of_others: HashMap::from([(user("2"), "Colleagues".into())]),
        memberships: Vec::new(),
        rooms: HashMap::new(),
    }
}

fn buddy(id: &str, nick: &str, group: Option<&str>) -> AskedBuddy {
    AskedBuddy { id: user(id), described: described(nick), group: group.map(str::to_owned) }
}

fn said(buddies: Vec<AskedBuddy>) -> Asked {
    Asked { profile: described("Me"), buddies: Some(buddies), ..Asked::default() }
}

/// Changes in short.
fn changes(asked: &Asked, known: &Known) -> Vec<String> {
    let short = |change: &DirectoryChange| match change {
        DirectoryChange::User { id, nick, picture_url, url } => format!("{id} is {nick} {picture_url} {url}"),
        DirectoryChange::Friends { user, buddy, group, buddy_group } => {
            format!("{user} has {buddy} in {group}, and is in {buddy_group}")
        }
        DirectoryChange::NotFriends { user, buddy } => format!("{user} parts from {buddy}"),
        DirectoryChange::Room { id, nick, open, .. } => format!("room {id} is {nick}, open: {open}"),
    };
    difference(&user("1"), asked, known).changes.iter().map(short).collect()
}

#[test]
fn where_nothing_has_changed_nothing_is_done() {
    let asked = said(vec![buddy("2", "Ann", Some("Rowing")), buddy("3", " Ben ", None)]);
    assert_eq!(changes(&asked, &known()), Vec::<String>::new());
    let silent = Asked { profile: described("Me"), ..Asked::default() };
    assert!(changes(&silent, &known()).is_empty(), "of friends and rooms nothing was said");
}

#[test]
fn friends_come_go_and_change_groups_and_the_other_side_keeps_its_own() {
    let asked =
        said(vec![buddy("2", "Anna", Some("Family")), buddy("4", "Cem", Some("Rowing")), buddy("5", "Dora", None)]);
    let expected = [
        "2 is Anna /a.png /u",
        "5 is Dora /a.png ",
        "1 has 2 in Family, and is in Colleagues",
        "1 has 4 in Rowing, and is in friend",
        "1 has 5 in friend, and is in friend",
        "1 parts from 3",
    ];
    assert_eq!(changes(&asked, &known()), expected);
}

#[test]
fn what_is_not_fit_to_be_shown_stays_as_it_was() {
    let bad =
        Described { nick: Some("\u{7}\n".into()), picture_url: Some("javascript:x".into()), url: Some("/u".into()) };
    let asked =
        said(vec![AskedBuddy { id: user("2"), described: bad, group: Some("\n".into()) }, buddy("3", "Ben", None)]);
    assert_eq!(changes(&asked, &known()), ["1 has 2 in Rowing, and is in Colleagues"; 0]);
    let visitor = said(vec![buddy("2", "Ann", None), buddy("3", "Ben", None), buddy("vid:7", "v", None)]);
    assert!(changes(&visitor, &known()).is_empty(), "ids of visitors are nobody's on the site");
}

#[test]
fn of_rooms_only_those_are_left_that_a_site_puts_people_into() {
    let rooms = |names: &[&str]| {
        let room = |name: &&str| AskedRoom { id: RoomId::parse(name).unwrap(), described: described(name) };
        Asked { profile: described("Me"), rooms: Some(names.iter().map(room).collect()), ..Asked::default() }
    };
    let member_of = |room: Room| Membership { room, joined_seq: 1, blocked: false };
    let mut known = known();
    known.memberships =
        [room("old", false, false), room("open", true, false), room("ours", false, true), room("stays", false, false)]
            .map(member_of)
            .to_vec();
    known.before.rooms = [RoomNumber(1)].into();
    let found = difference(&user("1"), &rooms(&["stays", "new"]), &known);
    let ids = |ids: &[RoomId]| ids.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!((ids(&found.joins), ids(&found.leaves)), (vec!["new".to_owned()], vec!["old".to_owned()]));
    assert_eq!(changes(&rooms(&["stays", "new"]), &known), ["room new is new, open: false"]);
}

/// The store empties it when it becomes the site's; whoever the site names joins anew.
#[test]
fn a_room_that_a_member_made_under_the_id_of_the_sites_is_joined_anew() {
    let mut known = known();
    let made = room("12", true, true);
    let asked = AskedRoom { id: made.id.clone(), described: described("Harbour") };
    let asked = Asked { profile: described("Me"), rooms: Some(vec![asked]), ..Asked::default() };
    known.rooms = HashMap::from([(made.id.clone(), made.clone())]);
    let found = difference(&user("1"), &asked, &known);
    assert_eq!(found.joins.len(), 1);
    assert_eq!(changes(&asked, &known), ["room 12 is Harbour, open: false"]);
    known.memberships = vec![Membership { room: made, joined_seq: 1, blocked: false }];
    known.before.rooms = [RoomNumber(1)].into();
    let found = difference(&user("1"), &asked, &known);
    assert_eq!((found.joins.len(), found.leaves.len()), (1, 0), "and whoever is the site's comes back");
}

/// Negative control: let `is_changed_since` and `is_seat_changed_since` be never so.
#[test]
fn what_has_changed_since_the_site_was_asked_is_left_alone() {
    // 3 has become a friend meanwhile, and 4 is one no more.
    let mut known = known();
    known.before.buddies = [2, 4].map(UserNumber).into();
    let asked = said(vec![buddy("2", "Ann", None), buddy("4", "Cem", Some("Rowing"))]);
    assert!(changes(&asked, &known).is_empty(), "{:?}", changes(&asked, &known));
    let regrouped = said(vec![buddy("2", "Ann", None), buddy("3", "Ben", Some("Rowing"))]);
    assert!(changes(&regrouped, &known).is_empty(), "{:?}", changes(&regrouped, &known));
    // Somebody has put the member into a room, and taken them out of another.
    let (come, gone) = (room("come", false, false), Room { number: RoomNumber(2), ..room("gone", false, false) });
    known.before.rooms = [gone.number].into();
    known.memberships = vec![Membership { room: come, joined_seq: 1, blocked: false }];
    let named = AskedRoom { id: gone.id.clone(), described: described("gone") };
    known.rooms = HashMap::from([(gone.id.clone(), gone)]);
    let asked = Asked { profile: described("Me"), rooms: Some(vec![named]), ..Asked::default() };
    let found = difference(&user("1"), &asked, &known);
    assert!(found.joins.is_empty() && found.leaves.is_empty(), "{found:?}");
}

/// Negative control: leave `has_more_buddies` and `has_more_rooms` out of `difference`.
#[test]
fn of_lists_that_are_cut_only_those_who_are_named_are_believed() {
    let mut known = known();
    let old = room("old", false, false);
    known.before.rooms = [old.number].into();
    known.memberships = vec![Membership { room: old, joined_seq: 1, blocked: false }];
    let new = AskedRoom { id: RoomId::parse("new").unwrap(), described: described("new") };
    let asked = said(vec![buddy("2", "Ann", None), buddy("4", "Cem", None)]);
    let cut = Asked { has_more_buddies: true, has_more_rooms: true, rooms: Some(vec![new]), ..asked };
    assert_eq!(changes(&cut, &known), ["1 has 4 in friend, and is in friend", "room new is new, open: false"]);
    let found = difference(&user("1"), &cut, &known);
    assert_eq!((found.joins.len(), found.leaves.len()), (1, 0));
    let whole = Asked { has_more_buddies: false, has_more_rooms: false, ..cut };
    let found = difference(&user("1"), &whole, &known);
    assert!(changes(&whole, &known).contains(&"1 parts from 3".to_owned()) && found.leaves.len() == 1);
}
