//! The chat bar's files. Whoever loads them has said nothing of themselves, and they are the same for everybody: any page may have them,
//! and keep what has its hash in its name.

use super::Asked;
use super::reply::Reply;
use http::StatusCode;
use http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderName, IF_NONE_MATCH,
    VARY,
};
use nextim_widget::File;

/// The name never means another content.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// The newest, always: it names the others, which are gone after an upgrade.
const ASK_AGAIN: &str = "no-cache";

/// The file at a path, if it is one of the chat bar's.
pub(super) fn file_at(path: &str) -> Option<&'static File> {
    nextim_widget::at(path.strip_prefix('/')?)
}

/// The answer with it.
pub(super) fn answer(asked: &Asked, file: &File) -> Reply {
    let takes = |coding: &str| {
        let said = asked.header(ACCEPT_ENCODING.as_str()).unwrap_or_default();
        let mut words = said.split(',').map(|word| word.trim().split(';'));
        words.any(|mut word| word.next() == Some(coding) && word.all(|weight| weight.trim() != "q=0"))
    };
    let etag = format!("\"{}\"", file.integrity);
    let is_loader = std::ptr::eq(file, nextim_widget::loader());
    let known = asked.header(IF_NONE_MATCH.as_str()).unwrap_or_default();
    let is_known = known.split(',').any(|known| known.trim().trim_start_matches("W/") == etag);
    let (body, coding) = match () {
        () if is_known => (&b""[..], None),
        () if takes("br") => (file.brotli, Some("br")),
        () if takes("gzip") => (file.gzip, Some("gzip")),
        () => (file.plain, None),
    };
    let reply = Reply::file(file.media_type, body)
        .header(CACHE_CONTROL, if is_loader { ASK_AGAIN } else { FOR_EVER })
        .header(ETAG, etag)
        .header(ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin")
        .header(VARY, "accept-encoding");
    let reply = if let Some(coding) = coding { reply.header(CONTENT_ENCODING, coding) } else { reply };
    if is_known { reply.status(StatusCode::NOT_MODIFIED) } else { reply }
}
