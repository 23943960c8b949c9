//! An id as sites write it into JSON: a text, or a whole number where their tables have one.

use serde::Deserialize;

/// See the module.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum WrittenId {
    /// `"7"`
    Text(String),
    /// `7`
    Number(u64),
}

impl From<WrittenId> for String {
    fn from(id: WrittenId) -> Self {
        match id {
            WrittenId::Text(text) => text,
            WrittenId::Number(number) => number.to_string(),
        }
    }
}
