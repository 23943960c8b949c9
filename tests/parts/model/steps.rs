//! What may happen next in a model of polls, and what must be true of every state.

use super::confirmer::Confirmer;
use super::network::FOREIGN;
use super::page::{Call, Filter};
use super::polls::{End, Kind, Polls, State, Step};
use stateright::{Model, Property};

impl<C: Confirmer> Model for Polls<C> {
    type State = State<C>;
    type Action = Step;

    fn init_states(&self) -> Vec<State<C>> {
        vec![self.first(0), self.first(1)]
    }

    fn actions(&self, state: &State<C>, steps: &mut Vec<Step>) {
        if state.log < self.bounds.rows {
            steps.push(Step::Append);
        }
        self.client_steps(state, steps);
        self.network_steps(state, steps);
        self.server_steps(state, steps);
    }

    fn next_state(&self, state: &State<C>, step: Step) -> Option<State<C>> {
        let mut next = state.clone();
        self.apply(&mut next, &step);
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::<Self>::always("nothing is confirmed unseen", |model, state| model.lost(state) == 0),
            Property::<Self>::always("nothing is lost for ever", |model, state| {
                !state.client.closed || model.lost(state) == 0
            }),
            Property::<Self>::always("nothing is shown twice", |model, state| {
                matches!(model.filter, Filter::None) && model.kind != Kind::Script || !state.page.doubled
            }),
            Property::<Self>::always("order is kept", |_, state| !state.page.disordered),
            Property::<Self>::always("nothing is confirmed that was not sent", |_, state| {
                state.session.acked() <= state.session.sent()
            }),
            Property::<Self>::always("only who lies is told to begin anew", |_, state| !state.wronged),
            Property::<Self>::always("what was never sent is answered at once", |_, state| {
                let (acked, sent) = (state.session.core().acked(), state.session.core().sent());
                (acked..=sent).contains(&state.session.core().fresh_after())
            }),
            Property::<Self>::always("who polls on gets everything", |model, state| {
                model.settles(state) != Some(false)
            }),
            Property::<Self>::sometimes("everything arrives", |model, state| {
                state.log == model.bounds.rows && state.restarts == 0 && state.pages == 0 && model.is_settled(state)
            }),
        ]
    }
}

impl<C: Confirmer> Polls<C> {
    fn client_steps(&self, state: &State<C>, steps: &mut Vec<Step>) {
        let client = &state.client;
        if client.closed {
            if state.pages > 0 {
                steps.push(Step::Reopen);
            }
            return;
        }
        if !client.open {
            steps.push(Step::PageArrives);
        } else if client.waiting {
            steps.push(Step::TimeOut);
        } else if client.polls < self.bounds.polls {
            steps.push(Step::Send);
        }
        if client.open {
            steps.push(Step::Touch);
        }
        steps.push(Step::Close);
        if state.lies > 0 && client.polls > 0 {
            steps.extend([Step::Lie(self.bounds.rows + 1), Step::Lie(FOREIGN)]);
        }
    }

    fn network_steps(&self, state: &State<C>, steps: &mut Vec<Step>) {
        for (at, request) in state.network.requests.iter().enumerate() {
            if state.network.requests[..at].contains(request) {
                continue;
            }
            steps.push(Step::Arrive(*request));
            if state.copies > 0 {
                steps.push(Step::Copy(*request));
            }
        }
        for answer in &state.network.answers {
            steps.push(Step::Run(*answer, Call::Returned));
            if answer.after < answer.through {
                steps.push(Step::Run(*answer, Call::Failed));
            }
        }
    }

    fn server_steps(&self, state: &State<C>, steps: &mut Vec<Step>) {
        if state.restarts > 0 {
            let stored = u8::try_from(state.session.stored()).unwrap_or(u8::MAX).min(state.log);
            steps.extend((0..=stored).map(Step::Restart));
        }
        let Some(poll) = state.held else { return };
        let is_waited_for = state.client.waiting && state.client.polls == poll && !state.client.closed;
        let first = u8::try_from(state.session.acked()).unwrap_or(u8::MAX).saturating_add(1);
        let shortest = if self.bounds.portions { first.min(state.log) } else { state.log };
        for through in if shortest < state.log { vec![shortest, state.log] } else { vec![state.log] } {
            let mut push = |end, reaches| steps.push(Step::Answer { through, end, reaches });
            match self.kind {
                Kind::Ack => push(End::Written, true),
                Kind::Script => {
                    push(End::Written, true);
                    push(End::Lost, true);
                }
                Kind::Plain | Kind::Constant => {
                    push(End::Writing, false);
                    push(End::Lost, false);
                    if is_waited_for {
                        push(End::Written, true);
                        push(End::Writing, true);
                    }
                }
            }
        }
    }
}
