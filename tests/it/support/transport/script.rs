//! What a browser does with a poll that it loads as a script: its headers, an identity for every request, and the answer,
//! which is code. Only two forms of code may come: a call of the page's function with a literal, or with our fixed function
//! of one, whose meaning is carried out here.

use super::packet::is_event;
use super::page::Page;
use crate::checks::one_call;
use crate::support::http::{Answer, Ask};
use serde_json::Value;

/// A script element's request.
pub(super) fn ask(path: &str, query: &str, count: u64) -> Ask {
    Ask::get(&format!("/{path}?{query}&_={}", 1_795_000_000_000 + count))
        .header("Sec-Fetch-Dest", "script")
        .header("Sec-Fetch-Mode", "no-cors")
        .header("User-Agent", "Mozilla/5.0")
}

/// What the page's function is called with. `acks` tells whether the page has said what it has: then nothing needs to be
/// dropped for it.
pub(super) fn run(page: &Page, answer: &Answer, callback: &str, acks: bool) -> Result<Value, String> {
    let text = answer.text();
    if answer.status != 200 || answer.header("content-type") != Some("application/javascript; charset=utf-8") {
        return Err(format!("not a script in a 200: {} {:?} {text}", answer.status, answer.headers));
    }
    let call = one_call::read(&text, callback)?;
    let mut packet: Value = serde_json::from_str(call.literal).map_err(|error| format!("{error} in {text}"))?;
    // What stands nowhere is not carried twice, and needs no filter.
    let has_messages = packet["messages"].as_array().is_some_and(|messages| !messages.iter().all(is_event));
    match call.mark {
        Some(mark) => page.filter(mark, &mut packet),
        None if has_messages && !acks => return Err(format!("messages without the filter: {text}")),
        None => {}
    }
    if call.mark.is_some() && acks {
        return Err(format!("the filter for a page that says what it has: {text}"));
    }
    Ok(packet)
}
