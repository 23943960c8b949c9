//! The one list of refusals. Each has a stable code; `edge/error.rs` maps them to the wire once, and `protocol/codes.md`
//! explains them to integrators (a test keeps the two equal).

use std::fmt;

/// Why a request is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The request is not well-formed.
    BadRequest(&'static str),
    /// A parameter that is needed is absent or empty.
    MissingParameter(&'static str),
    /// A parameter stands more than once.
    RepeatedParameter,
    /// A parameter's value is outside what it may be.
    BadParameter(&'static str),
    /// Text that is not UTF-8, or has a NUL.
    BadEncoding,
    /// `callback` is not a plain function name.
    BadCallback,
    /// More than the allowed number of ids.
    TooManyIds,
    /// The member is in as many rooms of their own as anybody may be.
    TooManyRooms,
    /// The body is over its limit.
    TooLarge,
    /// The method is not served on this path; these are.
    MethodNotAllowed(&'static str),
    /// There is nothing at this path.
    NotFound,
    /// Nobody is signed in.
    NotSignedIn,
    /// There is no such account, or its password is another.
    WrongPassword,
    /// What was given cannot be a password.
    WeakPassword,
    /// The ticket is unknown or has ended.
    TicketEnded,
    /// There is no such site, or its server's key is another.
    BadKey,
    /// A site's key came from a browser.
    KeyInBrowser,
    /// A cookie came with a request from another site.
    CrossSite,
    /// The demonstration was asked for under a name that is not this machine.
    ForeignHost,
    /// A page of an origin that the site does not list.
    ForeignOrigin,
    /// The site does not take such calls.
    SwitchedOff(&'static str),
    /// The site is switched off for now.
    SiteSuspended,
    /// The caller asks more often than is let through; they may ask again after so many seconds.
    TooManyRequests {
        /// Whole seconds, at least 1.
        retry_after_s: u64,
    },
    /// As many as may be are there already.
    QuotaReached(&'static str),
    /// The asker blocks whom they write to.
    Blocked,
    /// There is no site of that name.
    UnknownSite,
    /// There is one of that name already.
    AlreadyThere,
    /// No such user, as far as the caller may know.
    UnknownUser,
    /// No such room, as far as the caller may know.
    UnknownRoom,
    /// The caller is not in that room.
    NotAMember,
    /// Not for a browser, or not on this site.
    NotAllowed,
    /// The same `cid` came with another message.
    CidReused,
    /// The request did not arrive in time.
    TooSlow,
    /// Too many connections, from this address or in all.
    TooManyConnections,
    /// This path speaks WebSocket only.
    UpgradeRequired,
    /// It took too long to carry out, and may still be done.
    TimedOut,
    /// Storage cannot take it now: repeat later.
    Unavailable,
    /// The site's own server, which says who somebody is, cannot be asked now.
    SiteUnavailable,
    /// A mistake of ours.
    Internal,
}

impl Refusal {
    /// One of each, for tests that compare the list with its documentation.
    pub const ALL: [Self; 39] = [
        Self::BadRequest(""),
        Self::MissingParameter(""),
        Self::RepeatedParameter,
        Self::BadParameter(""),
        Self::BadEncoding,
        Self::BadCallback,
        Self::TooManyIds,
        Self::TooManyRooms,
        Self::TooLarge,
        Self::MethodNotAllowed(""),
        Self::NotFound,
        Self::NotSignedIn,
        Self::WrongPassword,
        Self::WeakPassword,
        Self::TicketEnded,
        Self::BadKey,
        Self::KeyInBrowser,
        Self::CrossSite,
        Self::ForeignHost,
        Self::ForeignOrigin,
        Self::SwitchedOff(""),
        Self::SiteSuspended,
        Self::TooManyRequests { retry_after_s: 1 },
        Self::QuotaReached(""),
        Self::Blocked,
        Self::UnknownSite,
        Self::AlreadyThere,
        Self::UnknownUser,
        Self::UnknownRoom,
        Self::NotAMember,
        Self::NotAllowed,
        Self::CidReused,
        Self::TooSlow,
        Self::TooManyConnections,
        Self::UpgradeRequired,
        Self::TimedOut,
        Self::Unavailable,
        Self::SiteUnavailable,
        Self::Internal,
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad_request",
            Self::MissingParameter(_) => "missing_parameter",
            Self::RepeatedParameter => "repeated_parameter",
            Self::BadParameter(_) => "bad_parameter",
            Self::BadEncoding => "bad_encoding",
            Self::BadCallback => "bad_callback",
            Self::TooManyIds => "too_many_ids",
            Self::TooManyRooms => "too_many_rooms",
            Self::TooLarge => "too_large",
            Self::MethodNotAllowed(_) => "method_not_allowed",
            Self::NotFound => "not_found",
            Self::NotSignedIn => "not_signed_in",
            Self::WrongPassword => "wrong_password",
            Self::WeakPassword => "weak_password",
            Self::TicketEnded => "ticket_ended",
            Self::BadKey => "bad_key",
            Self::KeyInBrowser => "apikey_in_browser",
            Self::CrossSite => "cross_site",
            Self::ForeignHost => "foreign_host",
            Self::ForeignOrigin => "foreign_origin",
            Self::SwitchedOff(_) => "switched_off",
            Self::SiteSuspended => "site_suspended",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::QuotaReached(_) => "quota_reached",
            Self::Blocked => "blocked",
            Self::UnknownSite => "unknown_site",
            Self::AlreadyThere => "already_there",
            Self::UnknownUser => "unknown_user",
            Self::UnknownRoom => "unknown_room",
            Self::NotAMember => "not_a_member",
            Self::NotAllowed => "not_allowed",
            Self::CidReused => "cid_reused",
            Self::TooSlow => "too_slow",
            Self::TooManyConnections => "too_many_connections",
            Self::UpgradeRequired => "upgrade_required",
            Self::TimedOut => "timed_out",
            Self::Unavailable => "unavailable",
            Self::SiteUnavailable => "site_unavailable",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for Refusal {
    /// A sentence for the person who reads the answer: what is wrong and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadRequest(why) => write!(f, "The request is not well-formed: {why}."),
            Self::MissingParameter(name) => write!(f, "The parameter `{name}` is missing."),
            Self::RepeatedParameter => f.write_str("A parameter stands more than once; send each name once."),
            Self::BadParameter(name) => write!(f, "The parameter `{name}` {}.", rule(name)),
            Self::BadEncoding => f.write_str("Text must be UTF-8 without NUL, percent-encoded."),
            Self::BadCallback => f.write_str("`callback` must be a plain function name."),
            Self::TooManyIds => f.write_str("Too many ids in one request; ask in smaller portions."),
            Self::TooManyRooms => f.write_str("You are in as many rooms of your own as you may be; leave one first."),
            Self::TooLarge => f.write_str("It is larger than this server takes; docs/protocol.md lists the limits."),
            Self::MethodNotAllowed(methods) => write!(f, "This path is served by {methods}."),
            Self::NotFound => f.write_str("There is nothing at this path."),
            Self::NotSignedIn => f.write_str("Nobody is signed in; sign in on the site first."),
            Self::WrongPassword => f.write_str("There is no such account, or this is not its password."),
            Self::WeakPassword => f.write_str(
                "A password has 8 to 256 bytes and at least four different characters, and is neither your id nor one of those that \
                 are tried first.",
            ),
            Self::TicketEnded => f.write_str("This ticket is not live; call online for a new one."),
            Self::BadKey => f.write_str("There is no such site, or this is not its key."),
            Self::KeyInBrowser => f.write_str(
                "A site's key must never be in a browser, and this one is now known to it: replace the key, and call from the \
                 site's own server.",
            ),
            Self::CrossSite => f.write_str("A sign-in cookie is not accepted from another site's page."),
            Self::ForeignHost => {
                f.write_str(
                    "The demonstration answers only under localhost. To open it under another name, set server.public_url to \
                     that address and server.demonstration = true.",
                )
            }
            Self::ForeignOrigin => f.write_str(
                "This page's origin is not one that the site lists; add it with `nextim site set NAME origins=...`.",
            ),
            Self::SwitchedOff(what) => write!(f, "This site has {what} switched off."),
            Self::SiteSuspended => f.write_str("This site is switched off for now."),
            Self::TooManyRequests { retry_after_s } => {
                write!(f, "That is too often; ask again in {retry_after_s} s.")
            }
            Self::QuotaReached(what) => write!(f, "There are as many {what} as this site may have."),
            Self::Blocked => f.write_str("You block this person; unblock them to write to them."),
            Self::UnknownSite => f.write_str("There is no such site."),
            Self::AlreadyThere => f.write_str("There is one of that name already."),
            Self::UnknownUser => f.write_str("There is no such user."),
            Self::UnknownRoom => f.write_str("There is no such room."),
            Self::NotAMember => f.write_str("You are not in that room; join it first."),
            Self::NotAllowed => f.write_str("This is not for members to do on this site."),
            Self::CidReused => f.write_str("This cid already named another message; use a new one for each message."),
            Self::TooSlow => f.write_str("The request did not arrive in time; send it again."),
            Self::TooManyConnections => f.write_str("There are too many connections; close some, or come back later."),
            Self::UpgradeRequired => f.write_str("This path speaks WebSocket, version 13; open it with a WebSocket client."),
            Self::TimedOut => f.write_str(
                "It took too long here, and nobody knows whether it was done; repeat a message with the same cid.",
            ),
            Self::Unavailable => {
                f.write_str("The message store cannot take this now; nothing was stored, repeat it shortly.")
            }
            Self::SiteUnavailable => {
                f.write_str("The site cannot be asked at the moment who this is; come back in a moment.")
            }
            Self::Internal => f.write_str("Something went wrong here; it has been logged."),
        }
    }
}

/// What a parameter may be, for the person who got it wrong.
fn rule(name: &str) -> &'static str {
    match name {
        "show" => "must be one of available, away, chat, dnd, busy, invisible (typing or clear for status)",
        "type" => "must be unicast or multicast, or chat or grpchat",
        "after_line" => "must be a whole number: the `line` of a report",
        "site" => "must be a domain, without http:// and slashes, or any word",
        "ack" => "must be the seq of a packet",
        "before" | "seq" => "must be a whole number: the `seq` of a message",
        "limit" => "must be a whole number from 1 to what docs/protocol.md says for this call",
        "q" => "must be 1 to 200 characters",
        "format" => "must be html or csv",
        "text" => "must be 1 to 2,000 bytes",
        "link" => "must be at most 500 bytes, and lead to http, https, mailto or a place on the site",
        "from" => "must be at most 255 bytes",
        "read" => "must be the id of a notification",
        "cid" => "must be at most 128 bytes",
        "status" => "must be at most 255 bytes",
        "nick" => "must be at most 190 bytes (a search: 1 to 200 characters), without control characters",
        "v" => "must be a version of the family: 1, 1.0 to 4, 5",
        "client" => "must be d1, d2, d3 or native",
        "domain" => "does not name the site you are signed in to; send what connection.domain says",
        "block_list" => "must be a list of room ids",
        "data" => "must be a JSON object with names of at most 64 characters",
        _ => "must hold ids of 1 to 190 bytes, without commas in them and without control characters",
    }
}

impl std::error::Error for Refusal {}
