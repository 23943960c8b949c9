//! The real rules: nothing lost, doubled or out of order, and who polls on gets everything.

use super::explore;
use super::page::{Filter, Rows};
use super::polls::{Bounds, Kind, Polls};
use nextim::chat::delivery::Cursors;
use std::marker::PhantomData;

const ALL: Rows = Rows::MAX;

const BOUNDS: Bounds =
    Bounds { rows: 2, mine: ALL, polls: 4, copies: 0, restarts: 0, pages: 0, lies: 0, portions: false };

fn polls(kind: Kind, filter: Filter, bounds: Bounds) -> Polls<Cursors> {
    Polls { kind, filter, bounds, confirmer: PhantomData }
}

#[test]
fn scripts() {
    explore("scripts", polls(Kind::Script, Filter::Answer, BOUNDS));
}

#[test]
fn scripts_with_copies() {
    explore("scripts, copies", polls(Kind::Script, Filter::Answer, Bounds { copies: 1, ..BOUNDS }));
}

#[test]
fn scripts_with_restart() {
    explore("scripts, restart", polls(Kind::Script, Filter::Answer, Bounds { restarts: 1, pages: 1, ..BOUNDS }));
}

#[test]
fn plain() {
    explore("plain", polls(Kind::Plain, Filter::None, Bounds { polls: 6, rows: 3, ..BOUNDS }));
}

#[test]
fn constant() {
    explore("constant", polls(Kind::Constant, Filter::Answer, Bounds { polls: 6, rows: 3, ..BOUNDS }));
}

#[test]
fn acks() {
    explore("acks", polls(Kind::Ack, Filter::Client, Bounds { copies: 1, lies: 1, ..BOUNDS }));
}
