//! A script answer that drops what its page has seen, from a callback, a mark and a text, each on its line: exactly one call
//! of the given function, with our fixed function of one literal, for that mark.

use super::one_call;
use nextim::edge::browser::transport::page_filter::filtered;
use nextim::edge::json::encode;
use nextim::edge::reply::Form;
use std::collections::BTreeMap;

/// What the server calls marks: the session in hexadecimal, a dot, the life of the log.
fn is_mark(mark: &str) -> bool {
    let good = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    mark.split_once('.').is_some_and(|(session, epoch)| good(session) && good(epoch))
}

pub fn check(data: &[u8]) {
    let Ok(input) = std::str::from_utf8(data) else { return };
    let mut lines = input.splitn(3, '\n');
    let [callback, mark, text] = [(); 3].map(|()| lines.next().unwrap_or_default());
    let Some(form) = Form::parse(callback) else { return };
    let mark = if is_mark(mark) { mark } else { "1a.3f9a" };
    let packet = encode(&BTreeMap::from([("messages", [BTreeMap::from([("body", text), ("nick", text)])])]));
    let script = String::from_utf8(form.wrap(&filtered(&packet, callback, mark))).expect("it is ASCII");
    let call = one_call::read(&script, callback).expect("one call of our function");
    assert_eq!((call.mark, call.literal.as_bytes()), (Some(mark), &packet[..]));
    let read: serde_json::Value = serde_json::from_str(call.literal).expect("JSON");
    assert_eq!(read["messages"][0]["body"], text);
}
