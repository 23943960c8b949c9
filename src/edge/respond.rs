//! One request, from hyper to an answer, whichever version of HTTP it came by.

use super::body::Body;
use super::client_address::client_of;
use super::reply::{Form, Reply};
use super::{Asked, Edge, Outcome, Taken, error, handle, rest, site};
use crate::chat::refusal::Refusal;
use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, HOST, HeaderValue, STRICT_TRANSPORT_SECURITY};
use http::request::Parts;
use http::{Request, Response, Version};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// A request's body must be there after this.
const BODY_WITHIN: Duration = Duration::from_secs(15);
/// A form, in bytes.
const BODY_MAX: usize = 256 * 1024;
/// What of a body over the limit is read and thrown away, so that the refusal can be read and the connection used again.
const BODY_DISCARD_MAX: usize = 4 * 1024 * 1024;

/// What becomes of a request that hyper read.
pub(super) enum Responded {
    /// An answer.
    Answer(Response<Body>),
    /// Its connection is taken for something.
    Take(Taken),
}

/// Answers a request. Where many of one connection come at once, `bodies` are so many as may be read at a time.
pub(super) async fn respond(
    edge: &Arc<Edge>,
    request: Request<Incoming>,
    peer: SocketAddr,
    bodies: Option<&Semaphore>,
) -> Responded {
    match respond_plainly(edge, request, peer, bodies).await {
        Responded::Answer(mut answer) if edge.tls.is_some() => {
            answer.headers_mut().insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
            Responded::Answer(answer)
        }
        responded => responded,
    }
}

async fn respond_plainly(
    edge: &Arc<Edge>,
    request: Request<Incoming>,
    peer: SocketAddr,
    bodies: Option<&Semaphore>,
) -> Responded {
    if rest::sync::over_http::is_for(edge, &request) {
        return Responded::Answer(begin_sync(edge, request, peer));
    }
    let asked = match read(edge, request, peer, bodies).await {
        Ok(asked) => asked,
        Err((refusal, door)) => {
            let reply = match door {
                Door::Plugins(call) => site::unread(&call, &refusal),
                Door::Rest => rest::unread(refusal.clone()),
                Door::Browsers => error::reply(&refusal, &Form::Plain),
            };
            // Where one request ends and the next begins may be unclear now.
            let closes = !matches!(refusal, Refusal::TooLarge);
            return Responded::Answer(whole(if closes { reply.header(CONNECTION, "close") } else { reply }));
        }
    };
    if rest::export::is_for(edge, &asked) {
        return Responded::Answer(match rest::export::begin(edge, &asked).await {
            Ok((reply, lines)) => reply.into_response().map(|_| Body::Stream(lines)),
            Err(reply) => whole(reply),
        });
    }
    match handle(edge, &asked).await {
        Outcome::Reply(reply) => Responded::Answer(whole(reply)),
        Outcome::Take(taken) => Responded::Take(taken),
    }
}

async fn read(
    edge: &Edge,
    request: Request<Incoming>,
    peer: SocketAddr,
    bodies: Option<&Semaphore>,
) -> Result<Asked, (Refusal, Door)> {
    let (head, body) = request.into_parts();
    let path = edge.path_below(head.uri.path());
    let (door, most) = match site::Call::parse(path) {
        Some(call) => (Door::Plugins(call), site::BODY_MAX),
        None if rest::is_rest(path) => (Door::Rest, rest::BODY_MAX),
        None => (Door::Browsers, BODY_MAX),
    };
    let mut asked = asked(edge, head, Bytes::new(), peer);
    let read = async {
        check_framing(&asked)?;
        if matches!(door, Door::Rest) && bodies.is_some() && !body.is_end_stream() {
            // Many come at once: nobody's body is kept who has no key.
            rest::check_key(edge, &asked)?;
        }
        let _turn = match bodies.filter(|_| !body.is_end_stream()) {
            Some(bodies) => Some(bodies.acquire().await.map_err(|_| Refusal::Internal)?),
            None => None,
        };
        timeout(BODY_WITHIN, read_body(body, most)).await.map_err(|_| Refusal::TooSlow)?
    };
    asked.body = read.await.map_err(|refusal| (refusal, door))?;
    Ok(asked)
}

fn asked(edge: &Edge, head: Parts, body: Bytes, peer: SocketAddr) -> Asked {
    let connection = head.headers.get(CONNECTION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let closes = connection.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"));
    let keep_alive = head.version >= Version::HTTP_11 && !closes;
    let client = client_of(peer, &head.headers, &edge.proxies);
    let (method, uri, headers, version) = (head.method, head.uri, head.headers, head.version);
    Asked { method, uri, version, headers, body, peer, client, keep_alive }
}

/// Who is served at a path, and so how a refusal looks there.
enum Door {
    Plugins(site::Call),
    Rest,
    Browsers,
}

fn whole(reply: Reply) -> Response<Body> {
    reply.into_response().map(Body::Whole)
}

/// A sync is answered while it arrives.
fn begin_sync(edge: &Arc<Edge>, request: Request<Incoming>, peer: SocketAddr) -> Response<Body> {
    let (head, body) = request.into_parts();
    let asked = asked(edge, head, Bytes::new(), peer);
    if let Err(refusal) = check_framing(&asked) {
        return whole(rest::unread(refusal).header(CONNECTION, "close"));
    }
    match rest::sync::over_http::begin(edge, &asked, body) {
        Ok((reply, reports)) => reply.into_response().map(|_| Body::Reports(reports)),
        Err(reply) => whole(reply.header(CONNECTION, "close")),
    }
}

/// Refuses what a proxy in front of us may understand in another way. (A length given in two ways ends the connection in hyper.)
fn check_framing(asked: &Asked) -> Result<(), Refusal> {
    let hosts = asked.headers.get_all(HOST).iter().count();
    let is_clear = match asked.version {
        Version::HTTP_2 => asked.uri.authority().is_some() && hosts <= 1,
        Version::HTTP_11 => hosts == 1,
        _ => hosts <= 1,
    };
    if !is_clear {
        return Err(Refusal::BadRequest("it needs one Host header"));
    }
    match (asked.uri.authority(), asked.header(HOST.as_str())) {
        (Some(authority), Some(host)) if !host.eq_ignore_ascii_case(authority.as_str()) => {
            Err(Refusal::BadRequest("its address and its Host header are of two hosts"))
        }
        _ => Ok(()),
    }
}

async fn read_body(mut body: Incoming, most: usize) -> Result<Bytes, Refusal> {
    let mut bytes = BytesMut::new();
    let mut count = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::BadRequest("its body is broken"))?;
        let Ok(data) = frame.into_data() else { continue };
        count += data.len();
        if count > BODY_DISCARD_MAX {
            break;
        }
        if count <= most {
            bytes.extend_from_slice(&data);
        }
    }
    if count > most { Err(Refusal::TooLarge) } else { Ok(bytes.freeze()) }
}
