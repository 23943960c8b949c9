//! `nextim user …`: members who sign in with a password that is kept here.

use super::site::Place;
use super::{complain, order, order_for};
use crate::app::control::{Order, Secret};
use clap::{Args, Subcommand};
use console::Term;
use serde_json::Value;
use std::io::{self, Read, stdin};
use std::process::ExitCode;

/// What is read of a password on standard input at most, in bytes: more than any may have.
const INPUT_MAX: u64 = 1_024;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Give a member an account; who is nobody yet becomes a member
    Add {
        /// Name or public key of the site
        site: String,
        /// The id with which they sign in
        id: String,
        /// Display name [default: the id]
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        place: Place,
    },
    /// Replace a member's password, and sign them out everywhere
    Password {
        /// Name or public key of the site
        site: String,
        /// The member's id
        id: String,
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        place: Place,
    },
    /// Take a member's account away, and sign them out everywhere; they stay a member
    Remove {
        /// Name or public key of the site
        site: String,
        /// The member's id
        id: String,
        #[command(flatten)]
        place: Place,
    },
    /// List who has an account
    List {
        /// Name or public key of the site
        site: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Where the password comes from.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// Read the password from standard input, one line, and do not ask for it
    #[arg(long)]
    password_stdin: bool,
}

impl UserCommand {
    pub(super) fn run(self) -> ExitCode {
        match self {
            Self::Add { site, id, name, source, place } => with_password(&source, |password| {
                let given = Order::AddAccount { site, user: id, name, password };
                order(&place, &given, added)
            }),
            Self::Password { site, id, source, place } => with_password(&source, |password| {
                order(&place, &Order::SetPassword { site, user: id, password }, |value| {
                    println!("{} has a new password, and is signed out everywhere.", text(value, "user"));
                })
            }),
            Self::Remove { site, id, place } => order(&place, &Order::RemoveAccount { site, user: id }, |value| {
                println!("{} has no account any more, and is signed out everywhere.", text(value, "user"));
            }),
            Self::List { site, place } => order_for(&place, &Order::ListAccounts { site }, listed),
        }
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn added(value: &Value) {
    println!("{} has an account on {}.", text(value, "user"), text(value, "site"));
    hint(value);
}

/// What is kept and not asked for is probably not meant so.
fn hint(value: &Value) {
    if value["accounts"] == false {
        println!("Nobody can sign in with it yet: nextim site set {} accounts=true", text(value, "site"));
    }
}

fn listed(value: &Value) -> ExitCode {
    for user in value["users"].as_array().into_iter().flatten() {
        println!("{}  {}", text(user, "user"), text(user, "name"));
    }
    hint(value);
    ExitCode::SUCCESS
}

fn with_password(source: &Source, give: impl FnOnce(Secret) -> ExitCode) -> ExitCode {
    let read = if source.password_stdin { from_input() } else { from_terminal() };
    match read {
        Ok(password) => give(Secret(password)),
        Err(error) => {
            complain(&error);
            ExitCode::from(2)
        }
    }
}

/// One line, without its end.
fn from_input() -> io::Result<String> {
    let mut line = String::new();
    stdin().lock().take(INPUT_MAX).read_to_string(&mut line)?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

/// Asked for twice, and not shown.
fn from_terminal() -> io::Result<String> {
    let terminal = Term::stderr();
    let ask = |what: &str| {
        terminal.write_str(what)?;
        terminal.read_secure_line()
    };
    let why = |error: io::Error| {
        io::Error::other(format!("no terminal to ask for a password on ({error}): --password-stdin"))
    };
    if !terminal.is_term() {
        return Err(io::Error::other("no terminal to ask for a password on: give it with --password-stdin"));
    }
    let password = ask("Password: ").map_err(why)?;
    if ask("Once more: ").map_err(why)? != password {
        return Err(io::Error::other("that is not the same password twice"));
    }
    Ok(password)
}
