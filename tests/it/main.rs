//! The product through its doors: scenes over real sockets and real files.

mod edge;
mod scenes;
mod support;
