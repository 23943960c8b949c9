//! The only place that asks the machine for time or randomness. Everything else gets both as arguments.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Monotonic time starts here, so that going back by a grace never underflows.
const START_MS: u64 = 1_000_000;

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started: Instant,
}

#[expect(clippy::disallowed_methods, reason = "this is the place")]
impl Clock {
    /// Starts counting.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Milliseconds that only ever grow, whatever happens to the wall clock. For deadlines and graces.
    pub fn monotonic_ms(&self) -> u64 {
        START_MS + u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX / 2)
    }

    /// Milliseconds since 1970, as the machine believes. For display only.
    pub fn wall_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(0)
    }
}

/// Microseconds of the machine's monotonic clock: the same for all of its processes. For load clients that measure each other.
pub fn machine_us() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000
}

/// Bytes from the operating system's random source.
///
/// # Panics
/// Where the operating system has none to give: nothing secret can be made then.
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// The same as hexadecimal digits, two for each byte.
pub fn random_digits<const N: usize>() -> String {
    random::<N>().iter().map(|byte| format!("{byte:02x}")).collect()
}
