//! The product through its doors: scenes over real sockets and real files.

#[path = "../../fuzz/checks/mod.rs"]
mod checks;
mod edge;
mod network;
mod scenes;
mod seeds;
mod support;
