//! Rows that the server does not fulfil yet: to be declared with their mending, and then moved to where they belong.

use crate::support::Server;
use crate::support::clients::{Generation, Opening, Page};

/// Before 5.4 a page keeps the rooms it silences in its settings, and leaves them: that is no end of a membership, or the room
/// is gone from its list with the next reload, and nobody can listen to it again.
#[tokio::test]
async fn part_1_5_a_room_that_was_silenced_and_left_is_still_there() {
    let server = Server::start().await;
    for (generation, id) in [(Generation::G1, "susan"), (Generation::G2, "jack")] {
        let page = Page::of(server.address, generation, id, &Opening::BARE).await;
        page.blocks("room1", true).await;
        page.closes().await;
        let page = Page::of(server.address, generation, id, &Opening::BARE).await;
        let room = page.screen().rooms.get("room1").cloned();
        assert_eq!(room.map(|room| room.is_blocked), Some(true), "{generation:?}");
        page.blocks("room1", false).await;
        server.member("mary").await.does("message", "type=multicast&to=room1&body=again").await;
        page.until("the room", |screen| screen.lines("r_room1").contains(&"again".to_owned())).await;
    }
}
