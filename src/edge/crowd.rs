//! How many connections there are: in all, and from each address. Whoever is over the limit is told so and not served; when
//! descriptors run short, connections that wait for a next request make room first. A held poll or a stream is never idle.

use rustc_hash::FxHashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// Descriptors kept for files, the store and the listener; of few, a quarter.
const DESCRIPTORS_KEPT: usize = 64;

/// Everybody who is connected.
pub struct Crowd {
    per_address_max: u64,
    open_max: usize,
    open: AtomicUsize,
    by_address: Mutex<FxHashMap<IpAddr, u64>>,
    leave: Notify,
}

/// One connection's place; dropping it frees the place.
pub struct Place {
    crowd: Arc<Crowd>,
    counted: Option<IpAddr>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// Too many from that address.
    Address,
    /// Too many in all.
    All,
}

impl Crowd {
    /// Nobody is here; at most so many from one address, and as many in all as there are descriptors.
    pub fn new(per_address_max: u64, descriptors: u64) -> Self {
        let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
        Self {
            per_address_max,
            open_max: descriptors - DESCRIPTORS_KEPT.min(descriptors / 4),
            open: AtomicUsize::new(0),
            by_address: Mutex::default(),
            leave: Notify::new(),
        }
    }

    /// Takes a place. This machine's own addresses may be a proxy's and are not counted.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Result<Place, Full> {
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        let mut place = Place { crowd: Arc::clone(self), counted: None };
        if open > self.open_max - self.open_max / 10 {
            self.leave.notify_waiters();
        }
        if open > self.open_max {
            return Err(Full::All);
        }
        let Some(address) = counted_as(address) else { return Ok(place) };
        let mut by_address = self.by_address.lock().expect("no panic while held");
        let count = by_address.entry(address).or_insert(0);
        if *count >= self.per_address_max {
            return Err(Full::Address);
        }
        *count += 1;
        drop(by_address);
        place.counted = Some(address);
        Ok(place)
    }
}

impl Place {
    /// Returns when room is needed: whoever only waits for a next request leaves.
    pub async fn is_wanted(&self) {
        self.crowd.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.crowd.open.fetch_sub(1, Ordering::Relaxed);
        let Some(address) = self.counted else { return };
        let mut by_address = self.crowd.by_address.lock().expect("no panic while held");
        if let Some(count) = by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&address);
            }
        }
    }
}

/// One customer has one IPv4 address, or 64 bits of IPv6.
pub(super) fn counted_as(address: IpAddr) -> Option<IpAddr> {
    let address = address.to_canonical();
    if address.is_loopback() {
        return None;
    }
    Some(match address {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        IpAddr::V4(_) => address,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn places_are_counted_by_address_and_freed() {
        let crowd = Arc::new(Crowd::new(2, 1_000));
        let held: Vec<Place> = (0..2).map(|_| crowd.enter(address("10.0.0.1")).unwrap()).collect();
        assert_eq!(crowd.enter(address("::ffff:10.0.0.1")).err(), Some(Full::Address), "the same address");
        assert!(crowd.enter(address("10.0.0.2")).is_ok());
        drop(held);
        assert!(crowd.enter(address("10.0.0.1")).is_ok());
        assert!(crowd.by_address.lock().unwrap().is_empty(), "nobody is remembered who has gone");
        let _first = crowd.enter(address("2001:db8::1")).unwrap();
        let _second = crowd.enter(address("2001:db8::2")).unwrap();
        assert_eq!(crowd.enter(address("2001:db8::3")).err(), Some(Full::Address), "one customer's 64 bits");
        let local: Vec<_> = (0..5).map(|_| crowd.enter(address("127.0.0.1"))).collect();
        assert!(local.iter().all(Result::is_ok));
    }

    #[test]
    fn descriptors_are_the_end() {
        let crowd = Arc::new(Crowd::new(1_000, 2));
        let _held = [crowd.enter(address("127.0.0.1")).unwrap(), crowd.enter(address("127.0.0.1")).unwrap()];
        assert_eq!(crowd.enter(address("127.0.0.1")).err(), Some(Full::All));
    }
}
