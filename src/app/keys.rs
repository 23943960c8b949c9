//! Whether the public keys at an address can be had, for whoever looks what is wrong.

use crate::config::Config;
use crate::edge::sign_in;
use crate::outgoing::reach::Reach;
use crate::outgoing::{Client, Fault};

/// Reads them once, as the server would.
pub(super) fn check(config: &Config, url: &str) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let client = Client::new(Reach::new(config.outgoing_allow.clone()));
    let read = runtime.map_err(|error| error.to_string())?.block_on(sign_in::keys::read(&client, url));
    read.map(drop).map_err(|fault: Fault| fault.to_string())
}
