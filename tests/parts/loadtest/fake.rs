//! A server of the seed's protocol in a few lines, which may lie: `online`, `message` and the poll, a thread for each connection.

use nextim::clock::machine_us;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::sleep;
use std::time::Duration;

/// What it does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// Nothing.
    None,
    /// Every fifth message is answered `ok` and never delivered.
    Swallow,
    /// Every fifth message is delivered in two packets.
    Double,
    /// From the 20th message on, messages are answered only half a second later.
    Pause,
    /// Every fifth poll with a message is not answered; its connection ends.
    HangUp,
}

/// A server; its threads end with the process.
pub struct Fake {
    pub address: SocketAddr,
}

#[derive(Default)]
struct State {
    messages: usize,
    paused_until_us: u64,
    waiting: HashMap<String, Vec<String>>,
}

struct Shared {
    lie: Lie,
    address: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
}

/// A request: its path, and query or form.
struct Asked {
    path: String,
    cookie: String,
    fields: HashMap<String, String>,
}

impl Fake {
    pub fn start(lie: Lie) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Shared { lie, address, state: Mutex::default(), changed: Condvar::new() });
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.serve(stream));
            }
        });
        Self { address }
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        let mut writer = stream.try_clone().expect("another descriptor");
        let mut reader = BufReader::new(stream);
        while let Some(asked) = read(&mut reader) {
            let Some(body) = self.answer(&asked) else { return };
            let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            if writer.write_all(text.as_bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, asked: &Asked) -> Option<String> {
        match asked.path.as_str() {
            "/webim/online" => {
                // The ticket is the member's id.
                let ticket = asked.cookie.trim_start_matches("member=");
                let server = format!("http://{}/packets", self.address);
                let connection = serde_json::json!({"domain": "fake", "ticket": ticket, "server": server});
                Some(serde_json::json!({"success": true, "connection": connection, "new_messages": []}).to_string())
            }
            "/webim/message" => Some(self.message(asked)),
            "/packets" => self.poll(&asked.fields["ticket"]),
            _ => Some("null".into()),
        }
    }

    fn message(&self, asked: &Asked) -> String {
        let mut state = self.state.lock().expect("no panic while held");
        state.messages += 1;
        let nth = state.messages;
        if self.lie == Lie::Pause && nth == 20 {
            state.paused_until_us = machine_us() + 500_000;
        }
        let pause = Duration::from_micros(state.paused_until_us.saturating_sub(machine_us()));
        drop(state);
        sleep(pause);
        let special = nth.is_multiple_of(5);
        let times = match self.lie {
            Lie::Swallow if special => 0,
            Lie::Double if special => 2,
            _ => 1,
        };
        let mut state = self.state.lock().expect("no panic while held");
        let box_of = state.waiting.entry(asked.fields["to"].clone()).or_default();
        let hang_up = if self.lie == Lie::HangUp && special { "hang up" } else { "" };
        for _ in 0..times {
            box_of.push(format!("{hang_up}{}", asked.fields["body"]));
        }
        self.changed.notify_all();
        "ok".into()
    }

    /// One message a packet. None: the connection ends.
    fn poll(&self, ticket: &str) -> Option<String> {
        let state = self.state.lock().expect("no panic while held");
        let is_empty = |state: &mut State| state.waiting.get(ticket).is_none_or(Vec::is_empty);
        let waited = self.changed.wait_timeout_while(state, Duration::from_secs(20), is_empty);
        let (mut state, _) = waited.expect("no panic while held");
        let next = state.waiting.get_mut(ticket).filter(|all| !all.is_empty()).map(|all| all.remove(0));
        let messages: Vec<_> = next.iter().map(|body| serde_json::json!({"type": "unicast", "body": body})).collect();
        if next.is_some_and(|body| body.starts_with("hang up")) {
            return None;
        }
        Some(serde_json::json!({"status": "ok", "messages": messages, "presences": [], "statuses": []}).to_string())
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|count| *count > 0)?;
    let (mut length, mut cookie) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok()?;
        } else if name.eq_ignore_ascii_case("cookie") {
            value.clone_into(&mut cookie);
        }
    }
    let mut form = vec![0; length];
    reader.read_exact(&mut form).ok()?;
    let target = first.split(' ').nth(1)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let text = format!("{query}&{}", String::from_utf8(form).ok()?);
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let fields = text.split('&').filter_map(|pair| pair.split_once('='));
    let fields = fields.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
    Some(Asked { path: path.to_owned(), cookie, fields })
}
