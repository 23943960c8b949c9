//! `nextim verify`: whether a backup or a data folder holds what was written to it.

use super::{EXIT_DAMAGED, complain, complain_about_data, exit_codes, list_damage};
use crate::app::data::{self, Stopwatch};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check a backup or a data folder, and change nothing
///
/// Checked are: the write-ahead log, every page and index, the checksum of every row of the log, heads, that no cid names two
/// messages, and that senders, receivers, members and sessions are there. A server may be serving meanwhile.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Examples:\n  nextim verify /backup/nextim-2031-05-01.nextim\n  nextim verify /var/lib/nextim\n\n",
    exit_codes!()
))]
pub(super) struct Verify {
    /// A backup, a data folder, or the nextim.sqlite3 in one
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Verify {
    pub(super) fn run(self) -> ExitCode {
        let watch = Stopwatch::start();
        let report = match data::verify(&self.file) {
            Ok(report) => report,
            Err(error) => return complain_about_data(&error),
        };
        println!(
            "{}: schema {}, {} sites, {} rows of the log, {} messages; checked in {:.1} s: pages, indexes, write-ahead log, \
             checksums, heads, cids, people and rooms",
            self.file.display(),
            report.schema,
            report.sites.len(),
            report.rows,
            report.messages,
            watch.seconds()
        );
        for site in &report.sites {
            println!("site {}: {:?}, head {}", site.number, site.name, site.head);
        }
        if report.found == 0 {
            println!("No damage was found.");
            return ExitCode::SUCCESS;
        }
        list_damage(&report);
        complain(&format!("{} is damaged; docs/operations.md says what can be done", self.file.display()));
        ExitCode::from(EXIT_DAMAGED)
    }
}
