//! What every packet must be, on whatever transport.

use serde_json::Value;

/// Whether a message is an event, which stands nowhere.
pub fn is_event(message: &Value) -> bool {
    message["seq"].is_null() && message["body"].as_str().is_some_and(|body| body.starts_with("webim-event:"))
}

/// `status`, three lists with nothing but strings where old pages need strings, and where it reaches.
pub(super) fn check(packet: &Value) -> Result<(), String> {
    if packet["status"] != "ok" {
        return Err(format!("a status other than ok in {packet}"));
    }
    for list in ["messages", "presences", "statuses"] {
        for item in packet[list].as_array().ok_or_else(|| format!("no list of {list} in {packet}"))? {
            let fields: &[&str] = match list {
                "messages" => &["from", "nick", "to", "timestamp", "type", "body", "style"],
                "presences" => &["from", "nick", "type", "show", "status"],
                _ => &["from", "nick", "to", "show"],
            };
            if let Some(field) = fields.iter().find(|field| !item[**field].is_string()) {
                return Err(format!("{field} is not a string in {packet}"));
            }
        }
    }
    let messages = packet["messages"].as_array().into_iter().flatten();
    let seqs: Option<Vec<u64>> =
        messages.filter(|message| !is_event(message)).map(|message| message["seq"].as_u64()).collect();
    let reaches = packet["seq"].as_u64();
    let good = seqs.is_some_and(|seqs| {
        seqs.is_sorted_by(|a, b| a < b) && seqs.last().is_none_or(|last| reaches.is_some_and(|seq| *last <= seq))
    });
    let has_rest = packet["epoch"].is_string() && packet["more"].is_boolean() && packet["resync"].is_boolean();
    if good && reaches.is_some() && has_rest { Ok(()) } else { Err(format!("places are wrong in {packet}")) }
}
