//! Logs: for people on a terminal, one JSON object a line elsewhere. They go to standard error.

use crate::config::LogFormat;
use std::io::{IsTerminal, stderr};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// Starts logging. Gives an error for a filter that cannot be read; a second call in one process changes nothing.
pub fn start(format: LogFormat, filter: &str) -> Result<(), String> {
    let targets: Targets = filter.parse().map_err(|error| format!("log.filter: {error}"))?;
    let is_terminal = stderr().is_terminal();
    let text = format == LogFormat::Text || (format == LogFormat::Auto && is_terminal);
    let layer = if text {
        fmt::layer().with_writer(stderr).with_ansi(is_terminal).with_target(false).boxed()
    } else {
        fmt::layer().with_writer(stderr).json().flatten_event(true).boxed()
    };
    drop(tracing_subscriber::registry().with(layer.with_filter(targets)).try_init());
    Ok(())
}
