//! JSON that is safe to stand in a script on any page: pure ASCII (old pages are GBK), and without `<`, `>`, `&`, so that no
//! reader can mistake a part of it for markup.

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use std::io::{self, Write};

struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, character) in fragment.char_indices() {
            if character.is_ascii() && !matches!(character, '<' | '>' | '&' | '\x7f') {
                continue;
            }
            writer.write_all(&fragment.as_bytes()[plain..at])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + character.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }

    fn write_null<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        CompactFormatter.write_null(writer)
    }
}

/// The JSON text of a wire shape.
pub fn encode(value: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::with_capacity(256);
    value
        .serialize(&mut Serializer::with_formatter(&mut text, Ascii))
        .expect("wire shapes have string keys and finite numbers");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trips_as_plain_ascii(text in ".{0,80}") {
            let json = encode(&text);
            prop_assert!(json.iter().all(|byte| (0x20..0x7f).contains(byte) && !b"<>&".contains(byte)));
            prop_assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), text);
        }
    }
}
