//! What a client says over its WebSocket: acks, and calls of the same endpoints with the same answers.

use crate::actions::identify::{self, Asker};
use crate::actions::listen::Ack;
use crate::chat::refusal::Refusal;
use crate::edge::browser::routes::{self, Answer, Endpoint};
use crate::edge::params::Params;
use crate::edge::{Edge, error, json};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// The first words of a client: whose stream it wants.
#[derive(Debug, PartialEq, Eq)]
pub struct Subscribe {
    /// The site.
    pub domain: String,
    /// The ticket.
    pub ticket: String,
    /// What it has.
    pub ack: Option<Ack>,
}

/// `{"subscribe":{"domain","ticket","ack","epoch"}}`
#[derive(Deserialize)]
struct SubscribeWire {
    subscribe: SubscribeFields,
}

#[derive(Deserialize)]
struct SubscribeFields {
    domain: String,
    ticket: String,
    ack: Option<u64>,
    epoch: Option<String>,
}

impl Subscribe {
    /// Reads the first frame: JSON, or as old clients write it, `subscribe <domain> <ticket>` with single spaces, where the
    /// ticket may have spaces itself.
    pub fn parse(text: &str) -> Option<Self> {
        if text.starts_with('{') {
            let SubscribeFields { domain, ticket, ack, epoch } =
                serde_json::from_str::<SubscribeWire>(text).ok()?.subscribe;
            let ack = ack.map(|seq| Ack { seq, epoch: epoch.map(Into::into) });
            return Some(Self { domain, ticket, ack });
        }
        let (domain, ticket) = text.strip_prefix("subscribe ")?.split_once(' ')?;
        let good = !domain.is_empty() && !ticket.is_empty();
        good.then(|| Self { domain: domain.to_owned(), ticket: ticket.to_owned(), ack: None })
    }
}

/// A frame of a native client: an ack, a call, or both.
#[derive(Debug, Deserialize)]
pub struct Frame {
    ack: Option<u64>,
    epoch: Option<String>,
    call: Option<String>,
    #[serde(default)]
    id: Value,
    #[serde(flatten)]
    parameters: Map<String, Value>,
}

impl Frame {
    /// Reads a frame; `None` for words that are not meant for us, such as an old client's `heartbeat`.
    pub fn parse(text: &str) -> Option<Result<Self, Refusal>> {
        let read = || {
            serde_json::from_str(text)
                .map_err(|_| Refusal::BadRequest("a frame is a JSON object: an ack, a call, or both"))
        };
        text.starts_with('{').then(read)
    }

    /// What the client has.
    pub fn ack(&self) -> Option<Ack> {
        self.ack.map(|seq| Ack { seq, epoch: self.epoch.as_deref().map(Into::into) })
    }

    /// Carries out the call, if there is one, and gives its answer.
    pub async fn answer(self, edge: &Edge, asker: &Asker) -> Option<Vec<u8>> {
        let name = self.call?;
        let outcome = carry_out(edge, asker, &name, &self.parameters).await;
        reply(&self.id, &outcome)
    }
}

/// The answer to a frame that could not be read; nobody knows which call it was.
pub fn unread(refusal: Refusal) -> Option<Vec<u8>> {
    reply(&Value::Null, &Err(refusal))
}

fn reply(id: &Value, outcome: &Result<Answer, Refusal>) -> Option<Vec<u8>> {
    let (status, body) = match outcome {
        Ok(Answer::Ok) => (200, b"\"ok\"".to_vec()),
        Ok(Answer::Json(json)) => (200, json.clone()),
        // No call that is for streams answers so.
        Ok(Answer::Whole(_)) => return None,
        Err(refusal) => (error::status(refusal).as_u16(), error::body(refusal)),
    };
    let body = RawValue::from_string(String::from_utf8(body).ok()?).ok()?;
    Some(json::encode(&Reply { reply: id, status, body: &body }))
}

/// The answer to a call: `status` as HTTP has it, `body` as the endpoint answers there.
#[derive(Serialize)]
struct Reply<'a> {
    reply: &'a Value,
    status: u16,
    body: &'a RawValue,
}

/// A client's way to find out whether the connection still lives; browsers' scripts cannot send the protocol's own.
const PING: &str = "ping";

async fn carry_out(edge: &Edge, asker: &Asker, name: &str, fields: &Map<String, Value>) -> Result<Answer, Refusal> {
    if name == PING {
        return Ok(Answer::Ok);
    }
    let endpoint = Endpoint::parse(name).filter(|endpoint| endpoint.is_for_streams()).ok_or(Refusal::NotFound)?;
    let asker = identify::again(&edge.ctx, asker)?;
    routes::carry_out_for(edge, endpoint, &Params::from_object(fields)?, &asker).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_words_and_new_subscribe() {
        let old = Subscribe::parse("subscribe localhost abc def").unwrap();
        assert_eq!((old.domain.as_str(), old.ticket.as_str(), old.ack), ("localhost", "abc def", None));
        let new = Subscribe::parse(r#"{"subscribe":{"domain":"localhost","ticket":"t","ack":7,"epoch":"e"}}"#).unwrap();
        assert_eq!(new.ack, Some(Ack { seq: 7, epoch: Some("e".into()) }));
        for bad in ["", "subscribe", "subscribe localhost", "subscribe  t", "{}", "hello", "SUBSCRIBE a b"] {
            assert!(Subscribe::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn words_that_are_not_for_us_are_nothing() {
        assert!(Frame::parse("heartbeat").is_none());
        assert!(Frame::parse("[1]").is_none());
        assert!(matches!(Frame::parse(r#"{"ack":-1}"#), Some(Err(_))), "and what is meant for us and wrong is said");
        let frame = Frame::parse(r#"{"ack":3,"call":"message","id":"x","to":"jack"}"#).unwrap().unwrap();
        assert_eq!((frame.ack().unwrap().seq, frame.call.as_deref()), (3, Some("message")));
    }
}
