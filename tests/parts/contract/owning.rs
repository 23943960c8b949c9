//! What belongs to a site, and to a person: keys that follow one another, settings, and an end after which nothing is left.

use super::Backend;
use super::sqlite::Sqlite;
use super::world::{
    NO_SESSION, NOW_MS, World, entry_bodies, friends, in_room, new_site, refusal, room, room_id, to, user, user_id,
    with,
};
use nextim::chat::entry::{Addressee, DAMAGED_BODY, Draft, Entry, Party, SeatChange, Seq, SharedEntry, Voice};
use nextim::chat::id::{RoomNumber, SiteNumber, UserKey, UserNumber};
use nextim::chat::notification::Notice;
use nextim::chat::password::PasswordHash;
use nextim::chat::refusal::Refusal;
use nextim::chat::search::{Search, Terms};
use nextim::chat::session::{Dialect, SessionNumber};
use nextim::chat::settings::Settings;
use nextim::chat::site::{KeyDigest, KeyKind, Site, SiteOptions};
use nextim::chat::ticket::TicketDigest;
use nextim::chat::user::Profile;
use nextim::store::{PageQuery, SessionRecord, SiteChange, Store, StoreError};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A visitor's id.
pub const VISITOR: &str = "vid:1a2b";

async fn change<B: Backend>(world: &World<B>, change: SiteChange) -> Site {
    world.store.change_site(world.site, change).await.expect("a change")
}

fn secrets(site: &Site) -> Vec<&str> {
    site.token_secrets.iter().map(|secret| &**secret).collect()
}

/// Negative controls: let a key be as new as the clock says; order keys by what they are; keep three; retire the newest.
pub async fn two_keys_of_a_kind_are_good_the_newest_first<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let token = |value: &str, now_ms| SiteChange::AddKey { kind: KeyKind::Token, value: value.into(), now_ms };
    let server = |key: &str| {
        let value = KeyDigest::of(key).0.to_vec();
        SiteChange::AddKey { kind: KeyKind::Server, value, now_ms: NOW_MS }
    };
    let servers = |site: &Site| ["one", "two", "three"].map(|key| site.is_server_key(key));
    assert_eq!(secrets(&change(&world, token("z second", NOW_MS + 5)).await), ["z second", "site"]);
    // The clock was set back.
    assert_eq!(secrets(&change(&world, token("a third", NOW_MS - 5)).await), ["a third", "z second"]);
    assert_eq!(servers(&change(&world, server("one")).await), [true, false, false]);
    assert_eq!(servers(&change(&world, server("two")).await), [true, true, false]);
    assert_eq!(servers(&change(&world, server("three")).await), [false, true, true]);
    let (other, _) = world.store.ensure_site(new_site("other", true)).await.unwrap();
    let world = world.reopened().await;
    let retired = change(&world, SiteChange::RetireKeys(KeyKind::Token)).await;
    assert_eq!((secrets(&retired), servers(&retired)), (vec!["a third"], [false, true, true]), "each kind for itself");
    let retired = change(&world, SiteChange::RetireKeys(KeyKind::Server)).await;
    assert_eq!((secrets(&retired), servers(&retired)), (vec!["a third"], [false, false, true]));
    assert!(change(&world, SiteChange::RetireKeys(KeyKind::Token)).await == retired, "the last key stays");
    let world = world.reopened().await;
    assert!(world.store.sites().await.unwrap() == [retired, other], "and the other site has its own");
    let nobody = world.store.change_site(SiteNumber(900), SiteChange::RetireKeys(KeyKind::Token)).await;
    assert!(matches!(nobody, Err(StoreError::Refused(Refusal::UnknownSite))));
}

/// Negative control: keep settings or `suspended` in memory alone, or lay new settings over the old ones.
pub async fn settings_and_suspension_outlive_the_process<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let options = SiteOptions {
        origins: vec!["https://a.example".into(), "http://localhost:8080".into()],
        public_url: Some("https://im.a.example/x".into()),
        guests: true,
        easy_tokens: false,
        jsonp: false,
        site_api: vec!["5".into()],
        retention_days: 30,
        legacy_redelivery_ms: 5_000,
        old_client: vec!["/a.css".into(), "/b.js".into()],
        ..SiteOptions::default()
    };
    assert_eq!(change(&world, SiteChange::Options(Box::new(options.clone()))).await.options, options);
    world.say("ann", "anybody", "the directory is not complete any more").await;
    let suspended = change(&world, SiteChange::Suspended(true)).await;
    assert!(suspended.suspended && suspended.options == options);
    let world = world.reopened().await;
    assert!(world.store.sites().await.unwrap() == [suspended.clone()]);
    let (again, is_new) = world.store.ensure_site(new_site("Site", true)).await.unwrap();
    assert!(!is_new && again == suspended, "a site that exists is given as it is");
    let complete = SiteOptions { directory_complete: true, ..SiteOptions::default() };
    assert_eq!(
        change(&world, SiteChange::Options(Box::new(complete.clone()))).await.options,
        complete,
        "what is not said is usual"
    );
    assert_eq!(refusal(world.try_say("ann", "nobody", "x").await), Refusal::UnknownUser);
    let resumed = change(&world, SiteChange::Suspended(false)).await;
    let world = world.reopened().await;
    assert!(world.store.sites().await.unwrap() == [resumed.clone()] && !resumed.suspended);
}

fn session(user: UserKey, digest: u8) -> SessionRecord {
    SessionRecord {
        user,
        number: SessionNumber(u64::from(digest)),
        digest: TicketDigest([digest; 32]),
        dialect: Dialect::Native,
        cursor: 1,
        strangers: vec![UserNumber(1)],
        listed: None,
        expires_at_ms: 2 * NOW_MS,
    }
}

/// Settings, a notification and a session.
pub async fn furnish(store: &dyn Store, user: UserKey, id: &str, digest: u8) {
    let settings = Settings(BTreeMap::from([("theme".to_owned(), format!("{digest}"))]));
    store.merge_settings(user, settings).await.unwrap();
    let notice = Notice::checked("Board", "Come and see", "/board").expect("a notice");
    assert_eq!(store.notify(user.site, vec![user_id(id)], notice, NOW_MS).await.unwrap(), 1);
    store.save_sessions(vec![session(user, digest)]).await.unwrap();
}

/// Somebody of any site says something.
pub async fn say_on<B: Backend>(world: &World<B>, site: SiteNumber, from: (u32, &str), to_whom: &str, by: Voice) {
    let from = Party { number: UserNumber(from.0), id: user_id(from.1) };
    let draft = Draft { site, from, to: to(to_whom), by, ..world.draft("ann", "bob", "here").await };
    world.store.append(draft).await.unwrap();
}

/// One of everything that a site can have: ann is 1, bob 2, cid 3.
pub async fn fill<B: Backend>(world: &World<B>, site: SiteNumber) {
    let store = &*world.store;
    let people = ["ann", "bob", "cid"].map(user).into_iter();
    let changes = people.chain([room("room1"), friends("ann", "crew", "bob", "crew")]);
    store.change_directory(site, changes.collect()).await.unwrap();
    for (id, change) in [("ann", SeatChange::Joined), ("bob", SeatChange::Joined), ("bob", SeatChange::Blocked)] {
        store.change_seat(site, user_id(id), room_id("room1"), change, NOW_MS).await.unwrap();
    }
    for (number, id, to_whom) in [(1, "ann", "bob"), (2, "bob", "ann"), (1, "ann", "room1"), (3, "cid", "ann")] {
        say_on(world, site, (number, id), to_whom, Voice::Member).await;
    }
    say_on(world, site, (3, "cid"), "bob", Voice::Plugin).await; // kept until it is delivered
    let (ann, bob) = (site.user(UserNumber(1)), site.user(UserNumber(2)));
    store.mark_read(ann, with("bob"), 1_000).await.unwrap();
    store.clear(bob, with("cid"), 1_000).await.unwrap();
    furnish(store, ann, "ann", 7).await;
    furnish(store, bob, "bob", 8).await;
    assert!(store.add_account(ann, PasswordHash::stored("a hash"), NOW_MS).await.unwrap());
    let change = SiteChange::AddKey { kind: KeyKind::Server, value: KeyDigest::of("key").0.to_vec(), now_ms: NOW_MS };
    store.change_site(site, change).await.unwrap();
    store
        .change_site(site, SiteChange::Options(Box::new(SiteOptions { guests: true, ..SiteOptions::default() })))
        .await
        .unwrap();
}

/// Everything that can be read of a site.
pub async fn dump(store: &dyn Store, site: SiteNumber) -> String {
    let ids = || ["ann", "bob", "cid", "dan", VISITOR].map(user_id).to_vec();
    let numbers = || (1..=6).map(UserNumber).collect::<Vec<_>>();
    let mut text = String::new();
    writeln!(text, "{:#?}", store.entries_after(site, 0, 10_000).await).unwrap();
    writeln!(text, "{:#?}", store.cut(site, 0).await).unwrap();
    writeln!(text, "{:#?}", store.members_by_number(site, numbers()).await).unwrap();
    writeln!(text, "{:#?}", store.room_ids(site, vec![RoomNumber(1), RoomNumber(2)]).await).unwrap();
    writeln!(text, "{:#?}", store.room(site, room_id("room1")).await).unwrap();
    writeln!(text, "{:#?}", store.users_after(site, UserNumber(0), 100).await).unwrap();
    writeln!(text, "{:#?}", store.rooms_after(site, RoomNumber(0), 100).await).unwrap();
    writeln!(text, "{:#?}", store.seats_after(site, RoomNumber(1), UserNumber(0), 100).await).unwrap();
    writeln!(text, "{:#?}", store.accounts_after(site, UserNumber(0), 100).await).unwrap();
    for id in ids() {
        writeln!(text, "{:#?}", store.member(site, id.clone()).await).unwrap();
        writeln!(text, "{:#?}", store.account(site, id).await).unwrap();
    }
    for me in numbers().into_iter().map(|number| site.user(number)) {
        let (windows, strangers, rooms) = (ids(), ids(), vec![room_id("room1")]);
        let query = PageQuery { user: me, delivered: 0, windows, rooms, strangers, unread: Some(0) };
        writeln!(text, "{:#?}", store.page(query).await).unwrap();
        writeln!(text, "{:#?}", store.addressed(me, NO_SESSION, None, 0, 1_000).await).unwrap();
        let of = ids().into_iter().map(|id| with(id.as_str())).chain([in_room("room1"), in_room("room2")]);
        writeln!(text, "{:#?}", store.histories(me, of.collect(), None, 30).await).unwrap();
        let terms = Terms::parse("e").expect("a term");
        writeln!(text, "{:#?}", store.search(me, Search { terms, only: None, before: None, limit: 100 }).await)
            .unwrap();
        writeln!(text, "{:#?}", store.people(me, ids()).await).unwrap();
        writeln!(text, "{:#?}", store.people_by_number(me, numbers()).await).unwrap();
        writeln!(text, "{:#?}", store.people_named(me, "ann".into(), "n".into(), 100).await).unwrap();
        writeln!(text, "{:#?}", store.memberships(me, None).await).unwrap();
        writeln!(text, "{:#?}", store.room_members(me, room_id("room1"), 100).await).unwrap();
        writeln!(text, "{:#?}", store.settings(me).await).unwrap();
        writeln!(text, "{:#?}", store.notifications(me).await).unwrap();
    }
    let heads = store.heads().await.unwrap();
    writeln!(text, "{:?}", heads.iter().filter(|(of, _)| *of == site).map(|(_, head)| head).collect::<Vec<_>>())
        .unwrap();
    let sessions = store.load_sessions(NOW_MS).await.unwrap();
    writeln!(text, "{:#?}", sessions.iter().filter(|record| record.user.site == site).collect::<Vec<_>>()).unwrap();
    text
}

/// Where two dumps differ.
pub fn first_difference(before: &str, after: &str) -> String {
    format!("{:?}", before.lines().zip(after.lines()).enumerate().find(|(_, (one, other))| one != other))
}

pub async fn remove(store: &dyn Store, site: SiteNumber) {
    while store.erase_site(site).await.expect("a part is erased") {}
}

/// Negative control: give the next number after those that there are, or leave a table out of the erasure.
pub async fn nothing_is_left_of_a_site_that_was_removed<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let store = &*world.store;
    let (red, _) = store.ensure_site(new_site("red", false)).await.unwrap();
    fill(&world, red.number).await;
    let never = dump(store, SiteNumber(900)).await;
    assert!(dump(store, red.number).await.len() > never.len() + 10_000, "the dump shows too little to prove anything");
    remove(store, red.number).await;
    let left = dump(store, red.number).await;
    assert!(left == never, "{}", first_difference(&never, &left));
    assert!(world.backend.seen_from_outside(world.path(), red.number).await.is_empty());
    assert_eq!(store.sites().await.unwrap().iter().map(|site| site.number).collect::<Vec<_>>(), [world.site]);
    remove(store, red.number).await; // what is gone can be removed
    let (again, is_new) = store.ensure_site(new_site("red", false)).await.unwrap();
    assert!(is_new && again.number > red.number, "the number of a removed site is given again");
    fill(&world, again.number).await;
    remove(store, again.number).await;
    let world = world.reopened().await;
    let (third, _) = world.store.ensure_site(new_site("red", false)).await.unwrap();
    assert!(third.number > again.number, "nor by a process that starts later");
    assert!(world.store.users_after(third.number, UserNumber(0), 10).await.unwrap().is_empty());
    world.say("ann", "bob", "life goes on").await;
}

/// Tables that no read shows are among them. Negative control: leave one out of `erase::TABLES`.
#[tokio::test]
async fn no_table_has_a_row_of_a_site_that_was_removed() {
    let world = World::new(Sqlite).await;
    let (red, _) = world.store.ensure_site(new_site("red", false)).await.unwrap();
    fill(&world, red.number).await;
    let sql = Connection::open(world.path().join("nextim.sqlite3")).unwrap();
    let block = "INSERT INTO user_blocks (site, user, peer, after) VALUES (?1, 1, 2, 1)";
    sql.execute(block, [red.number.0]).unwrap();
    let tables = "SELECT t.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c ON c.name = 'site' \
         WHERE t.type = 'table' AND t.name NOT IN ('heartbeat', 'removed_sites')";
    let mut tables = sql.prepare(tables).unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let count = |table: &String| -> i64 {
        let count = format!("SELECT count(*) FROM {table} WHERE site = ?1");
        sql.query_row(&count, [red.number.0], |row| row.get(0)).unwrap()
    };
    for table in &tables {
        assert!(count(table) > 0, "{table} was not filled");
    }
    assert!(tables.len() >= 15, "only {tables:?}");
    remove(&*world.store, red.number).await;
    for table in &tables {
        assert_eq!(count(table), 0, "{table}");
    }
    let is_there = "SELECT count(*) FROM sites WHERE number = ?1";
    assert_eq!(sql.query_row(is_there, [red.number.0], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

/// The whole log.
pub async fn entries<B: Backend>(world: &World<B>) -> Vec<SharedEntry> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let stretch = world.store.entries_after(world.site, after, 1_000).await.unwrap();
        all.extend(stretch.entries);
        after = stretch.through;
        if !stretch.more {
            return all;
        }
    }
}

/// Whether an entry is by somebody, or for them alone.
fn is_of(entry: &Entry, user: UserNumber) -> bool {
    match entry {
        Entry::Message(message) => {
            let is_to = matches!(&message.to, Addressee::User(to) if to.number == user);
            message.from.number == user || is_to
        }
        Entry::Seat(seat) => seat.user.number == user,
    }
}

pub fn profile_ids(profiles: &[Profile]) -> Vec<&str> {
    profiles.iter().map(|profile| profile.id.as_str()).collect()
}

/// 5,003 rows, of which 2,502 are not dan's.
async fn talk<B: Backend>(world: &World<B>) {
    let changes = vec![friends("dan", "crew", "bob", "crew"), friends("bob", "crew", "cid", "crew")];
    world.store.change_directory(world.site, changes).await.unwrap();
    for id in ["dan", "bob", "cid"] {
        world.join(id, "room1").await;
    }
    for _ in 0..5 {
        let all = [
            ("bob", "cid", 400),
            ("dan", "bob", 200),
            ("bob", "dan", 200),
            ("dan", "room1", 100),
            ("cid", "room1", 100),
        ];
        for (from, to, count) in all {
            world.say_many(from, to, count).await;
        }
    }
}

/// Negative controls: erase what was said and not what was heard; leave `all_count` as it is; give the next number after those that
/// there are.
pub async fn nothing_is_left_of_a_person_who_was_erased<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    talk(&world).await;
    let store = &*world.store;
    let (dan, bob, cid) = (world.key("dan").await, world.key("bob").await, world.key("cid").await);
    furnish(store, dan, "dan", 7).await;
    furnish(store, bob, "bob", 8).await;
    store.mark_read(dan, with("bob"), 1_000).await.unwrap();
    store.mark_read(bob, with("dan"), 1_000).await.unwrap();
    let others: Vec<SharedEntry> = entries(&world).await.into_iter().filter(|entry| !is_of(entry, dan.user)).collect();
    assert_eq!(others.len(), 2_502);
    let (mut after, mut parts) = (0, 0);
    while let Some(through) = store.erase_user(dan, after).await.unwrap() {
        assert!(through > after, "no progress at {after}");
        (after, parts) = (through, parts + 1);
        if parts < 3 {
            world.say("bob", "cid", "meanwhile").await;
        }
    }
    assert!(parts > 1, "5,003 rows in one write");
    let left = entries(&world).await;
    assert!(left[..others.len()] == others[..], "others' rows are not as they were");
    assert_eq!(entry_bodies(&left[others.len()..]), vec!["meanwhile"; parts.min(2)]);
    assert!(store.settings(dan).await.unwrap().0.is_empty() && store.notifications(dan).await.unwrap().is_empty());
    let sessions = store.load_sessions(NOW_MS).await.unwrap();
    assert_eq!(sessions.iter().map(|record| record.user).collect::<Vec<_>>(), [bob]);
    assert_eq!((store.settings(bob).await.unwrap().0.len(), store.notifications(bob).await.unwrap().len()), (1, 1));
    assert_eq!(&*world.member("bob").await.buddies, [cid.user], "he has his other friend");
    let world = nobody_finds_dan(world, bob, dan).await;
    world.store.change_directory(world.site, vec![user("eve"), user("dan")]).await.unwrap();
    let numbers = [world.key("eve").await.user, world.key("dan").await.user];
    assert!(numbers.iter().all(|number| *number > dan.user), "{numbers:?} were somebody's");
    assert!(world.history("bob", with("dan")).await.is_empty(), "another dan");
    assert!(unread(&world, "dan").await.is_empty());
}

async fn nobody_finds_dan<B: Backend>(world: World<B>, bob: UserKey, dan: UserKey) -> World<B> {
    let world = world.reopened().await;
    let (store, site) = (&*world.store, world.site);
    assert!(store.member(site, user_id("dan")).await.unwrap().is_none());
    assert!(store.members_by_number(site, vec![dan.user]).await.unwrap().is_empty());
    assert!(store.people(bob, vec![user_id("dan")]).await.unwrap().is_empty());
    assert!(store.people_named(bob, "dan".into(), "dan".into(), 10).await.unwrap().is_empty());
    assert_eq!(profile_ids(&store.users_after(site, UserNumber(0), 10).await.unwrap()), ["ann", "bob", "cid"]);
    let (room, members) = store.room_members(bob, room_id("room1"), 10).await.unwrap().expect("bob is in it");
    assert_eq!((room.all_count, profile_ids(&members)), (2, vec!["bob", "cid"]));
    assert_eq!(profile_ids(&store.seats_after(site, room.number, UserNumber(0), 10).await.unwrap()), ["bob", "cid"]);
    assert!(world.history("bob", with("dan")).await.is_empty());
    let in_room1 = store.histories(bob, vec![in_room("room1")], None, 200).await.unwrap();
    assert!(
        in_room1[0].messages.len() == 200 && in_room1[0].messages.iter().all(|said| said.from.id == user_id("cid"))
    );
    let heard = world.stream("bob", NO_SESSION, 0, 400).await;
    assert!(heard.len() > 2_500 && !heard.iter().any(|entry| is_of(entry, dan.user)));
    assert!(!unread(&world, "bob").await.iter().any(|(id, _, _)| id == "dan"));
    assert_eq!(refusal(world.try_say("bob", "dan", "x").await), Refusal::UnknownUser);
    assert!(!entries(&world).await.iter().any(|entry| is_damaged(entry)));
    world
}

fn is_damaged(entry: &Entry) -> bool {
    entry.message().is_some_and(|message| &*message.body == DAMAGED_BODY)
}

/// Ids, counts and marks, the newest conversation first.
pub async fn unread<B: Backend>(world: &World<B>, id: &str) -> Vec<(String, usize, Seq)> {
    let (user, windows, rooms, strangers) = (world.key(id).await, vec![], vec![], vec![]);
    let query = PageQuery { user, delivered: 0, windows, rooms, strangers, unread: Some(0) };
    let all = world.store.page(query).await.unwrap().unread;
    all.into_iter().map(|one| (one.conversation.id().to_owned(), one.count, one.read)).collect()
}

pub fn row(id: &str, count: usize, read: Seq) -> (String, usize, Seq) {
    (id.into(), count, read)
}
