//! Limits of many seconds, all at the same time: whoever waits for one of them waits for all.

use super::{events, slow_readers, websocket};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_many_seconds_hold() {
    let mut all = JoinSet::new();
    all.spawn(events::a_stream_ends_by_itself_when_something_is_unconfirmed_for_long());
    all.spawn(websocket::who_answers_no_ping_is_told_goodbye_after_twenty_seconds());
    all.spawn(websocket::who_says_nothing_is_sent_away_after_five_seconds());
    all.spawn(slow_readers::who_does_not_read_costs_a_bounded_amount_and_loses_nothing());
    while let Some(done) = all.join_next().await {
        done.expect("each holds");
    }
}
