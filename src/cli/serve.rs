//! `nextim serve`: until a signal says otherwise.

use super::{EXIT_DAMAGED, complain};
use crate::app::StartError;
use crate::config::{Config, Flags, parse_address};
use crate::{app, telemetry};
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Serve chat, with the demonstration community on loopback
///
/// Once it listens, one line with the address is printed to standard output. SIGTERM or Ctrl-C ends it in order: waiting
/// pages are answered, writes finish, nothing is lost.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Address and port [default: 127.0.0.1:8000, or the next free port]
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_address)]
    listen: Option<SocketAddr>,
    /// Folder for everything that is kept [default: ./nextim-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Configuration file [default: ./nextim.toml if it is there]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Serve {
    pub(super) fn run(self) -> ExitCode {
        let flags = Flags { listen: self.listen, data: self.data, config: self.config };
        let config = match Config::load(&flags, std::env::vars()) {
            Ok(config) => config,
            Err(error) => {
                complain(&error);
                return ExitCode::from(2);
            }
        };
        if let Err(error) = telemetry::start(config.log_format, &config.log_filter) {
            complain(&error);
            return ExitCode::from(2);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let outcome = runtime.map_err(other).and_then(|runtime| runtime.block_on(serve(&config)));
        let Err(error) = outcome else { return ExitCode::SUCCESS };
        complain(&error);
        match error {
            StartError::Damaged(_) => ExitCode::from(EXIT_DAMAGED),
            StartError::Other(_) => ExitCode::FAILURE,
        }
    }
}

fn other(error: impl std::fmt::Display) -> StartError {
    StartError::Other(error.to_string())
}

async fn serve(config: &Config) -> Result<(), StartError> {
    let descriptors = rlimit::increase_nofile_limit(u64::MAX)
        .map_err(|error| StartError::Other(format!("the limit of open files: {error}")))?;
    // Before anything is started, so that an early signal is not lost.
    let mut terminate = signal(SignalKind::terminate()).map_err(other)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(other)?;
    let running = tokio::select! {
        running = app::start(config) => running?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    let scheme = if running.is_tls { "https" } else { "http" };
    println!("NextIM is listening on {scheme}://{}/", running.address);
    tracing::info!(descriptors, address = %running.address, data = %config.data.display(), demonstration = running.demonstration, rates = running.rates.word(), admin = running.admin_address.map_or("off".to_owned(), |at| at.to_string()), sites = running.sites(), "started");
    if let Some(advice) = config.advice() {
        tracing::warn!("{advice}");
    }
    if running.sites() == 0 {
        tracing::warn!(
            "nobody can sign in here yet: there is no site. `nextim site add NAME --data {}` makes one, also while this serves",
            config.data.display()
        );
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: waiting pages are answered, writes finish");
    running.stop().await;
    tracing::info!("stopped");
    Ok(())
}
