//! `nextim loadtest …`: how much a server takes, shown with progress while it runs, as a table, as JSON and as a picture.

use super::complain;
use crate::loadtest::plan::{Mix, Plan, Scenario, SignIn, Target, Transport};
use crate::loadtest::{self, Interrupt, Phase, Report, Seen};
use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Under the help of each scenario.
const HELP: &str = "Without --target a server of its own is started on a temporary folder, with members, friends and rooms, and ends with
the test; server and clients are kept on cores of their own. Everything is due at moments that are settled before, and
latency counts from there, however late the client was (except with --saturate). Every message that was answered `ok` is
looked for at every receiver.

Try it:
  nextim loadtest idle --members 2000 --seconds 10
  nextim loadtest talk --members 1000 --rate 500 --seconds 10 --svg talk.svg
  nextim loadtest talk --members 1000 --saturate --json -
  nextim loadtest storm --members 2000 --restart
  nextim loadtest talk --members 100 --target http://im.example.com --domain www.example.com --token-secret ts_...

Exit codes: 0 nothing was lost, doubled or dropped; 1 something was, or there is no result; 2 wrong arguments.
How to read the result: docs/loadtest.md";

#[derive(Debug, Subcommand)]
pub(super) enum LoadtestCommand {
    /// Everybody is online and listens: what a member costs, and how fast a message finds one among many
    #[command(after_help = HELP)]
    Idle {
        #[command(flatten)]
        common: Common,
        /// Messages a second to members at random
        #[arg(long, value_name = "RATE", default_value_t = 10.0)]
        probe: f64,
    },
    /// Members write to one another, in pairs
    #[command(after_help = HELP)]
    Talk {
        #[command(flatten)]
        common: Common,
        /// Messages a second
        #[arg(long, value_name = "RATE", default_value_t = 500.0)]
        rate: f64,
        /// As many as it takes: so many members at once write as soon as they are answered
        #[arg(long, value_name = "SENDERS", num_args = 0..=1, default_missing_value = "64", conflicts_with = "rate", value_parser = clap::value_parser!(u32).range(1..=100_000))]
        saturate: Option<u32>,
    },
    /// Members write in rooms, and everybody in the room has to get it
    #[command(after_help = HELP)]
    Room {
        #[command(flatten)]
        common: Common,
        /// Rooms; every member sits in one
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        rooms: u32,
        /// Messages a second, in all rooms together
        #[arg(long, value_name = "RATE", default_value_t = 2.0)]
        rate: f64,
    },
    /// Pages are opened anew, one after the other, as when everybody reloads; or the server restarts
    #[command(after_help = HELP)]
    Storm {
        #[command(flatten)]
        common: Common,
        /// Pages a second [default: a tenth of the members, with --restart none]
        #[arg(long, value_name = "RATE")]
        rate: Option<f64>,
        /// Messages a second meanwhile [default: none, with --restart 50]
        #[arg(long, value_name = "RATE")]
        talk: Option<f64>,
        /// Kill the server after a third of the time and start it again: everybody must come back, nothing may be lost
        #[arg(long, conflicts_with = "target")]
        restart: bool,
    },
    /// A busy day: messages, rooms, page loads, typing and presence, mixed
    #[command(after_help = HELP)]
    Day {
        #[command(flatten)]
        common: Common,
        /// Messages between members a second; everything else follows [default: a twentieth of the members]
        #[arg(long, value_name = "RATE")]
        rate: Option<f64>,
    },
    /// A client process of a test
    #[command(hide = true)]
    Client,
    /// The server of a test
    #[command(hide = true)]
    OwnServer {
        #[arg(long, value_delimiter = ',', num_args = 0..=1)]
        cores: Vec<String>,
        #[arg(last = true)]
        arguments: Vec<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Common {
    /// Members online
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(2..=4_000_000))]
    members: u32,
    /// How long the load lasts, in seconds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// How members listen; several, separated by commas, in turn
    #[arg(long, value_enum, value_delimiter = ',', default_value = "poll")]
    transport: Vec<Way>,
    /// Write the result as JSON; `-`: to standard output, in place of the table
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw latency over time
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Friends of every member of our own server
    #[arg(long, default_value_t = 100)]
    friends: u32,
    /// Bytes of a message's text
    #[arg(long, value_name = "BYTES", default_value_t = 80, value_parser = clap::value_parser!(u32).range(80..=60_000))]
    body: u32,
    /// How long messages under way are waited for at the end, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    drain: u64,
    /// Client processes [default: as many as cores and descriptors ask for]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=250))]
    clients: Option<u32>,
    /// Let server and clients run on all cores
    #[arg(long)]
    no_pin: bool,
    /// Configuration of our own server [default: open rates and nothing else]
    #[arg(long, value_name = "FILE", conflicts_with = "target")]
    config: Option<PathBuf>,
    #[command(flatten)]
    there: There,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "A server that is there already")]
struct There {
    /// Where it is: http://HOST[:PORT][/PATH], this one or another of its family
    #[arg(long, value_name = "URL", value_parser = target_url)]
    target: Option<(String, String)>,
    /// Name or public key of the site
    #[arg(long, requires = "target", default_value = "")]
    domain: String,
    /// Members sign in with tokens (id.hmac) of this secret
    #[arg(long, value_name = "SECRET", requires = "target")]
    token_secret: Option<String>,
    /// Or with this cookie, in which {id} is the member's id
    #[arg(long, value_name = "NAME={id}", requires = "target", conflicts_with = "token_secret")]
    cookie: Option<String>,
    /// Ids of the members, {n} being 0, 1, 2 …
    #[arg(long, value_name = "TEMPLATE", default_value = "u{n}")]
    ids: String,
    /// Its process, if it runs here: memory and processor time are read
    #[arg(long, value_name = "PID", requires = "target")]
    server_pid: Option<u32>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Way {
    Poll,
    Jsonp,
    Websocket,
    Sse,
}

fn target_url(text: &str) -> Result<(String, String), String> {
    let rest = text.strip_prefix("http://").ok_or("write it as http://HOST[:PORT][/PATH]; TLS is not spoken here")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.is_empty() { Err("no host".into()) } else { Ok((authority.into(), path.trim_end_matches('/').into())) }
}

impl LoadtestCommand {
    pub(super) fn run(self) -> ExitCode {
        match self {
            Self::Client => done(loadtest::client::run()),
            Self::OwnServer { cores, arguments } => {
                let cores: Vec<usize> = cores.iter().filter_map(|core| core.parse().ok()).collect();
                done(Err(loadtest::become_server(&cores, &arguments)))
            }
            Self::Idle { common, probe } => {
                common.start(Scenario::Idle, Mix { messages: probe, ..Mix::default() }, |_| {})
            }
            Self::Talk { common, rate, saturate } => {
                let messages = if saturate.is_some() { 0.0 } else { rate };
                common.start(Scenario::Talk, Mix { messages, ..Mix::default() }, |plan| plan.saturate = saturate)
            }
            Self::Room { common, rooms, rate } => {
                common.start(Scenario::Room, Mix { room_messages: rate, ..Mix::default() }, |plan| plan.rooms = rooms)
            }
            Self::Storm { common, rate, talk, restart } => {
                let reloads = rate.unwrap_or(if restart { 0.0 } else { f64::from(common.members) / 10.0 });
                let messages = talk.unwrap_or(if restart { 50.0 } else { 0.0 });
                common
                    .start(Scenario::Storm, Mix { reloads, messages, ..Mix::default() }, |plan| plan.restart = restart)
            }
            Self::Day { common, rate } => {
                let mix = day(common.members, rate);
                let rooms = common.members.div_ceil(50);
                common.start(Scenario::Day, mix, |plan| plan.rooms = rooms)
            }
        }
    }
}

/// Everybody loads a page every five minutes and changes their presence every ten; a tenth of the messages is said in a room.
fn day(members: u32, rate: Option<f64>) -> Mix {
    let members = f64::from(members);
    let messages = rate.unwrap_or(members / 20.0);
    Mix {
        messages,
        room_messages: messages / 10.0,
        reloads: members / 300.0,
        typing: messages / 2.0,
        presences: members / 600.0,
    }
}

fn done(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

impl Common {
    fn start(self, scenario: Scenario, mix: Mix, more: impl FnOnce(&mut Plan)) -> ExitCode {
        let (json, svg) = (self.json.clone(), self.svg.clone());
        if !mix.rates().iter().all(|rate| rate.is_finite() && (0.0..=10_000_000.0).contains(rate)) {
            complain(&"a rate is a number from 0 on");
            return ExitCode::from(2);
        }
        let mut plan = match self.plan(scenario, mix) {
            Ok(plan) => plan,
            Err(error) => {
                complain(&error);
                return ExitCode::from(2);
            }
        };
        more(&mut plan);
        let bar = Bar::new(&plan);
        let result = loadtest::run(&plan, interrupt_by_signals, &mut |seen| bar.show(&seen));
        bar.0.finish_and_clear();
        match result.and_then(|report| write(&report, json.as_deref(), svg.as_deref()).map(|()| report)) {
            Ok(report) => judge(&report),
            Err(error) => done(Err(error)),
        }
    }

    fn plan(self, scenario: Scenario, mix: Mix) -> Result<Plan, String> {
        let There { target, domain, token_secret, cookie, ids, server_pid } = self.there;
        if !ids.contains("{n}") {
            return Err("--ids needs {n}, the member's number".into());
        }
        let target = match (target, token_secret, cookie) {
            (None, ..) => None,
            (Some((authority, path)), Some(secret), None) => Some((authority, path, SignIn::Secret(secret))),
            (Some((authority, path)), None, Some(cookie)) => Some((authority, path, SignIn::Cookie(cookie))),
            (Some(_), ..) => return Err("--target needs --token-secret or --cookie: who are the members?".into()),
        };
        let target =
            target.map(|(authority, path, sign_in)| Target { authority, path, domain, sign_in, pid: server_pid });
        let transport = |way: &Way| match way {
            Way::Poll => Transport::Poll,
            Way::Jsonp => Transport::Jsonp,
            Way::Websocket => Transport::Websocket,
            Way::Sse => Transport::Sse,
        };
        Ok(Plan {
            scenario,
            target,
            members: self.members,
            transports: self.transport.iter().map(transport).collect(),
            seconds: self.seconds,
            mix,
            saturate: None,
            friends: self.friends,
            rooms: 0,
            body_bytes: self.body as usize,
            restart: false,
            id_template: ids,
            clients: self.clients,
            pin: !self.no_pin,
            drain_s: self.drain,
            server_config: self.config,
        })
    }
}

/// Ctrl-C and SIGTERM end a test in order: its processes and its folder go with it.
fn interrupt_by_signals(interrupt: Interrupt) {
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let (Ok(mut one), Ok(mut other)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            tokio::select! {
                _ = one.recv() => {}
                _ = other.recv() => {}
            }
            interrupt.now();
        });
    });
}

/// Progress on standard error, where somebody looks.
struct Bar(ProgressBar);

impl Bar {
    fn new(plan: &Plan) -> Self {
        let bar = ProgressBar::new(plan.seconds);
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} s  {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        Self(bar)
    }

    fn show(&self, seen: &Seen) {
        let at = &seen.progress;
        self.0.set_position(seen.second.min(self.0.length().unwrap_or(0)));
        let what = match seen.phase {
            Phase::Preparing => "the server gets its members".to_owned(),
            Phase::Connecting => format!("coming online: {}", at.held),
            Phase::Running | Phase::Draining => format!(
                "listening {}  accepted {}  delivered {}  pages {}  p50 {:.1} ms  p99 {:.1} ms  dropped {}  errors {}",
                at.held, at.accepted, at.delivered, at.reloads, at.p50_ms, at.p99_ms, at.dropped, at.errors
            ),
        };
        self.0.set_message(what);
    }
}

fn write(report: &Report, json: Option<&Path>, svg: Option<&Path>) -> Result<(), String> {
    let put =
        |path: &Path, text: String| std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()));
    match json {
        Some(path) if path.as_os_str() == "-" => println!("{}", report.json()),
        Some(path) => {
            print!("{}", report.table());
            put(path, format!("{:#}\n", report.json()))?;
        }
        None => print!("{}", report.table()),
    }
    svg.map_or(Ok(()), |path| put(path, loadtest::svg(report)))
}

fn judge(report: &Report) -> ExitCode {
    let faults = report.faults();
    for fault in &faults {
        complain(fault);
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
