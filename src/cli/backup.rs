//! `nextim backup`: a copy of the data, while a server serves or not.

use super::{complain_about_data, exit_codes};
use crate::app::data::{self, Stopwatch};
use clap::Args;
use std::io::{IsTerminal, Write, stderr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Copy the data to one file, while a server serves or not
///
/// The copy is one moment of the data: every message that was acknowledged before the command began is in it. It is written to
/// FILE.partial, checked, made durable, and only then named FILE. An existing FILE is never written over. If the data is
/// damaged, what could be copied stays in FILE.partial.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Example:\n  nextim backup --data /var/lib/nextim --to /backup/nextim-$(date +%F).nextim\n\n",
    exit_codes!()
))]
pub(super) struct Backup {
    /// Folder with the data of a server
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// File to make
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
}

impl Backup {
    pub(super) fn run(self) -> ExitCode {
        let watch = Stopwatch::start();
        let report = match with_progress(&data::partial(&self.to), || data::backup(&self.data, &self.to)) {
            Ok(report) => report,
            Err(error) => return complain_about_data(&error),
        };
        let bytes = std::fs::metadata(&self.to).map_or(0, |file| file.len());
        println!(
            "{}: {} sites, {} messages, {bytes} bytes, {:.1} s, checked",
            self.to.display(),
            report.sites.len(),
            report.messages,
            watch.seconds()
        );
        ExitCode::SUCCESS
    }
}

/// Shows how large a file has become while `work` goes on, to somebody who is looking.
fn with_progress<T>(file: &Path, work: impl FnOnce() -> T) -> T {
    if !stderr().is_terminal() {
        return work();
    }
    let (ended, end) = channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while end.recv_timeout(Duration::from_millis(500)) == Err(RecvTimeoutError::Timeout) {
                let bytes = std::fs::metadata(file).map_or(0, |file| file.len());
                eprint!("\r{} MB", bytes / 1_000_000);
                drop(stderr().flush());
            }
            eprint!("\r            \r");
        });
        let outcome = work();
        drop(ended);
        outcome
    })
}
