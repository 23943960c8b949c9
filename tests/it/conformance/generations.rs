//! Members with clients of all generations, and pages of sites that drive this server by its API, in one conversation: each
//! sees every line once, and nobody's page dies.
//!
//! Negative controls, each seen to fail here: `THIRD` with the words of `FIRST`; lists left out of packets when they are
//! empty; answers to scripts without the page filter; the bare `ok` for those that parse JSON; `Seat::blocked` that is not
//! looked at.

use crate::support::clients::plugin::{Plugin, Version};
use crate::support::clients::site::Site;
use crate::support::clients::{Generation, Opening, Page, Web};
use crate::support::{Server, hasty};
use nextim::live::Times;
use std::sync::Arc;
use std::time::Duration;

/// Whether pages of plugin sites take part.
const PLUGINS: bool = true;

const MEMBERS: [(&str, Generation, bool); 4] = [
    ("susan", Generation::G1, true),
    ("jack", Generation::G2, true),
    ("mary", Generation::G3, false),
    ("josh", Generation::G3, true),
];
const GUESTS: [(&str, Version, Generation); 2] =
    [("ruby", Version::V3, Generation::G2), ("vid:8f3a", Version::V5, Generation::G3)];

/// After these somebody who is gone is offline.
const GRACES: Duration = Duration::from_secs(3);

/// Everybody in the scene, by id.
struct Cast(Vec<(&'static str, Arc<Page>)>);

impl Cast {
    async fn gather(server: &Server) -> Self {
        let all: Vec<&str> = MEMBERS.iter().map(|(id, ..)| *id).chain(GUESTS.iter().map(|(id, ..)| *id)).collect();
        let mut cast = Vec::new();
        for (id, generation, polls_by_script) in MEMBERS {
            let windows: Vec<&str> = all.iter().copied().filter(|other| *other != id).collect();
            let windows = if PLUGINS { &windows[..] } else { &windows[..3] };
            let opening = Opening { windows, rooms: &["room1"], strangers: &[], polls_by_script, ..Opening::BARE };
            let page = Page::of(server.address, generation, id, &opening).await;
            page.looks_at(true, "room1").await;
            cast.push((id, page));
        }
        let people: Vec<(&str, &str)> = all.iter().map(|id| (*id, *id)).collect();
        for (id, version, generation) in GUESTS.into_iter().filter(|_| PLUGINS) {
            let site = Site::new(Plugin::new(server.address, version), people.clone(), vec!["room1"]);
            let windows: Vec<&str> = all.iter().copied().filter(|other| *other != id).collect();
            let opening = Opening { windows: &windows, rooms: &["room1"], ..Opening::BARE };
            cast.push((id, Page::open(Web::Theirs(site.desk(generation, id)), &opening).await));
        }
        for (_, page) in &cast {
            page.until("a first packet", |screen| screen.packets > 0).await;
        }
        Self(cast)
    }

    fn page(&self, id: &str) -> &Arc<Page> {
        let found = self.0.iter().find(|(known, _)| *known == id);
        &found.unwrap_or_else(|| panic!("{id} is not here")).1
    }

    fn others<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a (&'static str, Arc<Page>)> {
        self.0.iter().filter(move |(other, _)| *other != id)
    }

    /// Somebody says something in the room, and these see it.
    async fn says_in_room(&self, who: &str, body: &str, seen_by: &[&str]) {
        self.page(who).says(true, "room1", body).await;
        for id in seen_by {
            self.page(id).until(body, |screen| screen.lines("r_room1").iter().any(|line| line == body)).await;
        }
    }

    fn ids(&self) -> Vec<&'static str> {
        self.0.iter().map(|(id, _)| *id).collect()
    }

    fn assert_alive(&self) {
        self.0.iter().for_each(|(_, page)| page.assert_alive());
    }
}

/// The lines of a window that were said in the scene.
fn said(page: &Page, window: &str) -> Vec<String> {
    page.screen().lines(window).into_iter().filter(|line| line.starts_with("* ")).collect()
}

async fn stage() -> (Server, Cast) {
    let times = Times { session_grace_ms: 1_500, user_grace_ms: 1_500, poll_hold_ms: 300, ..hasty() };
    let server = Server::start_with(|config| config.times = times).await;
    let cast = Cast::gather(&server).await;
    (server, cast)
}

#[tokio::test]
async fn everybody_talks_in_the_room_and_sees_every_line_once() {
    let (_server, cast) = stage().await;
    let all = cast.ids();
    let mut wanted = Vec::new();
    for round in 0..2 {
        for id in &all {
            let body = format!("* {id} {round} 你好 <b> \u{2028}");
            cast.says_in_room(id, &body, &all).await;
            wanted.push(body);
        }
    }
    // Answers to scripts bring everything twice: two packets later nobody has seen a line again.
    for (id, page) in &cast.0 {
        let before = page.screen().packets;
        page.until("two more packets", |screen| screen.packets > before + 1).await;
        assert_eq!(said(page, "r_room1"), wanted, "{id}");
        let unread = page.screen().windows["r_room1"].unread;
        assert!(unread <= wanted.len(), "{id} has {unread} unread lines");
    }
    cast.assert_alive();
}

#[tokio::test]
async fn everybody_talks_to_everybody() {
    let (_server, cast) = stage().await;
    let all = cast.ids();
    for from in &all {
        for (to, page) in cast.others(from) {
            let body = format!("* {from} to {to}");
            cast.page(from).says(false, to, &body).await;
            let key = format!("b_{from}");
            page.until(&body, |screen| screen.lines(&key).contains(&body)).await;
        }
    }
    for (id, page) in &cast.0 {
        for other in all.iter().filter(|other| *other != id) {
            let mut lines = said(page, &format!("b_{other}"));
            lines.sort();
            let mut wanted = vec![format!("* {id} to {other}"), format!("* {other} to {id}")];
            wanted.sort();
            assert_eq!(lines, wanted, "{id} with {other}");
            assert!(page.screen().sees(other), "{id} sees {other}, who spoke");
        }
    }
    cast.assert_alive();
}

#[tokio::test]
async fn typing_is_seen_across_generations() {
    let (_server, cast) = stage().await;
    for from in cast.ids() {
        for (to, page) in cast.others(from) {
            let key = format!("b_{from}");
            cast.page(from).types(to, "typing").await;
            let hello = format!("* {from} knocks at {to}");
            cast.page(from).says(false, to, &hello).await;
            page.until("a window", |screen| screen.windows.contains_key(&key)).await;
            let is_typing = |screen: &crate::support::clients::Screen| {
                screen.windows.get(&key).is_some_and(|window| window.is_typing)
            };
            page.until("typing", is_typing).await;
            cast.page(from).types(to, "clear").await;
            page.until("no typing", |screen| !is_typing(screen)).await;
        }
    }
    cast.assert_alive();
}

#[tokio::test]
async fn who_turns_invisible_is_offline_for_every_generation_and_hears_all() {
    let (_server, cast) = stage().await;
    let mut hiding = vec!["jack", "mary"];
    hiding.extend(GUESTS.iter().filter(|_| PLUGINS).map(|(id, ..)| *id));
    for who in hiding {
        for (id, page) in cast.others(who) {
            page.until("here", |screen| screen.sees(who)).await;
            assert!(!page.screen().went.contains(&who.to_owned()), "{id}");
        }
        cast.page(who).shows("invisible").await;
        for (_, page) in cast.others(who) {
            page.until("gone", |screen| !screen.sees(who)).await;
        }
        let body = format!("* can {who} hear me");
        cast.says_in_room("susan", &body, &[who]).await;
        cast.page(who).shows("available").await;
        for (_, page) in cast.others(who) {
            page.until("back", |screen| screen.sees(who)).await;
        }
    }
    cast.assert_alive();
}

/// The third generation silences a room by a call; the earlier ones keep a list in their settings.
#[tokio::test]
async fn a_silenced_room_is_silent_and_the_others_hear_it() {
    let (_server, cast) = stage().await;
    let all = cast.ids();
    cast.page("mary").blocks("room1", true).await;
    cast.page("susan").blocks("room1", true).await;
    assert!(["mary", "susan"].iter().all(|id| cast.page(id).screen().rooms["room1"].is_blocked));
    let hearing: Vec<&str> = all.iter().copied().filter(|id| !["mary", "susan"].contains(id)).collect();
    cast.says_in_room("josh", "* not for mary", &hearing).await;
    cast.page("mary").blocks("room1", false).await;
    cast.page("susan").blocks("room1", false).await;
    cast.says_in_room("josh", "* for all", &all).await;
    for id in ["mary", "susan"] {
        assert_eq!(said(cast.page(id), "r_room1"), ["* for all"], "{id}");
    }
    cast.assert_alive();
}

#[tokio::test]
async fn who_leaves_a_room_hears_no_more_until_they_join() {
    let (_server, cast) = stage().await;
    let all = cast.ids();
    for who in ["susan", "jack", "mary"] {
        let (page, without, with) = (cast.page(who), format!("* without {who}"), format!("* with {who}"));
        page.leaves("room1").await;
        assert!(!page.screen().rooms.contains_key("room1"), "{who}'s page has read the answer");
        let hearing: Vec<&str> = all.iter().copied().filter(|id| *id != who).collect();
        cast.says_in_room("josh", &without, &hearing).await;
        cast.page("josh").says(false, who, "* the marker").await;
        page.until("the marker", |screen| screen.lines("b_josh").contains(&"* the marker".to_owned())).await;
        assert!(!page.screen().windows.contains_key("r_room1"), "{who} was told nothing of the room");
        page.joins("room1").await;
        assert!(page.screen().rooms.contains_key("room1"), "{who}'s page shows the room again");
        cast.says_in_room("josh", &with, &hearing).await;
        page.until(&with, |screen| screen.lines("r_room1").contains(&with)).await;
    }
    cast.assert_alive();
}

#[tokio::test]
async fn a_reload_is_seen_by_nobody_and_loses_nothing() {
    let (server, mut cast) = stage().await;
    for (at, (id, generation, polls_by_script)) in MEMBERS.into_iter().enumerate() {
        cast.page(id).closes().await;
        let (body, other) = (format!("* while {id} reloads"), MEMBERS[(at + 1) % MEMBERS.len()].0);
        cast.page(other).says(false, id, &body).await;
        let windows: Vec<&str> = MEMBERS.iter().map(|(other, ..)| *other).filter(|other| *other != id).collect();
        let opening = Opening { windows: &windows, rooms: &["room1"], polls_by_script, ..Opening::BARE };
        let page = Page::of(server.address, generation, id, &opening).await;
        page.until("three packets", |screen| screen.packets > 2).await;
        assert_eq!(said(&page, &format!("b_{other}")), [body], "{id}");
        cast.0[at].1 = page;
    }
    // Longer than both graces: by now everybody would have been told.
    tokio::time::sleep(GRACES + Duration::from_millis(500)).await;
    for (id, page) in &cast.0 {
        assert_eq!(page.screen().went, [""; 0], "{id} saw a flap");
    }
    cast.assert_alive();
}

/// Nobody has a window open: the page finds everything out by itself, and shows each line once.
#[tokio::test]
async fn a_first_word_is_shown_once_by_every_generation() {
    let server = Server::start().await;
    let mut josh = server.page("josh", "").await;
    for (id, generation, polls_by_script) in MEMBERS.into_iter().take(3) {
        josh.says(id, "* while you were away").await;
        let opening = Opening { polls_by_script, ..Opening::BARE };
        let page = Page::of(server.address, generation, id, &opening).await;
        page.until("josh's window", |screen| !screen.lines("b_josh").is_empty()).await;
        josh.says(id, "* while you are here").await;
        page.until("the second", |screen| screen.lines("b_josh").iter().any(|line| line.ends_with("here"))).await;
        let lee = server.page("lee", "").await;
        { lee }.says(id, "* from a stranger").await;
        page.until("lee", |screen| !screen.lines("b_lee").is_empty() && !screen.roster["lee"].is_incomplete).await;
        let packets = page.screen().packets;
        page.until("two more packets", |screen| screen.packets > packets + 1).await;
        assert_eq!(said(&page, "b_josh"), ["* while you were away", "* while you are here"], "{generation:?}");
        assert_eq!(said(&page, "b_lee"), ["* from a stranger"], "{generation:?}");
        page.assert_alive();
    }
}
