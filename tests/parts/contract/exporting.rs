//! What is taken away of a site or of one of its members: everything that is theirs, once, and nothing that others keep from them.

use super::Backend;
use super::owning::{VISITOR, fill, furnish};
use super::sqlite::Sqlite;
use super::world::{NOW_MS, World, entry_bodies, friends, new_site, room_id, user, user_id};
use nextim::chat::entry::{DAMAGED_BODY, Draft, SeatChange, Seq, To, Voice};
use nextim::chat::exported::{Exported, Logged};
use nextim::chat::id::{SiteNumber, UserKey, UserNumber};
use nextim::chat::room::Interval;
use nextim::chat::session::SessionNumber;
use nextim::store::{Bookmark, Extent, Store};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Everything, taken part by part.
async fn taken(store: &dyn Store, of: Extent) -> Vec<Exported> {
    let (mut all, mut next) = (Vec::new(), Some(Bookmark::default()));
    while let Some(from) = next {
        let part = store.export(of, from.clone()).await.expect("a part");
        assert_ne!(part.next.as_ref(), Some(&from), "no progress");
        all.extend(part.items);
        next = part.next;
    }
    all
}

async fn head_of(store: &dyn Store, site: SiteNumber) -> Seq {
    let heads = store.heads().await.expect("a read");
    heads.into_iter().find(|(of, _)| *of == site).expect("a site").1
}

async fn whole(store: &dyn Store, site: SiteNumber) -> Vec<Exported> {
    taken(store, Extent { site, user: None, head: head_of(store, site).await }).await
}

async fn of_one<B: Backend>(world: &World<B>, user: UserKey) -> Vec<Exported> {
    let head = world.head().await;
    taken(&*world.store, Extent { site: user.site, user: Some(user.user), head }).await
}

fn counts(all: &[Exported]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    all.iter().for_each(|item| *counts.entry(item.kind()).or_insert(0) += 1);
    counts
}

fn logged(all: &[Exported]) -> Vec<&Logged> {
    let logged = all.iter().filter_map(|item| match item {
        Exported::Message(logged) => Some(&**logged),
        _ => None,
    });
    logged.collect()
}

fn said(all: &[Exported]) -> Vec<&str> {
    logged(all).into_iter().map(|logged| &*logged.message.body).collect()
}

fn seqs(all: &[Exported]) -> Vec<Seq> {
    logged(all).into_iter().map(|logged| logged.message.seq).collect()
}

/// Blocks of both kinds: who, and what or whom.
fn blocks(all: &[Exported]) -> Vec<(&str, &str)> {
    let blocks = all.iter().filter_map(|item| match item {
        Exported::Silence(stay) => Some((stay.user.as_str(), stay.room.as_str())),
        Exported::Block { user, peer, .. } => Some((user.as_str(), peer.as_str())),
        _ => None,
    });
    blocks.collect()
}

/// `fill`, and cid whom ann blocks.
async fn fill_with_block<B: Backend>(world: &World<B>, site: SiteNumber) {
    fill(world, site).await;
    let ann = site.user(UserNumber(1));
    world.store.block(ann, user_id("cid"), true).await.expect("a block");
    super::owning::say_on(world, site, (3, "cid"), "ann", Voice::Member).await;
}

/// Negative controls: leave `site = ?1` out of a query of `export.rs`; go on with the kind after the next in one arm of `part`; leave out
/// rows that are hidden.
pub async fn a_site_is_taken_away_with_everything_and_nothing_of_another<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let store = &*world.store;
    let (red, _) = store.ensure_site(new_site("red", false)).await.unwrap();
    let (blue, _) = store.ensure_site(new_site("blue", false)).await.unwrap();
    for site in [red.number, blue.number] {
        fill_with_block(&world, site).await;
    }
    let all = whole(store, red.number).await;
    let expected = [
        ("site", 1),
        ("user", 3),
        ("friendship", 2),
        ("room", 1),
        ("seat", 2),
        ("block", 2),
        ("message", 6),
        ("mark", 4),
        ("setting", 2),
        ("account", 1),
        ("notification", 2),
        ("session", 2),
    ];
    assert_eq!(counts(&all), BTreeMap::from(expected));
    let Exported::Site { name, options, .. } = &all[0] else { panic!("the site comes first, not {:?}", all[0]) };
    assert_eq!((&**name, options.as_slice()), ("red", &[("guests".to_owned(), "true".to_owned())][..]));
    let hidden: Vec<bool> = logged(&all).iter().map(|logged| logged.message.hidden).collect();
    assert_eq!(hidden, [false, false, false, false, false, true]);
    assert_eq!(blocks(&all), [("bob", "room1"), ("ann", "cid")]);
    assert!(whole(store, blue.number).await[1..] == all[1..], "two sites that are alike");
    super::owning::say_on(&world, blue.number, (1, "ann"), "bob", Voice::Member).await;
    assert!(whole(store, red.number).await == all, "what blue says is blue's");
    let ann = of_one(&world, red.number.user(UserNumber(1))).await;
    assert_eq!(counts(&ann)["user"], 1, "{ann:?}");
}

/// Who said what in which order in the world of the next test.
async fn talk<B: Backend>(world: &World<B>, ann: UserKey, bob: UserKey) {
    let store = &world.store;
    store.change_directory(world.site, vec![friends("ann", "crew", "bob", "mates")]).await.unwrap();
    store.block(bob, user_id("ann"), true).await.unwrap();
    for (from, to, body) in [
        ("ann", "bob", "unheard by bob"),
        ("ann", "cid", "to cid"),
        ("cid", "ann", "to ann"),
        ("cid", "bob", "not hers"),
    ] {
        world.say(from, to, body).await;
    }
    for id in ["cid", "bob"] {
        world.join(id, "room1").await;
    }
    world.say("cid", "room1", "before").await;
    world.join("ann", "room1").await;
    world.say("cid", "room1", "during").await;
    world.say("bob", "room1", "by a blocker").await;
    world.seat("ann", "room1", SeatChange::Blocked).await;
    world.say("cid", "room1", "while silenced").await;
    world.say("ann", "room1", "own while silenced").await;
    world.seat("ann", "room1", SeatChange::Unblocked).await;
    world.say("cid", "room1", "after").await;
    world.seat("ann", "room1", SeatChange::Left).await;
    world.say("cid", "room1", "gone").await;
    for (from, to, body) in [
        ("cid", To::Everyone, "to all"),
        ("bob", To::Everyone, "to all, by a blocker"),
        ("ann", To::Room(room_id("room2")), "without a seat"),
    ] {
        let draft = Draft { to, by: Voice::Site, ..world.draft(from, "dan", body).await };
        store.append(draft).await.expect("stored");
    }
    store.block(ann, user_id("dan"), true).await.unwrap();
    world.say("dan", "ann", "kept from ann").await;
    let named =
        Draft { cid: Some("name".into()), origin: Some(SessionNumber(7)), ..world.draft("cid", "ann", "named").await };
    store.append(named).await.expect("stored");
}

/// Negative controls: take `hidden IS NOT` or one `heard!` out of `LOG_OF_ONE`; look for blocks by `peer`, too; leave `known_to` out of
/// `messages`; look for a member's messages in their rooms alone.
pub async fn a_member_takes_away_what_they_may_know<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let [ann, bob, cid, dan] =
        [world.key("ann").await, world.key("bob").await, world.key("cid").await, world.key("dan").await];
    talk(&world, ann, bob).await;
    for (user, id, digest) in [(ann, "ann", 7), (bob, "bob", 8)] {
        furnish(&*world.store, user, id, digest).await;
    }
    let all = of_one(&world, ann).await;
    let heard = [
        "unheard by bob",
        "to cid",
        "to ann",
        "during",
        "own while silenced",
        "after",
        "to all",
        "without a seat",
        "named",
    ];
    assert_eq!(said(&all), heard);
    assert!(logged(&all).iter().all(|logged| !logged.message.hidden), "who blocks her is nobody's to tell");
    let last = logged(&all).pop().expect("a message");
    assert_eq!((&last.cid, last.message.origin), (&None, None), "how cid's page calls it is cid's");
    assert_eq!(blocks(&all), [("ann", "room1"), ("ann", "dan")]);
    let expected = [
        ("user", 1),
        ("friendship", 1),
        ("room", 1),
        ("seat", 1),
        ("block", 2),
        ("message", heard.len()),
        ("mark", 1),
        ("setting", 1),
        ("notification", 1),
        ("session", 1),
    ];
    assert_eq!(counts(&all), BTreeMap::from(expected));
    let seat = all.iter().find_map(|item| if let Exported::Seat(stay) = item { Some(stay) } else { None });
    let seat = seat.expect("her seat");
    assert!(seat.over.through.is_some(), "{seat:?}");
    assert_eq!((seat.began_at_ms, seat.ended_at_ms), (Some(NOW_MS), Some(NOW_MS)));
    let groups: Vec<&str> = all
        .iter()
        .filter_map(|item| if let Exported::Friendship { group, .. } = item { Some(&**group) } else { None })
        .collect();
    assert_eq!(groups, ["crew"], "the group in which he has her is his");

    let of_dan = of_one(&world, dan).await;
    assert_eq!(said(&of_dan), ["to all", "to all, by a blocker", "kept from ann"]);
    assert!(logged(&of_dan).iter().all(|logged| !logged.message.hidden) && blocks(&of_dan).is_empty());
    let of_bob = of_one(&world, bob).await;
    let heard = [
        "not hers",
        "before",
        "during",
        "by a blocker",
        "while silenced",
        "after",
        "gone",
        "to all",
        "to all, by a blocker",
    ];
    assert_eq!(said(&of_bob), heard);
    assert_eq!(blocks(&of_bob), [("bob", "ann")]);
    let of_cid = of_one(&world, cid).await;
    let named = logged(&of_cid).pop().expect("a message").clone();
    assert_eq!((named.cid.as_deref(), named.message.origin), (Some("name"), Some(SessionNumber(7))));
}

/// Negative controls: go on after `through` where a part is full; go on after the last message where it is not.
pub async fn each_row_comes_once_while_more_is_said<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    for (from, to, count) in [("ann", "bob", 250), ("cid", "dan", 2_300), ("bob", "ann", 250), ("cid", "dan", 300)] {
        world.say_many(from, to, count).await;
    }
    let (head, ann) = (world.head().await, world.key("ann").await);
    assert_eq!(head, 3_100);
    let hers: Vec<Seq> = (1..=250).chain(2_551..=2_800).collect();
    for (user, expected) in [(None, (1..=head).collect::<Vec<_>>()), (Some(ann.user), hers)] {
        let of = Extent { site: world.site, user, head };
        let (mut all, mut next, mut parts) = (Vec::new(), Some(Bookmark::default()), 0);
        while let Some(from) = next {
            let part = world.store.export(of, from).await.expect("a part");
            assert!(part.items.len() <= 500, "{} rows in one part", part.items.len());
            parts += usize::from(!logged(&part.items).is_empty());
            all.extend(part.items);
            next = part.next;
            world.say("ann", "bob", "meanwhile").await;
        }
        assert_eq!(seqs(&all), expected, "{user:?}");
        assert!(parts >= 3, "only {parts} parts");
    }
}

/// Negative control: leave `bytes` out of `messages`.
pub async fn a_part_is_bounded_by_its_text<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let long = "x".repeat(60_000);
    for _ in 0..30 {
        world.say("ann", "bob", &long).await;
    }
    let (head, ann) = (world.head().await, world.key("ann").await);
    for user in [None, Some(ann.user)] {
        let of = Extent { site: world.site, user, head };
        let (mut count, mut next) = (0, Some(Bookmark::default()));
        while let Some(from) = next {
            let part = world.store.export(of, from).await.expect("a part");
            let bytes: usize = part.items.iter().map(Exported::bytes).sum();
            assert!(bytes <= 320 * 1024, "{bytes} bytes in one part");
            count += logged(&part.items).len();
            next = part.next;
        }
        assert_eq!(count, 30, "{user:?}");
    }
}

/// Negative control: leave `<= ?6` out of `stays!` or `BLOCKS`, or `seq <= ?3` out of `STRETCH`.
pub async fn what_came_later_is_not_in_it<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.join("bob", "room1").await;
    world.say("bob", "room1", "before").await;
    let of = Extent { site: world.site, user: None, head: world.head().await };
    let before = taken(&*world.store, of).await;
    world.seat("bob", "room1", SeatChange::Left).await;
    world.join("cid", "room1").await;
    world.say("cid", "room1", "later").await;
    world.store.block(world.key("ann").await, user_id("dan"), true).await.unwrap();
    let after = taken(&*world.store, of).await;
    assert!(after == before, "{after:#?}");
    assert_eq!(said(&after), ["before"]);
    let seats: Vec<Interval> =
        after.iter().filter_map(|item| if let Exported::Seat(stay) = item { Some(stay.over) } else { None }).collect();
    assert_eq!(seats, [Interval { after: 1, through: None }]);
}

/// Negative control: leave the visitors out of `ONE_USER`.
pub async fn a_visitor_who_became_a_member_is_theirs<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.store.change_directory(world.site, vec![user(VISITOR)]).await.unwrap();
    world.say("bob", VISITOR, "to the visitor").await;
    let (ann, visitor) = (world.key("ann").await, world.key(VISITOR).await);
    world.store.merge_users(visitor, ann.user).await.unwrap();
    let all = of_one(&world, ann).await;
    let users = all.iter().filter_map(|item| match item {
        Exported::User(one) => {
            Some((one.profile.id.as_str(), one.merged_into.as_ref().map(nextim::chat::id::UserId::as_str)))
        }
        _ => None,
    });
    assert_eq!(users.collect::<Vec<_>>(), [("ann", None), (VISITOR, Some("ann"))]);
    assert_eq!(said(&all), ["to the visitor"]);
}

/// Every table that has rows of a site, and the kind that they are taken away as; what is not is left out for a reason.
const KINDS: [(&str, &str); 16] = [
    ("users", "user"),
    ("buddies", "friendship"),
    ("rooms", "room"),
    ("memberships", "seat"),
    ("room_blocks", "block"),
    ("user_blocks", "block"),
    ("log", "message"),
    ("marks", "mark"),
    ("settings", "setting"),
    ("accounts", "account"),
    ("notifications", "notification"),
    ("sessions", "session"),
    // In the line of the site.
    ("site_options", ""),
    // Keys.
    ("site_keys", ""),
    // Says of rows of the log how long they stay.
    ("passing", ""),
    // Not a site's.
    ("heartbeat", ""),
];

/// Whoever adds a table must say here whether it is taken away. Negative control: leave an arm out of `part`.
#[tokio::test]
async fn no_table_is_left_behind() {
    let world = World::new(Sqlite).await;
    let (red, _) = world.store.ensure_site(new_site("red", false)).await.unwrap();
    fill_with_block(&world, red.number).await;
    let counts = counts(&whole(&*world.store, red.number).await);
    let sql = Connection::open(world.path().join("nextim.sqlite3")).unwrap();
    let mut tables = sql
        .prepare(
            "SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c ON c.name = 'site' \
             WHERE t.type = 'table' AND t.name <> 'removed_sites'",
        )
        .unwrap();
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for table in tables.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap) {
        let kind = KINDS.iter().find(|(name, _)| *name == table).unwrap_or_else(|| panic!("is {table} taken away?")).1;
        let messages = if table == "log" { " AND kind = 0" } else { "" };
        let count = format!("SELECT count(*) FROM {table} WHERE site = ?1{messages}");
        let count: usize = sql.query_row(&count, [red.number.0], |row| row.get(0)).unwrap();
        *found.entry(kind).or_insert(0) += count;
    }
    found.remove("");
    found.insert("site", 1);
    assert_eq!(counts, found);
}

/// Negative control: give what `each` shows in the place of a damaged row as any other message.
#[tokio::test]
async fn a_damaged_row_is_taken_away_as_what_it_is() {
    let world = World::new(Sqlite).await;
    world.say("ann", "bob", "a secret").await;
    world.say("ann", "bob", "another").await;
    let sql = Connection::open(world.path().join("nextim.sqlite3")).unwrap();
    sql.execute("UPDATE log SET body = 'a Secret' WHERE seq = 1", []).unwrap();
    let all = whole(&*world.store, world.site).await;
    assert_eq!(said(&all), [DAMAGED_BODY, "another"]);
    assert_eq!(logged(&all).iter().map(|logged| logged.is_damaged).collect::<Vec<_>>(), [true, false]);
    let entries = world.store.entries_after(world.site, 0, 10).await.unwrap().entries;
    assert_eq!(entry_bodies(&entries), said(&all), "as everywhere else");
}
