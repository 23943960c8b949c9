//! What is fuzzed, as functions of bytes. The fuzz targets call them, and a test runs every committed seed through the same
//! functions, so that neither can rot unseen.

mod call;
mod event_id;
mod filtered;
mod forwarded;
mod frame;
mod legacy;
pub mod one_call;
mod order;
mod params;
mod script;
mod site_call;
mod site_option;
mod style;
mod subscribe;
mod sync_line;
mod ticket;
mod token;

/// What takes the bytes of one input.
type Check = fn(&[u8]);

/// Every target by its name; the folder of its seeds has the same.
pub const ALL: [(&str, Check); 16] = [
    ("call", call::check),
    ("event_id", event_id::check),
    ("filtered", filtered::check),
    ("forwarded", forwarded::check),
    ("frame", frame::check),
    ("legacy", legacy::check),
    ("order", order::check),
    ("params", params::check),
    ("script", script::check),
    ("site_call", site_call::check),
    ("site_option", site_option::check),
    ("style", style::check),
    ("subscribe", subscribe::check),
    ("sync_line", sync_line::check),
    ("ticket", ticket::check),
    ("token", token::check),
];

/// Runs one target.
pub fn run(name: &str, data: &[u8]) {
    let (_, check) = ALL.iter().find(|(known, _)| *known == name).expect("a target of this name");
    check(data);
}
