//! `nextim site …`: the sites of a server, while it serves or not.

use super::{complain, config_of, order, order_for};
use crate::app::control::{Order, Rotation};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;

/// Where the data is, for every command about it.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// Folder with the data of the server [default: as the configuration says, else ./nextim-data]
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// Configuration file [default: ./nextim.toml if it is there]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum SiteCommand {
    /// Make a site, and print its keys once
    Add {
        /// What the site is called: its domain, such as www.example.com, or any word
        name: String,
        /// Settings, as `nextim site set` takes them
        #[arg(value_name = "SETTING=VALUE", value_parser = setting)]
        settings: Vec<(String, String)>,
        #[command(flatten)]
        place: Place,
    },
    /// List the sites
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Show a site and its settings
    Show {
        /// Name or public key
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Change settings of a site; `show` lists them with their values
    #[command(after_help = settings_help())]
    Set {
        /// Name or public key
        name: String,
        /// Settings, such as origins="https://www.example.com https://example.com" or guests=true
        #[arg(required = true, value_name = "SETTING=VALUE", value_parser = setting)]
        settings: Vec<(String, String)>,
        #[command(flatten)]
        place: Place,
    },
    /// Replace a key: make a new one beside the old, then let go of the old with --finish
    Rotate {
        /// Name or public key
        name: String,
        #[command(flatten)]
        which: Which,
        /// From now on only the newest is good
        #[arg(long)]
        finish: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Switch a site off, which signs everybody out, or on again
    Suspend {
        /// Name or public key
        name: String,
        /// On again
        #[arg(long)]
        resume: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Erase a site with all its people and messages; a backup made before is the only way back
    Remove {
        /// Its name, as `list` shows it
        name: String,
        /// The name once more, so that nobody erases the wrong one
        #[arg(long, value_name = "NAME")]
        confirm: String,
        #[command(flatten)]
        place: Place,
    },
    /// Carry out a directory from a file: people, friends, rooms and seats, one JSON object a line (docs/rest.md)
    Sync {
        /// Name or public key
        name: String,
        /// The file; every sync may be repeated, whole or in part
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Go on after this line, which the last report of a sync named that was cut short
        #[arg(long, value_name = "LINE", default_value_t = 0)]
        after_line: u64,
        #[command(flatten)]
        place: Place,
    },
    /// Ask where the site has its people for one member, as the server does when they come online (docs/people.md)
    People {
        /// Name, as the configuration has it
        name: String,
        /// The member's id
        #[arg(long, value_name = "ID")]
        user: String,
        #[command(flatten)]
        place: Place,
    },
    /// Write out everything that is kept of a site, or of one member: one JSON object a line, without secrets (docs/operations.md)
    #[command(after_help = "The last line counts the others: a file without it was cut short.")]
    Export {
        /// Name or public key
        name: String,
        /// Only what is this member's
        #[arg(long, value_name = "ID")]
        user: Option<String>,
        /// File to make, for its owner alone; one that is there is left alone [default: standard output, if that is not a terminal]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        place: Place,
    },
    /// Print the script tag that adds the chat bar to the site's pages
    Snippet {
        /// Name or public key
        name: String,
        /// Where browsers reach this server [default: public_url of the site or the server]
        #[arg(long)]
        url: Option<String>,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Which {
    /// The key with which the site's own server calls (sk_...)
    #[arg(long)]
    secret_key: bool,
    /// The secret with which it signs sign-in tokens (ts_...)
    #[arg(long)]
    token_secret: bool,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "write it as SETTING=VALUE".to_owned())?;
    let mut names = crate::app::control::settings().map(|(name, ..)| name);
    if names.any(|known| known == name) {
        return Ok((name.to_owned(), value.to_owned()));
    }
    let meant = crate::config::nearest_setting(name).map(|near| format!(": did you mean {near}?")).unwrap_or_default();
    Err(format!("there is no setting {name:?}{meant}"))
}

fn settings_help() -> String {
    let rows = crate::app::control::settings().map(|(name, what, rule)| format!("  {name}\n      {what}; {rule}\n"));
    format!("Settings:\n{}", rows.collect::<String>())
}

impl SiteCommand {
    pub(super) fn run(self) -> ExitCode {
        match self {
            Self::Add { name, settings, place } => {
                order(&place, &Order::AddSite { site: name, options: settings }, |value| added(value, &place))
            }
            Self::List { place } => order(&place, &Order::ListSites, listed),
            Self::Show { name, place } => order(&place, &Order::ShowSite { site: name }, shown),
            Self::Set { name, settings, place } => {
                order(&place, &Order::SetOptions { site: name, options: settings }, shown)
            }
            Self::Rotate { name, which, finish, place } => {
                let kind = if which.secret_key { Rotation::SecretKey } else { Rotation::TokenSecret };
                let rotated = |value: &Value| if finish { shown(value) } else { rotated(value, kind) };
                order(&place, &Order::Rotate { site: name, kind, finish }, rotated)
            }
            Self::Suspend { name, resume, place } => {
                order(&place, &Order::Suspend { site: name, suspended: !resume }, shown)
            }
            Self::Remove { name, confirm, place } => {
                if name != confirm {
                    complain(&format!("--confirm must be {name:?}, the site that is to be erased"));
                    return ExitCode::from(2);
                }
                order(&place, &Order::RemoveSite { site: name }, |value| println!("{} is erased.", text(value, "site")))
            }
            Self::Sync { name, file, after_line, place } => super::sync::run(&place, &name, &file, after_line),
            Self::People { name, user, place } => super::people::run(&place, &name, &user),
            Self::Export { name, user, out, place } => {
                super::export::run(&place, &name, user.as_deref(), out.as_deref())
            }
            Self::Snippet { name, url, place } => {
                let config = match config_of(&place) {
                    Ok(config) => config,
                    Err(code) => return code,
                };
                let show = Order::ShowSite { site: name };
                order_for(&place, &show, |value| snippet(value, url.as_deref().or(config.public_url.as_deref())))
            }
        }
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn added(value: &Value, place: &Place) {
    let site = text(value, "site");
    println!("site          {site}");
    println!("public_key    {}   (may stand in pages)", text(value, "public_key"));
    println!("secret_key    {}   (for the site's server alone: REST and plugins)", text(value, "secret_key"));
    println!("token_secret  {}   (for the site's server alone: signs sign-in tokens)", text(value, "token_secret"));
    let data = place.data.as_ref().map(|data| format!(" --data {}", data.display())).unwrap_or_default();
    println!(
        "\nThe secret key is not shown again. Next: a sign-in token, as your backend will make it (docs/sign-in.md):"
    );
    println!("  nextim token gen --site {site} --user 1 --name Ann{data}");
}

fn listed(value: &Value) {
    for site in value.as_array().into_iter().flatten() {
        let state = if site["suspended"] == true { "  (switched off)" } else { "" };
        println!("{}  {}{state}", text(site, "site"), text(site, "public_key"));
    }
}

fn shown(site: &Value) {
    println!("site        {}", text(site, "site"));
    println!("public_key  {}", text(site, "public_key"));
    println!("keys        {} secret_key, {} token_secret", site["secret_keys"], site["token_secrets"]);
    if site["suspended"] == true {
        println!("switched off");
    }
    println!();
    for (name, value) in site["options"].as_object().into_iter().flatten() {
        println!("{name} = {}", value.as_str().unwrap_or_default());
    }
}

fn rotated(value: &Value, kind: Rotation) {
    let word = kind.word();
    println!("{word}  {}", text(value, word));
    let site = text(value, "site");
    println!(
        "\nThe old one is good, too. When everything uses the new one: nextim site rotate {site} --{} --finish",
        word.replace('_', "-")
    );
}

fn snippet(site: &Value, url: Option<&str>) -> ExitCode {
    let own = site["options"]["public_url"].as_str().filter(|own| !own.is_empty());
    let Some(url) = own.or(url) else {
        complain(&"nobody has said where browsers reach this server: give --url https://…, or set server.public_url");
        return ExitCode::from(2);
    };
    println!(
        "<script async src=\"{}/nextim.js\" data-site=\"{}\" data-token-url=\"/nextim/token\"></script>",
        url.trim_end_matches('/'),
        text(site, "public_key")
    );
    ExitCode::SUCCESS
}
