//! Any calls in any order: cursors never go back, never pass what was sent, and never panic.

use nextim::chat::delivery::{Asks, Cursors};
use nextim::chat::entry::Seq;
use nextim::chat::script_request::ScriptRequest;
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Call {
    Plain,
    Script(u64, u64),
    Ack(Seq),
    /// So far past what is confirmed.
    Answering(Seq),
    Written,
    Lost,
    Streamed(Seq),
    Acknowledged(Seq),
    Touched,
}

fn call() -> impl Strategy<Value = Call> {
    let seq = || prop_oneof![9 => 0..30_u64, 1 => Just(Seq::MAX)];
    prop_oneof![
        2 => Just(Call::Plain),
        6 => (0..6_u64, 0..2_u64).prop_map(|(callback, nonce)| Call::Script(callback, nonce)),
        1 => seq().prop_map(Call::Ack),
        4 => (0..5_u64).prop_map(Call::Answering),
        3 => Just(Call::Written),
        1 => Just(Call::Lost),
        1 => (0..5_u64).prop_map(Call::Streamed),
        1 => seq().prop_map(Call::Acknowledged),
        1 => Just(Call::Touched),
    ]
}

/// What the call does; whether it says that it confirmed something, if it says.
fn apply(cursors: &mut Cursors, call: &Call) -> Option<bool> {
    let (acked, sent) = (cursors.acked(), cursors.sent());
    let said = |cursors: &Cursors, seq: Seq, heard: nextim::chat::delivery::Heard| {
        assert_eq!(heard.resync, seq > sent, "{seq} of {sent}");
        assert!(heard.resync || cursors.acked() >= seq);
        Some(heard.confirmed)
    };
    match *call {
        Call::Plain => Some(cursors.polled(Asks::Plain).confirmed),
        Call::Script(callback, nonce) => {
            let before = *cursors;
            let identity = ScriptRequest::of(&format!("jsonp{callback}"), &nonce.to_string());
            let heard = cursors.polled(Asks::Script(identity));
            assert!(!heard.late || heard.confirmed || cursors.acked() == before.acked());
            assert!(!(heard.late && heard.repeated));
            Some(heard.confirmed)
        }
        Call::Ack(seq) => {
            let heard = cursors.polled(Asks::Ack(seq));
            said(cursors, seq, heard)
        }
        Call::Acknowledged(seq) => {
            let heard = cursors.acknowledged(seq);
            said(cursors, seq, heard)
        }
        Call::Answering(more) => {
            cursors.answering(acked + more);
            None
        }
        Call::Streamed(more) => {
            cursors.streamed(acked + more);
            None
        }
        Call::Written => {
            cursors.written();
            None
        }
        Call::Lost => {
            cursors.lost();
            None
        }
        Call::Touched => Some(cursors.touched()),
    }
}

proptest! {
    #![proptest_config(crate::live::config())]

    /// Negative control: let `acknowledged` believe one more than was sent, or `fresh_after` forget `acked`.
    #[test]
    fn cursors_go_forward_and_stay_within_what_was_sent(
        (first, second, third) in (0..9_u64, 0..9_u64, 0..9_u64),
        start in 0..3_u8,
        calls in prop::collection::vec(call(), 0..300),
    ) {
        let mut cursors = match start {
            0 => Cursors::new(first, second),
            1 => Cursors::opened(first, second),
            _ => Cursors::restored(first, second, third),
        };
        for call in &calls {
            let before = cursors;
            let said = apply(&mut cursors, call);
            prop_assert!(cursors.acked() >= before.acked() && cursors.sent() >= before.sent(), "{call:?} goes back");
            prop_assert!(cursors.acked() <= cursors.sent(), "{call:?} confirms what was not sent");
            prop_assert!((cursors.acked()..=cursors.sent()).contains(&cursors.fresh_after()), "after {call:?}");
            prop_assert_eq!(said.unwrap_or(false), cursors.acked() > before.acked(), "{:?}", call);
        }
    }
}
