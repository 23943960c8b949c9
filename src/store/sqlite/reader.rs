//! Threads that read, each with its own connection. A read is one closure in one snapshot.

use super::{schema, unavailable};
use crate::chat::id::UserKey;
use crate::store::Stored;
use rusqlite::Connection;
use rustc_hash::FxHashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// Reads that may wait.
const QUEUE_READS_MAX: usize = 8_192;

type Read = Box<dyn FnOnce(&Connection) + Send>;

/// The way to the reader threads. They end when this is dropped.
pub(super) struct Readers {
    queue: SyncSender<Read>,
}

impl Readers {
    /// Starts `count` threads.
    pub(super) fn start(path: &Path, name: &str, count: usize) -> Stored<Self> {
        let (queue, reads) = sync_channel::<Read>(QUEUE_READS_MAX);
        let reads = Arc::new(Mutex::new(reads));
        for index in 0..count {
            let connection = schema::open_reader(path)?;
            let reads = Arc::clone(&reads);
            std::thread::Builder::new()
                .name(format!("store-{name}-{index}"))
                .spawn(move || while take(&reads).map(|read| run(read, &connection)).is_some() {})
                .map_err(unavailable)?;
        }
        Ok(Self { queue })
    }

    /// Runs `read` in one snapshot.
    pub(super) async fn read<T, F>(&self, read: F) -> Stored<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Stored<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Read = Box::new(move |connection| {
            // Whoever has gone away meanwhile costs nothing any more.
            if !reply.is_closed() {
                drop(reply.send(snapshot(connection, read)));
            }
        });
        self.queue.try_send(job).map_err(|_| unavailable("too many reads are waiting"))?;
        answer.await.map_err(|_| unavailable("a read did not finish"))?
    }
}

fn take(reads: &Mutex<Receiver<Read>>) -> Option<Read> {
    reads.lock().expect("no panic while held").recv().ok()
}

/// A read that panics answers nobody, and the thread goes on with the next.
fn run(read: Read, connection: &Connection) {
    if catch_unwind(AssertUnwindSafe(|| read(connection))).is_err() && !connection.is_autocommit() {
        drop(connection.execute_batch("ROLLBACK"));
    }
}

fn snapshot<T>(connection: &Connection, read: impl FnOnce(&Connection) -> Stored<T>) -> Stored<T> {
    let tx = connection.unchecked_transaction()?;
    let result = read(&tx)?;
    tx.commit()?;
    Ok(result)
}

/// Lookups of one user that may wait or run: more than a browser asks for at a time.
const LOOKUPS_PER_USER_MAX: u32 = 16;

/// Reads that somebody asks for and that may be long: histories and searches. They have a thread of their own, so that they
/// never keep a page from opening or a session from reading what it missed, and nobody has more than a share of it.
pub(super) struct Lookups {
    readers: Readers,
    by_user: Arc<Mutex<FxHashMap<UserKey, u32>>>,
}

impl Lookups {
    /// Starts the thread.
    pub(super) fn start(path: &Path) -> Stored<Self> {
        Ok(Self { readers: Readers::start(path, "lookup", 1)?, by_user: Arc::default() })
    }

    /// Runs `look` for `user` in one snapshot.
    pub(super) async fn read<T, F>(&self, user: UserKey, look: F) -> Stored<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Stored<T> + Send + 'static,
    {
        let share = self.share(user)?;
        self.readers
            .read(move |connection| {
                let found = look(connection);
                drop(share);
                found
            })
            .await
    }

    fn share(&self, user: UserKey) -> Stored<Share> {
        let mut by_user = self.by_user.lock().expect("no panic while held");
        let count = by_user.entry(user).or_insert(0);
        if *count >= LOOKUPS_PER_USER_MAX {
            return Err(unavailable("too many lookups of one user are waiting"));
        }
        *count += 1;
        Ok(Share { user, by_user: Arc::clone(&self.by_user) })
    }
}

/// One lookup of a user, until it has run or was thrown away.
struct Share {
    user: UserKey,
    by_user: Arc<Mutex<FxHashMap<UserKey, u32>>>,
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut by_user = self.by_user.lock().expect("no panic while held");
        if let Some(count) = by_user.get_mut(&self.user) {
            *count -= 1;
            if *count == 0 {
                by_user.remove(&self.user);
            }
        }
    }
}
