//! What is done about damage: a row that is not what was written is never served as if it were, and never left out in silence.
//!
//! Why a notice, and not a refusal of everything around it: a member whose history has one bad row should read the others,
//! and sign in; a server that refused would turn one bad sector into an outage for everybody who ever met that row. Why a
//! notice, and not a gap: a gap looks like a message that was never sent.

use super::rows;
use crate::chat::entry::{Addressee, DAMAGED_BODY, Message, Party};
use crate::chat::id::{UserId, UserNumber};
use rusqlite::{Connection, ErrorCode, OptionalExtension, Row};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// Rows whose damage is remembered as said; later ones are not logged any more.
const REPORTED_MAX: usize = 10_000;

/// Rows of this process' life that were logged as damaged.
static REPORTED: Mutex<BTreeSet<(i64, i64)>> = Mutex::new(BTreeSet::new());

/// What is shown in the place of a damaged row, whatever it was: a change of seat that cannot be vouched for changes
/// nothing. From and to are what the row says, if it says something that fits the query: they decide only where the notice
/// stands. The time is that of the row before it.
///
/// `None` for a place that no row can have: a damaged index made it up, and a cursor that followed it would skip what is
/// still to come.
pub(super) fn notice(sql: &Connection, row: &Row<'_>, at_ms: u64) -> rusqlite::Result<Option<Message>> {
    let (site, place) = (row.get(0)?, row.get_ref(1)?.as_i64().unwrap_or(0));
    report(site, place);
    let mut find = sql.prepare_cached("SELECT head FROM sites WHERE number = ?1")?;
    let head: Option<i64> = find.query_row([site], |row| row.get(0)).optional()?;
    if place < 1 || head.is_none_or(|head| place > head) {
        return Ok(None);
    }
    let (from, to) = if rows::fits(row)? { (rows::sender(row), rows::addressee(row)) } else { (None, None) };
    Ok(Some(Message {
        seq: place.unsigned_abs(),
        at_ms,
        from: from.unwrap_or_else(nobody),
        nick: "".into(),
        to: to.unwrap_or_else(|| Addressee::User(nobody())),
        style: "".into(),
        body: DAMAGED_BODY.into(),
        origin: None,
        hidden: false,
    }))
}

/// Stands where a user stood. No user has this number.
fn nobody() -> Party {
    Party { number: UserNumber(0), id: UserId::parse("nextim:damaged").expect("an id") }
}

/// Logs a damaged row, once.
pub(super) fn report(site: i64, seq: i64) {
    let mut reported = REPORTED.lock().expect("no panic while held");
    if reported.len() < REPORTED_MAX && reported.insert((site, seq)) {
        tracing::error!(
            site,
            seq,
            "a row of the log is damaged on disk; a notice is shown in its place. Run `nextim verify` on the data, and restore a \
             backup if there is more of it"
        );
    }
}

/// Whether an error says that what is stored makes no sense: to SQLite itself, or as values of our tables.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::{Error, ffi};
    // A read that ends too early: the file is shorter than it says.
    let extended = error.sqlite_error().map(|error| error.extended_code);
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        || matches!(extended, Some(ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS))
        || matches!(
            error,
            Error::InvalidColumnType(..)
                | Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::Utf8Error(..)
                // Where there may be none, none is asked for: a row that must be there is gone, as from a page that is zeroed.
                | Error::QueryReturnedNoRows
        )
}

/// The same of a database whose schema has the right version: SQL that it does not understand means that the schema is not
/// what it was.
pub(super) fn is_damage_of_known_schema(error: &rusqlite::Error) -> bool {
    is_damage(error) || matches!(error, rusqlite::Error::SqlInputError { .. })
}
