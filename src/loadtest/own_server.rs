//! A server of our own: the same binary, on a folder that goes away, with a site that is full of members.

use super::machine;
use super::plan::{Plan, member_id, room_id};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What its site is called.
pub const SITE: &str = "loadtest";
/// Lines of its log that are shown when it ended.
const LOG_LINES: usize = 5;

/// A server that ends with this value.
#[derive(Debug)]
pub struct OwnServer {
    folder: TempDir,
    cores: Vec<usize>,
    config: Option<std::path::PathBuf>,
    /// With which tokens are made.
    pub token_secret: String,
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
}

impl OwnServer {
    /// Makes the site and its members, then starts the server on these cores.
    pub fn start(plan: &Plan, cores: &[usize]) -> Result<Self, String> {
        let folder =
            TempDir::with_prefix("nextim-loadtest-").map_err(|error| format!("a temporary folder: {error}"))?;
        let added = tool(folder.path(), &["site", "add", SITE, "api_calls_per_s=0", "--json"])?;
        let site: Value = serde_json::from_str(&added).map_err(|error| format!("`site add`: {error}"))?;
        let token_secret = site["token_secret"].as_str().ok_or("`site add` named no token secret")?.to_owned();
        write_directory(plan, &folder.path().join("directory.ndjson"))
            .map_err(|error| format!("the directory: {error}"))?;
        tool(folder.path(), &["site", "sync", SITE, "directory.ndjson", "--json"])?;
        let config = plan.server_config.clone();
        let (child, address) = spawn(folder.path(), "127.0.0.1:0", cores, config.as_deref())?;
        Ok(Self { folder, cores: cores.to_vec(), config, token_secret, address, child })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Starts it again on the same folder and port.
    pub fn start_again(&mut self) -> Result<(), String> {
        let address = self.address.to_string();
        (self.child, self.address) = spawn(self.folder.path(), &address, &self.cores, self.config.as_deref())?;
        Ok(())
    }

    /// Says why, if it has ended.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        Some(format!("the server ended ({status}):\n{}", last_lines(self.folder.path())))
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A command of this binary about the folder's data; its standard output.
fn tool(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = own_binary(folder)?
        .args(arguments)
        .args(["--data", "data"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`nextim {}`: {error}", arguments.join(" ")))?;
    if output.status.success() {
        return String::from_utf8(output.stdout).map_err(|error| error.to_string());
    }
    Err(format!("`nextim {}`: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
}

/// This binary, without whatever surrounds us: neither a configuration nor variables.
fn own_binary(folder: &Path) -> Result<Command, String> {
    let binary = std::env::current_exe().map_err(|error| format!("where this program is: {error}"))?;
    let mut command = Command::new(binary);
    command.current_dir(folder).env_clear();
    Ok(command)
}

fn spawn(folder: &Path, listen: &str, cores: &[usize], config: Option<&Path>) -> Result<(Child, SocketAddr), String> {
    let log = File::create(folder.join("server.log")).map_err(|error| format!("the server's log: {error}"))?;
    let cores: Vec<String> = cores.iter().map(ToString::to_string).collect();
    let mut command = own_binary(folder)?;
    command.args(["loadtest", "own-server", "--cores", &cores.join(","), "--", "--listen", listen, "--data", "data"]);
    if let Some(config) = config {
        let whole = std::path::absolute(config).map_err(|error| format!("{}: {error}", config.display()))?;
        command.arg("--config").arg(whole);
    } else {
        command.env("NEXTIM_SERVER__ADMIN_LISTEN", "off").env("NEXTIM_LOG__FILTER", "warn");
    }
    command.env("NEXTIM_SERVER__DEMONSTRATION", "false").env("NEXTIM_LIMITS__RATES", "open");
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn();
    let mut child = spawned.map_err(|error| format!("the server: {error}"))?;
    let mut line = String::new();
    let read = child.stdout.take().map(|out| BufReader::new(out).read_line(&mut line));
    let address = line.split("http://").nth(1).and_then(|rest| rest.trim().trim_end_matches('/').parse().ok());
    match (read, address) {
        (Some(Ok(_)), Some(address)) => Ok((child, address)),
        _ => {
            drop(child.kill());
            drop(child.wait());
            Err(format!("the server did not start:\n{}", last_lines(folder)))
        }
    }
}

fn last_lines(folder: &Path) -> String {
    let log = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
}

/// Members who are friends in a ring, and their rooms, as a site would push them.
fn write_directory(plan: &Plan, path: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let id = |number: u32| member_id(&plan.id_template, number);
    for room in 0..plan.rooms {
        writeln!(out, "{}", json!({"room": {"id": room_id(room), "name": format!("Room {room}"), "open": true}}))?;
    }
    for number in 0..plan.members {
        writeln!(out, "{}", json!({"user": {"id": id(number), "name": format!("Member {number}")}}))?;
    }
    for number in 0..plan.members {
        if let Some(room) = number.checked_rem(plan.rooms) {
            writeln!(out, "{}", json!({"member": {"room": room_id(room), "user": id(number)}}))?;
        }
        for step in 1..=(plan.friends / 2).min(plan.members.saturating_sub(1) / 2) {
            let buddy = id((number + step) % plan.members);
            writeln!(out, "{}", json!({"buddies": {"user": id(number), "buddy": buddy, "group": "friend"}}))?;
        }
    }
    out.flush()
}

/// Becomes the server: on its cores, and gone when the test that started it is, whatever that ended by. Returns only if it could not.
pub fn become_server(cores: &[usize], arguments: &[String]) -> String {
    use std::os::unix::process::CommandExt;
    let done = machine::pin(cores).and_then(|()| {
        let gone = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
        gone.map_err(|error| error.to_string())
    });
    if let Err(error) = done {
        return error;
    }
    match std::env::current_exe() {
        Ok(binary) => Command::new(binary).arg("serve").args(arguments).exec().to_string(),
        Err(error) => error.to_string(),
    }
}
