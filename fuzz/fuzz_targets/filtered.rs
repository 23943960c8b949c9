//! A JSONP answer with the page filter: see `checks/filtered.rs`.
#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::run("filtered", data));
