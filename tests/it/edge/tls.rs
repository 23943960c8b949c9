//! TLS without a proxy, through real handshakes: HTTP/1.1 and HTTP/2 serve the same, and a renewed certificate is shown to whoever
//! connects next.

use crate::support::sites::{ONE, Own, add, serve_with};
use crate::support::{Ask, Server};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use nextim::config::TlsFiles;
use nextim::edge::tls::Tls;
use rcgen::generate_simple_self_signed;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Writes a new certificate for localhost, and its key.
fn renew(folder: &Path) -> TlsFiles {
    let made = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let files = TlsFiles { certificate: folder.join("certificate.pem"), key: folder.join("key.pem") };
    std::fs::write(&files.certificate, made.cert.pem()).expect("written");
    std::fs::write(&files.key, made.signing_key.serialize_pem()).expect("written");
    files
}

async fn serve(folder: &TempDir) -> (Server, Own) {
    let files = renew(folder.path());
    let server = serve_with(|config| {
        config.tls = Some(files);
        config.times.poll_hold_ms = 20_000;
    })
    .await;
    let own = add(&server, ONE, &[]).await;
    (server, own)
}

/// Shakes hands as a client that trusts the present certificate and nothing else.
async fn connect(address: SocketAddr, folder: &Path, speaks: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(folder.join("certificate.pem")).expect("a certificate");
    roots.add(certificate).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("versions");
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![speaks.to_vec()];
    let name = ServerName::try_from("localhost").expect("a name");
    let socket = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

/// A request by HTTP/1.1 on a connection of its own, and everything that comes back.
async fn ask_once(address: SocketAddr, folder: &Path, ask: Ask) -> String {
    let mut stream = connect(address, folder, b"http/1.1").await.expect("a handshake");
    stream.write_all(&ask.header("Connection", "close").bytes("localhost")).await.expect("written");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("an answer that ends as TLS ends");
    String::from_utf8(bytes).expect("text")
}

struct Two(SendRequest<Full<Bytes>>);

impl Two {
    async fn connect(address: SocketAddr, folder: &Path) -> Self {
        let stream = connect(address, folder, b"h2").await.expect("a handshake");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
        tokio::spawn(connection);
        Self(sender)
    }

    async fn begin(&self, target: &str, form: &str) -> Response<Incoming> {
        let method = if form.is_empty() { "GET" } else { "POST" };
        let request = Request::builder().method(method).uri(format!("https://localhost{target}"));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(Full::new(Bytes::copy_from_slice(form.as_bytes()))).expect("a request");
        self.0.clone().send_request(request).await.expect("an answer")
    }

    async fn ask(&self, target: &str, form: &str) -> serde_json::Value {
        let answer = self.begin(target, form).await;
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned().into())
    }

    /// Signs in, and gives what the stream is asked with.
    async fn online(&self, own: &Own, id: &str) -> String {
        let opened = self.ask("/webim/online", &format!("client=native&{}", own.form(&own.jwt(id)))).await;
        let connection = &opened["connection"];
        assert!(connection["server"].as_str().expect("a text").starts_with("https://localhost/"), "{connection}");
        format!("ticket={}", connection["ticket"].as_str().expect("a ticket"))
    }
}

#[tokio::test]
async fn http_1_and_polls_go_over_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, own) = serve(&folder).await;
    let ask = Ask::post("/webim/online", &own.form(&own.jwt("1")));
    let answer = ask_once(server.address, folder.path(), ask).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("strict-transport-security: "), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    let opened: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let ticket = opened["connection"]["ticket"].as_str().expect("a ticket");
    let two = Two::connect(server.address, folder.path()).await;
    let other = two.online(&own, "2").await;
    let poll = tokio::spawn({
        let (address, path) = (server.address, folder.path().to_owned());
        let target = format!("/packets?domain={ONE}&ticket={ticket}");
        async move { ask_once(address, &path, Ask::get(&target)).await }
    });
    two.ask("/webim/message", &format!("{other}&type=unicast&to=1&body=over+TLS")).await;
    let answer = timeout(Duration::from_secs(10), poll).await.expect("in time").expect("no panic");
    assert!(answer.contains("over TLS"), "{answer}");
}

/// Negative control: serve one request of a connection at a time (the message waits for the poll).
#[tokio::test]
async fn on_one_connection_a_poll_waits_while_other_calls_are_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, own) = serve(&folder).await;
    let two = Arc::new(Two::connect(server.address, folder.path()).await);
    let (one, other) = (two.online(&own, "1").await, two.online(&own, "2").await);
    let mut ack = 0;
    for body in ["first", "second"] {
        let (waiting, target) = (Arc::clone(&two), format!("/packets?domain={ONE}&{one}&ack={ack}"));
        let poll = tokio::spawn(async move { waiting.ask(&target, "").await });
        two.ask("/webim/message", &format!("{other}&type=unicast&to=1&body={body}")).await;
        let packet = timeout(Duration::from_secs(10), poll).await.expect("in time").expect("no panic");
        let bodies: Vec<_> = packet["messages"].as_array().expect("a list").iter().map(|row| &row["body"]).collect();
        assert_eq!(bodies, [body], "what was given is confirmed by the next poll, and nothing else comes");
        ack = packet["seq"].as_u64().expect("a place");
    }
}

/// Whoever says nothing of what they have is believed by what their socket shows, and here there is none of their own.
///
/// Negative control: let `answer` wait for every poll; the message is then confirmed by the poll after one that was given up.
#[tokio::test]
async fn a_page_that_does_not_acknowledge_is_told_to_poll_by_http_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, own) = serve(&folder).await;
    let two = Two::connect(server.address, folder.path()).await;
    let one = two.online(&own, "1").await;
    let request = Request::builder().uri(format!("https://localhost/packets?domain={ONE}&{one}"));
    let request = request.body(Full::new(Bytes::new())).expect("a request");
    let error = two.0.clone().send_request(request).await.expect_err("the stream is reset");
    let reason = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<h2::Error>());
    assert_eq!(reason.and_then(h2::Error::reason), Some(h2::Reason::HTTP_1_1_REQUIRED), "{error:?}");
    two.ask("/webim/presence", &format!("{one}&show=away")).await; // the connection goes on
}

/// Negative control: leave the wait for the first bytes out of `serve`; hyper waits for them for ever.
#[tokio::test]
async fn a_connection_that_says_nothing_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, _) = serve(&folder).await;
    let mut stream = connect(server.address, folder.path(), b"h2").await.expect("a handshake");
    let mut bytes = Vec::new();
    let ended = timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await;
    assert!(ended.is_ok(), "it is still open");
}

#[tokio::test]
async fn events_are_pieces_of_one_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, own) = serve(&folder).await;
    let two = Two::connect(server.address, folder.path()).await;
    let (one, other) = (two.online(&own, "1").await, two.online(&own, "2").await);
    let events = two.begin(&format!("/events?domain={ONE}&{one}"), "").await;
    assert_eq!(events.headers()["content-type"], "text/event-stream; charset=utf-8");
    two.ask("/webim/message", &format!("{other}&type=unicast&to=1&body=as+an+event")).await;
    let mut body = events.into_body();
    let mut text = String::new();
    while !text.contains("as an event") {
        let frame =
            timeout(Duration::from_secs(10), body.frame()).await.expect("in time").expect("more").expect("whole");
        text.push_str(&String::from_utf8_lossy(&frame.into_data().expect("data")));
    }
    drop(body);
    // The stream has ended for the server, too: what comes now waits for the next.
    two.ask("/webim/message", &format!("{other}&type=unicast&to=1&body=afterwards")).await;
    let packet = two.ask(&format!("/packets?domain={ONE}&{one}&ack=0"), "").await;
    assert!(packet["messages"].to_string().contains("afterwards"), "{packet}");
}

/// Negative control: let `read` take a key as it is, without looking whether it is the certificate's.
#[test]
fn files_that_cannot_be_used_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = renew(folder.path());
    let tls = Tls::load(&files.certificate, &files.key).expect("good files");
    std::fs::write(&files.key, "no key").expect("written");
    assert!(tls.reload().expect_err("refused").to_string().contains("key.pem"), "the file is named");
    let before = std::fs::read(&files.certificate).expect("read");
    renew(folder.path());
    std::fs::write(&files.certificate, before).expect("written");
    let error = tls.reload().expect_err("the key belongs to another certificate");
    assert!(error.to_string().contains("key.pem"), "{error}");
    renew(folder.path());
    tls.reload().expect("good files");
}

/// Negative control: let `reload` read and not show.
#[tokio::test]
async fn a_running_server_takes_a_new_certificate_at_a_signal_and_keeps_pages() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, own) = serve(&folder).await;
    let before = Two::connect(server.address, folder.path()).await;
    let one = before.online(&own, "1").await;
    renew(folder.path());
    assert!(connect(server.address, folder.path(), b"h2").await.is_err(), "the old one is still shown");
    // By pid, as an operator would; the handler is there once the server listens.
    let pid = std::process::id().to_string();
    assert!(std::process::Command::new("kill").args(["-HUP", &pid]).status().expect("kill runs").success());
    let renewed = async {
        while connect(server.address, folder.path(), b"h2").await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), renewed).await.expect("the new one is shown");
    before.ask("/webim/presence", &format!("{one}&show=away")).await;
}

#[tokio::test]
async fn whoever_speaks_without_tls_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, _) = serve(&folder).await;
    let answer = server.connect().await.ask(&Ask::get("/healthz")).await.expect("an answer");
    assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"));
    assert!(answer.text().contains("https"), "{}", answer.text());
}
