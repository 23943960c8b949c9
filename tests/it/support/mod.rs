//! What tests stand on: a server in this process, a small HTTP client that shows raw bytes, members and their pages.

pub mod asked_site;
pub mod clients;
pub mod http;
pub mod member;
pub mod proxy;
pub mod server;
pub mod sites;
pub mod socket;
pub mod transport;
pub mod urls;

pub use http::{Answer, Ask, Http};
pub use member::{Member, assert_empty};
pub use server::{Server, hasty};
