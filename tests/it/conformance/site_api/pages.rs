//! Pages of plugin sites, whole: a page of the second generation at a site with version 3, one of the third at a site with
//! version 5, and members of this server's own. The long scenes with all of them are `generations`, with `PLUGINS`.

use super::start;
use crate::support::clients::plugin::{Plugin, Version};
use crate::support::clients::site::Site;
use crate::support::clients::{Generation, Opening, Page, Web};

#[tokio::test]
async fn pages_of_two_sites_and_a_member_talk() {
    let server = start().await;
    let people = vec![("ruby", "Ruby"), ("vid:8f3a", "v8f3a"), ("susan", "Susan Vale")];
    let site = |version| Site::new(Plugin::new(server.address, version), people.clone(), vec!["room1"]);
    let all = ["ruby", "vid:8f3a", "susan"];
    let windows = |id: &str| all.iter().copied().filter(|other| *other != id).collect::<Vec<_>>();
    let mut pages = Vec::new();
    for (id, version, generation) in [("ruby", Version::V3, Generation::G2), ("vid:8f3a", Version::V5, Generation::G3)]
    {
        let windows = windows(id);
        let opening = Opening { windows: &windows, rooms: &["room1"], ..Opening::BARE };
        pages.push((id, Page::open(Web::Theirs(site(version).desk(generation, id)), &opening).await));
    }
    let (own, strangers) = (windows("susan"), windows("susan"));
    let opening = Opening { windows: &own, rooms: &["room1"], strangers: &strangers, ..Opening::BARE };
    let susan = Page::of(server.address, Generation::G1, "susan", &opening).await;
    susan.looks_at(true, "room1").await;
    pages.push(("susan", susan));
    for (id, page) in &pages {
        page.until("a packet", |screen| screen.packets > 0).await;
        let body = format!("{id} in the room");
        page.says(true, "room1", &body).await;
        for (_, other) in &pages {
            other.until(&body, |screen| screen.lines("r_room1").contains(&body)).await;
        }
        for (to, other) in pages.iter().filter(|(to, _)| to != id) {
            let (body, key) = (format!("{id} to {to}"), format!("b_{id}"));
            page.says(false, to, &body).await;
            other.until(&body, |screen| screen.lines(&key).contains(&body)).await;
        }
    }
    for (id, page) in &pages {
        page.assert_alive();
        let lines = page.screen().lines("r_room1");
        let said = lines.iter().filter(|line| line.ends_with("in the room")).count();
        assert_eq!(said, 3, "{id}: {lines:?}");
        // The page that was there first is told who comes into the room after it; nobody goes.
        let notices = page.screen().notices.clone();
        assert!(notices.iter().all(|notice| notice.starts_with("grponline ")), "{id}: {notices:?}");
    }
}

/// A site whose key is wrong tells its pages so.
#[tokio::test]
async fn a_site_that_is_not_let_in() {
    let server = start().await;
    for (version, generation) in [(Version::V3, Generation::G2), (Version::V5, Generation::G3)] {
        let plugin = Plugin { key: "wrong".into(), ..Plugin::new(server.address, version) };
        let site = Site::new(plugin, vec![("ruby", "Ruby")], vec![]);
        let page = Page::open(Web::Theirs(site.desk(generation, "ruby")), &Opening::BARE).await;
        assert_eq!(page.screen().said.as_deref(), Some("IM Server Not Authorized"));
    }
}
