//! What decides that a page has its messages: the real `Cursors`, and defects of it that the model has to find.

use nextim::chat::delivery::{Asks, Cursors, Heard};
use nextim::chat::entry::Seq;
use nextim::chat::script_request::ScriptRequest;
use std::fmt::Debug;
use std::hash::Hash;

/// One session's cursors, sound or not. Whatever a defect does not replace is the real code.
pub trait Confirmer: Clone + Debug + Eq + Hash + Send + Sync + 'static {
    fn of(cursors: Cursors) -> Self;

    /// As it begins after a restart: the user is known to have what is `delivered`, `cursor` is the session's in the store.
    fn restored(delivered: Seq, cursor: Seq, head: Seq) -> Self {
        Self::of(Cursors::restored(delivered, cursor, head))
    }

    fn core(&self) -> &Cursors;
    fn core_mut(&mut self) -> &mut Cursors;

    fn acked(&self) -> Seq {
        Cursors::acked(*self.core())
    }

    fn sent(&self) -> Seq {
        Cursors::sent(*self.core())
    }

    /// The highest cursor that may be in the store.
    fn stored(&self) -> Seq {
        self.acked()
    }

    fn touched(&mut self) -> bool {
        self.core_mut().touched()
    }

    fn polled(&mut self, asks: Asks) -> Heard {
        self.core_mut().polled(asks)
    }

    fn acknowledged(&mut self, seq: Seq) -> Heard {
        self.core_mut().acknowledged(seq)
    }

    fn answering(&mut self, through: Seq) {
        self.core_mut().answering(through);
    }

    fn written(&mut self) {
        self.core_mut().written();
    }

    fn lost(&mut self) {
        self.core_mut().lost();
    }

    fn streamed(&mut self, through: Seq) {
        self.core_mut().streamed(through);
    }
}

impl Confirmer for Cursors {
    fn of(cursors: Cursors) -> Self {
        cursors
    }

    fn core(&self) -> &Cursors {
        self
    }

    fn core_mut(&mut self) -> &mut Cursors {
        self
    }
}

/// Declares a defect: the real cursors, and one number that the defect needs.
macro_rules! defect {
    ($(#[$doc:meta])* $name:ident { $($method:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(Cursors, Seq);

        impl Confirmer for $name {
            fn of(cursors: Cursors) -> Self {
                Self(cursors, 0)
            }

            fn core(&self) -> &Cursors {
                &self.0
            }

            fn core_mut(&mut self) -> &mut Cursors {
                &mut self.0
            }

            $($method)*
        }
    };
}

defect! {
    /// Rows are dropped when they are handed to the socket.
    EmptyOnSend {
        fn acked(&self) -> Seq {
            self.0.acked().max(self.1)
        }

        fn answering(&mut self, through: Seq) {
            self.0.answering(through);
            self.1 = self.1.max(through);
        }
    }
}

defect! {
    /// The next poll confirms the last answer.
    NextPollConfirms {
        fn acked(&self) -> Seq {
            self.0.acked().max(self.1)
        }

        fn polled(&mut self, asks: Asks) -> Heard {
            self.1 = self.0.sent();
            self.0.polled(asks)
        }
    }
}

defect! {
    /// One answer instead of two: the next identity confirms.
    CarryOne {
        fn acked(&self) -> Seq {
            self.0.acked().max(self.1)
        }

        fn polled(&mut self, asks: Asks) -> Heard {
            let sent = self.0.sent();
            let heard = self.0.polled(asks);
            if !heard.repeated {
                self.1 = sent;
            }
            heard
        }
    }
}

defect! {
    /// Every request counts as a new one.
    NoIdentity {
        fn polled(&mut self, asks: Asks) -> Heard {
            self.1 += 1;
            match asks {
                Asks::Script(_) => self.0.polled(Asks::Script(ScriptRequest::of("jsonp", &self.1.to_string()))),
                other => self.0.polled(other),
            }
        }
    }
}

defect! {
    /// An acknowledgement is believed whatever was sent.
    BelievesAcks {
        fn acked(&self) -> Seq {
            self.0.acked().max(self.1)
        }

        fn polled(&mut self, asks: Asks) -> Heard {
            if let Asks::Ack(seq) = asks {
                self.1 = self.1.max(seq.min(99));
            }
            self.0.polled(asks)
        }

        fn acknowledged(&mut self, seq: Seq) -> Heard {
            self.1 = self.1.max(seq.min(99));
            self.0.acknowledged(seq)
        }
    }
}

defect! {
    /// What was sent is stored as if it were confirmed.
    StoresAhead {
        fn stored(&self) -> Seq {
            self.0.sent()
        }
    }
}

defect! {
    /// Nothing tells which of two requests was sent first.
    NoOrder {
        fn polled(&mut self, asks: Asks) -> Heard {
            match asks {
                Asks::Script(identity) => self.0.polled(Asks::Script(ScriptRequest::of(&format!("{identity:?}"), ""))),
                other => self.0.polled(other),
            }
        }
    }
}

defect! {
    /// After a restart the stored cursor counts at once, whether its page was ever read or not.
    RestoredAsRead {
        fn restored(_delivered: Seq, cursor: Seq, head: Seq) -> Self {
            Self::of(Cursors::new(cursor, head))
        }
    }
}
