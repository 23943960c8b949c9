//! Two sites on one store, with the same ids, numbers, seqs and cids everywhere: the case in which anything that forgets the
//! site shows.

use super::Backend;
use super::world::{NOW_MS, World, friends, in_room, new_site, refusal, room, room_id, user, user_id, with};
use nextim::chat::entry::{Draft, Party, SeatChange, To};
use nextim::chat::id::{SiteNumber, UserNumber};
use nextim::chat::presence::{Mood, Show};
use nextim::chat::refusal::Refusal;
use nextim::chat::search::{Search, Terms};
use nextim::chat::session::{Dialect, SessionNumber};
use nextim::chat::settings::Settings;
use nextim::chat::ticket::TicketDigest;
use nextim::store::{CursorMove, DirectoryChange, PageQuery, SessionRecord, Store};
use std::collections::BTreeMap;
use std::fmt::Write;

const DIGEST: TicketDigest = TicketDigest([7; 32]);
const SESSION: SessionNumber = SessionNumber(11);

async fn say(store: &dyn Store, site: SiteNumber, canary: &str, from: &str, to: To, what: &str) {
    let member = store.member(site, user_id(from)).await.unwrap().unwrap();
    let draft = Draft {
        site,
        from: Party { number: member.profile.number, id: member.profile.id },
        nick: format!("{canary} nick").into(),
        to,
        style: format!("color: {canary}").into(),
        body: format!("{canary} {what}").into(),
        origin: Some(SessionNumber(5)),
        by: nextim::chat::entry::Voice::Member,
        cid: Some(what.into()),
        now_ms: NOW_MS,
    };
    assert!(!store.append(draft).await.unwrap().repeated, "a cid of the other site counted here");
}

/// Fills a site with `canary` in every text that is not an id.
async fn fill(store: &dyn Store, site: SiteNumber, canary: &str) {
    let mut changes = Vec::new();
    for id in ["ann", "bob", "cid"] {
        let text = |what: &str| format!("{canary} {what}");
        changes.push(DirectoryChange::User {
            id: user_id(id),
            nick: text("nick"),
            picture_url: text("picture"),
            url: text("url"),
        });
    }
    let (group, nick) = (format!("{canary} group"), format!("{canary} room"));
    changes.push(friends("ann", &group, "bob", &group));
    let (picture_url, url) = (nick.clone(), nick.clone());
    changes.push(DirectoryChange::Room { id: room_id("room1"), nick, picture_url, url, open: true });
    store.change_directory(site, changes).await.unwrap();
    for id in ["ann", "bob"] {
        store.change_seat(site, user_id(id), room_id("room1"), SeatChange::Joined, NOW_MS).await.unwrap();
    }
    for what in ["one", "two", "three"] {
        say(store, site, canary, "ann", To::User(user_id("bob")), &format!("ann {what}")).await;
        say(store, site, canary, "bob", To::User(user_id("ann")), &format!("bob {what}")).await;
        say(store, site, canary, "cid", To::User(user_id("ann")), &format!("cid {what}")).await;
        say(store, site, canary, "bob", To::Room(room_id("room1")), &format!("room {what}")).await;
    }
    let ann = site.user(UserNumber(1));
    let settings = BTreeMap::from([("theme".to_owned(), format!("\"{canary}\""))]);
    store.merge_settings(ann, Settings(settings)).await.unwrap();
    let mood = Mood { show: Show::Away, status: format!("{canary} status").into(), status_at_ms: 1 };
    store.save_mood(site.user(UserNumber(2)), mood).await.unwrap();
    let record = SessionRecord {
        user: ann,
        number: SESSION,
        digest: DIGEST,
        dialect: Dialect::D2,
        cursor: 1,
        strangers: vec![UserNumber(3)],
        listed: None,
        expires_at_ms: u64::from(site.0) + NOW_MS * 2,
    };
    store.save_sessions(vec![record]).await.unwrap();
}

/// Everything that can be read of a site, through every method that reads.
async fn dump(store: &dyn Store, site: SiteNumber) -> String {
    let ids = || vec![user_id("ann"), user_id("bob"), user_id("cid")];
    let numbers = || vec![UserNumber(1), UserNumber(2), UserNumber(3)];
    let mut text = String::new();
    writeln!(text, "{:#?}", store.entries_after(site, 0, 1_000).await.unwrap()).unwrap();
    writeln!(text, "{:#?}", store.members_by_number(site, numbers()).await.unwrap()).unwrap();
    writeln!(text, "{:#?}", store.room(site, room_id("room1")).await.unwrap()).unwrap();
    for number in numbers() {
        let me = site.user(number);
        let (windows, strangers, rooms) = (ids(), ids(), vec![room_id("room1")]);
        let query = PageQuery { user: me, delivered: 0, windows, rooms, strangers, unread: Some(0) };
        let of = vec![with("ann"), with("bob"), with("cid"), in_room("room1")];
        writeln!(text, "{:#?}", store.page(query).await.unwrap()).unwrap();
        writeln!(text, "{:#?}", store.addressed(me, SESSION, None, 0, 1_000).await.unwrap()).unwrap();
        writeln!(text, "{:#?}", store.histories(me, of, None, 100).await.unwrap()).unwrap();
        writeln!(text, "{:#?}", store.histories(me, vec![with("bob")], Some(9), 2).await.unwrap()).unwrap();
        for only in [None, Some(with("bob")), Some(in_room("room1"))] {
            let terms = Terms::parse("o e").unwrap(); // in "one" and "room three", not in "two"
            let search = Search { terms, only, before: None, limit: 100 };
            writeln!(text, "{:#?}", store.search(me, search).await.unwrap()).unwrap();
        }
        writeln!(text, "{:#?}", store.people(me, ids()).await.unwrap()).unwrap();
        writeln!(text, "{:#?}", store.people_by_number(me, numbers()).await.unwrap()).unwrap();
        writeln!(text, "{:#?}", store.memberships(me, None).await.unwrap()).unwrap();
        writeln!(text, "{:#?}", store.memberships(me, Some(vec![room_id("room1")])).await.unwrap()).unwrap();
        writeln!(text, "{:#?}", store.room_members(me, room_id("room1"), 100).await.unwrap()).unwrap();
        writeln!(text, "{:#?}", store.settings(me).await.unwrap()).unwrap();
    }
    for id in ids() {
        writeln!(text, "{:#?}", store.member(site, id).await.unwrap()).unwrap();
    }
    let heads = store.heads().await.unwrap();
    writeln!(text, "{:?}", heads.iter().find(|(of, _)| *of == site)).unwrap();
    let sessions = store.load_sessions(NOW_MS).await.unwrap();
    writeln!(text, "{:?}", sessions.iter().filter(|record| record.user.site == site).collect::<Vec<_>>()).unwrap();
    text
}

async fn two_sites<B: Backend>(backend: B) -> (World<B>, SiteNumber, SiteNumber) {
    let world = World::new(backend).await;
    let (red, _) = world.store.ensure_site(new_site("red", true)).await.unwrap();
    let (blue, _) = world.store.ensure_site(new_site("blue", true)).await.unwrap();
    fill(&*world.store, red.number, "RED").await;
    fill(&*world.store, blue.number, "BLUE").await;
    (world, red.number, blue.number)
}

pub async fn two_sites_never_see_each_other<B: Backend>(backend: B) {
    let (world, red, blue) = two_sites(backend).await;
    for (site, own, foreign) in [(red, "RED", "BLUE"), (blue, "BLUE", "RED")] {
        let all = dump(&*world.store, site).await;
        assert_eq!(all.matches(foreign).count(), 0, "{foreign} is to be seen at {own}");
        assert!(all.matches(own).count() > 300, "the dump of {own} shows too little to prove anything");
    }
    let observed = world.observed.lock().unwrap();
    for (site, entries) in observed.iter() {
        for message in entries.iter().filter_map(|entry| entry.message()) {
            let canary = if *site == red { "RED" } else { "BLUE" };
            assert!(message.body.starts_with(canary), "the observer was told {:?} of site {site:?}", message.body);
        }
    }
}

pub async fn what_one_site_does_leaves_the_other_as_it_was<B: Backend>(backend: B) {
    let (world, red, blue) = two_sites(backend).await;
    let store = &*world.store;
    let before = dump(store, blue).await;
    let (ann, bob) = (red.user(UserNumber(1)), red.user(UserNumber(2)));
    let all = |user| CursorMove { user, digest: DIGEST, cursor: 1_000, is_read: true };
    store.move_cursors(vec![all(ann), all(bob)]).await.unwrap();
    for (user, of) in [(ann, with("bob")), (ann, with("cid")), (bob, with("ann")), (bob, in_room("room1"))] {
        assert!(store.mark_read(user, of, 1_000).await.unwrap().is_some());
    }
    store.replace_strangers(red, DIGEST, vec![UserNumber(2)]).await.unwrap();
    store.clear(ann, with("bob"), 1_000).await.unwrap();
    store.clear(bob, with("ann"), 1_000).await.unwrap();
    store.clear(ann, in_room("room1"), 1_000).await.unwrap();
    for change in [SeatChange::Blocked, SeatChange::Left] {
        store.change_seat(red, user_id("bob"), room_id("room1"), change, NOW_MS).await.unwrap();
    }
    let changes = vec![user("ann"), user("dan"), room("room1"), friends("bob", "x", "cid", "y")];
    store.change_directory(red, changes).await.unwrap();
    store.save_mood(ann, Mood { show: Show::Dnd, ..Mood::default() }).await.unwrap();
    store.merge_settings(ann, Settings(BTreeMap::from([("theme".into(), "1".into())]))).await.unwrap();
    store.end_sessions(vec![(red, DIGEST)]).await.unwrap();
    say(store, red, "RED", "ann", To::User(user_id("cid")), "last").await;
    let after = dump(store, blue).await;
    assert!(before == after, "{}", first_difference(&before, &after));
    assert_ne!(dump(store, red).await.matches("RED").count(), before.matches("BLUE").count(), "nothing was done");
}

fn first_difference(before: &str, after: &str) -> String {
    let differs = before.lines().zip(after.lines()).enumerate().find(|(_, (a, b))| a != b);
    format!("the other site has changed: {differs:?}")
}

pub async fn a_site_is_made_once<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let (first, is_new) = world.store.ensure_site(new_site("red", true)).await.unwrap();
    assert!(
        is_new && first.options.directory_complete && &*first.name == "red" && *first.token_secrets == ["red".into()]
    );
    let again = nextim::store::NewSite { epoch: "another".into(), ..new_site("red", false) };
    let (second, is_new) = world.store.ensure_site(again).await.unwrap();
    assert!(!is_new && second == first, "a site that exists is given as it is");
    let names: Vec<String> = world.store.sites().await.unwrap().iter().map(|site| site.name.to_string()).collect();
    assert_eq!(names, ["site", "red"]);
    assert_eq!(refusal(world.try_say("ann", "nobody", "x").await), Refusal::UnknownUser);
}
