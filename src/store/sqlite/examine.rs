//! Whether a database holds what was written to it: the questions that `nextim verify`, a backup and the check after an
//! unclean stop ask. Nothing here writes.

use super::damage;
use super::rows::{KIND_MESSAGE, cid_hash};
use super::sums::{LogRow, log_columns};
use crate::chat::entry::Seq;
use crate::store::Stored;
use rusqlite::{Connection, Row, params};
use std::fmt;

/// Findings that are kept; more are only counted.
const KEPT_MAX: usize = 1_000;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A row of the log.
    Row {
        /// The store's number of the site.
        site: i64,
        /// Its place.
        seq: i64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Anything else.
    Other(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Row { site, seq, what } => write!(f, "site {site}, seq {seq}: {what}"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// One site of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteSummary {
    /// The store's number of it.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// The seq of its newest entry.
    pub head: i64,
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The schema's version.
    pub schema: usize,
    /// The sites.
    pub sites: Vec<SiteSummary>,
    /// Rows of the log that were looked at.
    pub rows: u64,
    /// Those of them that are messages and sound.
    pub messages: u64,
    /// What is wrong, the first of it.
    pub findings: Vec<Finding>,
    /// How much is wrong in all.
    pub found: u64,
}

impl Report {
    /// Adds a finding.
    pub(super) fn add(&mut self, finding: Finding) {
        self.found += 1;
        if self.findings.len() < KEPT_MAX {
            self.findings.push(finding);
        }
    }

    fn other(&mut self, what: impl fmt::Display) {
        self.add(Finding::Other(what.to_string()));
    }

    /// Whether all that is wrong are rows of the log, for which the server shows a notice.
    pub(super) fn is_only_rows(&self) -> bool {
        self.found == self.findings.len() as u64
            && self.findings.iter().all(|finding| matches!(finding, Finding::Row { .. }))
    }

    /// Does a part of the examination; damage that ends it is a finding, any other failure is passed on.
    pub(super) fn part(&mut self, what: &str, part: impl FnOnce(&mut Self) -> rusqlite::Result<()>) -> Stored<()> {
        match part(self) {
            Err(error) if damage::is_damage_of_known_schema(&error) => self.other(format!("{what}: {error}")),
            Err(error) => return Err(error.into()),
            Ok(()) => {}
        }
        Ok(())
    }
}

/// Everything, in one go.
pub(super) fn all(sql: &Connection, report: &mut Report) -> Stored<()> {
    report.part("the sites", |report| sites(sql, report))?;
    report.part("pages and indexes", |report| pragma(sql, "PRAGMA integrity_check(100)", report))?;
    report.part("the log", |report| {
        let mut place = Place::START;
        while let Some(next) = rows_after(sql, place, 100_000, report)? {
            place = next;
        }
        Ok(())
    })?;
    facts(sql, report)
}

fn sites(sql: &Connection, report: &mut Report) -> rusqlite::Result<()> {
    let mut find = sql.prepare("SELECT number, name, head FROM sites ORDER BY number")?;
    let mut rows = find.query([])?;
    while let Some(row) = rows.next()? {
        let site = SiteSummary { number: row.get(0)?, name: row.get(1)?, head: row.get(2)? };
        report.sites.push(site);
    }
    Ok(())
}

/// A check of SQLite's own.
pub(super) fn pragma(sql: &Connection, check: &str, report: &mut Report) -> rusqlite::Result<()> {
    let mut check = sql.prepare(check)?;
    let mut rows = check.query([])?;
    while let Some(row) = rows.next()? {
        let line: String = row.get(0)?;
        if line != "ok" {
            report.other(line);
        }
    }
    Ok(())
}

/// A row's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) site: i64,
    pub(super) seq: i64,
}

impl Place {
    /// Before all rows.
    pub(super) const START: Self = Self { site: i64::MIN, seq: i64::MIN };

    /// Before the rows of a site that come after `seq`.
    pub(super) fn in_site(site: i64, seq: Seq) -> Self {
        Self { site, seq: i64::try_from(seq).unwrap_or(i64::MAX) }
    }
}

const ROWS: &str = concat!(
    "SELECT ",
    log_columns!(),
    ", l.cid_hash, t.number IS NOT NULL, s.number IS NOT NULL, u.number IS NOT NULL OR r.number IS NOT NULL OR l.target = 0 FROM log l \
     LEFT JOIN sites t ON t.number = l.site \
     LEFT JOIN users s ON s.site = l.site AND s.number = l.sender \
     LEFT JOIN users u ON u.site = l.site AND u.number = l.target \
     LEFT JOIN rooms r ON r.site = l.site AND r.number = -l.target \
     WHERE (l.site, l.seq) > (?1, ?2) ORDER BY l.site, l.seq LIMIT ?3"
);

/// Judges the next `limit` rows of the table. Gives where to go on, unless there are no more.
pub(super) fn rows_after(
    sql: &Connection,
    after: Place,
    limit: usize,
    report: &mut Report,
) -> rusqlite::Result<Option<Place>> {
    let mut find = sql.prepare_cached(ROWS)?;
    let mut rows = find.query(params![after.site, after.seq, limit])?;
    let (mut last, mut count) = (after, 0);
    while let Some(row) = rows.next()? {
        let integer = |column| row.get_ref(column).ok().and_then(|value| value.as_i64().ok()).unwrap_or(i64::MIN);
        let place = Place { site: integer(0), seq: integer(1) };
        count += 1;
        report.rows += 1;
        if let Some(what) = judge(row, report)? {
            report.add(Finding::Row { site: place.site, seq: place.seq, what });
        }
        if place <= last {
            report.other(format!("the log is out of order at site {}, seq {}", place.site, place.seq));
        }
        last = last.max(place);
    }
    Ok((count == limit && last > after).then_some(last))
}

/// What is wrong with a row.
fn judge(row: &Row<'_>, report: &mut Report) -> rusqlite::Result<Option<&'static str>> {
    let Some(raw) = LogRow::read(row, 0)? else { return Ok(Some("the row is damaged (its checksum does not fit)")) };
    let is = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_i64() == Ok(1));
    let hash = row.get_ref(13)?.as_i64_or_null();
    if hash != Ok(raw.cid.map(cid_hash)) {
        return Ok(Some("the hash of its cid is damaged"));
    }
    if !is(14)? {
        return Ok(Some("its site is not there"));
    }
    if !is(15)? || !is(16)? {
        return Ok(Some("its sender or receiver is not there"));
    }
    report.messages += u64::from(raw.kind == KIND_MESSAGE);
    Ok(None)
}

/// What must hold between tables. Each query gives a number of offences, which must be 0. SQLite's own check finds entries
/// that an index lacks, and not those that a partial index has too
/// many; a column with `+` is read from the table.
const FACTS: [(&str, &str); 11] = [
    (
        "sites whose head is below their newest row",
        "SELECT count(*) FROM sites s WHERE head < (SELECT coalesce(max(seq), 0) FROM log WHERE site = s.number) OR head < 0",
    ),
    (
        "users that their index does not find",
        "SELECT count(*) FROM users u WHERE NOT EXISTS (SELECT 1 FROM users i INDEXED BY users_by_id \
         WHERE i.site = u.site AND i.id = u.id AND i.number = u.number)",
    ),
    (
        "rooms that their index does not find",
        "SELECT count(*) FROM rooms r WHERE NOT EXISTS (SELECT 1 FROM rooms i INDEXED BY rooms_by_id \
         WHERE i.site = r.site AND i.id = r.id AND i.number = r.number)",
    ),
    (
        "entries of log_inbox too many or too few",
        "SELECT abs((SELECT count(*) FROM log INDEXED BY log_inbox WHERE kind = 0) \
         - (SELECT count(*) FROM log WHERE +kind = 0))",
    ),
    (
        "entries of log_said too many or too few",
        "SELECT abs((SELECT count(*) FROM log INDEXED BY log_said WHERE kind = 0 AND target > 0) \
         - (SELECT count(*) FROM log WHERE +kind = 0 AND +target > 0))",
    ),
    (
        "rooms whose count of members is not that of their memberships",
        "SELECT count(*) FROM rooms r WHERE all_count <> (SELECT count(*) FROM memberships \
         WHERE site = r.site AND room = r.number AND through IS NULL)",
    ),
    (
        "rooms that are silenced by others than members",
        "SELECT count(*) FROM room_blocks b WHERE through IS NULL AND NOT EXISTS (SELECT 1 FROM memberships \
         WHERE site = b.site AND user = b.user AND room = b.room AND through IS NULL)",
    ),
    (
        "memberships of nobody or of no room",
        "SELECT count(*) FROM memberships m WHERE NOT EXISTS (SELECT 1 FROM users WHERE site = m.site AND number = m.user) \
         OR NOT EXISTS (SELECT 1 FROM rooms WHERE site = m.site AND number = m.room)",
    ),
    (
        "friendships with nobody",
        "SELECT count(*) FROM buddies b WHERE NOT EXISTS (SELECT 1 FROM users WHERE site = b.site AND number = b.user) \
         OR NOT EXISTS (SELECT 1 FROM users WHERE site = b.site AND number = b.buddy)",
    ),
    (
        "sessions of nobody",
        "SELECT count(*) FROM sessions s WHERE NOT EXISTS (SELECT 1 FROM users WHERE site = s.site AND number = s.user)",
    ),
    (
        "cursors past the head",
        "SELECT (SELECT count(*) FROM sessions c JOIN sites s ON s.number = c.site WHERE c.cursor > s.head) \
         + (SELECT count(*) FROM users u JOIN sites s ON s.number = u.site WHERE u.delivered > s.head)",
    ),
];

/// The facts, and that no `cid` names two messages.
pub(super) fn facts(sql: &Connection, report: &mut Report) -> Stored<()> {
    for (what, query) in FACTS {
        report.part(what, |report| {
            let offences: i64 = sql.query_row(query, [], |row| row.get(0))?;
            if offences > 0 {
                report.other(format!("{what}: {offences}"));
            }
            Ok(())
        })?;
    }
    report.part("repeats", |report| repeats(sql, report))
}

/// Walks the index of `cid`s, which is in order, and looks closer where two neighbours are alike.
fn repeats(sql: &Connection, report: &mut Report) -> rusqlite::Result<()> {
    let mut walk = sql.prepare(
        "SELECT site, sender, cid_hash, seq FROM log WHERE cid IS NOT NULL ORDER BY site, sender, cid_hash, seq",
    )?;
    let mut rows = walk.query([])?;
    let mut before: Option<([i64; 3], i64)> = None;
    while let Some(row) = rows.next()? {
        let (key, seq) = ([row.get(0)?, row.get(1)?, row.get(2)?], row.get(3)?);
        if let Some((same, first)) = before
            && same == key
            && is_one_cid(sql, key[0], first, seq)?
        {
            report.add(Finding::Row { site: key[0], seq, what: "its cid names an earlier message, too" });
        }
        before = Some((key, seq));
    }
    Ok(())
}

/// Whether two sound rows have one `cid`. A message is stored anew where the first copy is damaged.
fn is_one_cid(sql: &Connection, site: i64, first: i64, second: i64) -> rusqlite::Result<bool> {
    const ROW: &str = concat!("SELECT ", log_columns!(), " FROM log l WHERE l.site = ?1 AND l.seq = ?2");
    let mut find = sql.prepare_cached(ROW)?;
    let mut cids = Vec::new();
    for seq in [first, second] {
        let mut rows = find.query([site, seq])?;
        if let Some(row) = rows.next()?
            && let Some(raw) = LogRow::read(row, 0)?
        {
            cids.push(raw.cid.map(str::to_owned));
        }
    }
    Ok(cids.len() == 2 && cids[0] == cids[1])
}
