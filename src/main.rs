//! Arguments and exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    nextim::cli::run()
}
