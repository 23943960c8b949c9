//! More than fits: long histories, full outboxes, more new messages than one answer takes.

use crate::support::member::bodies;
use crate::support::{Member, Server};
use serde_json::{Value, json};

/// Says so many things from ten tabs at once. Gives how many those are.
async fn says_many(from: &Member, to: &'static str, each: usize) -> usize {
    let mut sending = tokio::task::JoinSet::new();
    for tab in 0..10 {
        let mut from = from.tab();
        sending.spawn(async move {
            for count in 0..each {
                from.says(to, &format!("{tab} {count}")).await;
            }
        });
    }
    sending.join_all().await;
    10 * each
}

/// All have come once, in the order of the log, and those of each tab in the order they were said.
fn are_complete(heard: &[Value], each: usize) {
    let seqs: Vec<u64> = heard.iter().map(|message| message["seq"].as_u64().expect("a number")).collect();
    assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
    for tab in 0..10 {
        let of_tab: Vec<String> =
            bodies(&heard.into()).into_iter().filter(|body| body.starts_with(&format!("{tab} "))).collect();
        assert_eq!(of_tab, (0..each).map(|count| format!("{tab} {count}")).collect::<Vec<_>>());
    }
}

async fn polls_until(mary: &mut Member, heard: &mut Vec<Value>, count: usize) {
    while heard.len() < count {
        heard.extend(mary.poll().await["messages"].as_array().cloned().unwrap_or_default());
    }
}

#[tokio::test]
async fn a_history_is_the_last_thirty_oldest_first() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let mut mary = server.page("mary", "").await;
    let all: Vec<String> = (0..35).map(|count| count.to_string()).collect();
    for body in &all {
        susan.says("mary", body).await;
    }
    assert_eq!(bodies(&susan.read("histories", "ids=mary&type=unicast").await["mary"]), all[5..]);
    assert_eq!(bodies(&mary.read("histories", "id=susan&type=unicast").await), all[5..]);
    assert_eq!(bodies(&susan.tab().online("buddy_ids=mary").await["histories"]["mary"]), all[5..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_new_messages_than_an_answer_takes_come_oldest_first_and_the_rest_by_polls() {
    let server = Server::start().await;
    let mut susan = server.member("susan").await;
    let count = says_many(&susan, "mary", 53).await;
    let mut mary = server.member("mary").await;
    let opened = mary.online("buddy_ids=susan").await;
    let mut heard = opened["new_messages"].as_array().expect("a list").clone();
    assert_eq!((heard.len(), &opened["histories"]["susan"]), (500, &json!([])));
    polls_until(&mut mary, &mut heard, count).await;
    are_complete(&heard, 53);
    susan.says("mary", "after all that").await;
    assert_eq!(mary.hears().await, ["after all that"]);
    mary.poll().await;
    assert_eq!(mary.tab().online("").await["new_messages"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_that_overflows_is_filled_again_from_the_log() {
    let server = Server::start().await;
    let susan = server.page("susan", "").await;
    let mut mary = server.page("mary", "").await;
    let count = says_many(&susan, "mary", 56).await;
    let mut heard = Vec::new();
    polls_until(&mut mary, &mut heard, count).await;
    are_complete(&heard, 56);
}

#[tokio::test]
async fn a_twenty_first_ticket_ends_the_idlest() {
    let server = Server::start().await;
    let first = server.page("susan", "").await;
    let mut second = server.page("susan", "").await;
    let mut others = Vec::new();
    for _ in 0..18 {
        others.push(server.page("susan", "").await);
    }
    assert_eq!(second.read("buddies", "ids=jack").await[0]["id"], "jack");
    let held = second.hold().await;
    others.push(server.page("susan", "").await);
    others.push(first);
    let mut ended = 0;
    for member in &mut others {
        ended += usize::from(member.post("buddies", "ids=jack").await.status == 401);
    }
    assert_eq!(ended, 1, "one had to make room, and none that polls");
    assert_eq!(second.post("buddies", "ids=jack").await.status, 200);
    drop(held);
}

/// However much waits, one answer stays small enough to arrive, and the rest follows. Negative control: raise
/// `ANSWER_BYTES_MAX`.
#[tokio::test]
async fn an_answer_is_bounded_by_its_text_too() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    let body = "x".repeat(60_000);
    for count in 0..20 {
        susan.says("mary", &format!("{count} {body}")).await;
    }
    let mut mary = server.member("mary").await;
    let page = mary.online("").await;
    let mut heard = bodies(&page["new_messages"]);
    assert!((1..=5).contains(&heard.len()), "{} messages of 60 KB in one page", heard.len());
    while heard.len() < 20 {
        let portion = bodies(&mary.poll().await["messages"]);
        assert!(portion.len() <= 5, "{} messages of 60 KB in one answer", portion.len());
        heard.extend(portion);
    }
    let order: Vec<String> = heard.iter().filter_map(|text| text.split(' ').next().map(str::to_owned)).collect();
    assert_eq!(order, (0..20).map(|count| count.to_string()).collect::<Vec<_>>());
}
