//! COMPAT: what old pages are given (`Manners::runs_markup`). They put names, status lines, groups and addresses into
//! `innerHTML` as they come, and make links of `[text](target)` in messages whatever the target does. Their pages are
//! protected here, on the way out; ids are never changed, and a native client gets everything as it was written.
//!
//! Everything is done once: what is safe already stays as it is, so text that a plugin has escaped is not escaped again.

use super::dialect::manners;
use crate::chat::event::SEPARATOR;
use crate::chat::link;
use crate::chat::session::Dialect;
use crate::chat::style;
use std::borrow::Cow;

/// What stands before this colon is no scheme for any browser. Readers see a colon.
const BROKEN_COLON: &str = "\u{200d}:";

/// A name or another line of text.
pub fn text(text: &str, dialect: Dialect) -> Cow<'_, str> {
    if manners(dialect).runs_markup { escaped(text) } else { text.into() }
}

/// The address of a page. An empty one leads nowhere: a missing one would be shown as the word `url`.
pub fn page(url: &str, dialect: Dialect) -> Cow<'_, str> {
    address(url, "#", dialect)
}

/// The address of a picture; empty if there is none.
pub fn picture(url: &str, dialect: Dialect) -> Cow<'_, str> {
    address(url, "", dialect)
}

/// The text of a message.
pub fn body(body: &str, dialect: Dialect) -> Cow<'_, str> {
    if manners(dialect).runs_markup { with_safe_links(body) } else { body.into() }
}

/// The text of an event: what it is, an id, and then what its reader shows.
pub fn event(body: &str, dialect: Dialect) -> Cow<'_, str> {
    let shown = body.match_indices(SEPARATOR).nth(1).map_or(body.len(), |(at, _)| at);
    match text(&body[shown..], dialect) {
        Cow::Borrowed(_) => body.into(),
        Cow::Owned(safe) => format!("{}{safe}", &body[..shown]).into(),
    }
}

/// How a message looks. It was cut down when it was stored; rows that came another way are cut down here.
pub fn style(style: &str) -> Cow<'_, str> {
    if style.is_empty() { style.into() } else { style::sanitise(style).into() }
}

fn address<'a>(url: &'a str, instead: &'static str, dialect: Dialect) -> Cow<'a, str> {
    if !manners(dialect).runs_markup {
        return url.into();
    }
    let safe = safe_address(url);
    if safe.is_empty() { instead.into() } else { safe }
}

/// Text in which nothing is markup. A `&` that begins a character reference stays.
pub fn escaped(text: &str) -> Cow<'_, str> {
    replaced(text, |at, character| match character {
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '"' => Some("&quot;"),
        '\'' => Some("&#39;"),
        '&' if !begins_reference(&text[at + 1..]) => Some("&amp;"),
        _ => None,
    })
}

/// Whether what follows a `&` makes a character reference of it: `amp;`, `#38;`, `#x26;`.
fn begins_reference(rest: &str) -> bool {
    let Some(end) = rest.bytes().take(32).position(|byte| byte == b';') else { return false };
    let name = &rest.as_bytes()[..end];
    let all = |digits: &[u8], is: fn(&u8) -> bool| !digits.is_empty() && digits.iter().all(is);
    match name {
        [b'#', b'x' | b'X', digits @ ..] => all(digits, u8::is_ascii_hexdigit),
        [b'#', digits @ ..] => all(digits, u8::is_ascii_digit),
        [first, ..] => first.is_ascii_alphabetic() && all(name, u8::is_ascii_alphanumeric),
        [] => false,
    }
}

/// An address that can stand in an attribute and be followed; empty if it cannot be made one.
pub fn safe_address(url: &str) -> Cow<'_, str> {
    if !link::is_safe(url) {
        return "".into();
    }
    let url = url.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    replaced(url, |_, character| match character {
        ' ' => Some("%20"),
        // Browsers leave these out.
        control if control.is_control() => Some(""),
        other => encoded(other),
    })
}

/// How a character is written in an address that would end the attribute it stands in.
fn encoded(character: char) -> Option<&'static str> {
    match character {
        '"' => Some("%22"),
        '\'' => Some("%27"),
        '<' => Some("%3C"),
        '>' => Some("%3E"),
        '`' => Some("%60"),
        _ => None,
    }
}

/// A message in which every target of `[text](target)` and `![text](target)` leads to a page, a letter or nowhere.
pub fn with_safe_links(body: &str) -> Cow<'_, str> {
    let Some(last) = body.rfind(')') else { return body.into() };
    // Where a scheme could stand; where the target ends.
    let (mut scheme, mut end) = (None, 0);
    replaced(body, |at, character| {
        if character == '(' && at < last && body[..at].trim_end().ends_with(']') {
            // A target may seem to begin within another; which one it is depends on the client.
            end = if at < end { end } else { body[at..].find(')').map_or(last, |length| at + length) };
            scheme = Some(at + 1);
            return None;
        }
        if at >= end {
            return None;
        }
        match (character, scheme) {
            (':', Some(start)) => {
                scheme = None;
                let written = &body[start..at];
                (!link::is_allowed(written) && !written.ends_with('\u{200d}')).then_some(BROKEN_COLON)
            }
            ('&', Some(_)) => Some("%26"),
            ('/' | '\\' | '?' | '#', _) => {
                scheme = None;
                None
            }
            (other, _) => encoded(other),
        }
    })
}

/// A text with some of its characters replaced.
fn replaced(text: &str, mut with: impl FnMut(usize, char) -> Option<&'static str>) -> Cow<'_, str> {
    let (mut out, mut copied) = (String::new(), 0);
    for (at, character) in text.char_indices() {
        if let Some(other) = with(at, character) {
            out.push_str(&text[copied..at]);
            out.push_str(other);
            copied = at + character.len_utf8();
        }
    }
    if copied == 0 {
        return text.into();
    }
    out.push_str(&text[copied..]);
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_and_what_is_escaped_stays() {
        assert!(matches!(escaped("Susan Vale 陈伟"), Cow::Borrowed(_)));
        assert_eq!(escaped("<img src=x onerror='a(\"b\")'>"), "&lt;img src=x onerror=&#39;a(&quot;b&quot;)&#39;&gt;");
        assert_eq!(
            escaped("R&D &amp; &#39;x&#x27; &lt; & &; &#; &#x; &a b;"),
            "R&amp;D &amp; &#39;x&#x27; &lt; &amp; &amp;; &amp;#; &amp;#x; &amp;a b;"
        );
        assert_eq!(text("<b>", Dialect::Native), "<b>");
        assert_eq!(text("<b>", Dialect::D3), "&lt;b&gt;");
    }

    #[test]
    fn an_event_shows_names_and_keeps_ids() {
        let invitation = "webim-event:invite|,|r'1|,|<b>|,|&";
        assert_eq!(event(invitation, Dialect::D3), "webim-event:invite|,|r'1|,|&lt;b&gt;|,|&amp;");
        assert_eq!(event(invitation, Dialect::Native), invitation);
        assert!(matches!(event("webim-event:<x>|,|<y>", Dialect::D3), Cow::Borrowed(_)));
    }

    #[test]
    fn addresses_lead_to_pages_or_nowhere() {
        let unsafe_ones =
            ["javascript:alert(1)", " jAvA\tScript:x", "data:text/html,x", "java&#115;cript:x", "\u{1}vbscript:x"];
        for bad in unsafe_ones {
            assert_eq!((page(bad, Dialect::D1), picture(bad, Dialect::D2)), ("#".into(), "".into()), "{bad:?}");
        }
        assert_eq!((page("", Dialect::D1), picture("", Dialect::D1)), ("#".into(), "".into()));
        assert_eq!(page("/a?b=\"'><`&c=d e", Dialect::D3), "/a?b=%22%27%3E%3C%60&c=d%20e");
        assert_eq!(page(" HTTP://x/\n", Dialect::D3), "HTTP://x/");
        assert!(matches!(page("../members/susan", Dialect::D1), Cow::Borrowed(_)));
        assert_eq!(page("javascript:x", Dialect::Native), "javascript:x");
    }

    #[test]
    fn links_in_messages_are_broken_where_they_run_something() {
        for good in [
            "plain: text (with this) and [that]",
            "[a](http://x/y:z) ![b](https://x) [c](mailto:a@b) [d](/e) [f](#g) [h](i)",
            "javascript:alert(1)",
            "[x] javascript:(y)",
            "[x](javascript:y",
        ] {
            assert!(matches!(with_safe_links(good), Cow::Borrowed(_)), "{good}");
        }
        for (bad, safe) in [
            ("[x](javascript:alert(1))", "[x](javascript\u{200d}:alert(1))"),
            ("a ![x]( JaVa\tscript:y) b", "a ![x]( JaVa\tscript\u{200d}:y) b"),
            ("[x](http://a\"onload='<y>`)", "[x](http://a%22onload=%27%3Cy%3E%60)"),
            ("[x] (data:text/html,<y>)", "[x] (data\u{200d}:text/html,%3Cy%3E)"),
            ("[x](javascript&colon;y)", "[x](javascript%26colon;y)"),
            ("[a](b/ [x](vbscript:y)", "[a](b/ [x](vbscript\u{200d}:y)"),
        ] {
            assert_eq!(with_safe_links(bad), safe);
        }
        assert_eq!(body("[x](javascript:y)", Dialect::Native), "[x](javascript:y)");
    }

    #[test]
    fn a_long_hostile_message_takes_no_longer_than_its_length() {
        let body = "](".repeat(32 * 1024);
        assert_eq!(with_safe_links(&body), body);
        let closed = format!("{body})");
        assert_eq!(with_safe_links(&closed), closed);
    }
}
