//! A JSONP answer: plain ASCII, one call of exactly the given function, and its argument reads back as what was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nextim::edge::json::encode;
use nextim::edge::reply::Form;

fuzz_target!(|input: (&str, &str)| {
    let (callback, text) = input;
    let Some(form) = Form::parse(callback) else { return };
    let script = form.wrap(&encode(&[text]));
    assert!(script.iter().all(|byte| (0x20..0x7f).contains(byte) && !b"<>&".contains(byte)));
    let script = String::from_utf8(script).expect("it is ASCII");
    let argument = script.strip_prefix(&format!("/**/{callback}(")).and_then(|rest| rest.strip_suffix(");")).expect("a call");
    assert_eq!(serde_json::from_str::<Vec<String>>(argument).expect("JSON"), [text]);
});
