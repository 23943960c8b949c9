//! As little of an HTTP client as the load needs: one connection that is kept, and errors that mean "nobody knows".

use std::io::{self, BufRead, BufReader, Error, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any answer may take, a held poll included.
const PATIENCE: Duration = Duration::from_secs(40);

/// A client of one server.
pub struct Client {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
    cookie: String,
    /// The headers of the last answer, in small letters.
    pub headers: String,
}

impl Client {
    /// For a member of the demonstration.
    pub fn new(address: SocketAddr, member: &str) -> Self {
        Self { address, connection: None, cookie: format!("nextim_demo={member}"), headers: String::new() }
    }

    /// Calls with a form. An error says nothing about what the server has done.
    pub fn post(&mut self, path: &str, form: &[(&str, &str)]) -> io::Result<(u16, String)> {
        let body = form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            self.cookie,
            body.len()
        );
        self.call(&(head + &body))
    }

    pub fn get(&mut self, target: &str) -> io::Result<(u16, String)> {
        self.call(&format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    }

    fn call(&mut self, request: &str) -> io::Result<(u16, String)> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_nodelay(true)?;
                BufReader::new(stream)
            }
        };
        connection.get_mut().write_all(request.as_bytes())?;
        self.headers.clear();
        let (status, body, stays) = answer(&mut connection, &mut self.headers)?;
        self.connection = stays.then_some(connection);
        Ok((status, body))
    }
}

fn answer(connection: &mut BufReader<TcpStream>, headers: &mut String) -> io::Result<(u16, String, bool)> {
    let broken = || Error::new(ErrorKind::InvalidData, "not an HTTP answer");
    let (mut status, mut length, mut stays) = (None, 0, true);
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        headers.push_str(&line);
        headers.push('\n');
        if status.is_none() {
            status = Some(line.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(broken)?);
        } else if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().map_err(|_| broken())?;
        } else if line == "connection: close" {
            stays = false;
        } else if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok((status.ok_or_else(broken)?, String::from_utf8(body).map_err(|_| broken())?, stays))
}

fn encode(value: &str) -> String {
    percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC).to_string()
}
