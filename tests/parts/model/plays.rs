//! Random plays of the real sessions, for every kind of client: nothing confirmed unseen, nothing lost, nothing doubled, in
//! order, in bounded memory.

use super::play::Play;
use proptest::prelude::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Script,
    Constant,
    Plain,
    /// Our own client, on polls and streams in turn.
    Ack,
    /// An old page on a WebSocket.
    Echo,
    /// Server-sent events, and polls with an acknowledgement.
    Events,
}

impl Kind {
    pub fn is_honest(self) -> bool {
        matches!(self, Kind::Plain | Kind::Constant | Kind::Echo)
    }

    pub fn is_script_or_ack(self) -> bool {
        matches!(self, Kind::Script | Kind::Ack | Kind::Events)
    }

    pub fn acknowledges(self) -> bool {
        matches!(self, Kind::Ack | Kind::Events)
    }

    pub fn has_streams(self) -> bool {
        matches!(self, Kind::Ack | Kind::Events | Kind::Echo)
    }
}

/// How the writing of an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Written,
    Writing,
    Lost,
}

#[derive(Debug, Clone)]
pub enum Step {
    Commit {
        rows: usize,
        mine: bool,
    },
    /// The tail hands out so many rows.
    Tail(usize),
    /// The log is read for a session that is behind; what was read arrives; or the read fails.
    Read {
        limit: usize,
    },
    Arrive,
    Fail,
    /// The page gives up what it waits for, and polls.
    Poll,
    /// A request comes again: the last, or an earlier one.
    Again {
        back: u64,
    },
    /// A held poll, or the stream, looks for something to carry.
    Look {
        at: usize,
        end: End,
        reaches: bool,
    },
    /// An answer is executed.
    Run {
        at: usize,
        works: bool,
    },
    EndWriting {
        written: bool,
    },
    Reset,
    Touch,
    Stream,
    /// The page says what it has, or had before.
    Say {
        back: u64,
    },
    Lie,
    Break,
    /// A hold's time passes.
    Wait,
    Store,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let rows = prop_oneof![12 => 1..4_usize, 1 => 480..700_usize];
    let end = prop_oneof![4 => Just(End::Written), 1 => Just(End::Writing), 1 => Just(End::Lost)];
    prop_oneof![
        4 => (rows, prop::bool::weighted(0.8)).prop_map(|(rows, mine)| Step::Commit { rows, mine }),
        4 => prop_oneof![1..4_usize, Just(usize::MAX)].prop_map(Step::Tail),
        3 => prop_oneof![1..4_usize, Just(500)].prop_map(|limit| Step::Read { limit }),
        3 => Just(Step::Arrive),
        1 => Just(Step::Fail),
        5 => Just(Step::Poll),
        1 => (0..4_u64).prop_map(|back| Step::Again { back }),
        8 => (0..4_usize, end, prop::bool::weighted(0.8))
            .prop_map(|(at, end, reaches)| Step::Look { at, end, reaches }),
        6 => (0..4_usize, prop::bool::weighted(0.9)).prop_map(|(at, works)| Step::Run { at, works }),
        1 => any::<bool>().prop_map(|written| Step::EndWriting { written }),
        1 => Just(Step::Reset),
        1 => Just(Step::Touch),
        2 => Just(Step::Stream),
        2 => prop_oneof![3 => Just(0), 1 => 0..9_u64].prop_map(|back| Step::Say { back }),
        1 => Just(Step::Lie),
        1 => Just(Step::Break),
        2 => Just(Step::Wait),
        1 => Just(Step::Store),
        1 => prop::bool::weighted(0.2).prop_map(|really| if really { Step::Restart } else { Step::Store }),
    ]
}

fn play(kind: Kind, before: usize, steps: &[Step]) {
    let mut play = Play::new(kind, before);
    for step in steps {
        if play.closed {
            break;
        }
        play.act(step);
    }
    play.finish();
}

proptest! {
    #![proptest_config(crate::live::config())]

    #[test]
    fn scripts(before in 0..3_usize, steps in prop::collection::vec(step(), 0..200)) {
        play(Kind::Script, before, &steps);
    }

    #[test]
    fn constant_callbacks(before in 0..3_usize, steps in prop::collection::vec(step(), 0..200)) {
        play(Kind::Constant, before, &steps);
    }

    #[test]
    fn plain_polls(before in 0..3_usize, steps in prop::collection::vec(step(), 0..200)) {
        play(Kind::Plain, before, &steps);
    }

    #[test]
    fn acknowledging_clients(before in 0..3_usize, steps in prop::collection::vec(step(), 0..200)) {
        play(Kind::Ack, before, &steps);
    }

    #[test]
    fn old_sockets(before in 0..3_usize, steps in prop::collection::vec(step(), 0..200)) {
        play(Kind::Echo, before, &steps);
    }

    #[test]
    fn events(before in 0..3_usize, steps in prop::collection::vec(step(), 0..200)) {
        play(Kind::Events, before, &steps);
    }
}
