//! The load generator tells a good server from a bad one: run as users run it, against servers of its own and against one that lies.

mod fake;

use fake::{Fake, Lie};
use serde_json::Value;
use std::process::{Command, Output};
use tempfile::TempDir;

/// Runs a load test, which must end by itself; its JSON is read from the file that it wrote.
fn loadtest(arguments: &[&str]) -> (Output, Value) {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("result.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_nextim"));
    command.arg("loadtest").args(arguments).arg("--json").arg(&file);
    command.env_clear().env("TMPDIR", folder.path()).current_dir(folder.path());
    let output = command.output().expect("the binary runs");
    let text = std::fs::read_to_string(&file);
    let result = text.map_or(Value::Null, |text| serde_json::from_str(&text).expect("the result is JSON"));
    let left =
        std::fs::read_dir(folder.path()).expect("the folder").filter_map(Result::ok).map(|entry| entry.file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().starts_with("nextim-loadtest")).collect();
    assert!(left.is_empty(), "the server's folder is left: {left:?}");
    (output, result)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_idle_population_is_held_and_measured() {
    let (output, result) = loadtest(&["idle", "--members", "40", "--seconds", "2", "--friends", "4"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!((result["members_held"].as_u64(), result["dropped"].as_u64()), (Some(40), Some(0)), "{result:#}");
    assert!(result["server_rss_bytes_per_member"].as_f64().is_some_and(|bytes| bytes >= 0.0), "{result:#}");
    assert_eq!(result["latency_ms"]["count"], 20, "ten probes a second: {result:#}");
    assert_eq!((&result["lost"], &result["duplicated"]), (&Value::from(0), &Value::from(0)));
}

#[test]
fn members_talk_by_every_transport() {
    let arguments = [
        "talk",
        "--members",
        "40",
        "--rate",
        "60",
        "--seconds",
        "2",
        "--transport",
        "poll,jsonp,websocket,sse",
        "--svg",
        "a.svg",
    ];
    let (output, result) = loadtest(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!((&result["accepted"], &result["delivered"]), (&Value::from(120), &Value::from(120)), "{result:#}");
    assert_eq!(result["errors"], serde_json::json!({}));
    assert_eq!(result["good"], true);
    assert!(result["server_cpu_us_per_message"].as_f64().is_some_and(|us| us > 0.0), "{result:#}");
    for name in ["p50", "p99", "p999", "max"] {
        assert!(result["latency_ms"][name].as_f64().is_some_and(|ms| ms > 0.0), "{name}: {result:#}");
    }
    assert!(String::from_utf8_lossy(&output.stdout).contains("lost 0"), "the table is on standard output");
}

#[test]
fn as_many_messages_as_it_takes_are_all_delivered() {
    let (output, result) =
        loadtest(&["talk", "--members", "40", "--saturate", "8", "--seconds", "2", "--clients", "3"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(result["accepted"].as_u64().is_some_and(|count| count > 50), "{result:#}");
    assert_eq!(result["accepted"], result["delivered"]);
    assert_eq!(result["clients"], 3);
}

/// Over several clients: who sends and who receives are in different processes.
#[test]
fn rooms_and_storms_lose_nothing() {
    let room = ["room", "--members", "30", "--rooms", "3", "--rate", "10", "--seconds", "2", "--clients", "2"];
    let (output, result) = loadtest(&room);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(result["delivered"].as_u64(), result["accepted"].as_u64().map(|count| count * 9), "{result:#}");
    let (output, result) = loadtest(&["storm", "--members", "40", "--rate", "40", "--seconds", "2", "--talk", "30"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!((&result["reloads"], &result["online_ms"]["count"]), (&Value::from(80), &Value::from(80)), "{result:#}");
    assert_eq!(result["lost"], 0);
}

#[test]
fn a_restart_under_load_is_survived() {
    let (output, result) =
        loadtest(&["storm", "--restart", "--members", "40", "--seconds", "6", "--transport", "poll,websocket,sse"]);
    assert_eq!(output.status.code(), Some(0), "{}\n{result:#}", said(&output));
    assert_eq!(result["members_held"], 40);
    assert!(
        result["reconnected"].as_u64().is_some_and(|count| count >= 40),
        "everybody's connection broke: {result:#}"
    );
    assert!(result["back_s"].as_f64().is_some_and(|seconds| seconds > 0.0), "{result:#}");
}

fn against(lie: Lie, more: &[&str]) -> (Output, Value) {
    let fake = Fake::start(lie);
    let target = format!("http://{}", fake.address);
    let mut arguments = vec!["talk", "--members", "6", "--seconds", "1", "--drain", "1", "--clients", "1"];
    arguments.extend(["--target", &target, "--cookie", "member={id}"]);
    arguments.extend(more);
    loadtest(&arguments)
}

/// What makes the others worth something: the same test against a server that keeps its word passes.
#[test]
fn an_honest_server_of_another_make_passes() {
    let (output, result) = against(Lie::None, &["--rate", "20"]);
    assert_eq!(output.status.code(), Some(0), "{}\n{result:#}", said(&output));
    assert_eq!((&result["accepted"], &result["delivered"]), (&Value::from(20), &Value::from(20)));
    assert!(result["server_rss_bytes_per_member"].is_null(), "nobody said which process it is");
}

/// Negative control: let `Ledger::sums` count what was accepted as delivered, and this fails.
#[test]
fn a_message_that_is_swallowed_is_lost() {
    let (output, result) = against(Lie::Swallow, &["--rate", "20"]);
    assert_eq!(output.status.code(), Some(1), "{result:#}");
    assert_eq!((&result["accepted"], &result["lost"]), (&Value::from(20), &Value::from(4)), "every fifth: {result:#}");
    assert!(said(&output).contains("lost"), "{}", said(&output));
}

/// Negative control: let `Ledger::delivered` forget the stretch, and this fails.
#[test]
fn a_message_that_comes_twice_is_duplicated() {
    let (output, result) = against(Lie::Double, &["--rate", "20"]);
    assert_eq!(output.status.code(), Some(1), "{result:#}");
    assert_eq!((&result["delivered"], &result["duplicated"]), (&Value::from(20), &Value::from(4)), "{result:#}");
}

/// Negative control: measure from when a message was written to the socket, and this finds a few milliseconds.
#[test]
fn a_pause_of_the_server_is_felt_by_all_that_was_due_in_it() {
    let (output, result) = against(Lie::Pause, &["--rate", "100"]);
    assert_eq!(output.status.code(), Some(0), "{}\n{result:#}", said(&output));
    // Nothing is answered for 0.5 s of one: half of the messages were due in it, and waited 250 ms on average.
    let middle = result["delivery_ms"]["p90"].as_f64();
    assert!(middle.is_some_and(|ms| ms > 300.0), "{result:#}");
}

#[test]
fn connections_that_end_are_dropped() {
    let (output, result) = against(Lie::HangUp, &["--rate", "20"]);
    assert_eq!(output.status.code(), Some(1), "{result:#}");
    assert!(result["dropped"].as_u64().is_some_and(|count| count > 0), "{result:#}");
    assert!(said(&output).contains("ended while members listened"), "{}", said(&output));
}

#[test]
fn wrong_arguments_are_said_at_once() {
    let (output, _) = loadtest(&["talk", "--target", "http://127.0.0.1:9", "--members", "4"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--token-secret"), "{}", said(&output));
    let (output, _) = loadtest(&["talk", "--target", "https://127.0.0.1:9", "--members", "4"]);
    assert_eq!(output.status.code(), Some(2));
    let (output, _) = loadtest(&["talk", "--rate", "-1", "--members", "4"]);
    assert_eq!(output.status.code(), Some(2));
}
