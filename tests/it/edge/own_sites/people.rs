//! Sites whose own server is asked for their people.

use super::asked::assert_signed;
use crate::support::asked_site::{AskedSite, bare, good};
use crate::support::member::each;
use crate::support::sites::{ONE, Own, Page, add, enters, serve_with, text};
use crate::support::{Answer, Ask, Server};
use nextim::people::settings::{From, OwnQueries, SecretUrl, Settings, Tls};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Longer than anything here takes.
const WITHIN: Duration = Duration::from_secs(30);

async fn serve_asking(url: String) -> Server {
    let settings = Settings {
        from: From::Http,
        url: SecretUrl(url),
        map: None,
        table_prefix: None,
        own: OwnQueries::default(),
        site_url: "https://www.one.example".into(),
        refresh_ms: 1,
        timeout_ms: 4_000,
        connections: 1,
        tls: Tls::Off,
    };
    serve_with(|config| {
        config.outgoing_allow = vec!["127.0.0.1/32".parse().expect("a network")];
        config.people.insert(ONE.into(), settings);
    })
    .await
}

fn people(friends: &str) -> String {
    good(&format!(
        r#"{{"user":{{"name":"Ann","avatar":"/ann.png"}},"buddies":{friends},"rooms":[{{"id":"boats","name":"Boats"}}]}}"#
    ))
}

/// Who is a member's friend, as their page is told when it looks for somebody.
async fn groups(page: &Page, ids: &str) -> Vec<(String, String)> {
    let found = page.ask(&Ask::post("/webim/buddies", &format!("ticket={}&ids={ids}", page.ticket))).await.json();
    let found = found.as_array().expect("a list").iter();
    found.map(|person| (text(&person["nick"]), text(&person["group"]))).collect()
}

/// Negative controls: sign with nothing; let a failure of the source be a refusal.
#[tokio::test]
async fn a_site_that_lets_us_ask_it_names_its_members_friends_and_rooms() {
    let site = AskedSite::start(|_| people(r#"[{"id":2,"name":"Ben","group":"Rowing"},{"id":"3","name":"Cy"}]"#)).await;
    let server = serve_asking(site.url("/nextim/people")).await;
    let own = add(&server, ONE, &[]).await;
    let page = enters(&server, &own, "1").await;
    let user = &page.opened["user"];
    assert_eq!((text(&user["nick"]), text(&user["pic_url"])), ("Ann".into(), "https://www.one.example/ann.png".into()));
    assert_eq!(text(&page.opened["rooms"][0]["nick"]), "Boats");
    let both = [("Ben".to_owned(), "Rowing".to_owned()), ("Cy".to_owned(), "friend".to_owned())];
    assert_eq!(groups(&page, "2,3").await, both);
    let request = &site.asked()[0];
    assert!(request.ends_with(&format!(r#"{{"type":"people","site":"{ONE}","user":"1"}}"#)), "{request}");
    assert_signed(request, &own);
    // A friendship that has ended there ends here; the site being down ends nothing.
    site.answers(|_| people(r#"[{"id":"3","name":"Cy"}]"#));
    let page = enters(&server, &own, "1").await;
    assert_eq!(groups(&page, "2").await, [("Ben".to_owned(), "stranger".to_owned())]);
    site.answers(|_| bare("500 Oops"));
    let page = enters(&server, &own, "1").await;
    assert_eq!(groups(&page, "3").await, [("Cy".to_owned(), "friend".to_owned())]);
}

/// A call of the site's own server, below `/api/v1/`.
async fn api(server: &Server, own: &Own, method: &str, path: &str, body: &Value) -> Answer {
    let ask =
        Ask::new(method, &format!("/api/v1/{path}")).header("Authorization", &format!("Bearer {}", own.secret_key));
    let ask = if body.is_null() { ask } else { ask.header("Content-Type", "application/json").body(body.to_string()) };
    let answer = server.connect().await.ask(&ask).await.expect("an answer");
    assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.text());
    answer
}

/// A member's friends, as they are stored.
async fn friends(server: &Server, own: &Own, id: &str) -> Vec<String> {
    each(&api(server, own, "GET", &format!("users/{id}/buddies"), &Value::Null).await.json(), "id")
}

/// The site is asked; when it answers is for the test to say.
async fn question(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = timeout(WITHIN, listener.accept()).await.expect("it is asked").expect("a connection");
    assert!(stream.read(&mut [0; 16 * 1024]).await.expect("a question") > 0);
    stream
}

/// Negative control: read what is stored only when the site has answered, and take all of it for what it was asked about.
#[tokio::test]
async fn what_a_site_pushes_while_it_is_asked_stands() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let server = serve_asking(format!("http://{}/people", listener.local_addr().expect("an address"))).await;
    let own = add(&server, ONE, &[]).await;
    for (id, path) in [("2", "users/2"), ("3", "users/3")] {
        api(&server, &own, "PUT", path, &json!({"name": id})).await;
    }
    let answering = async |friends_now: &str, method: &str, path: &str, body: &Value| {
        let mut asked = question(&listener).await;
        api(&server, &own, method, path, body).await;
        asked.write_all(people(friends_now).as_bytes()).await.expect("a live socket");
    };
    // It answers with what it had when it was asked.
    let nothing = json!({});
    let pushed = answering("[]", "PUT", "users/1/buddies/2", &nothing);
    tokio::join!(enters(&server, &own, "1"), pushed);
    assert_eq!(friends(&server, &own, "1").await, ["2"], "a friendship that is newer than the answer");
    let ended = answering(r#"[{"id":"2"},{"id":"3"}]"#, "DELETE", "users/1/buddies/2", &Value::Null);
    tokio::join!(enters(&server, &own, "1"), ended);
    assert_eq!(friends(&server, &own, "1").await, ["3"], "and one that has ended since");
}

/// Negative control: leave `has_more_buddies` out of what is done with an answer.
#[tokio::test]
async fn a_list_that_is_cut_ends_no_friendship() {
    let site = AskedSite::start(|_| people(r#"[{"id":"old"}]"#)).await;
    let server = serve_asking(site.url("/people")).await;
    let own = add(&server, ONE, &[]).await;
    enters(&server, &own, "1").await;
    let many: Vec<String> = (0..2_001).map(|number| format!(r#"{{"id":"x{number}"}}"#)).collect();
    let many = format!("[{}]", many.join(","));
    site.answers(move |_| people(&many));
    let page = enters(&server, &own, "1").await;
    let ones = ["old", "x0", "x1999"].map(|id| (id.to_owned(), "friend".to_owned()));
    assert_eq!(groups(&page, "old,x0,x1999").await, ones);
    // A list that is whole is the whole truth.
    site.answers(|_| people(r#"[{"id":"x0"}]"#));
    enters(&server, &own, "1").await;
    assert_eq!(friends(&server, &own, "1").await, ["x0"]);
}

/// Negative control: let a failure that is one member's be the source's.
#[tokio::test]
async fn a_member_whose_question_fails_keeps_no_other_from_being_asked_for() {
    let is_first = |request: &str| request.contains(r#""user":"1""#);
    let site = AskedSite::start(move |request| if is_first(request) { bare("500 Oops") } else { people("[]") }).await;
    let server = serve_asking(site.url("/people")).await;
    let own = add(&server, ONE, &[]).await;
    assert_eq!(text(&enters(&server, &own, "1").await.opened["user"]["nick"]), "1", "she comes in all the same");
    assert_eq!(text(&enters(&server, &own, "2").await.opened["user"]["nick"]), "Ann", "as the site calls everybody");
}

/// Negative control: pull people on the task of the call.
#[tokio::test]
async fn what_was_answered_is_stored_although_the_page_is_gone() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let server = serve_asking(format!("http://{}/people", listener.local_addr().expect("an address"))).await;
    let own = add(&server, ONE, &[]).await;
    let mut page = TcpStream::connect(server.address).await.expect("a connection");
    let online = Ask::post("/webim/online", &own.form(&own.jwt("1")));
    page.write_all(&online.bytes(&server.address.to_string())).await.expect("a live socket");
    let mut asked = question(&listener).await;
    page.shutdown().await.expect("a live socket");
    let mut rest = Vec::new();
    let ended = timeout(WITHIN, page.read_to_end(&mut rest)).await;
    assert!(ended.is_ok() && rest.is_empty(), "the call ends with its page");
    asked.write_all(people(r#"[{"id":"2"}]"#).as_bytes()).await.expect("a live socket");
    let stored = async {
        while friends(&server, &own, "1").await != ["2"] {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(WITHIN, stored).await.expect("what was answered is stored");
}
