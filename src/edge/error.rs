//! Refusals on the wire: mapped here, once. Decision 18 says which form which client understands.

use super::json;
use super::reply::{Form, Reply};
use crate::chat::refusal::Refusal;
use http::StatusCode;
use serde::Serialize;

/// The body of every refusal. `error_msg` and `error` are the words that old clients translate.
#[derive(Serialize)]
struct Body<'a> {
    success: bool,
    status: &'a str,
    code: &'a str,
    error_msg: &'a str,
    error: &'a str,
    message: String,
}

/// The HTTP status of a refusal.
pub fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::BadRequest(_)
        | Refusal::MissingParameter(_)
        | Refusal::RepeatedParameter
        | Refusal::BadParameter(_)
        | Refusal::BadEncoding
        | Refusal::BadCallback
        | Refusal::WeakPassword
        | Refusal::TooManyIds => StatusCode::BAD_REQUEST,
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
        Refusal::NotFound | Refusal::UnknownUser | Refusal::UnknownRoom | Refusal::UnknownSite => StatusCode::NOT_FOUND,
        Refusal::NotSignedIn | Refusal::WrongPassword | Refusal::TicketEnded | Refusal::BadKey => {
            StatusCode::UNAUTHORIZED
        }
        Refusal::CrossSite
        | Refusal::KeyInBrowser
        | Refusal::ForeignHost
        | Refusal::ForeignOrigin
        | Refusal::SwitchedOff(_)
        | Refusal::SiteSuspended
        | Refusal::Blocked
        | Refusal::NotAMember
        | Refusal::NotAllowed => StatusCode::FORBIDDEN,
        Refusal::CidReused | Refusal::TooManyRooms | Refusal::AlreadyThere => StatusCode::CONFLICT,
        Refusal::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
        Refusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
        Refusal::TooManyConnections | Refusal::TooManyRequests { .. } | Refusal::QuotaReached(_) => {
            StatusCode::TOO_MANY_REQUESTS
        }
        Refusal::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        Refusal::Unavailable | Refusal::SiteUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The words old clients have a translation for.
fn old_words(refusal: &Refusal) -> &'static str {
    match status(refusal) {
        StatusCode::NOT_FOUND => "Not Found",
        StatusCode::UNAUTHORIZED => "Not Authorized",
        StatusCode::FORBIDDEN => "Forbidden",
        _ => "Connect Error",
    }
}

/// The JSON of a refusal.
pub fn body(refusal: &Refusal) -> Vec<u8> {
    let (words, message) = (old_words(refusal), refusal.to_string());
    json::encode(&Body {
        success: false,
        status: "error",
        code: refusal.code(),
        error_msg: words,
        error: words,
        message,
    })
}

/// A refusal in the form its client understands: in a script always 200, since a script with an error status has no body.
pub fn reply(refusal: &Refusal, form: &Form) -> Reply {
    let text = body(refusal);
    let reply = match form {
        // A site without scripts gives none, not even to say so.
        Form::Script(_) if matches!(refusal, Refusal::SwitchedOff("JSONP")) => {
            Reply::json(&Form::Plain, &text).status(status(refusal))
        }
        Form::Script(_) => Reply::json(form, &text),
        // Whoever tries callbacks gets nothing that anything would run.
        Form::Plain if *refusal == Refusal::BadCallback => Reply::text(text).status(status(refusal)),
        Form::Plain => Reply::json(form, &text).status(status(refusal)),
    };
    with_headers(reply, refusal)
}

/// What HTTP wants beside the status of a refusal.
pub fn with_headers(reply: Reply, refusal: &Refusal) -> Reply {
    let reply = reply.refusing(refusal.code());
    match refusal {
        Refusal::MethodNotAllowed(methods) => reply.header(http::header::ALLOW, *methods),
        Refusal::Unavailable | Refusal::TooManyConnections => reply.header(http::header::RETRY_AFTER, "1"),
        Refusal::SiteUnavailable => reply.header(http::header::RETRY_AFTER, "3"),
        Refusal::TooManyRequests { retry_after_s } => reply.header(http::header::RETRY_AFTER, *retry_after_s),
        Refusal::UpgradeRequired => {
            reply.header(http::header::UPGRADE, "websocket").header(http::header::SEC_WEBSOCKET_VERSION, "13")
        }
        _ => reply,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_with_its_status() {
        let codes = include_str!("../../protocol/codes.md");
        for refusal in Refusal::ALL {
            let row = format!("| `{}` | {} |", refusal.code(), status(&refusal).as_u16());
            assert!(codes.contains(&row), "protocol/codes.md needs a line beginning {row}");
        }
        let refusals = codes.split("## Goodbyes").next().unwrap_or_default();
        let rows = refusals.lines().filter(|line| line.starts_with("| `")).count();
        assert_eq!(rows, Refusal::ALL.len(), "protocol/codes.md explains a code that does not exist");
    }
}
