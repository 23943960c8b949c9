//! A page changes whom it shows. What it is told of them now and what the stream tells later must leave no gap between them:
//! a change that is on its way while the call is answered is told again, rather than perhaps not at all.

use super::stranger::Stranger;
use super::watchers::Watcher;
use super::{Holder, Live};
use crate::chat::id::UserNumber;
use crate::chat::presence::Visible;
use crate::chat::session::Dialect;
use crate::chat::ticket::TicketDigest;

impl Live {
    /// The digest of a session's ticket, if it is live.
    pub fn digest(&self, holder: &Holder) -> Option<TicketDigest> {
        let mut digest = None;
        self.on_session(holder, |session| digest = Some(session.digest));
        digest
    }

    /// A session's page is of another generation than it seemed.
    pub fn set_dialect(&self, holder: &Holder, dialect: Dialect) {
        self.on_session(holder, |session| session.dialect = dialect);
    }

    /// Replaces the strangers of a session's page. Gives what is to be seen of each now; `None` if the session has ended.
    pub fn watch(&self, holder: &Holder, people: &[UserNumber]) -> Option<Vec<Visible>> {
        let watcher = Watcher { user: holder.key, session: holder.session };
        // First the watching, then the look: what changes after the look is marked on the session.
        self.watchers.add(watcher, people);
        let seen: Vec<(Visible, u64)> =
            people.iter().map(|number| self.seen_by_stamped(holder.key, holder.key.site.user(*number))).collect();
        let strangers =
            people.iter().zip(&seen).map(|(number, (_, since))| Stranger { number: *number, since: *since });
        let strangers = Stranger::sorted(strangers.collect());
        let mut old = None;
        self.on_session(holder, |session| old = Some(session.watch(strangers)));
        match old {
            Some(old) => {
                let numbers: Vec<UserNumber> = old.iter().map(|stranger| stranger.number).collect();
                self.watchers.remove(watcher, &numbers);
                Some(seen.into_iter().map(|(visible, _)| visible).collect())
            }
            None => {
                self.watchers.remove(watcher, people);
                None
            }
        }
    }
}
