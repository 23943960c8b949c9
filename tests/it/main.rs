//! The product through its doors: scenes over real sockets and real files.

#![expect(clippy::disallowed_methods, reason = "tests measure with the machine's clock")]

#[path = "../../fuzz/checks/mod.rs"]
mod checks;
mod conformance;
mod edge;
mod network;
mod scenes;
mod seeds;
mod support;
