//! A disk that takes no more, for the real binary: the limit on file sizes stands for it, and is lifted while it runs.

use super::http::Client;
use super::load::online;
use super::server::free_address;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::spawn;

/// A file may grow to this, in blocks of 512 bytes.
const BLOCKS: u32 = 4_096;

/// A server whose files cannot grow past a limit: a write beyond it fails, as on a full disk.
fn start(data: &Path, address: SocketAddr) -> Child {
    let script = format!("trap '' XFSZ; ulimit -S -f {BLOCKS}; exec \"$0\" \"$@\"");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_nextim"), "serve", "--listen", &address.to_string(), "--data"]);
    command.arg(data).current_dir(data).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("the binary starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    assert!(line.contains("http://"), "it does not start: {line}");
    child
}

/// Negative control: this failed before a full disk was told from a failed sync (the process ended), and again with a
/// readiness check that wrote nothing.
#[test]
fn a_full_disk_is_refused_honestly_and_service_goes_on() {
    let (folder, address) = (tempfile::tempdir().expect("a folder"), free_address());
    let mut server = start(folder.path(), address);
    let (mut susan, mut jack) = (Client::new(address, "susan"), Client::new(address, "jack"));
    let (from, to) = (online(&mut susan).expect("a page"), online(&mut jack).expect("a page"));
    let mut accepted = 0;
    let body = "x".repeat(50_000);
    let say = |client: &mut Client, text: &str| {
        client.post("/webim/message", &[("ticket", &from), ("to", "jack"), ("body", text)]).expect("an answer")
    };
    let refusal = loop {
        let (status, answer) = say(&mut susan, &format!("{accepted} {body}"));
        if status != 200 {
            break (status, answer);
        }
        accepted += 1;
        assert!(accepted < 1_000, "the disk is never full");
    };
    assert_eq!(refusal.0, 503, "{}", refusal.1);
    assert!(refusal.1.contains("\"unavailable\""), "{}", refusal.1);
    assert_eq!(susan.get("/healthz").expect("an answer").0, 200);
    // There may be room for a page or two where there is none for a message.
    let ready = (0..50).map(|_| susan.get("/readyz").expect("an answer").0).find(|status| *status == 503);
    assert_eq!(ready, Some(503), "it cannot store anything");
    assert!(online(&mut Client::new(address, "mary")).is_ok(), "signing in still works");
    let poll = format!("/packets?domain=localhost&ticket={to}");
    let heard = spawn(move || jack.get(&poll).expect("the stream stays up"));
    assert_eq!(heard.join().expect("a poll").0, 200);
    let lift = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &server.id().to_string()]).status();
    assert!(lift.is_ok_and(|status| status.success()), "the limit is lifted");
    assert_eq!(say(&mut susan, "there is room again").0, 200, "without a restart");
    let (mut stored, mut before) = (0, i64::MAX as u64);
    loop {
        let page = format!("/webim/history?id=jack&type=unicast&before={before}&ticket={from}");
        let history: Vec<Value> = serde_json::from_str(&susan.get(&page).expect("an answer").1).expect("a list");
        let is_ours = |item: &&Value| item["body"].as_str().is_some_and(|text| text.ends_with(&body));
        stored += history.iter().filter(is_ours).count();
        let Some(first) = history.first() else { break };
        before = first["seq"].as_u64().expect("a seq");
    }
    assert_eq!(stored, accepted, "every message that was answered ok, and no other");
    server.kill().and_then(|()| server.wait()).expect("it ends");
}
