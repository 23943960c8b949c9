//! `nextim site people`: what a site's source of people answers for one member.

use super::site::Place;
use super::{complain, config_of};
use crate::app::people::ask;
use serde_json::Value;
use std::process::ExitCode;

/// Asks, and shows.
pub(super) fn run(place: &Place, site: &str, user: &str) -> ExitCode {
    let config = match config_of(place) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let value = match ask(&config, site, user) {
        Ok(value) => value,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    if place.json {
        println!("{value}");
    } else {
        show(&value);
    }
    ExitCode::SUCCESS
}

fn show(value: &Value) {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let took = &value["took_ms"];
    if value["known"] != true {
        println!(
            "The site does not know {} (asked in {took} ms): they come in as their token says.",
            text(&value["user"])
        );
        return;
    }
    println!("user    {}", text(&value["user"]));
    println!("name    {}", text(&value["name"]));
    println!("avatar  {}", text(&value["avatar"]));
    println!("url     {}", text(&value["url"]));
    for part in ["buddies", "rooms"] {
        let Some(list) = value[part].as_array() else {
            println!("\n{part}: the source does not speak of them; they stay as they are");
            continue;
        };
        println!("\n{part}: {}", list.len());
        for one in list {
            let group = one["group"].as_str().map(|group| format!("  [{group}]")).unwrap_or_default();
            println!("  {}  {}{group}  {}", text(&one["id"]), text(&one["name"]), text(&one["avatar"]));
        }
    }
    if value["rows_left_out"] != 0 {
        println!("\n{} rows are left out: an id is none, or twice there", value["rows_left_out"]);
    }
    for (more, what) in [("more_buddies", "friends"), ("more_rooms", "rooms")] {
        if value[more] == true {
            println!("\nthere are more {what} than are taken: those not named stay as they are");
        }
    }
    println!("\nasked in {took} ms");
}
