//! What a test found: as JSON for scripts, as a table for people, and whether it was good.

use super::latency::{Latencies, round};
use super::plan::{Plan, Scenario};
use super::talk::Reckoning;
use serde_json::{Value, json};
use std::fmt::Write;

/// What was seen on the way. Memory in bytes, processor time in microseconds; absent where the process cannot be looked at.
#[derive(Debug, Default)]
pub struct Observed {
    /// Memory before anybody came.
    pub empty_bytes: Option<u64>,
    /// Memory with half of the members.
    pub half_bytes: Option<u64>,
    /// How many those were.
    pub half_members: u64,
    /// Memory with all of them, before the load.
    pub full_bytes: Option<u64>,
    /// Memory at the end of the load.
    pub end_bytes: Option<u64>,
    /// How long all took to come, in seconds.
    pub connect_s: f64,
    /// Who listened before the load.
    pub held_before: u64,
    /// Processor time at the beginning of the load.
    pub cpu_start_us: Option<u64>,
    /// At its end.
    pub cpu_end_us: Option<u64>,
    /// When everything was delivered.
    pub cpu_drained_us: Option<u64>,
    /// From the kill to a server that listens, in seconds.
    pub start_again_s: Option<f64>,
    /// From the kill to everybody listening, in seconds.
    pub back_s: Option<f64>,
    /// What the clients found.
    pub reckonings: Vec<Reckoning>,
}

/// One second of the load: the latencies that the picture shows, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// The middle.
    pub p50_ms: f64,
    /// Ninety-nine of a hundred are below.
    pub p99_ms: f64,
    /// How many there were.
    pub count: u64,
}

/// The result of a test.
#[derive(Debug)]
pub struct Report {
    /// Processor, cores, memory.
    pub machine: String,
    /// Client processes.
    pub clients: usize,
    /// The cores of the server and of the clients, if they were kept apart.
    pub pinned: Option<(Vec<usize>, Vec<usize>)>,
    /// The kind of the test.
    pub scenario: Scenario,
    members: u32,
    seconds: u64,
    transports: String,
    rate: f64,
    saturate: Option<u32>,
    restart: bool,
    observed: Observed,
    sums: Reckoning,
    delivery: Latencies,
    answer: Latencies,
    online: Latencies,
    call: Latencies,
    /// The main latency, second by second.
    pub points: Vec<Point>,
}

impl Report {
    pub(super) fn new(plan: &Plan, observed: Observed) -> Self {
        let words: Vec<&str> = plan.transports.iter().map(|transport| transport.word()).collect();
        let mut report = Self {
            machine: String::new(),
            clients: 0,
            pinned: None,
            scenario: plan.scenario,
            members: plan.members,
            seconds: plan.seconds,
            transports: words.join(","),
            rate: plan.mix.total(),
            saturate: plan.saturate,
            restart: plan.restart,
            observed,
            sums: Reckoning::default(),
            delivery: Latencies::default(),
            answer: Latencies::default(),
            online: Latencies::default(),
            call: Latencies::default(),
            points: Vec::new(),
        };
        report.add_up();
        report
    }

    fn add_up(&mut self) {
        let mut seconds: Vec<Latencies> = Vec::new();
        for one in &self.observed.reckonings {
            let sums = &mut self.sums;
            for (sum, part) in [
                (&mut sums.held, one.held),
                (&mut sums.dropped, one.dropped),
                (&mut sums.reconnected, one.reconnected),
                (&mut sums.due, one.due),
                (&mut sums.accepted, one.accepted),
                (&mut sums.refused, one.refused),
                (&mut sums.unknown, one.unknown),
                (&mut sums.delivered, one.delivered),
                (&mut sums.lost, one.lost),
                (&mut sums.duplicated, one.duplicated),
                (&mut sums.redelivered, one.redelivered),
                (&mut sums.reloads, one.reloads),
                (&mut sums.calls, one.calls),
            ] {
                *sum += part;
            }
            for (what, count) in &one.errors {
                *sums.errors.entry(what.clone()).or_insert(0) += count;
            }
            self.delivery.add(&one.delivery);
            self.answer.add(&one.answer);
            self.online.add(&one.online);
            self.call.add(&one.call);
            seconds.resize_with(seconds.len().max(one.seconds.len()), Latencies::coarse);
            for (sum, part) in seconds.iter_mut().zip(&one.seconds) {
                sum.add(&part.latency);
            }
        }
        let point = |at: &Latencies| Point { p50_ms: at.at_ms(0.5), p99_ms: at.at_ms(0.99), count: at.count() };
        self.points = seconds.iter().map(point).collect();
    }

    /// What is wrong with the result; empty if nothing is.
    pub fn faults(&self) -> Vec<String> {
        let Reckoning { lost, duplicated, dropped, held, .. } = self.sums;
        let mut faults = Vec::new();
        for (count, what) in [
            (lost, "deliveries of accepted messages are lost"),
            (duplicated, "deliveries came twice to the same page"),
            (dropped, "connections ended while members listened"),
            (u64::from(self.members).saturating_sub(held), "members do not listen at the end"),
        ] {
            if count > 0 {
                faults.push(format!("{count} {what}"));
            }
        }
        if self.restart && self.observed.back_s.is_none() {
            faults.push("not everybody came back after the restart".into());
        }
        faults
    }

    /// Resident memory that a member costs: everything above the empty server, by all members.
    fn bytes_per_member(&self) -> Option<f64> {
        let (empty, full) = (self.observed.empty_bytes?, self.observed.full_bytes?);
        (self.observed.held_before > 0).then(|| full.saturating_sub(empty) as f64 / self.observed.held_before as f64)
    }

    /// The same between half of the members and all: without what comes with the first one.
    fn bytes_per_further_member(&self) -> Option<f64> {
        let (half, full) = (self.observed.half_bytes?, self.observed.full_bytes?);
        let members = self.observed.held_before.saturating_sub(self.observed.half_members);
        (members > 0).then(|| full.saturating_sub(half) as f64 / members as f64)
    }

    /// After a restart the process has not done all of the work.
    fn cpu_per(&self, count: u64) -> Option<f64> {
        if self.restart {
            return None;
        }
        let used = self.observed.cpu_drained_us?.checked_sub(self.observed.cpu_start_us?)?;
        (count > 0).then(|| used as f64 / count as f64)
    }

    /// Of a core, while the load ran.
    fn cpu_share(&self) -> Option<f64> {
        let used = self.observed.cpu_end_us?.checked_sub(self.observed.cpu_start_us?)?;
        // After a restart the new process has had two thirds of the time.
        let part = if self.restart { 2.0 / 3.0 } else { 1.0 };
        (self.seconds > 0).then(|| used as f64 / (self.seconds as f64 * part * 1e6))
    }

    fn main_latency(&self) -> &Latencies {
        if self.scenario == Scenario::Storm { &self.online } else { &self.delivery }
    }

    /// For scripts. Names end in their unit; a figure that could not be had is `null`.
    pub fn json(&self) -> Value {
        let (mut all, parts) = (serde_json::Map::new(), [self.json_test(), self.json_counts(), self.json_costs()]);
        for part in parts {
            if let Value::Object(part) = part {
                all.extend(part);
            }
        }
        Value::Object(all)
    }

    fn json_test(&self) -> Value {
        json!({
            "scenario": self.scenario.word(), "transports": self.transports, "members": self.members,
            "seconds": self.seconds, "rate_per_s": round(self.rate), "saturate": self.saturate,
            "machine": self.machine, "clients": self.clients,
            "server_cores": self.pinned.as_ref().map(|(server, _)| server),
            "client_cores": self.pinned.as_ref().map(|(_, clients)| clients),
            "good": self.faults().is_empty(), "faults": self.faults(),
        })
    }

    fn json_counts(&self) -> Value {
        let (sums, seen) = (&self.sums, &self.observed);
        let rate = sums.delivered as f64 / self.seconds.max(1) as f64;
        json!({
            "members_held": sums.held, "dropped": sums.dropped, "reconnected": sums.reconnected,
            "connect_s": round(seen.connect_s), "start_again_s": seen.start_again_s.map(round),
            "back_s": seen.back_s.map(round), "due": sums.due, "accepted": sums.accepted, "refused": sums.refused,
            "unknown": sums.unknown, "delivered": sums.delivered, "lost": sums.lost, "duplicated": sums.duplicated,
            "redelivered": sums.redelivered, "delivered_per_s": round(rate), "reloads": sums.reloads,
            "calls": sums.calls, "errors": sums.errors,
        })
    }

    fn json_costs(&self) -> Value {
        let (sums, seen) = (&self.sums, &self.observed);
        let whole = |value: Option<f64>| value.map(f64::round);
        let seconds = self.points.iter().map(|at| json!({"p50": at.p50_ms, "p99": at.p99_ms, "count": at.count}));
        json!({
            "server_rss_bytes": seen.full_bytes, "server_rss_bytes_empty": seen.empty_bytes,
            "server_rss_bytes_at_end": seen.end_bytes,
            "server_rss_bytes_per_member": whole(self.bytes_per_member()),
            "server_rss_bytes_per_further_member": whole(self.bytes_per_further_member()),
            "server_cpu_us_per_message": self.cpu_per(sums.delivered).map(round),
            "server_cpu_us_per_reload": self.cpu_per(sums.reloads).map(round),
            "server_cpu_cores": self.cpu_share().map(round),
            "latency_ms": self.main_latency().json(), "delivery_ms": self.delivery.json(),
            "answer_ms": self.answer.json(), "online_ms": self.online.json(), "call_ms": self.call.json(),
            "latency_ms_by_second": seconds.collect::<Vec<_>>(),
        })
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut table = Table(String::new());
        let (sums, seen) = (&self.sums, &self.observed);
        let title =
            format!("{}, {} members by {}, {} s", self.scenario.word(), self.members, self.transports, self.seconds);
        table.row("test", &title);
        table.row("machine", &self.machine);
        let apart =
            self.pinned.as_ref().map(|(server, clients)| format!("server on cores {server:?}, clients on {clients:?}"));
        table.row("cores", &apart.unwrap_or_else(|| "not kept apart".into()));
        table.row(
            "listening at the end",
            &format!("{}   dropped {}   online in {:.1} s", sums.held, sums.dropped, seen.connect_s),
        );
        if self.restart {
            let back = seen.back_s.map_or("never".into(), |back| format!("{back:.1} s"));
            let started = seen.start_again_s.unwrap_or_default();
            table.row("killed and started again", &format!("it listens after {started:.2} s, everybody after {back}"));
        }
        if sums.due > 0 {
            let answers = format!("{}   refused {}   not answered {}", sums.accepted, sums.refused, sums.unknown);
            table.row("messages accepted", &answers);
            let rate = sums.delivered as f64 / self.seconds.max(1) as f64;
            let which = format!("lost {}   twice {}   again {}", sums.lost, sums.duplicated, sums.redelivered);
            table.row("deliveries", &format!("{}   {which}   {rate:.0} a second", sums.delivered));
        }
        if sums.reloads > 0 {
            table.row("pages opened anew", &sums.reloads.to_string());
        }
        for (what, count) in &sums.errors {
            table.row("error", &format!("{count} x {what}"));
        }
        self.costs(&mut table);
        self.latencies(&mut table);
        table.0
    }

    fn costs(&self, table: &mut Table) {
        let (sums, seen) = (&self.sums, &self.observed);
        let Some(full) = seen.full_bytes else {
            return table.row("server", "its process cannot be looked at from here (--server-pid)");
        };
        let kib = |bytes: Option<f64>| bytes.map_or("-".into(), |bytes| format!("{:.2} KiB", bytes / 1024.0));
        let (member, further) = (kib(self.bytes_per_member()), kib(self.bytes_per_further_member()));
        table.row("server memory", &format!("{} MiB", full >> 20));
        table.row("server memory a member", &format!("{member}   a further one {further}"));
        if let Some(share) = self.cpu_share() {
            table.row("server processor", &format!("{:.1} % of a core", share * 100.0));
        }
        let what = if self.scenario == Scenario::Storm { ("page", sums.reloads) } else { ("delivery", sums.delivered) };
        if let Some(cpu) = self.cpu_per(what.1) {
            table.row(&format!("server processor a {}", what.0), &format!("{cpu:.1} us"));
        }
    }

    fn latencies(&self, table: &mut Table) {
        let all = [
            ("due to delivered", &self.delivery),
            ("due to ok", &self.answer),
            ("due to listening", &self.online),
            ("other calls", &self.call),
        ];
        if all.iter().any(|(_, latencies)| latencies.count() > 0) {
            let heads = ["p50", "p90", "p99", "p99.9", "max"].map(|head| format!("{head:>10}")).concat();
            table.row("milliseconds", &heads);
        }
        for (what, latencies) in all.into_iter().filter(|(_, latencies)| latencies.count() > 0) {
            let figures = [0.5, 0.9, 0.99, 0.999, 1.0].map(|part| format!("{:>10.2}", latencies.at_ms(part))).concat();
            table.row(what, &figures);
        }
    }
}

struct Table(String);

impl Table {
    fn row(&mut self, name: &str, value: &str) {
        // Writing to memory cannot fail.
        writeln!(self.0, "{name:<28}{value}").ok();
    }
}
