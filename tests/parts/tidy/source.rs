//! Just enough of Rust's grammar: what is code, and what is only a comment, a text or a test.

/// The source with comments blanked out, and the contents of texts, too, unless they are wanted. Every line stays where it is.
pub fn code(text: &str, keep_texts: bool) -> String {
    let mut blank = Blank { out: String::with_capacity(text.len()), keep_texts };
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (taken, kind) = piece(rest, blank.out.chars().next_back());
        blank.push(&rest[..taken.max(first.len_utf8())], kind);
        rest = &rest[taken.max(first.len_utf8())..];
    }
    blank.out
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Code,
    Comment,
    Text,
}

struct Blank {
    out: String,
    keep_texts: bool,
}

impl Blank {
    fn push(&mut self, piece: &str, kind: Kind) {
        if kind == Kind::Code || (kind == Kind::Text && self.keep_texts) {
            self.out.push_str(piece);
        } else {
            self.out.extend(piece.chars().map(|c| if c == '\n' { c } else { ' ' }));
        }
    }
}

/// The length and the kind of what stands at the start of `rest`.
fn piece(rest: &str, before: Option<char>) -> (usize, Kind) {
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if rest.starts_with("//") {
        (rest.find('\n').unwrap_or(rest.len()), Kind::Comment)
    } else if rest.starts_with("/*") {
        (block_comment(rest), Kind::Comment)
    } else if let Some(length) = raw_text(rest).filter(|_| !in_word) {
        (length, Kind::Text)
    } else if let Some(body) = rest.strip_prefix('"') {
        (1 + closing(body, '"'), Kind::Text)
    } else if let Some(length) = character(rest) {
        (length, Kind::Text)
    } else {
        (1, Kind::Code)
    }
}

fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        if here.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if here.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#`, `br"…"`.
fn raw_text(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - body.len();
    Some(body.find(&end).map_or(rest.len(), |at| start + at + end.len()))
}

/// A character, which a lifetime is not.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let first = body.chars().next()?;
    if first == '\\' {
        return Some(1 + closing(body, '\''));
    }
    body[first.len_utf8()..].starts_with('\'').then(|| 2 + first.len_utf8())
}

/// The length up to and with the closing mark.
fn closing(body: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == mark => return at + 1,
            _ => {}
        }
    }
    body.len()
}

const TEST_ONLY: &str = "#[cfg(test)]";

/// The names of the modules that are declared for tests alone and stand in files of their own.
pub fn test_files(code: &str) -> impl Iterator<Item = &str> {
    let declared = code.split(TEST_ONLY).skip(1).filter_map(|rest| rest.trim_start().strip_prefix("mod "));
    declared
        .filter_map(|rest| rest.split_once([';', '{']).filter(|(name, _)| rest[name.len()..].starts_with(';')))
        .map(|(name, _)| name.trim())
}

/// Code without its test modules; their lines are blank.
pub fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    while let Some(start) = out.find(TEST_ONLY) {
        let end = out[start..].find(['{', ';']).map_or(out.len(), |at| start + at);
        let end = if out[end..].starts_with('{') { end + block(&out[end..]) } else { out.len().min(end + 1) };
        let blank: String = out[start..end].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
        out.replace_range(start..end, &blank);
    }
    out
}

/// The length of the block that begins with the brace at the start.
pub fn block(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    code.len()
}

/// The line, from 1, in which a byte stands.
pub fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at].matches('\n').count()
}

#[test]
fn only_code_is_left() {
    let text = "a('{', '\\'', b'\"'); // {\nlet x: &'static str = \"}\\\"}\"; /* { /* } */ */\nr#\"{\"}\"# + r\"\\\"; for_r\"x\"";
    let left = code(text, false);
    let words: Vec<&str> = left.split_whitespace().collect();
    assert_eq!(words, ["a(", ",", ",", "b", ");", "let", "x:", "&'static", "str", "=", ";", "+", ";", "for_r"]);
    assert_eq!(left.len(), text.len(), "every character stays in its place");
    assert!(code(text, true).contains("\"}\\\"}\""), "texts can be kept");
}

#[test]
fn test_modules_are_not_code_that_runs() {
    let text = "#[cfg(test)]\nmod far;\nfn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { c() }\n}\nfn d() {}\n";
    let left = without_tests(text);
    assert_eq!(left.split_whitespace().collect::<Vec<_>>(), ["fn", "a()", "{}", "fn", "d()", "{}"]);
    assert_eq!(left.lines().count(), text.lines().count());
    assert_eq!(line_of(text, text.find("fn d").unwrap()), 8);
    assert_eq!(test_files(text).collect::<Vec<_>>(), ["far"]);
}
