//! Whether what a site shows us at an address can be had, for whoever looks what is wrong.

use super::outgoing;
use crate::config::Config;
use crate::edge::sign_in;
use crate::outgoing::Fault;

/// Reads public keys once, as the server would.
pub(super) fn check(config: &Config, url: &str) -> Result<(), String> {
    waited(async { sign_in::keys::read(&outgoing(config), url).await.map(drop) })
}

/// Whether an address can be reached; what it answers to a question that is none does not matter.
pub(super) fn reach(config: &Config, url: &str) -> Result<(), String> {
    let reached = async { outgoing(config).get(url).await.map(drop) };
    waited(async { reached.await.or_else(|fault| if fault.is_of_the_way() { Err(fault) } else { Ok(()) }) })
}

fn waited(work: impl Future<Output = Result<(), Fault>>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(work).map_err(|fault| fault.to_string())
}
