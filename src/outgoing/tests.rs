//! Against sockets of this machine that answer as a site might.

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A site that answers everything with `answer`, and what it was asked.
async fn site(answer: &'static [u8]) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 8192];
        let count = stream.read(&mut bytes).await.unwrap();
        drop(stream.write_all(answer).await);
        drop(stream.shutdown().await);
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    });
    (address, asked)
}

fn client() -> Client {
    Client::new(Reach::new(vec!["127.0.0.1/32".parse().unwrap()]))
}

#[tokio::test]
async fn an_answer_comes_back_whole() {
    let (address, asked) = site(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncache-control: max-age=9\r\n\r\nhi").await;
    let answered = client().get(&format!("http://{address}/keys?a=b")).await.unwrap();
    assert_eq!((answered.status, &answered.body[..]), (200, &b"hi"[..]));
    assert_eq!(answered.headers["cache-control"], "max-age=9");
    let asked = asked.await.unwrap();
    assert!(
        asked.starts_with("GET /keys?a=b HTTP/1.1\r\n") && asked.contains(&format!("host: {address}\r\n")),
        "{asked}"
    );
}

#[tokio::test]
async fn a_question_is_signed_over_its_body() {
    let (address, asked) = site(b"HTTP/1.1 204 No Content\r\n\r\n").await;
    let url = format!("http://{address}/whoami");
    let secrets = ["ts_one".into()];
    let question = signed::Question {
        url: &url,
        secrets: &secrets,
        body: b"{}".to_vec(),
        headers: HeaderMap::new(),
        answer_bytes_max: 9,
    };
    assert_eq!(client().ask_signed(question, 1_700_000_000).await.unwrap().status, 204);
    let asked = asked.await.unwrap();
    for part in ["POST /whoami ", "webhook-id: msg_", "webhook-timestamp: 1700000000\r\n", "webhook-signature: v1,"] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
    assert!(asked.ends_with("\r\n\r\n{}"), "{asked}");
}

/// Negative controls: follow the redirect; take `Limited` away; check no address.
#[tokio::test]
async fn what_leads_elsewhere_or_is_too_much_is_a_fault() {
    let redirect = b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
    let (address, _) = site(redirect).await;
    assert!(matches!(client().get(&format!("http://{address}/")).await, Err(Fault::Redirect(_))));

    let long: &'static [u8] =
        Box::leak([b"HTTP/1.1 200 OK\r\ncontent-length: 65537\r\n\r\n".to_vec(), vec![b'a'; 65_537]].concat().into());
    let (address, _) = site(long).await;
    assert!(matches!(client().get(&format!("http://{address}/")).await, Err(Fault::TooLong(_))));

    let (address, _) = site(b"no HTTP at all\r\n\r\n").await;
    assert!(matches!(client().get(&format!("http://{address}/")).await, Err(Fault::Connection(..))));

    let closed = Client::new(Reach::default());
    let names = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"];
    for name in names {
        let outcome = closed.get(&format!("http://{name}:{}/", address.port())).await;
        assert!(matches!(outcome, Err(Fault::NotPublic { .. } | Fault::Name(..))), "{name}: {:?}", outcome.err());
    }
    for url in ["ftp://a.example/", "/path", "http://user@127.0.0.1/", "http://", "http://127.0.0.1:99999/"] {
        assert!(matches!(closed.get(url).await, Err(Fault::Address(_))), "{url}");
    }
}

/// Negative control: put the whole address into `Fault::Address`.
#[tokio::test]
async fn no_fault_repeats_a_password() {
    for url in [
        "https://reader:hunter2@a.example/people",
        "https://a.example:hunter2/",
        "https://a.example/ hunter2",
        "hunter2",
    ] {
        let fault = client().get(url).await.err().unwrap();
        assert!(matches!(fault, Fault::Address(_)), "{url}: {fault}");
        assert!(!format!("{fault}{fault:?}").contains("hunter2"), "{fault}");
    }
}

#[tokio::test]
async fn a_site_that_says_nothing_is_late() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    assert!(matches!(client().get(&url).await, Err(Fault::Late(_))));
}
