//! A sync as one HTTP call that is answered while its body arrives.

use super::super::problem::Problem;
use super::super::site;
use super::{Line, Report, Sync};
use crate::chat::refusal::Refusal;
use crate::edge::params::Params;
use crate::edge::reply::Reply;
use crate::edge::{Asked, Edge, json};
use bytes::Bytes;
use http_body_util::BodyExt;
use http_body_util::channel::{Channel, Sender};
use hyper::body::Incoming;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// More must arrive within this.
const MORE_WITHIN: Duration = Duration::from_secs(60);

/// Whether a request is for a sync.
pub(in crate::edge) fn is_for(edge: &Edge, request: &http::Request<Incoming>) -> bool {
    request.method() == http::Method::POST && edge.path_below(request.uri().path()) == "/api/v1/sync"
}

#[utoipa::path(
    post, path = "/api/v1/sync", tag = "sync", operation_id = "sync",
    summary = "A whole directory, line by line; answered while it arrives",
    params(
        ("after_line" = Option<u64>, Query, description = "Skip lines through here: the `line` of the last report of a sync that was cut short")
    ),
    request_body(content = Line, content_type = "application/x-ndjson", description = "One object a line. People and rooms before what names them."),
    responses((status = 200, description = "A report about every 10,000 lines, and one in the end with `complete` or a `problem`", body = Report, content_type = "application/x-ndjson")),
)]
pub(in crate::edge) fn begin(
    edge: &Arc<Edge>,
    asked: &Asked,
    body: Incoming,
) -> Result<(Reply, Channel<Bytes>), Reply> {
    let site = site(edge, asked).map_err(Problem::reply)?;
    let unread = |refusal: Refusal| super::super::unread(refusal);
    let query = Params::parse(asked.uri.query().unwrap_or_default(), b"").map_err(unread)?;
    let after_line = super::super::strict_number(&query, "after_line").map_err(Problem::reply)?.unwrap_or(0);
    let (reports, channel) = Channel::new(8);
    tokio::spawn(run(Arc::clone(edge), site.number, after_line, body, reports));
    Ok((Reply::file("application/x-ndjson", ""), channel))
}

async fn run(
    edge: Arc<Edge>,
    site: crate::chat::id::SiteNumber,
    after_line: u64,
    mut body: Incoming,
    mut reports: Sender<Bytes>,
) {
    let mut sync = Sync::new(&edge.ctx, site, after_line);
    loop {
        let fed = match timeout(MORE_WITHIN, body.frame()).await {
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => sync.feed(&data).await,
                Err(_) => Ok(None),
            },
            Ok(None) => {
                tell(&mut reports, &sync.finish().await).await;
                return;
            }
            // Cut short: what was carried out is carried out, and nobody is there to hear it.
            Ok(Some(Err(_))) | Err(_) => return,
        };
        match fed {
            Ok(Some(report)) => tell(&mut reports, &report).await,
            Ok(None) => {}
            Err(report) => {
                tell(&mut reports, &report).await;
                return;
            }
        }
    }
}

/// Whoever has gone need not be told: the sync goes on as long as its lines arrive.
async fn tell(reports: &mut Sender<Bytes>, report: &Report) {
    let mut line = json::encode(report);
    line.push(b'\n');
    drop(reports.send_data(line.into()).await);
}
