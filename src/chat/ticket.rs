//! Tickets: the secret a page holds for one session. The server keeps only its digest.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Bytes of randomness in a ticket: 192 bits.
pub const TICKET_BYTES: usize = 24;

/// Longest text worth hashing as a ticket.
const TICKET_TEXT_MAX: usize = 512;

/// A ticket as the page holds it. Not `Debug`: it must never reach a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket(String);

/// SHA-256 of a ticket: what memory and store know.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TicketDigest(pub [u8; 32]);

impl Ticket {
    /// Makes a ticket from fresh random bytes.
    pub fn new(random: [u8; TICKET_BYTES]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    /// The text given to the page.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn digest(&self) -> TicketDigest {
        TicketDigest(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl TicketDigest {
    /// The digest of a text somebody presents as a ticket; any text may be asked about.
    pub fn of(presented: &str) -> Self {
        let bytes = presented.as_bytes();
        Self(Sha256::digest(&bytes[..bytes.len().min(TICKET_TEXT_MAX)]).into())
    }
}
