//! The real rules in every bound: nothing lost, doubled or out of order, and who goes on gets everything. Negative controls:
//! `defects`, and what stands at the tests.

use super::page::{Filter, Rows};
use super::polls::{Bounds, Kind, Polls};
use super::streams::{self, Says, Streams};
use super::{explore, states_wanted};
use nextim::chat::delivery::Cursors;
use std::marker::PhantomData;

/// Every row is for the page.
pub const ALL: Rows = Rows::MAX;
/// Row 2 is for somebody else: a cursor passes it, a page never sees it.
const WITHOUT_2: Rows = Rows::MAX & !(1 << 2);

pub const BOUNDS: Bounds =
    Bounds { rows: 2, mine: ALL, polls: 4, copies: 0, restarts: 0, pages: 0, lies: 0, portions: false };

fn polls(name: &str, kind: Kind, filter: Filter, bounds: Bounds) {
    let wider = Bounds { rows: bounds.rows + 1, polls: bounds.polls + 2, copies: bounds.copies.min(1) * 2, ..bounds };
    let bounds = if states_wanted().is_some() { wider } else { bounds };
    explore(name, Polls::<Cursors> { kind, filter, bounds, confirmer: PhantomData });
}

/// Negative control: let `Cursors::lost` leave the identity as if it had not been answered, and a row is lost here.
#[test]
fn scripts() {
    let name = "scripts whose requests come late and twice";
    polls(name, Kind::Script, Filter::Answer, Bounds { copies: 1, ..BOUNDS });
    let name = "scripts whose requests come three times";
    polls(name, Kind::Script, Filter::Answer, Bounds { polls: 3, copies: 2, ..BOUNDS });
    let name = "scripts that poll for long";
    polls(name, Kind::Script, Filter::Answer, Bounds { polls: 5, ..BOUNDS });
    let name = "scripts that read the log in portions, rows of others between";
    polls(name, Kind::Script, Filter::Answer, Bounds { rows: 3, mine: WITHOUT_2, portions: true, ..BOUNDS });
}

#[test]
fn scripts_and_restarts() {
    let name = "scripts, a restart and a second page";
    polls(name, Kind::Script, Filter::Answer, Bounds { restarts: 1, pages: 1, ..BOUNDS });
}

#[test]
fn constant_callbacks() {
    let bounds = Bounds { polls: 5, restarts: 1, pages: 1, ..BOUNDS };
    polls("a constant callback", Kind::Constant, Filter::Answer, bounds);
}

#[test]
fn plain_polls() {
    let bounds = Bounds { rows: 3, restarts: 1, pages: 1, portions: true, ..BOUNDS };
    polls("plain polls", Kind::Plain, Filter::None, bounds);
}

#[test]
fn acknowledging_polls() {
    let name = "acknowledging polls, copied, late, lying";
    polls(name, Kind::Ack, Filter::Client, Bounds { polls: 3, copies: 1, lies: 1, ..BOUNDS });
    let name = "acknowledging polls, a restart and a second page";
    polls(name, Kind::Ack, Filter::Client, Bounds { polls: 3, restarts: 1, pages: 1, mine: WITHOUT_2, ..BOUNDS });
}

#[test]
fn streams() {
    for says in [Says::Echo, Says::Frames, Says::Reconnecting] {
        let usual = streams::Bounds { rows: 2, connections: 3, restarts: 1, pages: 1, lies: 1 };
        let wider = streams::Bounds { rows: 4, connections: 4, restarts: 2, ..usual };
        let bounds = if states_wanted().is_some() { wider } else { usual };
        explore(&format!("streams, {says:?}"), Streams::<Cursors> { says, bounds, confirmer: PhantomData });
    }
}
