//! A proxy that breaks connections: a request or an answer after any byte, by a reset or an end, towards the page or towards
//! the server; it stalls, half-closes, passes single bytes on and sends a GET twice. Like nginx it repeats a GET once on a
//! fresh connection when the server's broke before anything went to the page.

mod exchange;
mod faults;
mod leg;
mod tunnel;

pub use faults::{Faults, Stats, Told};

use exchange::Exchange;
use leg::Leg;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// See the module. It stops with this.
pub struct Proxy {
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// What all its connections know.
struct Shared {
    server: SocketAddr,
    faults: Mutex<Faults>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    pub async fn start(server: SocketAddr, faults: Faults) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared { server, faults: Mutex::new(faults) });
        let task = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                let mut all = JoinSet::new();
                loop {
                    if let Ok((client, _)) = listener.accept().await {
                        let shared = Arc::clone(&shared);
                        all.spawn(async move { drop(serve(&shared, Leg::new(client)).await) });
                    }
                    while all.try_join_next().is_some() {}
                }
            }
        });
        Self { address, shared, task }
    }

    /// From now on nothing is broken any more.
    pub fn heal(&self) {
        self.shared.faults.lock().expect("no panic while held").heal();
    }

    /// Whether everything that was to be broken is.
    pub fn is_done(&self) -> bool {
        self.shared.faults.lock().expect("no panic while held").is_done()
    }

    /// What has been broken.
    pub fn stats(&self) -> Stats {
        self.shared.faults.lock().expect("no panic while held").stats.clone()
    }
}

impl Shared {
    fn count(&self, count: impl FnOnce(&mut Stats)) {
        count(&mut self.faults.lock().expect("no panic while held").stats);
    }
}

/// Serves one connection of a page: an exchange after the other, each on a fresh connection to the server.
async fn serve(shared: &Arc<Shared>, mut client: Leg) -> io::Result<()> {
    loop {
        let Some(request) = client.message().await? else { return Ok(()) };
        let is_stream = request.starts_with(b"GET /websocket") || request.starts_with(b"GET /events");
        let is_get = request.starts_with(b"GET");
        if is_stream {
            let fault = shared.faults.lock().expect("no panic while held").next_stream();
            return tunnel::carry(shared, client, &request, fault).await;
        }
        let fault = shared.faults.lock().expect("no panic while held").next(is_get);
        let exchange = Exchange { shared, request: &request, is_get, fault };
        match exchange.pass(client).await? {
            Some(goes_on) => client = goes_on,
            None => return Ok(()),
        }
    }
}
