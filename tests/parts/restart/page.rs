//! A page of an old client, as far as its rules about failing go: one poll at a time as a script, 200 ms after a success and
//! after a failure, and the second failure in a row is the end. It shows what the answer's filter lets through.

use serde_json::Value;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(200);

/// One request on a connection of its own.
fn ask(address: SocketAddr, request: &str) -> io::Result<String> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    socket.write_all(request.as_bytes())?;
    let mut text = String::new();
    socket.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    if length != Some(body.len()) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(body.to_owned())
}

fn get(address: SocketAddr, target: &str, headers: &str) -> io::Result<String> {
    ask(address, &format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"))
}

fn online(address: SocketAddr, member: &str) -> String {
    let body = get(address, "/webim/online?buddy_ids=", &format!("Cookie: nextim_demo={member}\r\n")).expect("a page");
    let answer: Value = serde_json::from_str(&body).expect("JSON");
    answer["connection"]["ticket"].as_str().expect("a ticket").to_owned()
}

#[derive(Default)]
struct Screen {
    shown: Mutex<Vec<String>>,
    seen: Mutex<u64>,
    stop: AtomicBool,
}

pub struct Page {
    pub member: String,
    screen: Arc<Screen>,
    polling: JoinHandle<bool>,
}

impl Page {
    pub fn open(address: SocketAddr, member: &str) -> Self {
        let (ticket, screen) = (online(address, member), Arc::new(Screen::default()));
        let shared = Arc::clone(&screen);
        let polling = spawn(move || poll(address, &ticket, &shared));
        Self { member: member.to_owned(), screen, polling }
    }

    /// Waits until so much is shown, or the page has stopped.
    pub fn wait_for(&self, count: usize) {
        for _ in 0..750 {
            if self.screen.shown.lock().unwrap().len() >= count || self.polling.is_finished() {
                return;
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// What it has shown, and whether it was alive.
    pub fn close(self) -> (Vec<String>, bool) {
        self.screen.stop.store(true, Ordering::Release);
        let alive = self.polling.join().expect("no panic");
        let shown = self.screen.shown.lock().unwrap().clone();
        (shown, alive)
    }
}

/// Whether the page still polled when it was closed.
fn poll(address: SocketAddr, ticket: &str, screen: &Screen) -> bool {
    let (mut count, mut failures) = (0, 0);
    while !screen.stop.load(Ordering::Acquire) {
        count += 1;
        let callback = format!("jsonp{count}");
        let target = format!("/packets?domain=localhost&ticket={ticket}&callback={callback}");
        let answer = get(address, &target, "Sec-Fetch-Dest: script\r\n").ok().and_then(|body| packet(&body, &callback));
        match answer {
            Some(packet) => {
                failures = 0;
                show(&packet, screen);
            }
            None => failures += 1,
        }
        if failures == 2 {
            return false;
        }
        sleep(PAUSE);
    }
    true
}

/// The packet of a script answer, with or without the filter around it.
fn packet(body: &str, callback: &str) -> Option<Value> {
    let argument = body.strip_prefix(&format!("/**/{callback}("))?.strip_suffix(");")?;
    let json = match argument.strip_prefix("(function(p)") {
        Some(filtered) => filtered.split_once("})(")?.1.strip_suffix(')')?,
        None => argument,
    };
    serde_json::from_str(json).ok().filter(|packet: &Value| packet["status"] == "ok")
}

fn show(packet: &Value, screen: &Screen) {
    let mut seen = screen.seen.lock().unwrap();
    for message in packet["messages"].as_array().into_iter().flatten() {
        let seq = message["seq"].as_u64().expect("a seq");
        if seq > *seen {
            *seen = seq;
            screen.shown.lock().unwrap().push(message["body"].as_str().expect("a body").to_owned());
        }
    }
}

/// Somebody who says things and repeats them under the same `cid` until they are answered.
pub struct Sender {
    address: SocketAddr,
    ticket: String,
    count: u64,
}

impl Sender {
    pub fn open(address: SocketAddr, member: &str) -> Self {
        Self { address, ticket: online(address, member), count: 0 }
    }

    pub fn say(&mut self, to: &str, body: &str) {
        self.count += 1;
        let body = body.replace(' ', "+");
        let target =
            format!("/webim/message?ticket={}&type=unicast&to={to}&body={body}&cid=c{}", self.ticket, self.count);
        for _ in 0..200 {
            match get(self.address, &target, "") {
                Ok(answer) if answer.contains("\"status\":\"ok\"") => return,
                _ => sleep(Duration::from_millis(50)),
            }
        }
        panic!("never answered");
    }
}
