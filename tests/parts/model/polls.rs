//! One session whose page polls, as a model: the log, the server's cursors, the network, the page.

use super::confirmer::Confirmer;
use super::network::{Answer, FOREIGN, Network, Request};
use super::page::{Call, Filter, Page, Rows, rows};
use nextim::chat::delivery::{Asks, Cursors, Heard};
use nextim::chat::entry::Seq;
use nextim::chat::script_request::ScriptRequest;
use std::marker::PhantomData;

/// How a client polls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A script of an old page: a new identity for every poll; it stops at the second failure in a row. The network loses,
    /// delays, reorders and repeats what it likes.
    Script,
    /// A script with one identity for ever. As for `Plain`, what becomes of its connection is known before its next poll.
    Constant,
    /// Anything without an acknowledgement or an identity. What becomes of its connection is known before its next poll.
    Plain,
    /// Our own client. It never stops, and the network does what it likes.
    Ack,
}

impl Kind {
    /// Whether the end of an answer's connection tells the truth.
    fn is_honest(self) -> bool {
        matches!(self, Kind::Plain | Kind::Constant)
    }
}

/// How far the model goes.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Rows in the log at the end, at most.
    pub rows: u8,
    /// Which of them are for this page.
    pub mine: Rows,
    /// Polls of one page.
    pub polls: u8,
    /// Requests that are repeated silently.
    pub copies: u8,
    /// Restarts of the server.
    pub restarts: u8,
    /// Pages that are opened after the first.
    pub pages: u8,
    /// Acknowledgements of what was never sent.
    pub lies: u8,
    /// Whether an answer may carry less than everything, as one that reads the log in portions.
    pub portions: bool,
}

/// A model of polls that `C` confirms.
pub struct Polls<C> {
    pub kind: Kind,
    pub filter: Filter,
    pub bounds: Bounds,
    pub confirmer: PhantomData<C>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Client {
    /// Whether its page has arrived.
    pub open: bool,
    pub closed: bool,
    /// Polls so far; the last one is waited for if `waiting`.
    pub polls: u8,
    pub waiting: bool,
    /// Whether the last poll failed.
    pub failed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State<C> {
    pub log: u8,
    pub session: C,
    /// What `online` carried: everything after `.0` up to `.1`.
    pub opening: (u8, u8),
    /// The poll that the server holds.
    pub held: Option<u8>,
    pub network: Network,
    pub client: Client,
    pub page: Page,
    /// Everything that any page has shown.
    pub ever: Rows,
    /// An honest page was told to begin anew, or a dishonest one was not.
    pub wronged: bool,
    pub copies: u8,
    pub restarts: u8,
    pub pages: u8,
    pub lies: u8,
}

/// How an answer ends, as far as the server knows by the next poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Written,
    Writing,
    Lost,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A row is committed.
    Append,
    /// The answer to `online` arrives.
    PageArrives,
    /// Another request with the ticket arrives.
    Touch,
    /// The page polls.
    Send,
    /// Somebody acknowledges what was never sent.
    Lie(u8),
    /// The network or the browser repeats a request.
    Copy(Request),
    Arrive(Request),
    /// The server answers the poll it holds, through there. `reaches` says whether the page gets it, where that is decided
    /// here and not by the network.
    Answer {
        through: u8,
        end: End,
        reaches: bool,
    },
    Run(Answer, Call),
    /// The page gives up waiting.
    TimeOut,
    /// The tab is closed.
    Close,
    /// The server dies and starts again with this cursor from the store.
    Restart(u8),
    /// The member opens another page.
    Reopen,
}

fn small(seq: Seq) -> u8 {
    u8::try_from(seq.min(15)).unwrap_or(15)
}

impl<C: Confirmer> Polls<C> {
    pub fn first(&self, log: u8) -> State<C> {
        State {
            log,
            session: C::of(Cursors::opened(0, log.into())),
            opening: (0, log),
            held: None,
            network: Network::default(),
            client: Client::default(),
            page: Page::default(),
            ever: 0,
            wronged: false,
            copies: self.bounds.copies,
            restarts: self.bounds.restarts,
            pages: self.bounds.pages,
            lies: self.bounds.lies,
        }
    }

    /// Rows of the log that the server counts as confirmed and no page has shown.
    pub fn lost(&self, state: &State<C>) -> Rows {
        rows(0, small(state.session.acked())) & self.mine(state.log) & !state.ever
    }

    fn mine(&self, log: u8) -> Rows {
        rows(0, log) & self.bounds.mine
    }

    fn asks(&self, request: &Request) -> Asks {
        match self.kind {
            Kind::Script => Asks::Script(ScriptRequest::of(&format!("jsonp{}", request.poll), "")),
            Kind::Constant => Asks::Script(ScriptRequest::of("call", "")),
            Kind::Plain => Asks::Plain,
            Kind::Ack if request.ack == FOREIGN => Asks::Ack(Seq::MAX),
            Kind::Ack => Asks::Ack(request.ack.into()),
        }
    }

    pub fn apply(&self, state: &mut State<C>, step: &Step) {
        match *step {
            Step::Append => state.log += 1,
            Step::PageArrives => {
                state.client.open = true;
                let (after, through) = state.opening;
                state.page.open(rows(after, through) & self.bounds.mine);
                state.page.mark = if self.filter == Filter::Client { through } else { 0 };
            }
            Step::Touch => drop(state.session.touched()),
            Step::Send => self.send(state),
            Step::Lie(ack) => {
                state.lies -= 1;
                state.network.ask(Request { poll: state.client.polls, ack });
            }
            Step::Copy(request) => {
                state.copies -= 1;
                state.network.ask(request);
            }
            Step::Arrive(request) => self.arrive(state, request),
            Step::Answer { through, end, reaches } => self.answer(state, through, end, reaches),
            Step::Run(answer, call) => self.run(state, &answer, call),
            Step::TimeOut => self.fail(state),
            Step::Close => state.client.closed = true,
            Step::Restart(cursor) => self.restart(state, cursor),
            Step::Reopen => self.reopen(state),
        }
        state.ever |= state.page.shown;
        if state.client.closed {
            state.network.answers.clear();
        }
    }

    fn send(&self, state: &mut State<C>) {
        state.client.polls += 1;
        state.client.waiting = true;
        let ack = if self.kind == Kind::Ack { state.page.mark } else { 0 };
        state.network.ask(Request { poll: state.client.polls, ack });
    }

    fn arrive(&self, state: &mut State<C>, request: Request) {
        if let Some(at) = state.network.requests.iter().position(|other| *other == request) {
            state.network.requests.remove(at);
        }
        let heard: Heard = state.session.polled(self.asks(&request));
        state.wronged |= heard.resync != (request.ack > self.bounds.rows);
        if heard.late {
            if !state.client.closed {
                state.network.answer(Answer { poll: request.poll, after: 0, through: 0 });
            }
            return;
        }
        if let Some(older) = state.held
            && !heard.repeated
            && !self.kind.is_honest()
            && !state.client.closed
        {
            // It is released with a packet without anything.
            state.network.answer(Answer { poll: older, after: 0, through: 0 });
        }
        state.held = Some(request.poll);
    }

    fn answer(&self, state: &mut State<C>, through: u8, end: End, reaches: bool) {
        let Some(poll) = state.held.take() else { return };
        let after = small(state.session.acked());
        state.session.answering(through.into());
        match end {
            End::Written => state.session.written(),
            End::Writing => {}
            End::Lost => state.session.lost(),
        }
        let answer = Answer { poll, after, through };
        if self.kind.is_honest() && reaches {
            self.run(state, &answer, Call::Returned);
        } else if !self.kind.is_honest() {
            state.network.answer(answer);
        }
    }

    fn run(&self, state: &mut State<C>, answer: &Answer, call: Call) {
        state.network.forget_answers(answer.poll);
        state.page.run(answer, self.bounds.mine, self.filter, call);
        if state.client.waiting && state.client.polls == answer.poll {
            if call == Call::Failed {
                return self.fail(state);
            }
            state.client.waiting = false;
            state.client.failed = false;
        }
    }

    fn fail(&self, state: &mut State<C>) {
        state.client.waiting = false;
        let gives_up = self.kind == Kind::Script;
        state.client.closed |= gives_up && state.client.failed;
        state.client.failed = gives_up;
    }

    fn restart(&self, state: &mut State<C>, cursor: u8) {
        state.restarts -= 1;
        state.held = None;
        // A session is stored when it opens, with what its page carries.
        let stored = cursor.max(state.opening.1);
        state.session = C::restored(cursor.into(), stored.into(), state.log.into());
    }

    fn reopen(&self, state: &mut State<C>) {
        state.pages -= 1;
        let delivered = small(state.session.acked());
        state.session = C::of(Cursors::opened(delivered.into(), state.log.into()));
        state.opening = (delivered, state.log);
        state.held = None;
        state.network = Network::default();
        state.client = Client::default();
        state.page = Page::default();
    }

    /// Whether a page that polls on without any further fault ends with everything shown and confirmed. `None` if it has no
    /// page that polls.
    pub fn settles(&self, state: &State<C>) -> Option<bool> {
        let mut state = state.clone();
        if state.client.closed {
            return None;
        }
        if !state.client.open {
            self.apply(&mut state, &Step::PageArrives);
        }
        for _ in 0..24 {
            if !state.client.waiting {
                self.apply(&mut state, &Step::Send);
            }
            let poll = state.client.polls;
            let request = state.network.requests.iter().find(|request| request.poll == poll).copied();
            let answer = state.network.answers.iter().find(|answer| answer.poll == poll).copied();
            match (state.held, request, answer) {
                (Some(held), _, _) if held == poll => {
                    let through = state.log;
                    self.apply(&mut state, &Step::Answer { through, end: End::Written, reaches: true });
                }
                (_, _, Some(answer)) => self.apply(&mut state, &Step::Run(answer, Call::Returned)),
                (_, Some(request), _) => self.apply(&mut state, &Step::Arrive(request)),
                _ => self.apply(&mut state, &Step::TimeOut),
            }
            if state.client.closed {
                return None;
            }
            if self.is_settled(&state) {
                return Some(true);
            }
        }
        Some(false)
    }

    pub fn is_settled(&self, state: &State<C>) -> bool {
        let mine = self.mine(state.log);
        mine & !state.ever == 0 && mine & !rows(0, small(state.session.acked())) == 0
    }
}
