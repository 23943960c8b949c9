//! A script answer that drops what its page has seen, from a callback, a mark and a text, each on its line: exactly one call
//! of the given function, with our fixed function of one literal, for that mark.

use super::one_call;
use nextim::chat::session::SessionNumber;
use nextim::edge::browser::transport::page_filter::filtered;
use nextim::edge::json::encode;
use nextim::edge::reply::Form;
use std::collections::BTreeMap;

/// The session in hexadecimal, a dot, any text for the life of the log.
fn parts_of(mark: &str) -> Option<(SessionNumber, &str)> {
    let (session, epoch) = mark.split_once('.')?;
    Some((SessionNumber(u64::from_str_radix(session, 16).ok()?), epoch))
}

pub fn check(data: &[u8]) {
    let Ok(input) = std::str::from_utf8(data) else { return };
    let mut lines = input.splitn(3, '\n');
    let [callback, mark, text] = [(); 3].map(|()| lines.next().unwrap_or_default());
    let Some(form) = Form::parse(callback) else { return };
    let (session, epoch) = parts_of(mark).unwrap_or((SessionNumber(0x1a), "3f9a"));
    let kept: String = epoch.chars().filter(char::is_ascii_alphanumeric).collect();
    let mark = format!("{:x}.{kept}", session.0);
    let packet = encode(&BTreeMap::from([("messages", [BTreeMap::from([("body", text), ("nick", text)])])]));
    let script = String::from_utf8(form.wrap(&filtered(&packet, callback, session, epoch))).expect("it is ASCII");
    let call = one_call::read(&script, callback).expect("one call of our function");
    assert_eq!((call.mark, call.literal.as_bytes()), (Some(mark.as_str()), &packet[..]));
    let read: serde_json::Value = serde_json::from_str(call.literal).expect("JSON");
    assert_eq!(read["messages"][0]["body"], text);
}
