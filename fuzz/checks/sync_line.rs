//! A line of a directory (`/api/v1/sync`): what is taken is one JSON object with one object in it, and names people and rooms that
//! can be.

use nextim::chat::id::check_id;
use nextim::edge::rest::sync::can_be_carried_out;
use serde_json::Value;

/// What names somebody or something in a line.
const IDS: [&str; 4] = ["id", "user", "buddy", "room"];

pub fn check(data: &[u8]) {
    if !can_be_carried_out(data) {
        return;
    }
    assert!(can_be_carried_out(&[data, b" \r"].concat()), "blanks at the end are nothing");
    let line: Value = serde_json::from_slice(data).expect("JSON");
    let line = line.as_object().expect("an object");
    assert_eq!(line.len(), 1);
    for said in line.values().map(|said| said.as_object().expect("an object in it")) {
        for (name, value) in said {
            let text = value.as_str().unwrap_or_default();
            assert!(!text.contains('\0'), "{name} {text:?}");
            assert!(!IDS.contains(&name.as_str()) || check_id(text).is_ok(), "{name} {text:?}");
        }
    }
}
