//! A conversation as a file, asked for as the hidden iframe of the 1.0 and 5.x clients does: with a cookie and nothing else.

use crate::support::{Ask, Server};

const HOSTILE: &str = "<script>alert(1)</script> & \"quotes\"\nsecond line";

#[tokio::test]
async fn a_page_in_which_everything_said_is_text() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    susan.says("jack", HOSTILE).await;
    let ask = Ask::get("/webim/download_history?id=jack&type=unicast&time=1795411491369&date=2026-11-3");
    let answer = susan.ask(ask.header("Sec-Fetch-Dest", "iframe").header("Sec-Fetch-Site", "same-origin")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"histories-2026-11-3.html\""));
    assert_eq!(answer.header("content-security-policy"), Some("sandbox"));
    let text = answer.text();
    assert!(text.starts_with("<!DOCTYPE html><html><head><meta charset=\"utf-8\">"), "{text}");
    let row = "<td class=\"body\">&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot;\nsecond line</td>";
    assert!(text.contains(row) && !text.contains("<script"), "{text}");
    assert!(text.contains("<tr><td>Jack Moreno</td><td class=\"body\">Under the frog?</td><td>20"), "{text}");
    assert_eq!(text.matches("<tr>").count(), 1 + 5);
}

#[tokio::test]
async fn a_table_without_formulas() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    for body in ["=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "plain, with a comma", "\t=1"] {
        susan.says("mary", body).await;
    }
    let answer = susan.get("download", "type=unicast&id=mary&format=csv&date=../x%22%0d%0aX-Evil:1").await;
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"histories--1.csv\""));
    assert_eq!(answer.header("x-evil"), None);
    let text = answer.text();
    let lines: Vec<&str> = text.strip_prefix('\u{feff}').expect("a mark").split_terminator("\r\n").collect();
    let bodies: Vec<&str> = lines
        .iter()
        .map(|line| line.strip_prefix("\"Susan Vale\",").map_or(*line, |rest| &rest[..rest.rfind(',').unwrap_or(0)]))
        .collect();
    assert_eq!(
        bodies,
        [
            "\"nick\",\"body\",\"time\"",
            "\"'=HYPERLINK(\"\"http://x\"\")\"",
            "\"'+1\"",
            "\"'-1\"",
            "\"'@SUM(A1)\"",
            "\"plain, with a comma\"",
            "\"'\t=1\""
        ]
    );
}

#[tokio::test]
async fn only_ones_own_conversations_and_the_newest_thousand() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    for number in 0..1_010 {
        susan.does("message", &format!("type=unicast&to=mary&body=number-{number};&cid=&style=&offline=0")).await;
    }
    let text = susan.get("download_history", "type=unicast&id=mary").await.text();
    assert_eq!(text.matches("<tr>").count(), 1 + 1_000);
    assert!(
        text.find("number-10;") < text.find("number-1009;") && !text.contains("number-9;"),
        "the newest, oldest first"
    );
    let mut lee = server.page("lee", "").await;
    for of in ["type=unicast&id=susan", "type=multicast&id=room2", "id=ghost"] {
        assert_eq!(lee.get("download_history", of).await.text().matches("<tr>").count(), 1, "{of}");
    }
    let room = susan.get("download_history", "type=multicast&id=room2").await.text();
    assert!(room.contains("The water should be like glass."), "{room}");
}

#[tokio::test]
async fn bad_downloads_are_refused_and_nobody_is_given_one() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    assert_eq!(susan.get("download_history", "type=unicast").await.code(), "missing_parameter");
    assert_eq!(susan.get("download_history", "type=smoke&id=jack").await.code(), "bad_parameter");
    assert_eq!(susan.get("download_history", "id=jack&format=exe").await.code(), "bad_parameter");
    let script = susan.get("download_history", "type=smoke&id=jack&callback=cb").await;
    assert_eq!(script.script("cb")["code"], "bad_parameter");
    let file = susan.get("download_history", "type=unicast&id=jack&callback=cb").await;
    assert!(file.text().starts_with("<!DOCTYPE html>"), "a file is never a call");
    let mut http = server.connect().await;
    let answer = http.ask(&Ask::get("/webim/download_history?type=unicast&id=jack")).await.expect("an answer");
    assert_eq!((answer.status, answer.code().as_str()), (401, "not_signed_in"));
    let foreign = Ask::get("/webim/download_history?type=unicast&id=jack").header("Sec-Fetch-Site", "cross-site");
    assert_eq!(susan.ask(foreign).await.code(), "cross_site");
}
