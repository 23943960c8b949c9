//! The rules of confirmation, explored exhaustively within bounds by a model checker (stateright), and defects of them that
//! the same models must find; then random plays of the real sessions against the same rules.
//!
//! Every test of the models prints how many distinct states it visited. `NEXTIM_MODEL_STATES=10000000` widens the bounds and
//! goes on until a model has generated so many; `PROPTEST_CASES=10000` is for the random plays.

mod confirmer;
mod cursors;
mod defects;
mod found;
mod network;
mod page;
mod play;
mod plays;
mod polls;
mod sound;
mod steps;
mod streams;

use stateright::{Checker, Expectation, HasDiscoveries, Model};
use std::fmt::Debug;
use std::hash::Hash;

/// Defects that take more steps than this are not found.
const STEPS_MAX: usize = 20;

/// How many states a model is to generate, if the environment asks for more than the usual bounds hold.
pub fn states_wanted() -> Option<usize> {
    let wanted = std::env::var("NEXTIM_MODEL_STATES").ok()?;
    Some(wanted.parse().expect("NEXTIM_MODEL_STATES is a number"))
}

/// Explores a model of the real code: nothing that must be true always is ever false, and everything that must be possible is.
pub fn explore<M>(name: &str, model: M) -> usize
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    let builder = model.checker().threads(2).finish_when(HasDiscoveries::AnyFailures);
    let builder = match states_wanted() {
        Some(count) => builder.target_state_count(count),
        None => builder,
    };
    let checker = builder.spawn_bfs().join();
    println!(
        "{name}: {} states, {} of them distinct, {} steps deep",
        checker.state_count(),
        checker.unique_state_count(),
        checker.max_depth()
    );
    let found = checker.discoveries();
    for property in checker.model().properties() {
        let path = found.get(property.name);
        match property.expectation {
            Expectation::Sometimes => assert!(path.is_some(), "{name}: never {}", property.name),
            _ => {
                if let Some(path) = path {
                    panic!("{name}: \"{}\" fails after\n{}", property.name, told(&path.clone().into_vec()));
                }
            }
        }
    }
    checker.unique_state_count()
}

/// Explores a defect, deeper and deeper until the property fails. Gives the shortest way there.
pub fn catch<M>(name: &str, model: impl Fn() -> M, property: &'static str) -> String
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    // The checker counts states, and does not look at the last.
    for depth in 2..=STEPS_MAX + 2 {
        let finish = HasDiscoveries::AnyOf([property].into());
        let checker = model().checker().finish_when(finish).target_max_depth(depth).spawn_bfs().join();
        if let Some(path) = checker.discovery(property) {
            let steps = path.into_vec();
            println!("{name}: found in {} steps\n{}", steps.len() - 1, told(&steps));
            return told(&steps);
        }
    }
    panic!("{name} is not found in {STEPS_MAX} steps");
}

fn told<S: Debug, A: Debug>(steps: &[(S, Option<A>)]) -> String {
    let lines = steps.iter().filter_map(|(_, step)| step.as_ref()).map(|step| format!("    {step:?}\n"));
    let last = steps.last().map(|(state, _)| format!("    {state:?}")).unwrap_or_default();
    lines.collect::<String>() + &last
}
