//! The browser's side of the protocol: `/webim/*` and the stream.

mod address;
pub mod auth;
mod boot;
pub mod dialect;
mod download;
#[cfg(test)]
mod examples;
pub mod legacy;
mod online_wire;
mod routes;
pub mod transport;
pub mod wire;

use super::reply::{Form, Reply};
use super::{Asked, Edge, error};
use crate::chat::refusal::Refusal;
use crate::edge::params::Params;
use routes::{Answer, Endpoint};

pub(super) use address::is_plugins;

/// Answers a request under `/webim/`, or at a plugin's address.
pub(super) async fn answer(edge: &Edge, asked: &Asked, path: &str) -> Result<Reply, Refusal> {
    auth::check_host(edge, asked)?;
    let mut params = asked.params()?;
    let form = form(&params)?;
    let Some(endpoint) = address::endpoint(path, &mut params) else {
        return Ok(error::reply(&Refusal::NotFound, &form));
    };
    if endpoint.takes_passwords() {
        return Ok(match routes::accounts::carry_out(edge, asked, endpoint, &params).await {
            Ok(json) => Reply::json(&Form::Plain, &json),
            Err(refusal) => error::reply(&refusal, &Form::Plain),
        });
    }
    let reply = match routes::carry_out(edge, asked, endpoint, &params).await {
        Ok(Answer::Json(json)) => Reply::json(&form, &json),
        Ok(Answer::Ok) => ok(asked, &params, &form),
        Ok(Answer::Whole(reply)) => reply,
        Err(refusal) => refuse(endpoint, &params, &refusal, &form),
    };
    Ok(reply)
}

/// How the caller wants its answer wrapped.
pub(super) fn form(params: &Params) -> Result<Form, Refusal> {
    match params.optional("callback") {
        Some(callback) => Form::parse(callback).ok_or(Refusal::BadCallback),
        None => Ok(Form::Plain),
    }
}

/// The seed's `ok`, so that each client understands it: a call, a JSON string for those that parse JSON, else the word.
fn ok(asked: &Asked, params: &Params, form: &Form) -> Reply {
    let reads_json = asked.header("accept").is_some_and(|accept| accept.contains("application/json"));
    match form {
        Form::Plain if !reads_json && !params.has("csrf_token") => Reply::text("ok"),
        form => Reply::json(form, b"\"ok\""),
    }
}

/// COMPAT: the 5.x client shows a message's refusal only in a 200.
fn refuse(endpoint: Endpoint, params: &Params, refusal: &Refusal, form: &Form) -> Reply {
    let reply = error::reply(refusal, form);
    let is_later = params.has("csrf_token") || dialect::speaks_later_words(params);
    let shows_text = endpoint == Endpoint::Message && is_later;
    if shows_text { reply.status(http::StatusCode::OK) } else { reply }
}
