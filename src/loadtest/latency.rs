//! Latencies in microseconds, as HDR histograms; on the way between processes as pairs of value and count.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Half an hour: longer is counted as this.
const LONGEST_US: u64 = 30 * 60 * 1_000_000;

/// How long something took, many times.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

/// The same between processes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Pairs(Vec<(u64, u64)>);

impl Default for Latencies {
    fn default() -> Self {
        Self(Histogram::new(3).expect("three digits are allowed"))
    }
}

impl Latencies {
    /// With two digits: for one of many seconds.
    pub fn coarse() -> Self {
        Self(Histogram::new(2).expect("two digits are allowed"))
    }

    /// Counts one, in microseconds.
    pub fn record(&mut self, us: u64) {
        // The histogram grows by itself: below the longest that it may hold this cannot fail.
        self.0.record(us.clamp(1, LONGEST_US)).ok();
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The value below which `part` of them lie (0.99: p99), in milliseconds.
    pub fn at_ms(&self, part: f64) -> f64 {
        round(self.0.value_at_quantile(part) as f64 / 1_000.0)
    }

    /// Takes another's over.
    pub fn add(&mut self, pairs: &Pairs) {
        for &(value, count) in &pairs.0 {
            self.0.record_n(value.clamp(1, LONGEST_US), count).ok();
        }
    }

    /// For another process.
    pub fn pairs(&self) -> Pairs {
        Pairs(self.0.iter_recorded().map(|at| (at.value_iterated_to(), at.count_at_value())).collect())
    }

    /// `p50` to `max` in milliseconds, and how many; `null` if there is none.
    pub fn json(&self) -> Value {
        if self.count() == 0 {
            return Value::Null;
        }
        json!({
            "p50": self.at_ms(0.5), "p90": self.at_ms(0.9), "p99": self.at_ms(0.99), "p999": self.at_ms(0.999),
            "max": round(self.0.max() as f64 / 1_000.0), "mean": round(self.0.mean() / 1_000.0), "count": self.count(),
        })
    }
}

/// Three digits behind the point.
pub fn round(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_to_another_process_comes_back() {
        let mut one = Latencies::default();
        for us in 1..=10_000 {
            one.record(us * 100);
        }
        let mut other = Latencies::default();
        other.add(&one.pairs());
        assert_eq!(one.json(), other.json());
        assert!((other.at_ms(0.5) - 500.0).abs() < 1.0, "{}", other.at_ms(0.5));
        assert!((other.at_ms(0.999) - 999.0).abs() < 1.0, "{}", other.at_ms(0.999));
        assert_eq!(other.count(), 10_000);
    }

    #[test]
    fn what_took_longer_than_all_before_is_kept_at_its_length() {
        let mut latencies = Latencies::default();
        latencies.record(10);
        latencies.record(60_000_000);
        assert_eq!(latencies.count(), 2);
        assert!((latencies.at_ms(1.0) - 60_000.0).abs() < 60.0);
    }
}
