//! For whoever watches the process.

use super::reply::Reply;
use crate::actions::Context;
use http::StatusCode;

/// The process runs.
pub(super) fn alive() -> Reply {
    Reply::text("ok\n")
}

/// The process can take messages: its store can write.
pub(super) async fn ready(ctx: &Context) -> Reply {
    match ctx.store.check().await {
        Ok(()) => Reply::text("ok\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            Reply::text("the store cannot write\n").status(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}
