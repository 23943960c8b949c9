//! The real server as a process of its own.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
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

pub struct Server {
    child: Child,
}

impl Server {
    /// Starts, and waits until it says that it listens.
    pub fn start(data: &Path, address: SocketAddr, poll_hold_ms: u64) -> Self {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(data.join("server.log")).expect("a log");
        let mut command = serve(data, address);
        command.env("NEXTIM_STREAM__POLL_HOLD_MS", poll_hold_ms.to_string()).stderr(log);
        for _ in 0..20 {
            let mut child = command.spawn().expect("the binary starts");
            let mut line = String::new();
            BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
            if line.contains(&format!("http://{address}/")) {
                return Self { child };
            }
            // Somebody else has taken the port between two lives of this server.
            assert_eq!(child.wait().expect("its end").code(), Some(1), "{line}");
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("it does not start: {}", std::fs::read_to_string(data.join("server.log")).unwrap_or_default())
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
        let sent = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.id())).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal is sent");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
