//! Why a stream ends, and whether its client should come back. Each has a stable code for programs (`protocol/codes.md`).

/// A named end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goodbye {
    /// The ticket has ended or was never live.
    Ended,
    /// Another stream or poll of the same ticket took over.
    Replaced,
    /// The client did not take or confirm what it was sent in time.
    Slow,
    /// The server stops; another one starts, or it starts again.
    Stopping,
    /// No ticket came in time, or the first words were not understood.
    NotSubscribed,
    /// The client sends too much.
    Flood,
    /// The client's bytes are not the protocol.
    Broken,
    /// A text was not UTF-8.
    NotText,
    /// Bytes came where only text is taken.
    Bytes,
    /// A message was too large.
    TooLarge,
}

impl Goodbye {
    /// All of them, for the test that compares the list with its documentation.
    pub const ALL: [Self; 10] = [
        Self::Ended,
        Self::Replaced,
        Self::Slow,
        Self::Stopping,
        Self::NotSubscribed,
        Self::Flood,
        Self::Broken,
        Self::NotText,
        Self::Bytes,
        Self::TooLarge,
    ];

    /// The stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Replaced => "replaced",
            Self::Slow => "slow",
            Self::Stopping => "stopping",
            Self::NotSubscribed => "not_subscribed",
            Self::Flood => "flood",
            Self::Broken => "broken",
            Self::NotText => "not_text",
            Self::Bytes => "bytes",
            Self::TooLarge => "too_large",
        }
    }

    /// Whether the same ticket may be used again, at once.
    pub fn comes_back(self) -> bool {
        matches!(self, Self::Slow | Self::Stopping)
    }
}
