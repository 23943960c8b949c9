//! A site's own server, which is asked by ours: it answers as the test says, and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

type Answers = Arc<Mutex<Box<dyn FnMut(&str) -> String + Send>>>;

/// See the module.
pub struct AskedSite {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    answers: Answers,
    serving: JoinHandle<()>,
}

/// An answer of status 200.
pub fn good(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// An answer without a body.
pub fn bare(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n")
}

impl AskedSite {
    /// One that answers a request, which is given to `answers` as it came.
    pub async fn start(answers: impl FnMut(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers: Answers = Arc::new(Mutex::new(Box::new(answers)));
        let (heard, answering) = (Arc::clone(&asked), Arc::clone(&answers));
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (heard, answering) = (Arc::clone(&heard), Arc::clone(&answering));
                tokio::spawn(async move {
                    let mut bytes = vec![0; 64 * 1024];
                    let count = stream.read(&mut bytes).await.unwrap_or(0);
                    let request = String::from_utf8_lossy(&bytes[..count]).into_owned();
                    let answer = (answering.lock().expect("not poisoned"))(&request);
                    heard.lock().expect("not poisoned").push(request);
                    drop(stream.write_all(answer.as_bytes()).await);
                });
            }
        });
        Self { address, asked, answers, serving }
    }

    /// From now on it answers so.
    pub fn answers(&self, answers: impl FnMut(&str) -> String + Send + 'static) {
        *self.answers.lock().expect("not poisoned") = Box::new(answers);
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("not poisoned").clone()
    }

    /// The address of a page of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for AskedSite {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
