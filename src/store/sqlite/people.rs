//! Looking for people by name: friends first, then the site's other people, as far as one call may look.

use super::directory;
use super::rows::{self, profile_columns};
use crate::chat::id::{UserId, UserKey, UserNumber};
use crate::chat::search::folded;
use crate::chat::user::Person;
use crate::store::Stored;
use rusqlite::{Connection, Params, params};
use std::collections::HashSet;

/// People that one call looks at.
const SCANNED_MAX: usize = 100_000;

const FRIENDS: &str = concat!(
    "SELECT ",
    profile_columns!(),
    ", b.buddy_group FROM buddies b JOIN users u ON u.site = b.site AND u.number = b.buddy \
     WHERE b.site = ?1 AND b.user = ?2 ORDER BY b.buddy LIMIT ?3"
);
const EVERYBODY: &str = concat!(
    "SELECT ",
    profile_columns!(),
    ", (SELECT b.buddy_group FROM buddies b WHERE b.site = ?1 AND b.user = ?2 AND b.buddy = u.number) \
     FROM users u WHERE u.site = ?1 AND u.merged_into IS NULL ORDER BY u.number LIMIT ?3"
);

/// What is looked for, and what was found.
struct Hunt<'a> {
    viewer: UserNumber,
    wanted: &'a str,
    limit: usize,
    seen: HashSet<UserNumber>,
    found: Vec<Person>,
    looked_at: usize,
}

/// People other than the viewer whose folded name has `wanted` in it, or whose id is `id`.
pub(super) fn named(sql: &Connection, viewer: UserKey, id: &str, wanted: &str, limit: usize) -> Stored<Vec<Person>> {
    let of_id = match UserId::parse(id) {
        Ok(id) => directory::people(sql, viewer, &[id])?,
        Err(_) => Vec::new(),
    };
    let mut hunt = Hunt { viewer: viewer.user, wanted, limit, seen: HashSet::new(), found: Vec::new(), looked_at: 0 };
    of_id.iter().filter(|person| person.group.is_some()).for_each(|person| hunt.take(person.clone()));
    hunt.look(sql, FRIENDS, params![viewer.site.0, viewer.user.0, SCANNED_MAX])?;
    of_id.into_iter().for_each(|person| hunt.take(person));
    let left = SCANNED_MAX.saturating_sub(hunt.looked_at);
    hunt.look(sql, EVERYBODY, params![viewer.site.0, viewer.user.0, left])?;
    Ok(hunt.found)
}

impl Hunt<'_> {
    fn look(&mut self, sql: &Connection, query: &'static str, params: impl Params) -> Stored<()> {
        let mut find = sql.prepare_cached(query)?;
        let mut all = find.query(params)?;
        while self.found.len() < self.limit
            && let Some(row) = all.next()?
        {
            self.looked_at += 1;
            if folded(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?).contains(self.wanted) {
                self.take(rows::person(row)?);
            }
        }
        Ok(())
    }

    fn take(&mut self, person: Person) {
        let number = person.profile.number;
        if number != self.viewer && self.found.len() < self.limit && self.seen.insert(number) {
            self.found.push(person);
        }
    }
}
