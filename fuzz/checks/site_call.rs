//! A call of a site's server: any path is one call or none, a room in it is what was encoded, credentials are a domain and a key, and
//! texts of the second version are read once.

use nextim::edge::site::{self, Call};

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let path = format!("/{text}");
    if let Some(call) = Call::parse(&path) {
        assert_eq!(Call::parse(&path), Some(call), "the same every time");
        assert!(!path.starts_with("/webim/"), "{path}");
    }
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    if !text.is_empty() {
        let inside = Call::parse(&format!("/v5/rooms/{encoded}/members")).expect("any text is a room's name");
        assert_eq!(inside.method.room(), Some(text));
    }
    if let Some((domain, key)) = site::basic(text) {
        assert!(!key.contains(':') && text.len() > domain.len() + key.len());
    }
    let read = site::unescaped(text);
    assert!(read.len() <= text.len() && (text.contains("\\u") || read == text), "{text:?} {read:?}");
    let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    if !text.contains('\0') {
        assert_eq!(site::unescaped(&escaped), text);
    }
}
