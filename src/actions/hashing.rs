//! Where passwords are hashed: on threads that may be kept busy, as many at once as the machine has cores, so that a flood of sign-ins
//! costs that many times 19 MiB and no more, and whoever is too late is told so.

use crate::chat::refusal::Refusal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// How many may wait for each core.
const WAITING_PER_CORE: usize = 32;

/// The machine has so many cores whoever asks: one of these for all sites, and all servers, of a process.
static HASHING: LazyLock<Hashing> = LazyLock::new(|| {
    let cores = cores();
    Hashing {
        turns: Arc::new(Semaphore::new(cores)),
        places: Semaphore::new(cores * (1 + WAITING_PER_CORE)),
        running: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
    }
});

struct Hashing {
    turns: Arc<Semaphore>,
    places: Semaphore,
    running: AtomicUsize,
    most: AtomicUsize,
}

/// How many hashes may run at once.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// How many ran at once since this process began, at most.
pub fn most_at_once() -> usize {
    HASHING.most.load(Ordering::Relaxed)
}

/// Does such work when it is its turn. Once begun it is finished, whoever has gone away meanwhile.
pub(super) async fn hashing<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    let _place = HASHING.places.try_acquire().map_err(|_| Refusal::TooManyRequests { retry_after_s: 1 })?;
    let turn = Arc::clone(&HASHING.turns).acquire_owned().await.map_err(|_| Refusal::Internal)?;
    let worked = tokio::task::spawn_blocking(move || {
        let running = HASHING.running.fetch_add(1, Ordering::Relaxed) + 1;
        HASHING.most.fetch_max(running, Ordering::Relaxed);
        let done = work();
        HASHING.running.fetch_sub(1, Ordering::Relaxed);
        drop(turn);
        done
    });
    worked.await.map_err(|_| Refusal::Internal)
}
