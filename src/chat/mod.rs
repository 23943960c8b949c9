//! The nouns everything else speaks in: plain values and their rules.
//!
//! Nothing here does IO, waits, reads a clock or knows a wire format, so every rule can be tested with two values and an
//! assertion. No other folder of this crate may be named from here.

pub mod delivery;
pub mod entry;
pub mod event;
pub mod exported;
pub mod goodbye;
pub mod history;
pub mod id;
pub mod link;
pub mod listed;
pub mod notification;
pub mod password;
pub mod presence;
pub mod refusal;
pub mod room;
pub mod script_request;
pub mod search;
pub mod session;
pub mod settings;
pub mod site;
pub mod site_options;
pub mod style;
pub mod ticket;
pub mod user;
