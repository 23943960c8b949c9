//! One member taken away: a stream of lines, as long as it is and no more of it in memory than the caller has room for.

use super::problem::Problem;
use super::{decoded, site, user};
use crate::chat::refusal::Refusal;
use crate::edge::export::{Line, Lines};
use crate::edge::reply::Reply;
use crate::edge::{Asked, Edge};
use bytes::Bytes;
use http::Method;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;

/// A part must be taken within this.
const TAKEN_WITHIN: Duration = Duration::from_secs(60);

/// The id in the path of a request for an export, as it came.
fn id<'a>(edge: &Edge, asked: &'a Asked) -> Option<&'a str> {
    let path = edge.path_below(asked.uri.path());
    let id = path.strip_prefix("/api/v1/users/")?.strip_suffix("/export")?;
    (asked.method == Method::GET && !id.contains('/')).then_some(id)
}

/// Whether a request is for an export.
pub(in crate::edge) fn is_for(edge: &Edge, asked: &Asked) -> bool {
    id(edge, asked).is_some()
}

#[utoipa::path(
    get, path = "/api/v1/users/{id}/export", tag = "users", operation_id = "exportUser",
    summary = "Everything that is kept of a person, line by line",
    params(("id" = String, Path, description = "The site's own id, percent-encoded")),
    responses((status = 200, description = "One object a line: the first says what follows, the last counts it; without the last it was cut short", body = Line, content_type = "application/x-ndjson")),
)]
pub(in crate::edge) async fn begin(edge: &Arc<Edge>, asked: &Asked) -> Result<(Reply, Receiver<Bytes>), Reply> {
    let begun = async {
        asked.check_size()?;
        let site = site(edge, asked)?;
        let user = user(&decoded(id(edge, asked).ok_or(Refusal::NotFound)?)?)?;
        // They are read one after the other anyway.
        let turn =
            Arc::clone(&edge.exports).try_acquire_owned().map_err(|_| Refusal::TooManyRequests { retry_after_s: 5 })?;
        Ok((Lines::begin(&edge.ctx, site, Some(user)).await?, turn))
    };
    let (lines, turn) = begun.await.map_err(|problem: Problem| {
        let reply = problem.reply();
        reply.refusal_code().into_iter().for_each(|code| edge.meters.refused(code));
        reply
    })?;
    let (put, parts) = channel(1);
    tokio::spawn(run(Arc::clone(edge), lines, put, turn));
    Ok((Reply::file("application/x-ndjson", ""), parts))
}

/// Gives the parts as they are taken. Whoever goes away, or takes nothing for long, ends it; so does a store that cannot be read, and
/// then the last line is missing.
async fn run(edge: Arc<Edge>, mut lines: Lines, parts: Sender<Bytes>, _turn: OwnedSemaphorePermit) {
    while !parts.is_closed()
        && let Ok(Some(part)) = lines.next(&edge.ctx).await
    {
        if part.bytes.is_empty() {
            continue;
        }
        if !matches!(timeout(TAKEN_WITHIN, parts.send(part.bytes.into())).await, Ok(Ok(()))) {
            return;
        }
    }
}
