//! Threads that read, each with its own connection. A read is one closure in one snapshot.

use super::{schema, unavailable};
use crate::store::Stored;
use rusqlite::Connection;
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
    pub(super) fn start(path: &Path, count: usize) -> Stored<Self> {
        let (queue, reads) = sync_channel::<Read>(QUEUE_READS_MAX);
        let reads = Arc::new(Mutex::new(reads));
        for index in 0..count {
            let connection = schema::open_reader(path)?;
            let reads = Arc::clone(&reads);
            std::thread::Builder::new()
                .name(format!("store-reader-{index}"))
                .spawn(move || while take(&reads).map(|read| read(&connection)).is_some() {})
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
        let job: Read = Box::new(move |connection| drop(reply.send(snapshot(connection, read))));
        self.queue.try_send(job).map_err(|_| unavailable("too many reads are waiting"))?;
        answer.await.map_err(|_| unavailable("a read did not finish"))?
    }
}

fn take(reads: &Mutex<Receiver<Read>>) -> Option<Read> {
    reads.lock().expect("no panic while held").recv().ok()
}

fn snapshot<T>(connection: &Connection, read: impl FnOnce(&Connection) -> Stored<T>) -> Stored<T> {
    let tx = connection.unchecked_transaction()?;
    let result = read(&tx)?;
    tx.commit()?;
    Ok(result)
}
