//! `Last-Event-ID`: any text is read or is nothing, what is read is what stands there, and what we write reads back.

use nextim::edge::browser::transport::events::{event_id, event_of};

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(ack) = event_of(text) {
        let epoch = ack.epoch.as_deref().expect("an id says of which log");
        let (wanted, seq) = text.rsplit_once('.').expect("two parts");
        assert_eq!((epoch, Ok(ack.seq)), (wanted, seq.parse()));
        let again = event_of(&event_id(epoch, ack.seq)).expect("what we write");
        assert_eq!(again, ack);
    }
    let number = data.iter().fold(0_u64, |number, byte| number.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    let ack = event_of(&event_id(text, number)).expect("what we write");
    assert_eq!((ack.epoch.as_deref(), ack.seq), (Some(text), number));
}
