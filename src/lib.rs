//! NextIM: instant messaging for a website that already exists. `ARCHITECTURE.md` is the map.

pub mod actions;
pub mod app;
pub mod bus;
pub mod chat;
pub mod cli;
pub mod clock;
pub mod config;
pub mod edge;
pub mod live;
pub mod loadtest;
pub mod outgoing;
pub mod people;
pub mod store;
pub mod telemetry;
