//! Who is here and who hears what: `nextim::live::Live` with time as an argument, against simple models.
//!
//! 256 random cases each; `PROPTEST_CASES=10000` for more.

mod delivery;
mod graces;
mod invisible;
mod listing;
mod polls;
mod rooms;
mod watching;
pub mod world;

use proptest::test_runner::Config;

/// Cases as the environment says; a failing one is printed in its smallest form and not written anywhere.
pub fn config() -> Config {
    Config { failure_persistence: None, ..Config::default() }
}
