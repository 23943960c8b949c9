//! A style: only harmless declarations remain, and what remains is not changed by a second look.

use nextim::chat::style::sanitise;

pub fn check(data: &[u8]) {
    let Ok(style) = std::str::from_utf8(data) else { return };
    let once = sanitise(style);
    assert!(once.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":;#-(), ".contains(&byte)));
    assert_eq!(sanitise(&once), once);
}
