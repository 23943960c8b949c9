//! `nextim site sync`: a directory from a file, with a progress bar for whoever looks.

use super::site::Place;
use super::{complain, config_of};
use crate::app::control;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// A file that is read from its beginning by whoever has a copy of this, and the bar that shows how far.
#[derive(Clone)]
struct Pieces {
    file: Arc<File>,
    bar: ProgressBar,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&*self.file).read(buffer)?;
        self.bar.inc(count as u64);
        Ok(count)
    }
}

pub(super) fn run(place: &Place, site: &str, file: &Path, after_line: u64) -> ExitCode {
    let config = match config_of(place) {
        Ok(config) => config,
        Err(code) => return code,
    };
    let opened = File::open(file).and_then(|opened| Ok((opened.metadata()?.len(), opened)));
    let (bytes, opened) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            complain(&format!("{}: {error}", file.display()));
            return ExitCode::FAILURE;
        }
    };
    let bar = ProgressBar::new(bytes);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes}  {elapsed}, {eta} left  {msg}") {
        bar.set_style(style);
    }
    let pieces = Pieces { file: Arc::new(opened), bar: bar.clone() };
    let shown = bar.clone();
    let tell: control::Tell = Arc::new(move |report: &Value| shown.set_message(format!("line {}", report["line"])));
    let ended = control::sync(&config, site, after_line, &pieces, &tell);
    bar.finish_and_clear();
    let report = match ended {
        Ok(report) => report,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    if place.json {
        println!("{report}");
    }
    if report["complete"] == true {
        if !place.json {
            println!("{} lines are carried out.", report["line"]);
        }
        return ExitCode::SUCCESS;
    }
    let (line, why) = (report["line"].as_u64().unwrap_or(0), report["problem"]["detail"].as_str().unwrap_or_default());
    complain(&format!("{}, line {}: {why} Everything before it is carried out.", file.display(), line + 1));
    complain(&format!("when it is mended: --after-line {line}"));
    ExitCode::FAILURE
}
