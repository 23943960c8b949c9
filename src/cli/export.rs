//! `nextim site export`: a site or a member in a file, with a progress bar for whoever looks.

use super::site::Place;
use super::{complain, config_of};
use crate::app::control::{self, Take, Tell};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write, stdout};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

/// Something is in the way, as the other commands say it.
const EXIT_IN_THE_WAY: u8 = 4;

/// Where the lines go.
enum Target {
    File(BufWriter<File>),
    Output,
}

impl Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::File(file) => file.write_all(bytes),
            Self::Output => stdout().write_all(bytes),
        }
    }

    /// Now it is all there, whatever happens to the machine.
    fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush().and_then(|()| file.get_ref().sync_all()),
            Self::Output => stdout().flush(),
        }
    }
}

pub(super) fn run(place: &Place, site: &str, user: Option<&str>, out: Option<&Path>) -> ExitCode {
    let config = match config_of(place) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let target = match open(out) {
        Ok(target) => Arc::new(Mutex::new(target)),
        Err(code) => return code,
    };
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} of the log  {elapsed}  {msg}") {
        bar.set_style(style);
    }
    let (taken, shown) = (Arc::clone(&target), bar.clone());
    let take: Take = Arc::new(move |bytes: &[u8]| taken.lock().expect("no panic while held").write(bytes));
    let tell: Tell = Arc::new(move |report: &Value| {
        shown.set_length(report["head"].as_u64().unwrap_or(0));
        shown.set_position(report["seq"].as_u64().unwrap_or(0));
        shown.set_message(format!("{} lines", report["lines"]));
    });
    let ended = control::export(&config, site, user, &take, &tell).map_err(|error| error.to_string());
    bar.finish_and_clear();
    let finished = ended.and_then(|report| {
        let mut target = target.lock().expect("no panic while held");
        target.finish().map(|()| report).map_err(|error| format!("it could not be written: {error}"))
    });
    match (finished, out) {
        (Ok(report), Some(_)) if place.json => println!("{report}"),
        (Ok(report), Some(file)) => println!("{}: {} lines", file.display(), report["lines"]),
        (Ok(_), None) => {}
        (Err(error), out) => {
            complain(&error);
            // What was cut short is of no use, and nobody else has written it.
            if let Some(file) = out {
                drop(std::fs::remove_file(file));
            }
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Messages are nobody else's, and nothing is written over.
fn open(out: Option<&Path>) -> Result<Target, ExitCode> {
    let Some(file) = out else {
        if stdout().is_terminal() {
            complain(&"give --out FILE, or send the output somewhere: it may be long");
            return Err(ExitCode::from(2));
        }
        return Ok(Target::Output);
    };
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    made.map(|made| Target::File(BufWriter::new(made))).map_err(|error| {
        let is_there = error.kind() == ErrorKind::AlreadyExists;
        complain(&format!("{}: {error}", file.display()));
        if is_there { ExitCode::from(EXIT_IN_THE_WAY) } else { ExitCode::FAILURE }
    })
}
