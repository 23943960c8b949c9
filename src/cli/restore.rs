//! `nextim restore`: a backup becomes the data of a server.

use super::{complain_about_data, exit_codes, list_damage};
use crate::app::data;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Make a data folder from a backup
///
/// The backup is checked first. DIR must not have data yet: nothing is written over. Every site gets a new epoch, so that
/// pages which have seen messages that the backup does not have read everything anew. Members stay signed in.
#[derive(Debug, Args)]
#[command(after_help = concat!(
    "Example:\n  nextim restore /backup/nextim-2031-05-01.nextim --data /var/lib/nextim-restored\n  \
     nextim serve --data /var/lib/nextim-restored\n\n",
    exit_codes!()
))]
pub(super) struct Restore {
    /// A file that `nextim backup` has made
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder for the data; made if it is not there
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Restore also if rows of the log are damaged; a notice is shown in their place
    #[arg(long)]
    with_damaged_rows: bool,
}

impl Restore {
    pub(super) fn run(self) -> ExitCode {
        let report = match data::restore(&self.file, &self.data, self.with_damaged_rows) {
            Ok(report) => report,
            Err(error) => return complain_about_data(&error),
        };
        list_damage(&report);
        let folder = self.data.display();
        println!(
            "{folder}: {} sites, {} messages, under new epochs\nNext: nextim serve --data {folder}   (as the user the server \
             runs as, who must own the folder)",
            report.sites.len(),
            report.messages
        );
        ExitCode::SUCCESS
    }
}
