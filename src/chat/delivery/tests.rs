//! What the model and random plays have found, as the shortest schedules, and the rules one by one.

use super::*;

fn poll(cursors: &mut Cursors, asks: Asks, through: Seq) -> Seq {
    cursors.polled(asks);
    let acked = cursors.acked();
    cursors.answering(through);
    cursors.written();
    acked
}

fn script(number: u64) -> Asks {
    Asks::Script(ScriptRequest::of(&format!("jsonp{number}"), ""))
}

#[test]
fn a_page_is_confirmed_by_the_first_request_with_its_ticket() {
    let mut cursors = Cursors::opened(3, 9);
    assert_eq!(cursors.acked(), 3, "nobody may count on an answer that perhaps nobody read");
    assert!(cursors.touched());
    assert_eq!(cursors.acked(), 9);
    assert!(!cursors.touched());
    assert_eq!(Cursors::opened(9, 7).acked(), 7, "another tab was faster");
    for asks in [Asks::Plain, script(1), Asks::Ack(9), Asks::Ack(0)] {
        let mut cursors = Cursors::opened(3, 9);
        assert!(cursors.polled(asks).confirmed);
        assert_eq!(cursors.acked(), 9);
    }
}

#[test]
fn a_poll_confirms_only_what_was_written_before_it() {
    let mut cursors = Cursors::new(3, 3);
    cursors.answering(5);
    assert!(!cursors.polled(Asks::Plain).confirmed, "a poll that overtakes the answer confirms nothing");
    cursors.answering(5);
    cursors.lost();
    cursors.written();
    assert!(!cursors.polled(Asks::Plain).confirmed, "a lost answer confirms nothing");
    cursors.answering(6);
    cursors.written();
    assert!(cursors.polled(Asks::Plain).confirmed);
    assert_eq!(cursors.acked(), 6);
    assert!(!cursors.polled(Asks::Plain).confirmed, "the same answer confirms once");
}

#[test]
fn an_ack_is_believed_up_to_what_was_sent() {
    let mut cursors = Cursors::new(3, 3);
    cursors.answering(8);
    assert_eq!(cursors.polled(Asks::Ack(9)), Heard { resync: true, ..Heard::default() });
    assert_eq!(cursors.acked(), 3);
    assert!(cursors.polled(Asks::Ack(5)).confirmed);
    assert_eq!(cursors.polled(Asks::Ack(4)), Heard::default(), "a lower one is legal and changes nothing");
    assert_eq!(cursors.acked(), 5);
    cursors.answering(8);
    cursors.written();
    cursors.polled(Asks::Plain);
    cursors.polled(script(1));
    assert_eq!(cursors.acked(), 5, "from who acknowledges nothing else counts");
    assert!(Cursors::new(3, 20).polled(Asks::Ack(17)).confirmed, "what an earlier process may have sent");
}

#[test]
fn a_script_is_confirmed_by_the_third_identity() {
    let mut cursors = Cursors::new(3, 3);
    assert_eq!(poll(&mut cursors, script(1), 5), 3);
    assert_eq!(cursors.fresh_after(), 3);
    cursors.polled(script(2));
    assert_eq!((cursors.acked(), cursors.fresh_after()), (3, 5), "5 is to be carried again");
    cursors.answering(6);
    assert_eq!(poll(&mut cursors, script(3), 6), 5);
    assert_eq!(poll(&mut cursors, script(4), 6), 6);
}

#[test]
fn a_silent_repetition_of_a_script_counts_once() {
    let mut cursors = Cursors::new(3, 3);
    poll(&mut cursors, script(1), 5);
    assert!(cursors.polled(script(1)).repeated);
    assert_eq!(cursors.fresh_after(), 3, "the same answer again, at once");
    cursors.answering(7);
    cursors.written();
    assert_eq!(poll(&mut cursors, script(2), 8), 3);
    assert_eq!(poll(&mut cursors, script(3), 8), 5, "of 7 nobody knows");
}

#[test]
fn an_answer_that_was_lost_begins_the_count_anew() {
    let mut cursors = Cursors::new(3, 3);
    poll(&mut cursors, script(1), 5);
    cursors.polled(script(2));
    cursors.answering(5);
    cursors.lost();
    assert_eq!(poll(&mut cursors, script(3), 5), 3);
    assert_eq!(poll(&mut cursors, script(4), 5), 3);
    assert_eq!(poll(&mut cursors, script(5), 5), 5);
}

/// Found by the model: the page gave up the first request and got an answer to the second; the first came after it.
#[test]
fn a_request_that_was_long_on_its_way_counts_for_nothing() {
    let mut cursors = Cursors::new(3, 3);
    assert_eq!(poll(&mut cursors, script(2), 4), 3);
    let before = cursors;
    assert!(cursors.polled(script(1)).late);
    assert_eq!((cursors.acked(), cursors.answer), (before.acked(), before.answer), "as if it had not come");
    assert_eq!(poll(&mut cursors, script(3), 5), 3, "this answer is lost");
    assert_eq!(poll(&mut cursors, script(4), 5), 4, "5 stood in one answer that counts");
    assert_eq!(poll(&mut cursors, script(5), 5), 5);
    for _ in 0..LATE_MAX {
        assert!(cursors.polled(script(4)).late);
    }
    assert!(
        !cursors.polled(script(4)).late,
        "nobody is left unanswered for ever because of what they call their requests"
    );
}

/// Found by the model: the answer to the first copy was read, one to a later copy was known to be lost, and the next one
/// would have counted for rows that the first did not have.
#[test]
fn an_identity_with_a_lost_answer_does_not_count() {
    let mut cursors = Cursors::new(3, 3);
    assert_eq!(poll(&mut cursors, script(1), 4), 3);
    cursors.polled(script(1));
    cursors.answering(4);
    cursors.lost();
    cursors.polled(script(1));
    cursors.answering(5);
    assert_eq!(poll(&mut cursors, script(2), 5), 3);
    assert_eq!(poll(&mut cursors, script(3), 5), 3);
}

/// Found by the model: the page with rows 4 to 9 never arrived, and the process was killed.
#[test]
fn a_restored_cursor_counts_from_the_first_request() {
    let mut cursors = Cursors::restored(3, 9, 12);
    assert_eq!(cursors.acked(), 3);
    assert!(cursors.polled(script(1)).confirmed);
    assert_eq!(cursors.acked(), 9);
    assert_eq!(Cursors::restored(9, 5, 12).acked(), 5, "another tab has more");
    assert!(Cursors::restored(3, 9, 12).polled(Asks::Ack(11)).confirmed, "what the process before may have sent");
}

/// Found by the model: requests 1 and 3 were given up, 2 and 4 answered, the process was killed; then came 1 and 3.
#[test]
fn the_first_requests_after_a_restart_do_not_count() {
    let mut cursors = Cursors::restored(3, 3, 12);
    for number in [1, 3, 5, 6] {
        assert_eq!(poll(&mut cursors, script(number), 10), 3, "the answer to 5 is lost");
    }
    assert_eq!(poll(&mut cursors, script(7), 10), 10);
}

#[test]
fn a_constant_callback_never_loops_on_one_answer() {
    let mut cursors = Cursors::new(3, 3);
    let mut polls = 0;
    while poll(&mut cursors, script(1), 5) < 5 {
        polls += 1;
        assert!(polls < 5);
    }
    assert_eq!(poll(&mut cursors, script(1), 9), 5);
    assert_eq!(poll(&mut cursors, script(1), 9), 9, "from then on every next poll confirms");
}
