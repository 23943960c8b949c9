//! Refusals as RFC 9457 has them (`application/problem+json`), with the codes that everything here has.

use crate::chat::refusal::Refusal;
use crate::edge::error;
use crate::edge::json;
use crate::edge::reply::Reply;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a call was not carried out.
#[derive(Debug)]
pub(super) struct Problem {
    refusal: Refusal,
    /// Where in the body, for its developer.
    detail: Option<String>,
}

/// Why a call was not carried out (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(in crate::edge) struct ProblemWire {
    /// `urn:nextim:problem:` and the code.
    r#type: String,
    /// What the status says.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The stable code (protocol/codes.md).
    code: &'static str,
    /// What is wrong and what to do, for people.
    detail: String,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, detail: None }
    }
}

impl Problem {
    /// The body is not what is needed.
    pub(super) fn body(error: &serde_json::Error) -> Self {
        Self {
            refusal: Refusal::BadRequest("its body"),
            detail: Some(format!("The body is not what is needed: {error}.")),
        }
    }

    /// The same refusal with what is to be said of it here.
    pub(super) fn with(refusal: Refusal, detail: &str) -> Self {
        Self { refusal, detail: Some(detail.to_owned()) }
    }

    pub(super) fn wire(self) -> ProblemWire {
        let (status, code) = (error::status(&self.refusal), self.refusal.code());
        ProblemWire {
            r#type: format!("urn:nextim:problem:{code}"),
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code,
            detail: self.detail.unwrap_or_else(|| self.refusal.to_string()),
        }
    }

    pub(super) fn reply(self) -> Reply {
        let refusal = self.refusal.clone();
        let reply = Reply::file("application/problem+json", json::encode(&self.wire())).status(error::status(&refusal));
        let reply = if refusal == Refusal::BadKey {
            reply.header(http::header::WWW_AUTHENTICATE, "Bearer realm=\"nextim\"")
        } else {
            reply
        };
        error::with_headers(reply, &refusal)
    }
}
