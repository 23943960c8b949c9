//! Rows of sites that keep their histories themselves: they stand in the log to be delivered, and are erased after a while.

use crate::chat::entry::Seq;
use crate::chat::id::SiteNumber;
use crate::store::Stored;
use rusqlite::{Connection, params};

/// Rows of one site that are erased at a time: the writer has others to serve.
const PART: usize = 500;

/// Notes that a row is to be erased some time.
pub(super) fn note(sql: &Connection, site: SiteNumber, seq: Seq) -> Stored<()> {
    sql.prepare_cached("INSERT INTO passing (site, seq) VALUES (?1, ?2)")?.execute(params![site.0, seq])?;
    Ok(())
}

/// Erases the oldest of them that were stored before `before_ms`; of every site a part. Gives how many.
pub(super) fn forget(sql: &Connection, before_ms: u64) -> Stored<usize> {
    let mut sites = sql.prepare_cached("SELECT number FROM sites")?;
    let sites = sites.query_map([], |row| row.get(0))?.collect::<Result<Vec<u32>, _>>()?;
    let mut count = 0;
    for site in sites {
        let old = oldest(sql, site, before_ms)?;
        for seq in &old {
            sql.prepare_cached("DELETE FROM log WHERE site = ?1 AND seq = ?2")?.execute(params![site, seq])?;
            sql.prepare_cached("DELETE FROM passing WHERE site = ?1 AND seq = ?2")?.execute(params![site, seq])?;
        }
        count += old.len();
    }
    Ok(count)
}

/// Times do not decrease along the log, so the first young row ends the search. One that is not there any more is old.
fn oldest(sql: &Connection, site: u32, before_ms: u64) -> Stored<Vec<Seq>> {
    let mut find = sql.prepare_cached(
        "SELECT p.seq, l.at_ms FROM passing p LEFT JOIN log l ON l.site = p.site AND l.seq = p.seq \
         WHERE p.site = ?1 ORDER BY p.seq LIMIT ?2",
    )?;
    let rows = find.query_map(params![site, PART], |row| Ok((row.get(0)?, row.get::<_, Option<u64>>(1)?)))?;
    let mut old = Vec::new();
    for row in rows {
        let (seq, at_ms) = row?;
        if at_ms.is_some_and(|at_ms| at_ms >= before_ms) {
            break;
        }
        old.push(seq);
    }
    Ok(old)
}

/// Rows that one write erases.
const OLD_PART: usize = 1_000;

/// Erases a site's oldest rows as far as they are older than `before_ms`: times do not decrease along the log, so they are its beginning.
/// Seats go, too: who is in which room stands beside the log.
pub(super) fn forget_old(sql: &Connection, site: SiteNumber, before_ms: u64) -> Stored<usize> {
    let mut erase = sql.prepare_cached(
        "DELETE FROM log WHERE site = ?1 AND seq IN \
         (SELECT seq FROM (SELECT seq, at_ms FROM log WHERE site = ?1 ORDER BY seq LIMIT ?3) WHERE at_ms < ?2)",
    )?;
    Ok(erase.execute(params![site.0, before_ms, OLD_PART])?)
}
