//! Whatever is presented as a ticket has a digest, and ids are checked without a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nextim::chat::id::{ID_BYTES_MAX, UserId, check_id};
use nextim::chat::ticket::TicketDigest;

fuzz_target!(|text: &str| {
    assert_eq!(TicketDigest::of(text), TicketDigest::of(text));
    if check_id(text).is_ok() {
        assert!(text.len() <= ID_BYTES_MAX && !text.contains(','));
        assert_eq!(UserId::parse(text).expect("checked").as_str(), text);
    }
});
