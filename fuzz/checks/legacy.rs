//! What old pages are given of any text: names hold no markup, addresses and the links in messages have allowed schemes and
//! cannot leave their attribute, and a second time changes nothing. The reader of schemes here is a browser's, written apart.

use nextim::edge::browser::legacy::{escaped, safe_address, with_safe_links};

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let name = escaped(text);
    assert!(!name.contains(['<', '>', '"', '\'']), "{name:?}");
    assert!(name.match_indices('&').all(|(at, _)| name[at..].contains(';')), "{name:?}");
    assert_eq!(escaped(&name), name);
    assert_eq!(shown(&name), shown(text), "a reader sees what was written");

    let address = safe_address(text);
    stays_in_place(&address);
    assert_eq!(safe_address(&address), address);

    let body = with_safe_links(text);
    for (at, _) in body.match_indices('(').filter(|(at, _)| body[..*at].trim_end().ends_with(']')) {
        if let Some((target, _)) = body[at + 1..].split_once(')') {
            stays_in_place(target);
        }
    }
    assert_eq!(with_safe_links(&body), body);
    assert!(text.contains(')') || body == text, "without a link nothing is changed");
}

/// Nothing ends the attribute, and what a browser would follow is harmless.
fn stays_in_place(address: &str) {
    assert!(!address.contains(['"', '\'', '<', '>', '`']), "{address:?}");
    if let Some(scheme) = scheme(&address.replace("&colon;", ":").replace("&#58;", ":").replace("&Tab;", "")) {
        assert!(["http", "https", "mailto"].contains(&scheme.as_str()), "{address:?}");
    }
}

/// The scheme as the URL standard reads it: blanks and controls before it are dropped, tabs and ends of lines everywhere.
fn scheme(address: &str) -> Option<String> {
    let all = address.trim_start_matches(|c: char| c <= ' ').chars().filter(|c| !matches!(c, '\t' | '\n' | '\r'));
    let (mut scheme, mut ended) = (String::new(), false);
    for character in all {
        match character {
            ':' => {
                ended = true;
                break;
            }
            letter if letter.is_ascii_alphabetic() => scheme.push(letter.to_ascii_lowercase()),
            other if !scheme.is_empty() && (other.is_ascii_digit() || "+-.".contains(other)) => scheme.push(other),
            _ => return None,
        }
    }
    (ended && !scheme.is_empty()).then_some(scheme)
}

/// What a page shows of a text in which the five characters that are escaped may stand as they are.
fn shown(text: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}
