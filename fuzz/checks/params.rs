//! Query and form (the two halves of the bytes): any bytes are read or refused, and lists of what was read keep their limits.

use nextim::chat::id::IDS_MAX;
use nextim::edge::params::Params;

pub fn check(data: &[u8]) {
    let (query, form) = data.split_at(data.len() / 2);
    let Ok(query) = std::str::from_utf8(query) else { return };
    if let Ok(params) = Params::parse(query, form) {
        for (name, value) in params.iter() {
            assert!(!name.contains('\0') && !value.contains('\0'));
            assert_eq!(params.raw(name), Some(value), "each name stands once");
            assert!(params.list(name).map_or(true, |ids| ids.len() <= IDS_MAX));
        }
        drop(params.users("ids"));
        drop(params.room("id"));
    }
}
