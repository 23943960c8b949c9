//! A style: only harmless declarations remain, and what remains is not changed by a second look.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nextim::chat::style::sanitise;

fuzz_target!(|style: &str| {
    let once = sanitise(style);
    assert!(once.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":;#-(), ".contains(&byte)));
    assert_eq!(sanitise(&once), once);
});
