//! A JSONP answer, from a callback, a line break and a text: plain ASCII, one call of exactly the given function, and its
//! argument reads back as what was written.

use super::one_call;
use nextim::edge::json::encode;
use nextim::edge::reply::Form;

pub fn check(data: &[u8]) {
    let Ok(input) = std::str::from_utf8(data) else { return };
    let (callback, text) = input.split_once('\n').unwrap_or((input, ""));
    let Some(form) = Form::parse(callback) else { return };
    let script = String::from_utf8(form.wrap(&encode(&[text]))).expect("it is ASCII");
    assert!(script.bytes().all(|byte| (0x20..0x7f).contains(&byte) && !b"<>&".contains(&byte)));
    let call = one_call::read(&script, callback).expect("one call");
    assert_eq!(call.mark, None);
    assert_eq!(serde_json::from_str::<Vec<String>>(call.literal).expect("JSON"), [text]);
}
