//! The command line. One file per subcommand.

mod config;
mod serve;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Instant messaging for a website that already exists.
#[derive(Debug, Parser)]
#[command(name = "nextim", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Try it:
  nextim serve                       a demonstration community on http://127.0.0.1:8000 (or the next free port),
                                     data in ./nextim-data
  nextim serve --listen 127.0.0.1:9000 --data /tmp/try
  nextim config example > nextim.toml

Exit codes: 0 done, 1 could not start or go on, 2 wrong arguments or configuration.";

/// The data is not what was written.
const EXIT_DAMAGED: u8 = 3;

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    /// Show and check the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Does what the arguments say.
pub fn run() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Config(command) => command.run(),
    }
}

/// Says on standard error what went wrong.
fn complain(error: &dyn std::fmt::Display) {
    eprintln!("nextim: {error}");
}
