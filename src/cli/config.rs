//! `nextim config …`: what can be set, and whether what is set is right.

use super::complain;
use crate::app;
use crate::config::{Config, EXAMPLE, Flags};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Print a configuration file with every key, its default and what it does
    Example,
    /// Print every setting as it holds, from file, environment and defaults; no secrets
    Show {
        /// Configuration file [default: ./nextim.toml if it is there]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// The same, as `serve` takes it
        #[arg(long, value_name = "FILE", conflicts_with = "file")]
        config: Option<PathBuf>,
    },
    /// Check a configuration, the environment included
    Check {
        /// Configuration file [default: ./nextim.toml if it is there]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// The same, as `serve` takes it
        #[arg(long, value_name = "FILE", conflicts_with = "file")]
        config: Option<PathBuf>,
    },
}

impl ConfigCommand {
    pub(super) fn run(self) -> ExitCode {
        match self {
            Self::Example => {
                print!("{EXAMPLE}");
                ExitCode::SUCCESS
            }
            Self::Show { file, config } => match load(file.or(config)) {
                Ok(config) => {
                    print!("{}", config.shown());
                    ExitCode::SUCCESS
                }
                Err(error) => {
                    complain(&error);
                    ExitCode::from(2)
                }
            },
            Self::Check { file, config } => {
                match load(file.or(config)).and_then(|config| app::check(&config).map(|()| config)) {
                    Ok(config) => {
                        println!("The configuration is right: {}.", summary(&config));
                        if let Some(advice) = config.advice() {
                            println!("But {advice}.");
                        }
                        ExitCode::SUCCESS
                    }
                    Err(error) => {
                        complain(&error);
                        ExitCode::from(2)
                    }
                }
            }
        }
    }
}

fn load(file: Option<PathBuf>) -> Result<Config, String> {
    let flags = Flags { config: file, ..Flags::default() };
    Config::load(&flags, std::env::vars()).map_err(|error| error.to_string())
}

fn summary(config: &Config) -> String {
    let port = if config.next_port { " or the next free port" } else { "" };
    let demonstration = match config.demonstration {
        Some(true) => "on",
        Some(false) => "off",
        None => "on unless the data has a site of its own",
    };
    let (listen, data) = (config.listen, config.data.display());
    let public = config.public_url.as_ref().map(|url| format!(", reached as {url}")).unwrap_or_default();
    let mut summary = format!("listening on {listen}{port}{public}, data in {data}, demonstration {demonstration}");
    if !config.server_keys.is_empty() {
        let sites: Vec<&str> = config.server_keys.keys().map(String::as_str).collect();
        summary += &format!(", keys for the servers of {}", sites.join(", "));
    }
    summary
}
