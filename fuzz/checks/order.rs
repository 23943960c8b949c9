//! Orders at the control socket, and their answers: what is read is written as what it is read from.

use nextim::edge::control::{Answer, Order};

pub fn check(data: &[u8]) {
    if let Ok(order) = serde_json::from_slice::<Order>(data) {
        let written = line(&order);
        let again = serde_json::from_str::<Order>(&written).expect("what is written can be read");
        assert_eq!(line(&again), written);
    }
    if let Ok(answer) = serde_json::from_slice::<Answer>(data) {
        // Numbers with a fraction may come out a little different: this reader is not exact.
        drop(serde_json::from_str::<Answer>(&line(&answer)).expect("what is written can be read"));
    }
}

fn line(value: &impl serde::Serialize) -> String {
    let written = serde_json::to_string(value).expect("what was read can be written");
    assert!(!written.contains('\n'), "one line: {written}");
    written
}
