//! The safety of what is stored: damage is never served and never called sound, a backup is whole, a restore comes back.

mod backup;
mod damage;
mod rows;
mod start;
mod truth;

use std::path::Path;
use std::process::{Command, Output};

/// The database in a data folder.
const FILE: &str = "nextim.sqlite3";

/// What the real binary says to a command about data.
fn nextim(arguments: &[&str], paths: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nextim"));
    let mut paths = paths.iter();
    for argument in arguments {
        match *argument {
            "PATH" => command.arg(paths.next().expect("a path for each place")),
            word => command.arg(word),
        };
    }
    command.env_clear().output().expect("the binary runs")
}

/// Its exit code and all that it says.
fn outcome(output: &Output) -> (i32, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code().expect("an exit code"), String::from_utf8_lossy(&text).into_owned())
}

fn verify(path: &Path) -> (i32, String) {
    outcome(&nextim(&["verify", "PATH"], &[path]))
}
