//! `nextim doctor`: finds what usually goes wrong, and says how to mend it.

use super::config_of;
use super::site::Place;
use crate::app::doctor::{Level, examine};
use clap::Args;
use std::process::ExitCode;

/// Find what usually goes wrong, and say how to mend it
///
/// Looks at the configuration, the data folder, the machine's limits and clock, whether a server answers, every site's settings, and where sites are asked for their people. Changes
/// nothing. Exit code 0 if nothing is wrong, 1 if something is.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    place: Place,
}

impl Doctor {
    pub(super) fn run(self) -> ExitCode {
        let config = match config_of(&self.place) {
            Ok(config) => config,
            Err(code) => return code,
        };
        let findings = examine(&config);
        if self.place.json {
            let wire = findings.iter().map(|finding| {
                let level = word(finding.level);
                serde_json::json!({"level": level, "what": finding.what, "mend": finding.mend})
            });
            println!("{}", wire.collect::<serde_json::Value>());
        } else {
            for finding in &findings {
                println!("{:6}  {}", word(finding.level), finding.what);
                if let Some(mend) = &finding.mend {
                    println!("        -> {mend}");
                }
            }
        }
        let is_wrong = findings.iter().any(|finding| finding.level == Level::Wrong);
        if is_wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Good => "good",
        Level::Advice => "advice",
        Level::Wrong => "WRONG",
    }
}
