//! What a service manager does: it owns the listening socket and starts the server with it.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Makes the socket descriptor 3, as `LISTEN_FDS` has it, and keeps the process id that `LISTEN_PID` names.
const INHERIT: &str = "exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$0\" \"$@\"";

pub struct Supervisor {
    pub address: SocketAddr,
    listener: Option<TcpListener>,
    data: TempDir,
}

/// A server that may not listen yet.
pub struct Starting(Child);

/// A server that listens.
pub struct Process(Child);

impl Supervisor {
    pub fn new(keeps_socket: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        Self { address, listener: keeps_socket.then_some(listener), data: tempfile::tempdir().expect("a folder") }
    }

    pub fn start_without_waiting(&self) -> Starting {
        let binary = env!("CARGO_BIN_EXE_nextim");
        let mut command = match &self.listener {
            Some(listener) => {
                let socket = listener.try_clone().expect("another descriptor");
                let mut command = Command::new("sh");
                command.args(["-c", INHERIT, binary]).stdin(Stdio::from(OwnedFd::from(socket)));
                command
            }
            None => {
                let mut command = Command::new(binary);
                command.stdin(Stdio::null());
                command
            }
        };
        command.args(["serve", "--listen", &self.address.to_string(), "--data"]).arg(self.data.path());
        command.current_dir(self.data.path()).env_clear().env("PATH", "/usr/bin:/bin");
        command.env("NEXTIM_SERVER__DEMONSTRATION", "true").env("NEXTIM_STREAM__POLL_HOLD_MS", "500");
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        Starting(command.spawn().expect("the binary starts"))
    }

    pub fn start(&self) -> Process {
        self.start_without_waiting().wait()
    }
}

impl Starting {
    pub fn wait(mut self) -> Process {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        assert!(line.contains("listening"), "it does not start: {line}");
        Process(self.0)
    }
}

impl Process {
    pub fn kill(mut self) {
        self.0.kill().and_then(|()| self.0.wait()).expect("it ends");
    }

    pub fn terminate(mut self) {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.0.id())).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal is sent");
        assert_eq!(self.0.wait().expect("it ends").code(), Some(0));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
