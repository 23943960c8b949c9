//! The real binary: passwords from standard input, and a server whose log has none of them at its most talkative.

use super::{OTHER, PASSWORD, form};
use crate::support::sites::ONE;
use crate::support::{Ask, Http};
use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Whoever starts, or is asked for something, is ready within this.
const WITHIN: Duration = Duration::from_secs(30);

/// A server that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What a command says that is given `input`.
async fn nextim(data: &Path, words: &[&str], input: &str) -> Output {
    let (data, input) = (data.to_owned(), input.to_owned());
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let run = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nextim"));
        command.args(words).arg("--data").arg(&data).current_dir(data.parent().expect("a folder")).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        // One that needs no input may have ended already.
        drop(child.stdin.take().expect("its input").write_all(input.as_bytes()));
        child.wait_with_output().expect("it ends")
    };
    tokio::task::spawn_blocking(run).await.expect("a command ends")
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr[..]].iter().map(|text| String::from_utf8_lossy(text)).collect()
}

fn serve(data: &Path, log: &Path) -> (Process, SocketAddr) {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let mut command = Command::new(env!("CARGO_BIN_EXE_nextim"));
    command.args(["serve", "--listen", &address.to_string(), "--data"]).arg(data);
    command.current_dir(data.parent().expect("a folder")).env_clear();
    command.env("NEXTIM_LOG__FILTER", "trace").env("NEXTIM_SERVER__ADMIN_LISTEN", "off");
    let log = File::create(log).expect("a log");
    command.stdin(Stdio::null()).stdout(log.try_clone().expect("another descriptor")).stderr(log);
    (Process(command.spawn().expect("the binary starts")), address)
}

async fn connect(address: SocketAddr) -> Http {
    let trying = async {
        loop {
            match Http::open(address).await {
                Ok(http) => return http,
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    timeout(WITHIN, trying).await.expect("the server starts")
}

/// Negative control: log an order, or the parameters of a request.
#[tokio::test]
async fn no_password_is_shown_and_none_is_logged() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    let added = nextim(&data, &["site", "add", ONE, "accounts=true"], "").await;
    assert!(added.status.success(), "{}", said(&added));
    let mut told = Vec::new();
    // Without a server, with a line end of either kind, and then beside one.
    let ann =
        nextim(&data, &["user", "add", ONE, "ann", "--name", "Ann", "--password-stdin"], &format!("{PASSWORD}\r\n"))
            .await;
    assert!(ann.status.success(), "{}", said(&ann));
    let (server, address) = serve(&data, &log);
    drop(connect(address).await);
    let bob = nextim(&data, &["user", "add", ONE, "bob", "--password-stdin"], PASSWORD).await;
    let weak = nextim(&data, &["user", "add", ONE, "cid", "--password-stdin"], "qwertyuiop\n").await;
    assert_eq!((bob.status.code(), weak.status.code()), (Some(0), Some(1)), "{} {}", said(&bob), said(&weak));
    // Nobody is there to be asked.
    let asked = nextim(&data, &["user", "password", ONE, "bob"], PASSWORD).await;
    assert_eq!(asked.status.code(), Some(2), "{}", said(&asked));
    let list = nextim(&data, &["user", "list", ONE], "").await;
    assert_eq!(said(&list), "ann  Ann\nbob  bob\n");
    told.extend([ann, bob, weak, asked, list].iter().map(said));
    let mut secrets = vec![PASSWORD.to_owned(), OTHER.to_owned(), "qwertyuiop".to_owned(), "$argon2id".to_owned()];
    secrets.extend(secrets.clone().iter().map(|secret| crate::support::urls::encode(secret)));
    let mut http = connect(address).await;
    for (user, password, status) in [("ann", PASSWORD, 200), ("bob", PASSWORD, 200), ("ann", OTHER, 401)] {
        let answer = http.ask(&Ask::post("/webim/sign_in", &form(ONE, user, password))).await.expect("an answer");
        assert_eq!(answer.status, status, "{user}: {}", answer.text());
        if let Some(token) = answer.json()["token"].as_str() {
            let online = Ask::post("/webim/online", &format!("domain={ONE}&token={token}"));
            assert_eq!(http.ask(&online).await.expect("an answer").status, 200);
            secrets.push(token.to_owned());
        }
    }
    let removed = nextim(&data, &["user", "remove", ONE, "bob"], "").await;
    assert!(removed.status.success(), "{}", said(&removed));
    drop(server);
    told.push(std::fs::read_to_string(&log).expect("the log"));
    assert!(told.last().is_some_and(|log| log.contains("listening")), "{told:?}");
    for secret in &secrets {
        for text in &told {
            assert!(!text.contains(secret.as_str()), "{secret} in {text}");
        }
    }
}
