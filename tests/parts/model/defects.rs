//! What the models must find: each test fails if its defect is not found.

use super::catch;
use super::confirmer::{
    BelievesAcks, CarryOne, Confirmer, EmptyOnSend, NextPollConfirms, NoIdentity, NoOrder, RestoredAsRead, StoresAhead,
};
use super::page::Filter;
use super::polls::{Bounds, Kind, Polls};
use super::sound::BOUNDS;
use super::streams::{self, Says, Streams};
use nextim::chat::delivery::Cursors;
use std::marker::PhantomData;

const LOST: &str = "nothing is lost for ever";
const DOUBLED: &str = "nothing is shown twice";

fn polls<C: Confirmer>(kind: Kind, filter: Filter, bounds: Bounds) -> Polls<C> {
    Polls { kind, filter, bounds, confirmer: PhantomData }
}

fn streams<C: Confirmer>(says: Says) -> Streams<C> {
    let bounds = streams::Bounds { rows: 2, connections: 2, restarts: 1, pages: 0, lies: 1 };
    Streams { says, bounds, confirmer: PhantomData }
}

#[test]
fn empty_on_send_loses() {
    catch("empty on send", || polls::<EmptyOnSend>(Kind::Script, Filter::Answer, BOUNDS), LOST);
    catch("empty on send, plain", || polls::<EmptyOnSend>(Kind::Plain, Filter::None, BOUNDS), LOST);
    catch("empty on send, acks", || polls::<EmptyOnSend>(Kind::Ack, Filter::Client, BOUNDS), LOST);
}

#[test]
fn next_poll_confirms_loses() {
    catch("the next poll confirms", || polls::<NextPollConfirms>(Kind::Script, Filter::Answer, BOUNDS), LOST);
    catch("the next poll confirms, plain", || polls::<NextPollConfirms>(Kind::Plain, Filter::None, BOUNDS), LOST);
    catch("the next connection confirms", || streams::<NextPollConfirms>(Says::Echo), LOST);
}

#[test]
fn carry_2_without_the_page_filter_doubles() {
    catch("no filter", || polls::<Cursors>(Kind::Script, Filter::None, BOUNDS), DOUBLED);
}

#[test]
fn carry_2_without_identity_loses() {
    let bounds = Bounds { copies: 1, ..BOUNDS };
    catch("no identity", || polls::<NoIdentity>(Kind::Script, Filter::Answer, bounds), LOST);
}

#[test]
fn carry_1_loses() {
    catch("carry-1", || polls::<CarryOne>(Kind::Script, Filter::Answer, BOUNDS), LOST);
}

#[test]
fn requests_without_order_lose() {
    catch("no order", || polls::<NoOrder>(Kind::Script, Filter::Answer, Bounds { polls: 5, ..BOUNDS }), LOST);
    let bounds = Bounds { copies: 1, ..BOUNDS };
    catch("no order, a copy", || polls::<NoOrder>(Kind::Script, Filter::Answer, bounds), LOST);
}

#[test]
fn acks_believed_beyond_what_was_sent_lose() {
    let bounds = Bounds { lies: 1, ..BOUNDS };
    catch("any ack", || polls::<BelievesAcks>(Kind::Ack, Filter::Client, bounds), LOST);
    let beyond = "nothing is confirmed that was not sent";
    catch("any ack", || polls::<BelievesAcks>(Kind::Ack, Filter::Client, bounds), beyond);
    catch("any ack on a stream", || streams::<BelievesAcks>(Says::Frames), LOST);
}

#[test]
fn a_cursor_stored_ahead_loses() {
    let bounds = Bounds { restarts: 1, ..BOUNDS };
    catch("stored ahead", || polls::<StoresAhead>(Kind::Ack, Filter::Client, bounds), LOST);
    catch("stored ahead, scripts", || polls::<StoresAhead>(Kind::Script, Filter::Answer, bounds), LOST);
    catch("stored ahead, a stream", || streams::<StoresAhead>(Says::Frames), LOST);
    catch("restored as read", || polls::<RestoredAsRead>(Kind::Script, Filter::Answer, bounds), LOST);
}

#[test]
fn a_mark_that_moves_before_the_call_loses() {
    catch("mark first", || polls::<Cursors>(Kind::Script, Filter::MarkFirst, BOUNDS), LOST);
}
