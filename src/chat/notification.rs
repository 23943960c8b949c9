//! What a site wants a member to notice: a text and where it leads, kept until it is read.

use super::link;

/// Longest text, in bytes.
pub const TEXT_BYTES_MAX: usize = 2_000;
/// Longest link, in bytes.
pub const LINK_BYTES_MAX: usize = 500;
/// Longest name of a sender, in bytes.
pub const SENDER_BYTES_MAX: usize = 255;
/// Notifications kept for one member, the newest.
pub const NOTIFICATIONS_MAX: usize = 200;

/// A notification that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Who or what it is from; may be empty.
    pub sender: Box<str>,
    /// What it says.
    pub text: Box<str>,
    /// Where it leads; may be empty.
    pub link: Box<str>,
}

impl Notice {
    /// A notice whose parts are as they may be; else the name of the part that is not.
    pub fn checked(sender: &str, text: &str, link: &str) -> Result<Self, &'static str> {
        if text.is_empty() || text.len() > TEXT_BYTES_MAX {
            return Err("text");
        }
        if link.len() > LINK_BYTES_MAX || !link::is_safe(link) {
            return Err("link");
        }
        if sender.len() > SENDER_BYTES_MAX {
            return Err("from");
        }
        Ok(Self { sender: sender.into(), text: text.into(), link: link.into() })
    }
}

/// A notification as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Names it among its member's, in the order in which they came. Never given twice.
    pub number: u64,
    /// When it came, in milliseconds since 1970.
    pub at_ms: u64,
    /// When a page was first given it that cannot say what was read; 0 if none was.
    pub given_at_ms: u64,
    /// What it says.
    pub notice: Notice,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_texts_with_harmless_links_are_kept() {
        assert!(Notice::checked("", "x", "").is_ok());
        assert!(Notice::checked("Board", &"x".repeat(TEXT_BYTES_MAX), "https://example.com/1").is_ok());
        assert_eq!(Notice::checked("", "", "/"), Err("text"));
        assert_eq!(Notice::checked("", &"x".repeat(TEXT_BYTES_MAX + 1), "/"), Err("text"));
        assert_eq!(Notice::checked("", "x", "java\nscript:y"), Err("link"));
        assert_eq!(Notice::checked("", "x", &format!("/{}", "y".repeat(LINK_BYTES_MAX))), Err("link"));
        assert_eq!(Notice::checked(&"x".repeat(256), "x", ""), Err("from"));
    }
}
