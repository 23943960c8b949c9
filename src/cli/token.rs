//! `nextim token …`: sign-in tokens, to try and to understand.

use super::order_for;
use super::site::Place;
use crate::app::control::Order;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a sign-in token, as the site's own backend does (docs/sign-in.md)
    Gen {
        /// Name of the site
        #[arg(long, value_name = "NAME")]
        site: String,
        /// The site's id of the member
        #[arg(long, value_name = "ID")]
        user: String,
        /// Display name
        #[arg(long)]
        name: Option<String>,
        /// Seconds for which it is good, at most 3600
        #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=3600))]
        life: u64,
        /// In the easy form, id.hmac, which never expires
        #[arg(long, conflicts_with = "life")]
        easy: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Say whom a token names, or what is wrong with it
    Check {
        /// The token
        token: String,
        /// Name of the site, if the token does not say it
        #[arg(long, value_name = "NAME")]
        site: Option<String>,
        #[command(flatten)]
        place: Place,
    },
}

impl TokenCommand {
    pub(super) fn run(self) -> ExitCode {
        match self {
            Self::Gen { site, user, name, life, easy, place } => {
                let order = Order::MakeToken { site, user, name, life_s: life, easy };
                order_for(&place, &order, |value| {
                    println!("{}", value["token"].as_str().unwrap_or_default());
                    ExitCode::SUCCESS
                })
            }
            Self::Check { token, site, place } => order_for(&place, &Order::CheckToken { site, token }, |value| {
                let said = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
                if value["good"] == true {
                    let ends = value["ends_in_s"].as_u64().map_or("never".into(), |seconds| format!("in {seconds} s"));
                    let name = Some(said("name")).filter(|name| !name.is_empty());
                    let called = name.map(|name| format!(", called {name}")).unwrap_or_default();
                    println!("It is good: {} on {}{called}, ends {ends}.", said("user"), said("site"));
                    return ExitCode::SUCCESS;
                }
                println!("It is not good: {}.", said("why"));
                ExitCode::FAILURE
            }),
        }
    }
}
