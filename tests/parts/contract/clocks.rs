//! Clocks jump. The log's times do not go back.

use super::Backend;
use super::world::{NOW_MS, World, room_id, user_id};
use nextim::chat::entry::{Draft, SeatChange, Seq};

pub async fn timestamps_never_decrease<B: Backend>(backend: B) {
    let mut world = World::new(backend).await;
    for (place, now_ms) in [NOW_MS, NOW_MS - 3_600_000, 0, NOW_MS + 5, NOW_MS + 1, NOW_MS + 9].into_iter().enumerate() {
        if place == 4 {
            world = world.reopened().await;
        }
        let draft = Draft { now_ms, ..world.draft("ann", "bob", "x").await };
        world.store.append(draft).await.unwrap();
        let (user, room) = (user_id("ann"), room_id("room1"));
        let change = if place % 2 == 0 { SeatChange::Joined } else { SeatChange::Left };
        world.store.change_seat(world.site, user, room, change, now_ms).await.unwrap();
    }
    let stretch = world.store.entries_after(world.site, 0, 100).await.unwrap();
    let times: Vec<(Seq, u64)> = stretch.entries.iter().map(|entry| (entry.seq(), at_ms(entry))).collect();
    assert!(times.is_sorted_by_key(|(_, at_ms)| *at_ms), "{times:?}");
    assert_eq!(times.first().map(|row| row.1), Some(NOW_MS));
    assert_eq!(times.last().map(|row| row.1), Some(NOW_MS + 9), "a clock that goes on is followed");
}

fn at_ms(entry: &nextim::chat::entry::Entry) -> u64 {
    use nextim::chat::entry::Entry;
    match entry {
        Entry::Message(message) => message.at_ms,
        Entry::Seat(seat) => seat.at_ms,
    }
}
