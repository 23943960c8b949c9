//! What a search looks for: every term somewhere in the text, whatever its case. A term may stand inside a word, so text
//! that is written without blanks (Chinese, Japanese, Korean) is found by any part of it, a single character included.

use super::entry::{Message, Seq};
use super::history::Conversation;
use std::sync::Arc;

/// Longest question, in characters.
pub const TEXT_CHARS_MAX: usize = 200;
/// Hits in one answer at most.
pub const HITS_MAX: usize = 100;
/// Hits in one answer if the question does not say.
pub const HITS: usize = 20;
/// Messages that one call looks at, at most.
pub const ROWS_SCANNED_MAX: usize = 20_000;
/// Text that one call compares, in bytes times terms: long messages count more than short ones.
pub const BYTES_SCANNED_MAX: usize = 16 * 1024 * 1024;

/// The terms of a question, folded. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms(Vec<String>);

impl Terms {
    /// Reads a question: 1 to [`TEXT_CHARS_MAX`] characters without the blanks around it.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > TEXT_CHARS_MAX {
            return None;
        }
        let mut folded = String::new();
        fold_into(text, &mut folded);
        let mut terms: Vec<String> = folded.split_whitespace().map(str::to_owned).collect();
        // The longest first: it is the least likely to be there, and one that is missing settles it.
        terms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        terms.dedup();
        (!terms.is_empty()).then_some(Self(terms))
    }

    /// Whether every term is in `body`. `folded` is room to work in.
    pub fn are_in(&self, body: &str, folded: &mut String) -> bool {
        folded.clear();
        fold_into(body, folded);
        self.0.iter().all(|term| folded.contains(term.as_str()))
    }

    /// What looking through so much text costs, as [`BYTES_SCANNED_MAX`] counts.
    pub fn cost(&self, body_bytes: usize) -> usize {
        body_bytes.saturating_mul(self.0.len())
    }
}

/// A text without what a search does not tell apart.
pub fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Appends `text` without what a search does not tell apart: case, and full-width forms of ASCII.
fn fold_into(text: &str, folded: &mut String) {
    for character in text.chars() {
        match character {
            '\0'..='\x7f' => folded.push(character.to_ascii_lowercase()),
            '\u{3000}' => folded.push(' '),
            '\u{ff01}'..='\u{ff5e}' => folded.push(half_width(character).to_ascii_lowercase()),
            // Scripts without case, most of what is written in them: no look into tables.
            '\u{3001}'..='\u{a63f}' | '\u{ac00}'..='\u{d7a3}' => folded.push(character),
            // Over upper case, so that ß is ss and both small sigmas are one.
            _ => folded.extend(character.to_uppercase().flat_map(char::to_lowercase)),
        }
    }
}

/// The ASCII character that a full-width form stands for.
fn half_width(character: char) -> char {
    char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
}

/// What somebody looks for.
#[derive(Debug, Clone)]
pub struct Search {
    /// The terms.
    pub terms: Terms,
    /// Only in this conversation.
    pub only: Option<Conversation>,
    /// Only before this place.
    pub before: Option<Seq>,
    /// So many hits at most.
    pub limit: usize,
}

/// What was found in one go.
#[derive(Debug, Clone)]
pub struct Found {
    /// Hits, the newest first.
    pub messages: Vec<Arc<Message>>,
    /// There may be more before this place.
    pub before: Option<Seq>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finds(question: &str, body: &str) -> bool {
        Terms::parse(question).expect("a question").are_in(body, &mut String::new())
    }

    #[test]
    fn every_term_must_be_there_whatever_its_case_and_width() {
        for (question, body) in [
            ("FROG under", "Under the frog?"),
            ("rog", "Under the frog?"),
            ("ＦＲＯＧ", "under the frog"),
            ("frog", "ｕｎｄｅｒ　ｔｈｅ　Ｆｒｏｇ！"),
            ("青蛙　下", "青蛙下面？"),
            ("面", "青蛙下面？"),
            ("カエル", "池のカエル。"),
            ("구리", "개구리 아래"),
            ("ЩУКА", "щука"),
            ("STRASSE", "Straße"),
            ("οδος", "ΟΔΟΣ"),
            ("?", "（？）"),
            ("100%", "１００％"),
        ] {
            assert!(finds(question, body), "{question:?} in {body:?}");
        }
        for (question, body) in [("frog pond", "Under the frog?"), ("青面", "青蛙下面"), ("a", ""), ("か", "カ")]
        {
            assert!(!finds(question, body), "{question:?} in {body:?}");
        }
    }

    #[test]
    fn a_question_has_something_in_it_and_an_end() {
        for empty in ["", "  ", "\u{3000}\n\t"] {
            assert_eq!(Terms::parse(empty), None);
        }
        assert!(Terms::parse(&format!(" {} ", "蛙".repeat(TEXT_CHARS_MAX))).is_some());
        assert_eq!(Terms::parse(&"a".repeat(TEXT_CHARS_MAX + 1)), None);
        assert_eq!(Terms::parse("b a  A ccc"), Some(Terms(vec!["ccc".into(), "a".into(), "b".into()])));
    }

    proptest! {
        /// Negative control: leave the arm of the full-width forms out, or let that of scripts without case reach over them.
        #[test]
        fn any_part_of_a_text_finds_it(body in "[a-zA-ZａＺéßΣς青蛙かカ구 　]{1,30}", from in 0..30_usize, length in 1..9_usize) {
            let part: String = body.chars().skip(from).take(length).collect();
            prop_assume!(!part.trim().is_empty());
            for question in [part.clone(), part.to_uppercase(), part.to_lowercase()] {
                prop_assert!(finds(&question, &body), "{:?} in {:?}", question, body);
            }
        }

        #[test]
        fn scripts_without_case_are_folded_to_themselves(character in "[\u{3001}-\u{a63f}\u{ac00}-\u{d7a3}]") {
            let expected: String = character.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
            prop_assert_eq!(&expected, &character);
        }
    }
}
