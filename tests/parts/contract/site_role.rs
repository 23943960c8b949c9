//! A site that keeps people, rooms and history itself: whom it names exists, its sessions list rooms, its rows pass.

use super::Backend;
use super::world::{NOW_MS, World, bodies, entry_bodies, new_site, refusal, room_id, user_id, with};
use nextim::chat::entry::{Addressee, Draft, Seq, To};
use nextim::chat::id::{SiteNumber, UserKey};
use nextim::chat::listed::{Listed, SiteCut};
use nextim::chat::refusal::Refusal;
use nextim::chat::room::Interval;
use nextim::chat::session::{Dialect, SessionNumber};
use nextim::chat::ticket::TicketDigest;
use nextim::store::{SessionRecord, Spoken};

const SESSION: SessionNumber = SessionNumber(77);

impl<B: Backend> World<B> {
    /// A site that has told nothing of its people.
    async fn plugin_site(&self) -> SiteNumber {
        self.store.ensure_site(new_site("plugin", false)).await.unwrap().0.number
    }

    async fn named(&self, site: SiteNumber, id: &str) -> UserKey {
        let spoken = Spoken { people: vec![(user_id(id), None)], ..Spoken::default() };
        site.user(self.store.introduce(site, spoken).await.unwrap().people[0].number)
    }

    /// The site says something for somebody at a time.
    async fn site_says(&self, site: SiteNumber, from: &str, to: To, body: &str, now_ms: u64) -> Seq {
        let from = nextim::chat::entry::Party { number: self.named(site, from).await.user, id: user_id(from) };
        let draft = self.draft("ann", "bob", body).await;
        let draft = Draft { site, from, to, by: nextim::chat::entry::Voice::Plugin, now_ms, ..draft };
        self.store.append(draft).await.unwrap().message.seq
    }
}

pub async fn whom_a_site_names_exists_and_has_the_name_it_says<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let site = world.plugin_site().await;
    let spoken = |nick: Option<&str>| Spoken {
        people: vec![(user_id("vid:8"), nick.map(str::to_owned)), (user_id("陈伟"), None)],
        rooms: vec![room_id("r/1")],
    };
    let known = world.store.introduce(site, spoken(Some("Guest"))).await.unwrap();
    let named: Vec<_> = known.people.iter().map(|profile| (profile.id.as_str(), &*profile.nick)).collect();
    assert_eq!(named, [("vid:8", "Guest"), ("陈伟", "陈伟")]);
    assert_eq!((known.rooms[0].id.as_str(), known.rooms[0].open), ("r/1", false));
    let again = world.store.introduce(site, spoken(None)).await.unwrap();
    assert_eq!(again.people, known.people, "the same people, under the same numbers and names");
    assert_eq!(again.rooms, known.rooms);
    let renamed = world.store.introduce(site, spoken(Some("Susan"))).await.unwrap();
    assert_eq!(&*renamed.people[0].nick, "Susan");
    assert!(world.store.member(world.site, user_id("vid:8")).await.unwrap().is_none(), "on that site alone");
}

pub async fn a_site_speaks_where_and_to_whom_it_likes<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let site = world.plugin_site().await;
    world.site_says(site, "zoe", To::User(user_id("yan")), "to somebody new", NOW_MS).await;
    world.site_says(site, "zoe", To::Room(room_id("r1")), "in a new room", NOW_MS).await;
    let yan = world.named(site, "yan").await;
    let inbox = world.store.addressed(yan, SESSION, None, 0, 10).await.unwrap();
    assert_eq!(entry_bodies(&inbox.entries), ["to somebody new"]);
    // A member has no such rights.
    let draft = Draft { to: To::Everyone, ..world.draft("ann", "bob", "all of you").await };
    assert_eq!(refusal(world.store.append(Draft { to: To::Room(room_id("r1")), ..draft }).await), Refusal::UnknownRoom);
}

/// Negative control: let `addressed` ask for memberships where a session lists, and nothing of the room comes.
pub async fn a_room_row_is_for_the_sessions_that_list_the_room<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let site = world.plugin_site().await;
    let rooms = Spoken { rooms: vec![room_id("r1"), room_id("r2")], ..Spoken::default() };
    let rooms = world.store.introduce(site, rooms).await.unwrap().rooms;
    let (r1, r2) = (rooms[0].number, rooms[1].number);
    for (room, body) in [("r1", "one"), ("r2", "two"), ("r1", "three"), ("r2", "four"), ("r1", "five")] {
        world.site_says(site, "zoe", To::Room(room_id(room)), body, NOW_MS).await;
    }
    let yan = world.named(site, "yan").await;
    let stretch = |after, through| Interval { after, through };
    let listed =
        Listed::default().with(vec![(r1, stretch(1, Some(3))), (r2, stretch(3, None)), (r1, stretch(4, None))]);
    let heard = world.store.addressed(yan, SESSION, Some(listed.clone()), 0, 10).await.unwrap();
    assert_eq!(entry_bodies(&heard.entries), ["three", "four", "five"]);
    let first = world.store.addressed(yan, SESSION, Some(listed.clone()), 0, 2).await.unwrap();
    assert_eq!((entry_bodies(&first.entries), first.more), (vec!["three", "four"], true));
    let rest = world.store.addressed(yan, SESSION, Some(listed), first.through, 2).await.unwrap();
    assert_eq!((entry_bodies(&rest.entries), rest.more), (vec!["five"], false));
    assert!(world.store.addressed(yan, SESSION, None, 0, 10).await.unwrap().entries.is_empty());
}

/// Negative control: leave the comparison of revisions out of `replace_listed`.
pub async fn what_sessions_list_outlives_the_process<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let ann = world.key("ann").await;
    let listed =
        Listed::default().with(vec![(nextim::chat::id::RoomNumber(3), Interval { after: 7, through: Some(9) })]);
    let record = |listed: Option<Listed>| SessionRecord {
        user: ann,
        number: SESSION,
        digest: TicketDigest([5; 32]),
        dialect: Dialect::D2Late,
        cursor: 0,
        strangers: vec![],
        listed,
        expires_at_ms: NOW_MS + 1,
    };
    world.store.save_sessions(vec![record(Some(listed))]).await.unwrap();
    let mut longer = Listed::from([nextim::chat::id::RoomNumber(4)], 12);
    longer.floor = 4;
    let before = longer.clone();
    longer.close(nextim::chat::id::RoomNumber(4), 14);
    for state in [&longer, &before] {
        // The later change comes first: the earlier one must not undo it.
        world.store.replace_listed(world.site, TicketDigest([5; 32]), state.clone()).await.unwrap();
    }
    world.store.replace_listed(world.site, TicketDigest([6; 32]), Listed::default()).await.unwrap();
    world.store.set_dialect(world.site, TicketDigest([5; 32]), Dialect::D3).await.unwrap();
    let world = world.reopened().await;
    let found = world.store.load_sessions(NOW_MS).await.unwrap();
    assert_eq!((found.len(), found[0].listed.as_ref(), found[0].dialect), (1, Some(&longer), Dialect::D3));
}

/// Negative control: let `site_cut` begin at the first row and an hour's messages come once more.
pub async fn a_session_begins_where_messages_are_young<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let site = world.plugin_site().await;
    let cut = |since_ms| world.store.cut(site, since_ms);
    assert_eq!(cut(NOW_MS).await.unwrap(), SiteCut { old: 0, head: 0 });
    for at in 0..40 {
        world.site_says(site, "zoe", To::User(user_id("yan")), "x", NOW_MS + at / 2 * 1_000).await;
    }
    for (since, old) in [(0, 0), (1, 0), (NOW_MS + 1, 2), (NOW_MS + 10_000, 20), (NOW_MS + 19_001, 40)] {
        assert_eq!(cut(since).await.unwrap(), SiteCut { old, head: 40 }, "{since}");
    }
}

/// What pages of the same person said or had before is not told to the next one again.
///
/// Negative control: leave `floor` or `opened` out of `addressed`.
pub async fn a_page_is_not_told_what_its_person_had_or_said<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let site = world.plugin_site().await;
    let rooms = Spoken { rooms: vec![room_id("r1")], ..Spoken::default() };
    let room = world.store.introduce(site, rooms).await.unwrap().rooms[0].number;
    let to_yan = || To::User(user_id("yan"));
    world.site_says(site, "zoe", to_yan(), "had", NOW_MS).await;
    world.site_says(site, "yan", To::User(user_id("zoe")), "said", NOW_MS).await;
    world.site_says(site, "yan", To::Room(room_id("r1")), "said there", NOW_MS).await;
    world.site_says(site, "zoe", To::Room(room_id("r1")), "heard there", NOW_MS).await;
    world.site_says(site, "zoe", to_yan(), "missed", NOW_MS).await;
    world.site_says(site, "yan", To::User(user_id("zoe")), "said on another page", NOW_MS).await;
    world.site_says(site, "yan", To::Room(room_id("r1")), "said there on another page", NOW_MS).await;
    let mut listed = Listed::default().with(vec![(room, Interval { after: 1, through: None })]);
    (listed.floor, listed.opened) = (3, 5);
    let told = world.store.addressed(world.named(site, "yan").await, SESSION, Some(listed), 0, 10).await.unwrap();
    let expected = ["heard there", "missed", "said on another page", "said there on another page"];
    assert_eq!(entry_bodies(&told.entries), expected);
}

/// Negative control: leave the noting out of `append`, and nothing is ever erased; let `forget` take all sites' rows, and ann's go.
pub async fn rows_of_a_site_that_keeps_them_itself_go_after_a_while<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    let site = world.plugin_site().await;
    world.say("ann", "bob", "stays").await;
    let stays = world.draft("ann", "bob", "said by a site that we keep").await;
    world.store.append(Draft { by: nextim::chat::entry::Voice::Plugin, ..stays }).await.unwrap();
    for at in 0..1_200 {
        world.site_says(site, "zoe", To::User(user_id("yan")), "x", NOW_MS + at).await;
    }
    let mut erased = 0;
    loop {
        let part = world.store.forget_passing(NOW_MS + 1_100).await.unwrap();
        assert!(part <= 500, "the writer has others to serve");
        if part == 0 {
            break;
        }
        erased += part;
    }
    assert_eq!(erased, 1_100);
    let yan = world.named(site, "yan").await;
    let left = world.store.addressed(yan, SESSION, None, 0, 1_000).await.unwrap();
    assert_eq!((left.entries.len(), left.through), (100, 1_200), "the head stays where it was");
    assert_eq!(world.history("bob", with("ann")).await, ["stays", "said by a site that we keep"]);
    assert_eq!(world.site_says(site, "zoe", To::User(user_id("yan")), "on", NOW_MS + 2_000).await, 1_201);
}

/// Negative control: leave `EVERYONE` out of `addressed`, `new_messages` or `BETWEEN`, one at a time.
pub async fn what_is_said_to_everybody_is_one_row_for_each<B: Backend>(backend: B) {
    let world = World::new(backend).await;
    world.say("ann", "bob", "before").await;
    world.deliver("bob", 1).await;
    let all = world.draft("ann", "bob", "to all").await;
    let stored =
        world.store.append(Draft { to: To::Everyone, by: nextim::chat::entry::Voice::Plugin, ..all }).await.unwrap();
    assert_eq!(stored.message.to, Addressee::Everyone);
    assert_eq!(world.log(10).await, [1, 2], "one row");
    assert!(world.stream("ann", SESSION, 1, 10).await.is_empty(), "not to its sender");
    assert!(world.page("ann", 1).await.new_messages.is_empty());
    for who in ["bob", "cid", "dan"] {
        let entries = world.stream(who, SESSION, 1, 10).await;
        assert_eq!(entry_bodies(&entries), ["to all"], "{who}");
    }
    assert_eq!(bodies(&world.page("bob", 1).await.new_messages), ["to all"]);
    assert_eq!(bodies(&world.page("dan", 0).await.new_messages), [""; 0], "who was never here has missed nothing");
    assert_eq!(world.history("bob", with("ann")).await, ["before", "to all"]);
    assert_eq!(world.history("cid", with("ann")).await, ["to all"]);
    assert!(world.history("cid", with("bob")).await.is_empty(), "it was ann who said it");
}
