//! Whatever is presented as a ticket has a digest, and ids are checked without a panic.

use nextim::chat::id::{ID_BYTES_MAX, UserId, check_id};
use nextim::chat::ticket::TicketDigest;

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert_eq!(TicketDigest::of(text), TicketDigest::of(text));
    if check_id(text).is_ok() {
        assert!(text.len() <= ID_BYTES_MAX && !text.contains(','));
        assert_eq!(UserId::parse(text).expect("checked").as_str(), text);
    }
}
