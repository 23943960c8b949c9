//! A member taken away by the site's own server, and a site by whoever runs this one, while members go on talking.

use super::{Api, assert_problem, one_site, site, whole};
use crate::support::sites::{ONE, TWO, enters, serve};
use crate::support::{Answer, Ask, Http, Server};
use nextim::app::control::{Take, Tell, export};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

/// The lines of an export that is whole: the first, the things, and what the last says.
#[track_caller]
fn lines(text: &str) -> (Value, Vec<Value>, Value) {
    assert!(text.ends_with('\n'), "{text}");
    let mut lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}")))
        .collect();
    let count = lines.len();
    let end = lines.pop().expect("a last line")["end"].clone();
    assert_eq!(end["lines"], count, "{end}");
    let first = lines.remove(0)["export"].clone();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for line in &lines {
        let kind = line.as_object().expect("an object").keys().next().expect("a kind");
        *counts.entry(kind.clone()).or_insert(0) += 1;
    }
    assert_eq!(end["counts"], json!(counts), "what the last line counts is there");
    (first, lines, end)
}

/// The things of one kind.
fn all<'l>(lines: &'l [Value], kind: &str) -> Vec<&'l Value> {
    lines.iter().filter_map(|line| line.get(kind)).collect()
}

fn bodies(lines: &[Value]) -> Vec<&str> {
    all(lines, "message").into_iter().map(|message| message["body"].as_str().expect("a body")).collect()
}

#[track_caller]
fn streamed(answer: &Answer) -> (Value, Vec<Value>, Value) {
    let kind = answer.header("content-type");
    assert_eq!((answer.status, kind), (200, Some("application/x-ndjson")), "{}", answer.text());
    lines(&answer.text())
}

/// Takes a site away as the command line does, in a thread that may wait; gives what was written, and what was told in the end.
async fn take(server: &Server, site: &str, user: Option<&str>) -> Result<(String, Value), String> {
    let (config, site, user) = (server.config.clone(), site.to_owned(), user.map(str::to_owned));
    let taking = move || {
        let text = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&text);
        let take: Take = Arc::new(move |bytes: &[u8]| {
            into.lock().expect("no panic while held").extend_from_slice(bytes);
            Ok(())
        });
        let tell: Tell = Arc::new(|_| {});
        let report = export(&config, &site, user.as_deref(), &take, &tell).map_err(|error| error.to_string())?;
        let text = text.lock().expect("no panic while held").clone();
        Ok((String::from_utf8(text).expect("UTF-8"), report))
    };
    tokio::task::spawn_blocking(taking).await.expect("an export does not panic")
}

async fn says(api: &Api, from: &str, to: &str, body: &str) {
    api.does("POST", "messages", &json!({"from": from, "to": to, "body": body})).await;
}

/// Negative controls: take `hidden IS NOT` out of `LOG_OF_ONE` of the store; look for blocks by `peer`; leave `known_to` out.
#[tokio::test]
async fn a_member_is_taken_away_without_what_others_decided() {
    let (server, own, api) = one_site().await;
    api.makes(&["1", "2", "3"]).await;
    api.does("PUT", "users/a%2Fb%20c", &json!({"name": "Name a/b c"})).await;
    api.seats("r", &["1", "2"]).await;
    api.settles("PUT", "users/1/buddies/2", Some(&json!({"group": "work", "buddy_group": "secretly"}))).await;
    let page = enters(&server, &own, "1").await;
    says(&api, "1", "2", "before").await;
    api.settles("PUT", "users/2/blocks/1", None).await;
    page.says("2", "unheard").await;
    says(&api, "3", "1", "Größe <b> \u{2028} 🙂\n").await;
    says(&api, "2", "3", "not theirs").await;
    api.settles("PUT", "users/1/blocks/3", None).await;
    says(&api, "3", "1", "kept from them").await;
    assert_eq!(
        page.post("setting", &format!("data={}", crate::support::urls::encode(r#"{"play_sound":false}"#))).await.status,
        200
    );

    let answer = api.call("GET", "users/1/export").await;
    let (first, lines, _) = streamed(&answer);
    assert_eq!(
        (&first["version"], &first["of"], &first["site"], &first["user"]),
        (&json!(1), &json!("user"), &json!(ONE), &json!("1"))
    );
    assert_eq!(bodies(&lines), ["before", "unheard", "Größe <b> \u{2028} 🙂\n"]);
    let unheard = all(&lines, "message")[1];
    assert!(unheard.get("hidden").is_none() && unheard["session"].is_string(), "{unheard}");
    assert_eq!((&unheard["type"], &unheard["from"], &unheard["to"]), (&json!("unicast"), &json!("1"), &json!("2")));
    let blocks: Vec<(&Value, &Value)> =
        all(&lines, "block").iter().map(|block| (&block["user"], &block["peer"])).collect();
    assert_eq!(blocks, [(&json!("1"), &json!("3"))]);
    assert_eq!(all(&lines, "friendship"), [&json!({"user": "1", "buddy": "2", "group": "work"})]);
    assert_eq!((all(&lines, "user").len(), all(&lines, "room").len(), all(&lines, "session").len()), (1, 1, 1));
    assert_eq!(all(&lines, "setting")[0]["value"], json!(false));
    for secret in [&page.ticket, &own.secret_key, &own.token_secret] {
        assert!(!answer.text().contains(secret.as_str()));
    }

    let (_, lines, _) = streamed(&api.call("GET", "users/2/export").await);
    assert_eq!(bodies(&lines), ["before", "not theirs"], "who blocks does not hear");
    let (_, lines, _) = streamed(&api.call("GET", "users/a%2Fb%20c/export").await);
    assert_eq!(all(&lines, "user")[0]["id"], "a/b c");
    assert_problem(&api.call("GET", "users/nobody/export").await, 404, "unknown_user", "nobody");
    assert_problem(&api.call("GET", "users//export").await, 400, "bad_parameter", "no id");
    assert_problem(
        &server.connect().await.ask(&Ask::get("/api/v1/users/1/export")).await.expect("an answer"),
        401,
        "bad_key",
        "no key",
    );
}

/// Negative control: let `Lines` count what it has not written, or begin again after a part.
#[tokio::test]
async fn a_site_is_taken_away_while_its_members_talk() {
    let server = serve().await;
    let ((own, one), (_, two)) = (site(&server, ONE).await, site(&server, TWO).await);
    for api in [&one, &two] {
        api.makes(&["1", "2"]).await;
        api.seats("r", &["1", "2"]).await;
    }
    let page = enters(&server, &own, "1").await;
    for index in 0..250 {
        says(&one, "1", "2", &format!("{index}")).await;
    }
    says(&two, "1", "2", "another site's").await;
    let talking = {
        let one = one.clone();
        tokio::spawn(async move {
            for index in 250..400 {
                says(&one, "2", "1", &format!("{index}")).await;
            }
        })
    };
    let (text, report) = take(&server, ONE, None).await.expect("an export");
    talking.await.expect("they talk on");
    let (first, things, end) = lines(&text);
    assert_eq!((&first["of"], &first["site"], first.get("user")), (&json!("site"), &json!(ONE), None));
    assert_eq!((&report["lines"], &report["counts"], &report["head"]), (&end["lines"], &end["counts"], &first["head"]));
    let said: Vec<String> = bodies(&things).into_iter().map(str::to_owned).collect();
    assert!((250..=400).contains(&said.len()), "{}", said.len());
    let expected: Vec<String> = (0..said.len()).map(|index| index.to_string()).collect();
    assert_eq!(said, expected, "each once, in order, and none of another site");
    // Two people sat down before anything was said.
    assert_eq!(first["head"], said.len() + 2);
    for secret in [&page.ticket, &own.secret_key, &own.token_secret, &own.public_key] {
        assert!(!text.contains(secret.as_str()));
    }
    let (text, _) = take(&server, &own.public_key, Some("1")).await.expect("an export");
    assert_eq!(lines(&text).0["user"], "1");
    for (site, user) in [("nowhere.example", None), (ONE, Some("nobody")), (ONE, Some("a,b"))] {
        take(&server, site, user).await.expect_err("nothing to take away");
    }
}

/// What the real binary says.
async fn nextim(arguments: Vec<String>) -> Output {
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_nextim")).args(arguments).env_clear().output().expect("the binary runs")
    };
    tokio::task::spawn_blocking(run).await.expect("a command ends")
}

/// With a server and without one.
///
/// Negative controls: open the file with `create` in place of `create_new`; leave its mode out.
#[tokio::test]
async fn the_command_makes_a_file_for_its_owner_alone() {
    let (mut server, _, api) = one_site().await;
    api.makes(&["1", "2"]).await;
    says(&api, "1", "2", "hello").await;
    let data = server.config.data.clone();
    let command = |out: Option<&str>| {
        let mut words = vec!["site", "export", ONE, "--data"].into_iter().map(str::to_owned).collect::<Vec<_>>();
        words.push(data.display().to_string());
        if let Some(out) = out {
            words.extend(["--out".to_owned(), data.join(out).display().to_string()]);
        }
        words
    };
    for (out, serves) in [("one.ndjson", true), ("two.ndjson", false)] {
        if !serves {
            server.stop().await;
        }
        let output = nextim(command(Some(out))).await;
        assert!(output.status.success(), "{output:?}");
        let mode = std::fs::metadata(data.join(out)).expect("the file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{out}");
        let written = std::fs::read_to_string(data.join(out)).expect("the file");
        assert_eq!(bodies(&lines(&written).1), ["hello"]);
        let again = nextim(command(Some(out))).await;
        assert_eq!(again.status.code(), Some(4), "{again:?}");
        assert_eq!(std::fs::read_to_string(data.join(out)).expect("the file"), written, "it is left as it was");
        let piped = nextim(command(None)).await;
        assert_eq!(bodies(&lines(&String::from_utf8(piped.stdout).expect("UTF-8")).1), ["hello"]);
    }
    let mut unknown = command(Some("three.ndjson"));
    unknown.extend(["--user".to_owned(), "nobody".to_owned()]);
    assert_eq!(nextim(unknown).await.status.code(), Some(1));
    assert!(!data.join("three.ndjson").exists(), "nothing is left of what was not written");
}

/// A caller that reads nothing for a while, and then goes on, has it all.
#[tokio::test]
async fn an_export_waits_for_whoever_reads_it_slowly() {
    let (server, _, api) = one_site().await;
    api.makes(&["1", "2"]).await;
    let long = "x".repeat(60_000);
    for _ in 0..40 {
        says(&api, "1", "2", &long).await;
    }
    let mut http = Http::open(server.address).await.expect("a connection");
    http.send(&api.ask("GET", "users/1/export")).await.expect("sent");
    http.arrived().await;
    // Others are served meanwhile.
    says(&api, "2", "1", "later").await;
    let (_, lines, _) = streamed(&whole(&mut http).await);
    let said = bodies(&lines);
    assert!(said.len() == 40 && said.iter().all(|body| *body == long), "{}", said.len());
}
