//! Where a link may lead: to web pages and letters, or to a place relative to the page it stands on.

/// Schemes that pass.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// Characters that end what could be a scheme, and `&`, which may be one of them as a character reference (`&colon;`).
const AFTER_SCHEME: [char; 6] = [':', '/', '\\', '?', '#', '&'];

/// Whether following a link runs nothing: its scheme is allowed, or it has none. Browsers drop control characters and the
/// blanks before an address, so those hide nothing; nor does a character reference where a scheme could stand.
pub fn is_safe(link: &str) -> bool {
    let Some(at) = link.find(AFTER_SCHEME) else { return true };
    match link.as_bytes()[at] {
        b':' => is_allowed(&link[..at]),
        other => other != b'&',
    }
}

/// Whether a scheme, as it is read by browsers, passes.
pub fn is_allowed(scheme: &str) -> bool {
    let read = scheme.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    let read = read.chars().filter(|c| !c.is_control()).map(|c| c.to_ascii_lowercase());
    SCHEMES.iter().any(|allowed| allowed.chars().eq(read.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_letters_and_relative_places_pass() {
        for good in [
            "",
            "#",
            "/a",
            "a/b:c",
            "../x?y=javascript:1",
            "//example.com",
            "HTTPS://x",
            " http://x",
            "mailto:a@b",
            "?a&b",
        ] {
            assert!(is_safe(good), "{good:?}");
        }
        for bad in [
            "javascript:x",
            " JavaScript :x",
            "java\tscript:x",
            "\u{1}javascript:x",
            "java\u{200d}script:x",
            "data:text/html,x",
            "vbscript:x",
            "javascript&colon;x",
            "java&Tab;script:x",
            "&#106;avascript:x",
            "ht tp:x",
            "http :x",
            ":x",
            "blob:https://x",
        ] {
            assert!(!is_safe(bad), "{bad:?}");
        }
    }
}
