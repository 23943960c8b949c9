//! The one thread that writes, with natural group commit: it takes everything that is queued, runs it in one transaction,
//! syncs once, tells the observer, then answers all. There is no commit timer: under load batches grow by themselves.

use super::checkpoint::Checkpoints;
use super::{rows, unavailable};
use crate::chat::entry::{Seq, SharedEntry};
use crate::chat::id::{SiteNumber, UserId, UserNumber};
use crate::store::{CommitObserver, StoreError, Stored, WriteCounts};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Jobs that may wait; one more is refused at once rather than promised late.
const QUEUE_JOBS_MAX: usize = 8_192;
/// Jobs in one transaction.
const BATCH_JOBS_MAX: usize = 1_024;
/// Ids remembered so that a message to somebody needs no lookup.
const KNOWN_IDS_MAX: usize = 100_000;
/// The process cannot know what the disk holds; only a restart can find out. (`EX_IOERR` of sysexits.)
const EXIT_DISK_UNKNOWN: i32 = 74;

/// Something to write: runs in a transaction (again, if the batch it was in failed), and is settled after the commit.
trait Job: Send {
    fn run(&mut self, tx: &mut Tx<'_>) -> Stored<()>;
    fn settle(self: Box<Self>, commit: Stored<()>);
}

struct Call<T, F> {
    work: F,
    result: Option<Stored<T>>,
    reply: oneshot::Sender<Stored<T>>,
}

impl<T: Send, F: FnMut(&mut Tx<'_>) -> Stored<T> + Send> Job for Call<T, F> {
    fn run(&mut self, tx: &mut Tx<'_>) -> Stored<()> {
        let result = (self.work)(tx);
        let fault = match &result {
            Ok(_) | Err(StoreError::Refused(_)) => Ok(()),
            Err(error) => Err(error.clone()),
        };
        self.result = Some(result);
        fault
    }

    fn settle(self: Box<Self>, commit: Stored<()>) {
        let answer = match (commit, self.result) {
            (Ok(()), Some(result)) => result,
            (Err(error), _) => Err(error),
            (Ok(()), None) => Err(unavailable("the write did not run")),
        };
        // The asker may have gone; what is stored is stored.
        drop(self.reply.send(answer));
    }
}

/// The newest entry of a site's log.
#[derive(Clone, Copy)]
pub(super) struct Head {
    /// Its seq; 0 if the log is empty.
    pub(super) seq: Seq,
    /// Its time, in milliseconds since 1970.
    pub(super) at_ms: u64,
}

/// What the writer remembers between transactions. It is the only writer, so this cannot be stale.
#[derive(Default)]
struct Memory {
    heads: FxHashMap<SiteNumber, Head>,
    users: FxHashMap<SiteNumber, std::collections::HashMap<UserId, UserNumber>>,
    users_len: usize,
}

impl Memory {
    fn forget_users(&mut self) {
        self.users.clear();
        self.users_len = 0;
    }
}

/// A write transaction.
pub(super) struct Tx<'c> {
    /// The connection, inside the transaction.
    pub(super) sql: &'c Connection,
    memory: &'c mut Memory,
    appended: Vec<(SiteNumber, SharedEntry)>,
    moved: Vec<SiteNumber>,
}

impl Tx<'_> {
    /// Proves that writing works, by writing.
    pub(super) fn touch(&self) -> Stored<()> {
        self.sql.prepare_cached("UPDATE heartbeat SET beats = beats + 1")?.execute([])?;
        Ok(())
    }

    /// The head of a site's log, entries of this transaction included.
    pub(super) fn head(&mut self, site: SiteNumber) -> Stored<Head> {
        if let Some(head) = self.memory.heads.get(&site) {
            return Ok(*head);
        }
        let mut find = self.sql.prepare_cached("SELECT head FROM sites WHERE number = ?1")?;
        let seq: Seq = find.query_row([site.0], |row| row.get(0))?;
        let head = Head { seq, at_ms: rows::newest_at_ms(self.sql, site)? };
        self.memory.heads.insert(site, head);
        Ok(head)
    }

    /// Records that `entry` was written at the new head. The counter itself is written once per transaction.
    pub(super) fn advance(&mut self, site: SiteNumber, at_ms: u64, entry: SharedEntry) {
        self.memory.heads.insert(site, Head { seq: entry.seq(), at_ms });
        if !self.moved.contains(&site) {
            self.moved.push(site);
        }
        self.appended.push((site, entry));
    }

    /// The number of a user, if the directory knows the id.
    pub(super) fn user_number(&mut self, site: SiteNumber, id: &UserId) -> Stored<Option<UserNumber>> {
        if let Some(number) = self.memory.users.get(&site).and_then(|known| known.get(id)) {
            return Ok(Some(*number));
        }
        let mut find = self.sql.prepare_cached("SELECT number, merged_into FROM users WHERE site = ?1 AND id = ?2")?;
        let found = find.query_row(params![site.0, id.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        if let Some((_, Some(member))) = found {
            return Ok(Some(UserNumber(member))); // not remembered: what is remembered has its own id
        }
        let number = found.map(|(number, _): (u32, Option<u32>)| UserNumber(number));
        if let Some(number) = number {
            if self.memory.users_len >= KNOWN_IDS_MAX {
                self.memory.forget_users();
            }
            self.memory.users.entry(site).or_default().insert(id.clone(), number);
            self.memory.users_len += 1;
        }
        Ok(number)
    }

    /// The id of the member whom a visitor of this id has become, if they have.
    pub(super) fn has_become(&self, site: SiteNumber, id: &UserId) -> Stored<Option<UserId>> {
        if self.memory.users.get(&site).is_some_and(|known| known.contains_key(id)) {
            return Ok(None);
        }
        let mut find = self.sql.prepare_cached(
            "SELECT u.id FROM users v JOIN users u ON u.site = v.site AND u.number = v.merged_into WHERE v.site = ?1 AND v.id = ?2",
        )?;
        Ok(find.query_row(params![site.0, id.as_str()], |row| rows::user_id(row, 0)).optional()?)
    }

    /// Does several writes of which a refusal may not leave some. They may not append to a log.
    pub(super) fn all_or_none<T>(&mut self, work: impl FnOnce(&mut Self) -> Stored<T>) -> Stored<T> {
        self.sql.prepare_cached("SAVEPOINT all_or_none")?.execute([])?;
        let outcome = work(self);
        if let Err(StoreError::Refused(_)) = outcome {
            self.memory.forget_users();
            self.sql.prepare_cached("ROLLBACK TO all_or_none")?.execute([])?;
        }
        self.sql.prepare_cached("RELEASE all_or_none")?.execute([])?;
        outcome
    }

    /// Forgets what was remembered of users: numbers may mean others now.
    pub(super) fn forget_users(&mut self) {
        self.memory.forget_users();
    }

    /// Forgets a site that is being erased.
    pub(super) fn forget_site(&mut self, site: SiteNumber) {
        self.memory.heads.remove(&site);
        self.moved.retain(|moved| *moved != site);
        self.memory.forget_users();
    }

    fn write_heads(&mut self) -> Stored<()> {
        for site in &self.moved {
            let head = self.memory.heads[site];
            let mut update = self.sql.prepare_cached("UPDATE sites SET head = ?2 WHERE number = ?1")?;
            update.execute(params![site.0, head.seq])?;
        }
        Ok(())
    }
}

/// The way to the writer thread.
pub(super) struct Writer {
    queue: Mutex<Option<SyncSender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    counts: Arc<Counts>,
}

/// What the writer has done since the start.
#[derive(Debug, Default)]
struct Counts {
    taken: AtomicU64,
    settled: AtomicU64,
    commits: AtomicU64,
}

impl Writer {
    /// Starts the thread on its connection.
    pub(super) fn start(connection: Connection, observer: CommitObserver) -> Stored<Self> {
        let (queue, jobs) = sync_channel(QUEUE_JOBS_MAX);
        let counts = Arc::new(Counts::default());
        let counting = Arc::clone(&counts);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(&connection, &jobs, &observer, &counting))
            .map_err(unavailable)?;
        Ok(Self { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)), counts })
    }

    /// What it has done since the start.
    pub(super) fn counts(&self) -> WriteCounts {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (settled, commits) = (count(&self.counts.settled), count(&self.counts.commits));
        WriteCounts { writes: settled, commits, waiting: count(&self.counts.taken).saturating_sub(settled) }
    }

    /// Runs `work` in the next transaction and answers when that is durable. `work` checks before it writes: after
    /// `Refused` nothing of it may be in the transaction.
    pub(super) async fn write<T, F>(&self, work: F) -> Stored<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Stored<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Box::new(Call { work, result: None, reply }))?;
        answer.await.map_err(|_| unavailable("the writer has stopped"))?
    }

    fn enqueue(&self, job: Box<dyn Job>) -> Stored<()> {
        let queue = self.queue.lock().expect("no panic while held");
        match queue.as_ref().map(|queue| queue.try_send(job)) {
            Some(Ok(())) => {
                self.counts.taken.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Some(Err(TrySendError::Full(_))) => Err(unavailable("too many writes are waiting")),
            Some(Err(TrySendError::Disconnected(_))) | None => Err(unavailable("the store is closed")),
        }
    }

    /// Lets queued writes finish and ends the thread.
    pub(super) async fn close(&self) {
        drop(self.queue.lock().expect("no panic while held").take());
        let thread = self.thread.lock().expect("no panic while held").take();
        if let Some(thread) = thread {
            drop(tokio::task::spawn_blocking(move || thread.join()).await);
        }
    }
}

fn run(connection: &Connection, jobs: &Receiver<Box<dyn Job>>, observer: &CommitObserver, counts: &Counts) {
    let mut memory = Memory::default();
    let checkpoints = Checkpoints::new();
    let _guard = PanicGuard;
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        batch.extend(jobs.try_iter().take(BATCH_JOBS_MAX - 1));
        let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
        commit_batch(connection, &mut memory, batch, observer);
        counts.settled.fetch_add(count, Ordering::Relaxed);
        counts.commits.fetch_add(1, Ordering::Relaxed);
        checkpoints.if_due(connection);
    }
    checkpoints.last(connection);
}

/// Commits a batch; if it cannot be, each job alone, so that one bad job takes nobody with it.
fn commit_batch(connection: &Connection, memory: &mut Memory, mut batch: Vec<Box<dyn Job>>, observer: &CommitObserver) {
    let outcome = transact(connection, memory, &mut batch, observer);
    match outcome {
        Err(_) if batch.len() > 1 => {
            for job in batch {
                commit_batch(connection, memory, vec![job], observer);
            }
        }
        outcome => {
            for job in batch {
                job.settle(outcome.clone());
            }
        }
    }
}

fn transact(
    connection: &Connection,
    memory: &mut Memory,
    batch: &mut [Box<dyn Job>],
    observer: &CommitObserver,
) -> Stored<()> {
    let mut tx = Tx { sql: connection, memory, appended: Vec::new(), moved: Vec::new() };
    let outcome = run_all(&mut tx, batch);
    let Tx { appended, moved, .. } = tx;
    if let Err(error) = outcome {
        tracing::error!(%error, "a transaction was rolled back");
        for site in moved {
            memory.heads.remove(&site);
        }
        memory.forget_users();
        if !connection.is_autocommit() && connection.execute_batch("ROLLBACK").is_err() {
            give_up("a transaction could not be rolled back");
        }
        return Err(error);
    }
    publish(appended, observer);
    Ok(())
}

fn run_all(tx: &mut Tx<'_>, batch: &mut [Box<dyn Job>]) -> Stored<()> {
    tx.sql.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    for job in batch {
        job.run(tx)?;
    }
    tx.write_heads()?;
    let commit = tx.sql.prepare_cached("COMMIT")?.execute([]);
    if let Err(error) = &commit
        && !is_before_sync(error)
    {
        give_up(&format!("a commit failed and its outcome is unknown: {error}"));
    }
    commit?;
    Ok(())
}

/// Whether a commit failed while it was still being written: then nothing of it will ever be read, and it can be rolled
/// back (SQLite may have done so). After a failed sync nobody knows what the disk holds.
fn is_before_sync(error: &rusqlite::Error) -> bool {
    let Some(error) = error.sqlite_error() else { return false };
    error.code == ErrorCode::DiskFull || error.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE
}

fn publish(appended: Vec<(SiteNumber, SharedEntry)>, observer: &CommitObserver) {
    let mut by_site: Vec<(SiteNumber, Vec<SharedEntry>)> = Vec::new();
    for (site, entry) in appended {
        match by_site.iter_mut().find(|(known, _)| *known == site) {
            Some((_, entries)) => entries.push(entry),
            None => by_site.push((site, vec![entry])),
        }
    }
    for (site, entries) in by_site {
        observer(site, entries);
    }
}

/// A writer that has panicked would refuse everything for ever while the process looks alive.
struct PanicGuard;

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            give_up("the writer has panicked");
        }
    }
}

/// Nobody is answered; the next start reads what the disk really holds.
pub(super) fn give_up(why: &str) -> ! {
    tracing::error!("{why}; the process ends so that a restart can find out what was stored");
    std::process::exit(EXIT_DISK_UNKNOWN)
}
