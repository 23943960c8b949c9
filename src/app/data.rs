//! Data without a server: what the commands `backup`, `verify` and `restore` do.

pub use crate::store::sqlite::care::{CareError, Report, backup, partial, verify};

use crate::clock::{Clock, random_digits};
use crate::store::sqlite::care;
use std::path::Path;

/// Puts a backup into a folder without data, under new epochs.
pub fn restore(file: &Path, data: &Path, with_damaged_rows: bool) -> Result<Report, CareError> {
    care::restore(file, data, with_damaged_rows, random_digits::<6>)
}

/// Measures how long something takes.
pub struct Stopwatch {
    clock: Clock,
    began_ms: u64,
}

impl Stopwatch {
    /// Begins.
    pub fn start() -> Self {
        let clock = Clock::start();
        Self { clock, began_ms: clock.monotonic_ms() }
    }

    /// Since then.
    pub fn seconds(&self) -> f64 {
        (self.clock.monotonic_ms() - self.began_ms) as f64 / 1_000.0
    }
}
