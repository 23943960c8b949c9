//! A whole directory in one call, line by line: however it arrives, as far as it came, and again.

use super::{Api, assert_problem, exchange, one_site, site, whole};
use crate::support::sites::{ONE, TWO, enters, serve};
use crate::support::{Answer, Ask, Http};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::Duration;
use tokio::time::sleep;

/// A directory with everything in it that a line can say; lines end in both ways, one is blank, and the last one does not end.
const DIRECTORY: &str = concat!(
    "{\"user\":{\"id\":\"1\",\"name\":\"Änn 陈 🙂\",\"avatar\":\"https://one.example/1.png\",\"url\":\"/1\"}}\n",
    "{\"user\":{\"id\":\"2\"}}\r\n",
    "\n",
    "{\"user\":{\"id\":\"a/b c\",\"name\":\"Odd\"}}\n",
    "{\"room\":{\"id\":\"r\",\"name\":\"Room\",\"open\":true,\"url\":\"/r\"}}\n",
    "{\"buddies\":{\"user\":\"1\",\"buddy\":\"2\",\"group\":\"work\",\"buddy_group\":\"boss\"}}\r\n",
    "{\"member\":{\"room\":\"r\",\"user\":\"1\"}}\n",
    "{\"member\":{\"room\":\"r\",\"user\":\"2\"}}\n",
    "  {\"buddies\":{\"user\":\"1\",\"buddy\":\"a/b c\"}}  \n",
    "{\"not_buddies\":{\"user\":\"a/b c\",\"buddy\":\"1\"}}\n",
    "{\"user\":{\"id\":\"3\",\"name\":\"Last\"}}",
);
const DIRECTORY_LINES: u64 = 11;

fn ask(api: &Api, query: &str, lines: &str) -> Ask {
    api.ask("POST", &format!("sync{query}")).header("Content-Type", "application/x-ndjson").body(lines)
}

/// The reports of a sync that was begun.
#[track_caller]
fn reports(answer: &Answer) -> Vec<Value> {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, Some("application/x-ndjson")),
        "{}",
        answer.text()
    );
    let text = answer.text();
    assert!(text.ends_with('\n'), "{text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))).collect()
}

/// Sends lines in one piece; they must give one report.
async fn sync(api: &Api, query: &str, lines: &str) -> Value {
    let reports = reports(&api.send(&ask(api, query, lines)).await);
    assert_eq!(reports.len(), 1, "{reports:?}");
    reports[0].clone()
}

/// The head of a sync whose length nobody knows.
fn chunked_head(api: &Api) -> String {
    format!(
        "POST /api/v1/sync HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        api.address, api.key
    )
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

/// Sends lines in chunks of sizes that repeat, each written by itself.
async fn in_pieces(api: &Api, lines: &[u8], sizes: &[usize]) -> Answer {
    let mut http = Http::open(api.address).await.expect("a connection");
    http.send_bytes(chunked_head(api).as_bytes()).await.expect("sent");
    let (mut rest, mut sizes) = (lines, sizes.iter().cycle());
    while let (false, Some(size)) = (rest.is_empty(), sizes.next()) {
        let (piece, left) = rest.split_at((*size).min(rest.len()));
        http.send_bytes(&chunk(piece)).await.expect("sent");
        tokio::task::yield_now().await;
        rest = left;
    }
    http.send_bytes(b"0\r\n\r\n").await.expect("sent");
    whole(&mut http).await
}

/// So many users, one a line.
fn users(numbers: std::ops::Range<usize>) -> String {
    let mut lines = String::new();
    for number in numbers {
        writeln!(lines, "{{\"user\":{{\"id\":\"u{number}\"}}}}").expect("a text takes more");
    }
    lines
}

/// Negative control: let `feed` begin anew with every piece.
#[tokio::test]
async fn a_directory_is_the_same_however_it_is_cut() {
    let server = serve().await;
    let (_, one) = site(&server, ONE).await;
    let complete = json!({"line": DIRECTORY_LINES, "complete": true});
    assert_eq!(sync(&one, "", DIRECTORY).await, complete);
    let listing = async |api: &Api| {
        let mut listing = Vec::new();
        for path in
            ["users", "rooms", "rooms/r/members", "users/1/buddies", "users/2/buddies", "users/a%2Fb%20c/buddies"]
        {
            listing.push(api.reads(path).await);
        }
        listing
    };
    let expected = listing(&one).await;
    assert_eq!(one.ids("users").await, ["1", "2", "a/b c", "3"]);
    let ann = json!({"id": "1", "name": "Änn 陈 🙂", "avatar": "https://one.example/1.png", "url": "/1"});
    assert_eq!(expected[0]["items"][0], ann);
    let room =
        json!({"id": "r", "name": "Room", "avatar": "", "url": "/r", "open": true, "members": 2, "temporary": false});
    assert_eq!(expected[1]["items"], json!([room]));
    assert_eq!(expected[3], json!([{"id": "2", "name": "2", "group": "work"}]));
    assert_eq!(expected[4], json!([{"id": "1", "name": "Änn 陈 🙂", "group": "boss"}]));
    assert_eq!(expected[5], json!([]), "friends no more");
    let cuts: [&[usize]; 5] = [&[1], &[2, 3], &[7, 1, 13], &[63, 64, 65], &[10_000]];
    for (index, sizes) in cuts.into_iter().enumerate() {
        let (_, other) = site(&server, &format!("cut{index}.example")).await;
        assert_eq!(
            reports(&in_pieces(&other, DIRECTORY.as_bytes(), sizes).await),
            std::slice::from_ref(&complete),
            "{sizes:?}"
        );
        assert_eq!(listing(&other).await, expected, "{sizes:?}");
    }
    let (_, empty) = site(&server, TWO).await;
    assert_eq!(sync(&empty, "", "").await, json!({"line": 0, "complete": true}), "nothing is a directory, too");
}

/// Negative controls: let `carry_out` begin anew after a refusal; let `all` put members into rooms before all else.
#[tokio::test]
async fn a_bad_line_ends_it_and_what_stands_before_is_done() {
    let server = serve().await;
    for (index, (bad, code)) in [
        ("nonsense", "bad_request"),
        ("{\"user\":{\"id\":\"9\"}} {}", "bad_request"),
        ("{\"user\":{\"id\":\"9\",\"nick\":\"x\"}}", "bad_request"),
        ("{\"user\":{\"id\":\"9\"},\"room\":{\"id\":\"r\",\"name\":\"R\"}}", "bad_request"),
        ("{\"person\":{\"id\":\"9\"}}", "bad_request"),
        ("{\"user\":{\"id\":9}}", "bad_request"),
        ("{\"room\":{\"id\":\"r\"}}", "bad_request"),
        ("{\"user\":[\"9\",\"x\",\"\",\"\"]}", "bad_request"),
        ("[\"user\"]", "bad_request"),
        ("{\"user\":{\"id\":\"vid:9\"}}", "bad_parameter"),
        ("{\"user\":{\"id\":\"a,b\"}}", "bad_parameter"),
        ("{\"user\":{\"id\":\"9\",\"name\":\" \"}}", "bad_parameter"),
        ("{\"user\":{\"id\":\"9\",\"url\":\"javascript:x\"}}", "bad_parameter"),
        ("{\"buddies\":{\"user\":\"u1\",\"buddy\":\"u1\"}}", "bad_parameter"),
        ("{\"buddies\":{\"user\":\"u1\",\"buddy\":\"ghost\"}}", "unknown_user"),
        ("{\"not_buddies\":{\"user\":\"ghost\",\"buddy\":\"u1\"}}", "unknown_user"),
        ("{\"member\":{\"room\":\"ghost\",\"user\":\"u1\"}}", "unknown_room"),
    ]
    .into_iter()
    .enumerate()
    {
        let (_, api) = site(&server, &format!("bad{index}.example")).await;
        let lines = |bad: &str| format!("{}{bad}\n{}", users(0..2), users(3..5));
        let report = sync(&api, "", &lines(bad)).await;
        assert_eq!((&report["line"], &report["complete"]), (&json!(2), &json!(false)), "{bad}: {report}");
        let problem = &report["problem"];
        assert_eq!((&problem["code"], &problem["type"]), (&json!(code), &json!(format!("urn:nextim:problem:{code}"))));
        assert!(problem["detail"].is_string() && problem["status"].is_u64(), "{bad}: {report}");
        assert_eq!(api.ids("users").await, ["u0", "u1"], "{bad}");
        let good = "{\"user\":{\"id\":\"u2\"}}";
        let report = sync(&api, "?after_line=2", &lines(good)).await;
        assert_eq!(report, json!({"line": 5, "complete": true}), "{bad}");
        assert_eq!(api.ids("users").await, ["u0", "u1", "u2", "u3", "u4"], "{bad}");
        assert!(api.ids("rooms").await.is_empty(), "{bad}");
    }
}

/// Negative control: let `carry_out` count back by what is to be done, and not by lines.
#[tokio::test]
async fn blank_lines_are_lines() {
    let (_server, _, api) = one_site().await;
    let ghost = "{\"buddies\":{\"user\":\"u0\",\"buddy\":\"ghost\"}}\n";
    let report = sync(&api, "", &format!("{}{ghost}\n\n\n{}", users(0..1), users(1..2))).await;
    assert_eq!((&report["line"], &report["problem"]["code"]), (&json!(1), &json!("unknown_user")), "{report}");
    let report = sync(&api, "?after_line=1", &format!("\n\n\n\n{}", users(1..2))).await;
    assert_eq!(report, json!({"line": 5, "complete": true}));
    assert_eq!(api.ids("users").await, ["u0", "u1"]);
    assert_eq!(sync(&api, "", "\n\n \r\n").await, json!({"line": 3, "complete": true}));
}

/// Negative control: leave `carry_out` out where a line is too long.
#[tokio::test]
async fn a_line_that_is_too_long_ends_it_as_any_bad_line_does() {
    let server = serve().await;
    for (index, end) in ["\n{\"user\":{\"id\":\"u3\"}}\n", ""].into_iter().enumerate() {
        let (_, api) = site(&server, &format!("long{index}.example")).await;
        let long = format!("{}{{\"user\":{{\"id\":\"9\",\"url\":\"/{}\"}}}}{end}", users(0..2), "x".repeat(70_000));
        let report = sync(&api, "", &long).await;
        assert_eq!((&report["line"], &report["problem"]["code"]), (&json!(2), &json!("too_large")), "{report}");
        assert_eq!(api.ids("users").await, ["u0", "u1"]);
    }
}

/// Negative control: let `take` skip a line less, or `finish` forget what was skipped.
#[tokio::test]
async fn a_sync_goes_on_after_the_line_that_it_is_told() {
    let (_server, _, api) = one_site().await;
    assert_eq!(sync(&api, "?after_line=3", &users(0..5)).await, json!({"line": 5, "complete": true}));
    assert_eq!(api.ids("users").await, ["u3", "u4"]);
    let nonsense = format!("nonsense\n\n{}", users(5..6));
    assert_eq!(sync(&api, "?after_line=2", &nonsense).await, json!({"line": 3, "complete": true}), "skipped unread");
    let report = sync(&api, "?after_line=9", &users(6..8)).await;
    assert_eq!((&report["complete"], &report["problem"]["code"]), (&json!(false), &json!("bad_parameter")), "{report}");
    assert_eq!(api.ids("users").await, ["u3", "u4", "u5"], "a shorter directory is another one");
    for (query, code) in [
        ("?after_line=x", "bad_parameter"),
        ("?after_line=", "bad_parameter"),
        ("?after_line=1&after_line=1", "repeated_parameter"),
    ] {
        assert_problem(&api.send(&ask(&api, query, &users(8..9))).await, 400, code, query);
    }
    assert_eq!(api.ids("users").await.len(), 3);
}

/// Negative control: let `befriend` of the store add a friendship anew, or `seat_all` count who is in the room.
#[tokio::test]
async fn a_directory_that_is_said_again_changes_nothing() {
    let (server, own, api) = one_site().await;
    let plain = DIRECTORY.replace("a/b c", "ab");
    sync(&api, "", &plain).await;
    let (one, two) = (enters(&server, &own, "1").await, enters(&server, &own, "2").await);
    one.says("2", "hello").await;
    assert_eq!(two.hears().await, ["hello"]);
    let before = api.listing().await;
    for _ in 0..2 {
        assert_eq!(sync(&api, "", &plain).await["complete"], true);
        assert_eq!(api.listing().await, before);
    }
    one.says("2", "the end").await;
    assert!(two.sees_until("the end").await.is_empty(), "and nobody is told of it");
}

/// Negative control: let `run` carry out what is left when the connection ends, or not count a part that was carried out.
#[tokio::test]
async fn what_is_cut_off_leaves_its_beginning_and_may_be_repeated() {
    let (server, _, api) = one_site().await;
    let all = users(0..1_300);
    let mut http = server.connect().await;
    http.send_bytes(chunked_head(&api).as_bytes()).await.expect("sent");
    let sent = users(0..1_200) + "{\"user\":{\"id\":\"u12";
    http.send_bytes(&chunk(sent.as_bytes())).await.expect("sent");
    // It is carried out while it arrives.
    for _ in 0..100 {
        if api.ids("users").await.len() >= 1_000 {
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    drop(http);
    sleep(Duration::from_millis(300)).await;
    let ids: Vec<String> = (0..1_300).map(|number| format!("u{number}")).collect();
    let found = api.ids("users").await;
    assert!((1_000..=1_200).contains(&found.len()), "{}", found.len());
    assert_eq!(found, ids[..found.len()], "a beginning, without a gap");
    assert_eq!(sync(&api, "", &all).await, json!({"line": 1_300, "complete": true}));
    assert_eq!(api.ids("users").await, ids);
}

/// Negative control: leave `told` as it was when a report is made.
#[tokio::test]
async fn a_long_sync_tells_how_far_it_has_come() {
    let (server, _, api) = one_site().await;
    let mut http = server.connect().await;
    let reports = reports(&exchange(&mut http, &ask(&api, "", &users(0..1).repeat(10_800))).await);
    assert_eq!(reports.len(), 2, "{reports:?}");
    let line = reports[0]["line"].as_u64().expect("a line");
    assert!((10_000..=10_800).contains(&line), "{reports:?}");
    assert_eq!(reports[0], json!({"line": line, "complete": false}));
    assert_eq!(reports[1], json!({"line": 10_800, "complete": true}));
    assert_eq!(api.ids("users").await, ["u0"]);
    assert_eq!(exchange(&mut http, &api.ask("GET", "site")).await.status, 200, "the connection goes on");
}

/// Negative control: let `begin` answer before it has looked at the key.
#[tokio::test]
async fn a_sync_reaches_the_pages_that_are_open() {
    let (server, own, api) = one_site().await;
    api.makes(&["1", "2"]).await;
    let (one, two) = (enters(&server, &own, "1").await, enters(&server, &own, "2").await);
    let lines = [
        "{\"user\":{\"id\":\"1\",\"name\":\"Ann\"}}",
        "{\"room\":{\"id\":\"r\",\"name\":\"R\"}}",
        "{\"member\":{\"room\":\"r\",\"user\":\"2\"}}",
        "{\"member\":{\"room\":\"r\",\"user\":\"1\"}}",
    ];
    assert_eq!(sync(&api, "", &lines.join("\n")).await, json!({"line": 4, "complete": true}));
    let said = one.post("message", "type=multicast&to=r&body=hello&style=").await;
    assert_eq!(said.text(), "ok");
    let heard = super::first_heard(&two).await;
    assert_eq!((&heard["nick"], &heard["body"]), (&json!("Ann"), &json!("hello")));
}
