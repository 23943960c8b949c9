//! A frame of a native client: read or ignored; an ack is the number that stands there, and parameters stand once and are
//! texts, as a form would have them.

use nextim::edge::browser::transport::calls::Frame;
use nextim::edge::params::Params;
use serde_json::Value;

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(Ok(frame)) = Frame::parse(text) else { return };
    let whole: Value = serde_json::from_str(text).expect("what was understood is JSON");
    let fields = whole.as_object().expect("and an object");
    assert_eq!(frame.ack().map(|ack| ack.seq), whole["ack"].as_u64());
    let Ok(params) = Params::from_object(fields) else { return };
    for (name, value) in params.iter() {
        assert!(!value.contains('\0'));
        assert_eq!(params.raw(name), Some(value), "each name stands once");
        match &fields[name] {
            Value::String(text) => assert_eq!(text, value),
            other => assert_eq!(other.to_string(), value),
        }
    }
}
