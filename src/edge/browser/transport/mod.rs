//! How packets reach a page. One file per transport.

pub mod long_poll;
