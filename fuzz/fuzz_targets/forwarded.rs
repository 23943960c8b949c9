//! X-Forwarded-For: see `checks/forwarded.rs`.
#![no_main]

#[path = "../checks/mod.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::run("forwarded", data));
