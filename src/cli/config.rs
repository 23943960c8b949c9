//! `nextim config …`: what can be set, and whether what is set is right.

use super::complain;
use crate::config::{Config, EXAMPLE, Flags};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print a configuration file with every key, its default and what it does
    Example,
    /// Check a configuration, the environment included
    Check {
        /// Configuration file [default: ./nextim.toml if it is there]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

impl ConfigCommand {
    pub(super) fn run(self) -> ExitCode {
        match self {
            Self::Example => {
                print!("{EXAMPLE}");
                ExitCode::SUCCESS
            }
            Self::Check { file } => match Config::load(&Flags { config: file, ..Flags::default() }, std::env::vars()) {
                Ok(config) => {
                    println!(
                        "The configuration is right: listening on {}, data in {}.",
                        config.listen,
                        config.data.display()
                    );
                    ExitCode::SUCCESS
                }
                Err(error) => {
                    complain(&error);
                    ExitCode::from(2)
                }
            },
        }
    }
}
