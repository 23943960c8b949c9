//! The first frame of a WebSocket: what is understood says whose stream it is in exactly the words that stand there.

use nextim::edge::browser::transport::calls::Subscribe;
use serde_json::Value;

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(Subscribe { domain, ticket, ack }) = Subscribe::parse(text) else { return };
    if !text.starts_with('{') {
        assert_eq!(format!("subscribe {domain} {ticket}"), text);
        assert!(!domain.is_empty() && !ticket.is_empty() && !domain.contains(' ') && ack.is_none());
        return;
    }
    // In what is skipped a number may be larger than this reader takes.
    let Ok(whole) = serde_json::from_str::<Value>(text) else { return };
    let fields = &whole["subscribe"];
    assert_eq!((&fields["domain"], &fields["ticket"]), (&Value::from(domain), &Value::from(ticket)));
    assert_eq!(fields["ack"].as_u64(), ack.as_ref().map(|ack| ack.seq));
    if let Some(epoch) = ack.and_then(|ack| ack.epoch) {
        assert_eq!(fields["epoch"], Value::from(&*epoch));
    }
}
