//! The command line. One file per subcommand.

mod backup;
mod config;
mod doctor;
mod export;
mod loadtest;
mod people;
mod restore;
mod serve;
mod site;
mod sync;
mod token;
mod user;
mod verify;

use crate::app::control::{self, Order};
use crate::app::data::{CareError, Report};
use crate::config::{Config, Flags};
use clap::{Parser, Subcommand};
use serde_json::Value;
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
  nextim site add www.example.com    a site of your own, with its keys
  nextim config example > nextim.toml
  nextim backup --data nextim-data --to monday.nextim

Exit codes: 0 done, 1 could not (a file, the network), 2 wrong arguments or configuration, 3 the data is damaged,
4 something is in the way (a target exists, data is in use), 74 the state of the disk is unknown: start again.
`serve` says 1 for data in use.";

/// Under the help of the commands that care for data.
macro_rules! exit_codes {
    () => {
        "Exit codes: 0 done, 1 could not (a file is not there or cannot be read or written), 2 wrong arguments,\n\
         3 the data is damaged, 4 something is in the way (a target exists, data is in use)."
    };
}
use exit_codes;

/// The data is not what was written.
const EXIT_DAMAGED: u8 = 3;

/// Says why something about data was not done, and gives the exit code that all commands have for it.
fn complain_about_data(error: &CareError) -> ExitCode {
    let code = match error {
        CareError::Failed(_) => 1,
        CareError::Wrong(_) => 2,
        CareError::Damaged { report, .. } => {
            list_damage(report);
            EXIT_DAMAGED
        }
        CareError::InTheWay(_) => 4,
    };
    complain(error);
    ExitCode::from(code)
}

/// Lists what is damaged on standard output.
fn list_damage(report: &Report) {
    for finding in &report.findings {
        println!("damage: {finding}");
    }
    let more = report.found - report.findings.len() as u64;
    if more > 0 {
        println!("damage: {more} more");
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Backup(backup::Backup),
    Verify(verify::Verify),
    Restore(restore::Restore),
    /// Make and change the sites of a server, also while it serves
    #[command(subcommand)]
    Site(site::SiteCommand),
    Doctor(doctor::Doctor),
    /// Make and check sign-in tokens
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Accounts of a small site: members who sign in with a password that is kept here
    #[command(subcommand)]
    User(user::UserCommand),
    /// How much a server takes: many members who listen, write and open pages
    #[command(subcommand)]
    Loadtest(loadtest::LoadtestCommand),
    /// Show and check the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Does what the arguments say.
pub fn run() -> ExitCode {
    let command = Arguments::parse().command;
    if !matches!(command, Command::Serve(_)) {
        sigpipe::reset();
    }
    match command {
        Command::Serve(serve) => serve.run(),
        Command::Backup(backup) => backup.run(),
        Command::Verify(verify) => verify.run(),
        Command::Restore(restore) => restore.run(),
        Command::Site(command) => command.run(),
        Command::Doctor(doctor) => doctor.run(),
        Command::Token(command) => command.run(),
        Command::User(command) => command.run(),
        Command::Loadtest(command) => command.run(),
        Command::Config(command) => command.run(),
    }
}

/// Has an order carried out, and shows what it gave: as JSON if that is wanted, else by `show`.
fn order(place: &site::Place, order: &Order, show: impl FnOnce(&Value)) -> ExitCode {
    order_for(place, order, |value| {
        show(value);
        ExitCode::SUCCESS
    })
}

/// The same where what it gave decides the exit code.
fn order_for(place: &site::Place, order: &Order, show: impl FnOnce(&Value) -> ExitCode) -> ExitCode {
    let config = match config_of(place) {
        Ok(config) => config,
        Err(code) => return code,
    };
    match control::give(&config, order) {
        Ok(value) if place.json => {
            println!("{value}");
            ExitCode::SUCCESS
        }
        Ok(value) => show(&value),
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// The configuration that says where the data is; else the exit code.
fn config_of(place: &site::Place) -> Result<Config, ExitCode> {
    let flags = Flags { data: place.data.clone(), config: place.config.clone(), ..Flags::default() };
    Config::load(&flags, std::env::vars()).map_err(|error| {
        complain(&error);
        ExitCode::from(2)
    })
}

/// Says on standard error what went wrong.
fn complain(error: &dyn std::fmt::Display) {
    eprintln!("nextim: {error}");
}
