//! One session on streams, as a model: frames arrive in order until the connection breaks, what the page says it has may be
//! late or never come.

use super::confirmer::Confirmer;
use super::network::Answer;
use super::page::{Call, Filter, Page, Rows, rows};
use nextim::chat::delivery::{Asks, Cursors};
use nextim::chat::entry::Seq;
use stateright::{Model, Property};
use std::marker::PhantomData;

/// How a client of a stream says what it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// An old WebSocket page: its browser echoes the PING behind every packet. It shows what it gets.
    Echo,
    /// Our own client on a WebSocket: frames, and when it connects again.
    Frames,
    /// Server-sent events: only when it connects again.
    Reconnecting,
}

#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub rows: u8,
    pub connections: u8,
    pub restarts: u8,
    pub pages: u8,
    pub lies: u8,
}

pub struct Streams<C> {
    pub says: Says,
    pub bounds: Bounds,
    pub confirmer: PhantomData<C>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State<C> {
    log: u8,
    session: C,
    opening: (u8, u8),
    /// The connection on which the server has its stream, and up to where that has carried the log.
    stream: Option<(u8, u8)>,
    /// Frames under way to the page, in order.
    frames: Vec<Answer>,
    /// What the page says it has, on connections old and new.
    said: Vec<u8>,
    /// A connection that begins, with what it says.
    connecting: Option<(u8, Option<u8>)>,
    page: Page,
    ever: Rows,
    open: bool,
    closed: bool,
    /// Connections so far; the last one is up if `connected`.
    connections: u8,
    connected: bool,
    wronged: bool,
    restarts: u8,
    pages: u8,
    lies: u8,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Append,
    PageArrives,
    Connect,
    /// The server sees the connection and begins a stream.
    Begin,
    /// The stream carries what follows, through there.
    Carry(u8),
    /// The next frame arrives.
    Frame,
    /// Our own client says what it has.
    Say,
    /// Somebody says they have what was never sent.
    Lie(u8),
    /// What was said arrives.
    Hear(u8),
    Break,
    Close,
    Restart(u8),
    Reopen,
}

fn small(seq: Seq) -> u8 {
    u8::try_from(seq.min(15)).unwrap_or(15)
}

impl<C: Confirmer> Streams<C> {
    fn apply(&self, state: &mut State<C>, step: &Step) {
        match *step {
            Step::Append => state.log += 1,
            Step::PageArrives => {
                state.open = true;
                state.page.open(rows(state.opening.0, state.opening.1));
                state.page.mark = state.opening.1;
            }
            Step::Connect => self.connect(state),
            Step::Begin => self.begin(state),
            Step::Carry(through) => self.carry(state, through),
            Step::Frame => self.frame(state),
            Step::Say => state.said.push(state.page.mark),
            Step::Lie(seq) => {
                state.lies -= 1;
                state.said.push(seq);
            }
            Step::Hear(seq) => self.hear(state, seq),
            Step::Break => {
                state.connected = false;
                state.connecting = None;
                state.frames.clear();
            }
            Step::Close => {
                self.apply(state, &Step::Break);
                state.closed = true;
            }
            Step::Restart(cursor) => {
                state.restarts -= 1;
                let stored = cursor.max(state.opening.1);
                state.session = C::restored(cursor.into(), stored.into(), state.log.into());
                state.stream = None;
                state.said.clear();
            }
            Step::Reopen => self.reopen(state),
        }
        state.said.sort_unstable();
        state.said.dedup();
        state.ever |= state.page.shown;
    }

    fn connect(&self, state: &mut State<C>) {
        state.connections += 1;
        state.connected = true;
        state.frames.clear();
        let has_more_than_its_page = state.page.mark > state.opening.1;
        let says = match self.says {
            Says::Echo => None,
            Says::Frames => Some(state.page.mark),
            Says::Reconnecting => has_more_than_its_page.then_some(state.page.mark),
        };
        state.connecting = Some((state.connections, says));
    }

    fn begin(&self, state: &mut State<C>) {
        let Some((connection, says)) = state.connecting.take() else { return };
        let heard = state.session.polled(says.map_or(Asks::Plain, |seq| Asks::Ack(seq.into())));
        state.wronged |= heard.resync;
        state.stream = Some((connection, small(state.session.acked())));
    }

    fn carry(&self, state: &mut State<C>, through: u8) {
        let Some((connection, carried)) = &mut state.stream else { return };
        if state.connected && *connection == state.connections {
            state.frames.push(Answer { poll: *connection, after: *carried, through });
        }
        *carried = through;
        state.session.streamed(through.into());
    }

    fn frame(&self, state: &mut State<C>) {
        let frame = state.frames.remove(0);
        let filter = if self.says == Says::Echo { Filter::None } else { Filter::Client };
        state.page.run(&frame, Rows::MAX, filter, Call::Returned);
        if self.says == Says::Echo {
            state.said.push(frame.through);
        }
    }

    fn hear(&self, state: &mut State<C>, seq: u8) {
        state.said.retain(|said| *said != seq);
        let heard = state.session.acknowledged(seq.into());
        state.wronged |= heard.resync != (seq > self.bounds.rows);
    }

    fn reopen(&self, state: &mut State<C>) {
        let delivered = small(state.session.acked());
        let again = self.first(state.log, delivered);
        *state =
            State { ever: state.ever, restarts: state.restarts, pages: state.pages - 1, lies: state.lies, ..again };
    }

    fn first(&self, log: u8, delivered: u8) -> State<C> {
        let Bounds { restarts, pages, lies, .. } = self.bounds;
        State {
            log,
            session: C::of(Cursors::opened(delivered.into(), log.into())),
            opening: (delivered, log),
            stream: None,
            frames: Vec::new(),
            said: Vec::new(),
            connecting: None,
            page: Page::default(),
            ever: 0,
            open: false,
            closed: false,
            connections: 0,
            connected: false,
            wronged: false,
            restarts,
            pages,
            lies,
        }
    }

    /// Whether a page that goes on without any further fault ends with everything shown and confirmed.
    fn settles(&self, state: &State<C>) -> bool {
        let mut state = state.clone();
        if state.closed {
            return true;
        }
        if !state.open {
            self.apply(&mut state, &Step::PageArrives);
        }
        if state.stream.is_none_or(|(connection, _)| !state.connected || connection != state.connections) {
            self.apply(&mut state, &Step::Connect);
            self.apply(&mut state, &Step::Begin);
        }
        let through = state.log;
        self.apply(&mut state, &Step::Carry(through));
        while !state.frames.is_empty() {
            self.apply(&mut state, &Step::Frame);
        }
        match self.says {
            Says::Reconnecting => {
                self.apply(&mut state, &Step::Connect);
                self.apply(&mut state, &Step::Begin);
            }
            Says::Frames => self.apply(&mut state, &Step::Say),
            Says::Echo => {}
        }
        if let Some(last) = state.said.iter().rev().find(|seq| **seq <= self.bounds.rows).copied() {
            self.apply(&mut state, &Step::Hear(last));
        }
        self.is_settled(&state)
    }

    fn is_settled(&self, state: &State<C>) -> bool {
        let all = rows(0, state.log);
        all & !state.ever == 0 && small(state.session.acked()) == state.log
    }
}

impl<C: Confirmer> Model for Streams<C> {
    type State = State<C>;
    type Action = Step;

    fn init_states(&self) -> Vec<State<C>> {
        vec![self.first(0, 0), self.first(1, 0)]
    }

    fn actions(&self, state: &State<C>, steps: &mut Vec<Step>) {
        let mut may = |condition: bool, step: Step| {
            if condition {
                steps.push(step);
            }
        };
        let lives = state.open && !state.closed;
        may(state.log < self.bounds.rows, Step::Append);
        may(!state.open && !state.closed, Step::PageArrives);
        may(lives && !state.connected && state.connections < self.bounds.connections, Step::Connect);
        may(state.connecting.is_some(), Step::Begin);
        may(!state.frames.is_empty(), Step::Frame);
        let says = self.says == Says::Frames && !state.said.contains(&state.page.mark);
        may(lives && state.connected && says, Step::Say);
        may(lives && state.lies > 0, Step::Lie(self.bounds.rows + 1));
        may(state.connected, Step::Break);
        may(!state.closed, Step::Close);
        may(state.closed && state.pages > 0, Step::Reopen);
        if let Some((_, carried)) = state.stream {
            may(carried < state.log, Step::Carry(state.log));
            may(carried + 1 < state.log, Step::Carry(carried + 1));
        }
        steps.extend(state.said.iter().map(|seq| Step::Hear(*seq)));
        if state.restarts > 0 {
            steps.extend((0..=small(state.session.stored()).min(state.log)).map(Step::Restart));
        }
    }

    fn next_state(&self, state: &State<C>, step: Step) -> Option<State<C>> {
        let mut next = state.clone();
        self.apply(&mut next, &step);
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::<Self>::always("nothing is confirmed unseen", |_, state| {
                rows(0, small(state.session.acked())) & !state.ever == 0
            }),
            Property::<Self>::always("nothing is lost for ever", |_, state| {
                !state.closed || rows(0, small(state.session.acked())) & !state.ever == 0
            }),
            Property::<Self>::always("nothing is shown twice", |model, state| {
                model.says == Says::Echo || !state.page.doubled
            }),
            Property::<Self>::always("order is kept", |_, state| !state.page.disordered),
            Property::<Self>::always("nothing is confirmed that was not sent", |_, state| {
                state.session.acked() <= state.session.sent()
            }),
            Property::<Self>::always("only who lies is told to begin anew", |_, state| !state.wronged),
            Property::<Self>::always("who goes on gets everything", Self::settles),
            Property::<Self>::sometimes("everything arrives", |model, state| {
                state.log == model.bounds.rows && state.restarts == 0 && state.pages == 0 && model.is_settled(state)
            }),
        ]
    }
}
