//! After a stop that was not in order: what was written since the last checkpoint is judged before anybody is served, the
//! rest afterwards in the background, so that a start is fast whatever the size.

use super::examine::{self, Place, Report};
use super::{damaged, schema, unavailable, wal};
use crate::chat::entry::Seq;
use crate::store::{StoreError, Stored};
use rusqlite::{Connection, InterruptHandle};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Rows of a site that are judged before serving where the file does not say what it held at the last checkpoint.
const ROWS_IF_UNKNOWN: Seq = 100_000;
/// Rows judged at a time in the background, and the pause after each time: a fraction of one core, and no snapshot that
/// would keep the write-ahead log from beginning anew.
const STEP_ROWS: usize = 500;
const STEP_PAUSE: Duration = Duration::from_millis(5);

/// What was found before an unclean stop was recovered from.
pub(super) struct Unclean {
    /// The heads at the last checkpoint, if they could be read. A checkpoint that was itself cut off may have written them
    /// before the rows; the background check sees those.
    heads: Option<BTreeMap<i64, Seq>>,
}

/// Looks whether the last process closed in order; `None` if it did. Damage of the write-ahead log is found here, before
/// SQLite takes the damaged part for an unfinished write and writes over it.
pub(super) fn before_opening(path: &Path) -> Stored<Option<Unclean>> {
    if !wal::is_left(path) {
        return Ok(None);
    }
    if let Some(lost) = wal::lost(path).map_err(unavailable)? {
        return Err(damaged(format!(
            "{lost}, so messages that were acknowledged are missing. What can be read is kept by `nextim backup`, which ends with \
             code 3 and leaves it in FILE.partial"
        )));
    }
    let heads = schema::open_without_log(path).and_then(|sql| heads(&sql));
    if let Err(error) = &heads {
        tracing::warn!(%error, ROWS_IF_UNKNOWN, "the last checkpoint cannot be read: the newest rows of each site are checked");
    }
    Ok(Some(Unclean { heads: heads.ok() }))
}

fn heads(sql: &Connection) -> Stored<BTreeMap<i64, Seq>> {
    let mut find = sql.prepare("SELECT number, head FROM sites")?;
    let heads = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(heads.collect::<Result<_, _>>()?)
}

/// Checks what can be checked quickly. Rows that are damaged are logged and will be shown as notices; a head below a row
/// would give a seq twice, so the start is refused.
pub(super) fn after_opening(sql: &Connection, unclean: Option<&Unclean>) -> Stored<()> {
    let mut report = Report::default();
    let heads = heads(sql)?;
    let mut newest = sql.prepare("SELECT coalesce(max(seq), 0) FROM log WHERE site = ?1")?;
    for (site, head) in &heads {
        if newest.query_row([site], |row| row.get::<_, Seq>(0))? > *head {
            return Err(damaged(format!("site {site} has rows after its head")));
        }
    }
    let Some(unclean) = unclean else { return Ok(()) };
    for (site, head) in heads {
        let unknown = || head.saturating_sub(ROWS_IF_UNKNOWN);
        let checked = unclean.heads.as_ref().map_or_else(unknown, |heads| heads.get(&site).copied().unwrap_or(0));
        let mut place = Place::in_site(site, checked.min(head));
        while place.site == site
            && let Some(next) = examine::rows_after(sql, place, 10_000, &mut report)?
        {
            place = next;
        }
    }
    log(&report);
    let (rows, damaged) = (report.rows, report.found);
    tracing::info!(rows, damaged, "the last stop was not in order: rows since the last checkpoint are checked");
    Ok(())
}

fn log(report: &Report) {
    for finding in &report.findings {
        tracing::error!(%finding, "the data is damaged");
    }
}

/// The check of everything, while the store is open.
pub(super) struct Background {
    stop: SyncSender<()>,
    interrupt: InterruptHandle,
    thread: JoinHandle<()>,
}

impl Background {
    /// Starts it.
    pub(super) fn start(path: &Path) -> Stored<Self> {
        let sql = schema::open_reader(path)?;
        let interrupt = sql.get_interrupt_handle();
        let (stop, stopped) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("store-check".into())
            .spawn(move || run(&sql, &stopped))
            .map_err(unavailable)?;
        Ok(Self { stop, interrupt, thread })
    }

    /// Ends it wherever it is.
    pub(super) fn stop(self) {
        drop(self.stop);
        while !self.thread.is_finished() {
            self.interrupt.interrupt();
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn run(sql: &Connection, stopped: &Receiver<()>) {
    tracing::info!("all of the data is checked in the background");
    let mut report = Report::default();
    let outcome = whole(sql, stopped, &mut report);
    log(&report);
    let (rows, damaged) = (report.rows, report.found);
    match outcome {
        Ok(true) => tracing::info!(rows, damaged, "all of the data has been checked"),
        Ok(false) => tracing::info!(rows, damaged, "the check of the data was ended by the stop"),
        Err(error) => tracing::error!(%error, rows, damaged, "the check of the data could not go on"),
    }
}

/// Whether it came to the end.
fn whole(sql: &Connection, stopped: &Receiver<()>, report: &mut Report) -> Result<bool, StoreError> {
    // Whoever stops it drops the other end.
    let goes_on = || matches!(stopped.recv_timeout(STEP_PAUSE), Err(std::sync::mpsc::RecvTimeoutError::Timeout));
    let mut place = Some(Place::START);
    while let Some(after) = place.take() {
        report.part("the log", |report| {
            place = examine::rows_after(sql, after, STEP_ROWS, report)?;
            Ok(())
        })?;
        if !goes_on() {
            return Ok(false);
        }
    }
    let mut tables = Vec::new();
    report.part("the schema", |_| {
        let mut find = sql.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
        tables = find.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<_, _>>()?;
        Ok(())
    })?;
    for table in tables {
        report.part(&table, |report| examine::pragma(sql, &format!("PRAGMA quick_check('{table}')"), report))?;
        if !goes_on() {
            return Ok(false);
        }
    }
    examine::facts(sql, report)?;
    Ok(true)
}
