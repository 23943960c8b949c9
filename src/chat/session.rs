//! A session is one ticket: one tab or device of a member.

use super::id::{SiteNumber, UserId};

/// Names one session for as long as it lives, across restarts; random, so that it can be given while the store is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionNumber(pub u64);

/// Which generation of the client family a ticket belongs to. Decided once at `online`, stored with the ticket, used for
/// everything that leaves through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The seed's own client.
    D1,
    /// The 1.0 client of 2010-2011.
    D2,
    /// A client on the later ajax core that has not shown yet whether it is "4.0", which speaks like D2, or the 5.0 of autumn
    /// 2013, which speaks like D3. Served as D2 until it uses a word of D3's.
    D2Late,
    /// The 5.x client of 2013-2014.
    D3,
    /// Our own client.
    Native,
}

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::D1, Self::D2, Self::D2Late, Self::D3, Self::Native];

    /// The word in the store and in `client=`.
    pub fn word(self) -> &'static str {
        match self {
            Self::D1 => "d1",
            Self::D2 => "d2",
            Self::D2Late => "d2-late",
            Self::D3 => "d3",
            Self::Native => "native",
        }
    }

    /// Whether what its clients have received counts as read, since they cannot say what was.
    pub fn delivered_is_read(self) -> bool {
        self != Self::Native
    }

    /// Whether its clients are told who comes into a room and goes. For the earlier ones every presence that is not `offline`
    /// makes a friend of its sender.
    pub fn hears_of_rooms(self) -> bool {
        matches!(self, Self::D3 | Self::Native)
    }

    /// Whether its clients read messages whose text is an event, and show none of it. Others would show the text.
    pub fn reads_events(self) -> bool {
        self == Self::D3
    }

    /// Whether clients of this generation may leave a room to silence it, and join it to listen again.
    pub fn leaves_to_silence(self) -> bool {
        self != Self::Native
    }

    /// What the client turns out to be that uses a word of D3's, if that was open.
    pub fn speaking_later_words(self) -> Option<Self> {
        (self == Self::D2Late).then_some(Self::D3)
    }

    /// The dialect a word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.word() == word)
    }
}

/// Who is asking. Closed on purpose: every action says which of these it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A user of a site, signed in by the site.
    Member {
        /// Whose member.
        site: SiteNumber,
        /// Which member.
        user: UserId,
    },
    /// A visitor of a site with a stable anonymous id.
    Guest {
        /// Whose guest.
        site: SiteNumber,
        /// The guest's id (`vid:…`).
        user: UserId,
    },
    /// A site's own server, by its key.
    Site {
        /// Which site.
        site: SiteNumber,
    },
    /// Whoever runs this server.
    Operator,
}

impl Caller {
    /// The site and user this caller chats as, if it is a person.
    pub fn person(&self) -> Option<(SiteNumber, &UserId)> {
        match self {
            Self::Member { site, user } | Self::Guest { site, user } => Some((*site, user)),
            Self::Site { .. } | Self::Operator => None,
        }
    }
}
