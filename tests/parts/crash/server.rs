//! The real server as a process of its own.

use super::faults::{Faults, now};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

/// An address that nobody uses at the moment.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

/// `nextim serve` on that data, with nothing of the environment.
pub fn serve(data: &Path, address: SocketAddr) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nextim"));
    command.current_dir(data).env_clear().env("NEXTIM_SERVER__DEMONSTRATION", "true");
    command.args(["serve", "--listen", &address.to_string(), "--data"]).arg(data);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The same with so many descriptors and no more.
fn limited(whole: &Command, descriptors: u32) -> Command {
    let mut command = Command::new("/bin/sh");
    command.arg("-c").arg(format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"")).arg(whole.get_program());
    command.args(whole.get_args()).env_clear().env("NEXTIM_SERVER__DEMONSTRATION", "true");
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

/// What a server says that must not start.
pub fn refused(mut command: Command) -> Output {
    let mut child = command.spawn().expect("the binary starts");
    for _ in 0..200 {
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return child.wait_with_output().expect("its output");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(child.kill());
    drop(child.wait());
    panic!("it started, and should have refused")
}

/// Longer than a server that ends by itself may take to.
pub const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// How a server is to be started.
pub struct Plan<'a> {
    pub data: &'a Path,
    /// A folder that is there, for what it logs.
    pub logs: &'a Path,
    pub address: SocketAddr,
    pub poll_hold_ms: u64,
    pub faults: Option<&'a Faults>,
    pub environment: Vec<(&'static str, String)>,
    /// How many descriptors it may have.
    pub descriptors: Option<u32>,
}

impl<'a> Plan<'a> {
    pub fn new(data: &'a Path, address: SocketAddr, poll_hold_ms: u64) -> Self {
        Self { data, logs: data, address, poll_hold_ms, faults: None, environment: Vec::new(), descriptors: None }
    }

    /// Starts, and waits until it says that it listens.
    #[track_caller]
    pub fn start(&self) -> Server {
        for _ in 0..20 {
            match self.try_start() {
                Ok(server) => return server,
                // Somebody else has taken the port between two lives of this server.
                Err(status) => assert_eq!(status.code(), Some(1), "{}", self.log()),
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("it does not start: {}", self.log())
    }

    /// Starts once; how it ended if it did not come to listen.
    pub fn try_start(&self) -> Result<Server, ExitStatus> {
        let path = self.logs.join("server.log");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("a log");
        let mut command = serve(self.data, self.address);
        if let Some(descriptors) = self.descriptors {
            command = limited(&command, descriptors);
        }
        command.env("NEXTIM_STREAM__POLL_HOLD_MS", self.poll_hold_ms.to_string()).current_dir(self.logs).stderr(log);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(faults) = self.faults {
            faults.apply(&mut command);
        }
        let mut child = command.spawn().expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let server = Server { child };
        if line.contains(&format!("http://{}/", self.address)) { Ok(server) } else { Err(server.ended(ENDS_WITHIN)) }
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.logs.join("server.log")).unwrap_or_default()
    }
}

pub struct Server {
    child: Child,
}

impl Server {
    /// Starts, and waits until it says that it listens.
    pub fn start(data: &Path, address: SocketAddr, poll_hold_ms: u64) -> Self {
        Plan::new(data, address, poll_hold_ms).start()
    }

    /// Waits for its end, which something else brings about.
    #[track_caller]
    pub fn ended(mut self, within: Duration) -> ExitStatus {
        let begun = now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its state") {
                return status;
            }
            assert!(begun.elapsed() < within, "it has not ended within {within:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// SIGKILL: it notices nothing.
    pub fn kill(&mut self) {
        assert!(self.is_alive(), "it has ended by itself");
        self.child.kill().and_then(|()| self.child.wait()).expect("it ends");
    }

    /// SIGTERM: it ends in order. Gives its exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        self.ask_to_end();
        self.child.wait().expect("it ends").code()
    }

    /// SIGTERM, and how it has ended then.
    #[track_caller]
    pub fn stop(mut self, within: Duration) -> ExitStatus {
        self.ask_to_end();
        self.ended(within)
    }

    fn ask_to_end(&mut self) {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.id())).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal is sent");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
