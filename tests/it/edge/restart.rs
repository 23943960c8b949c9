//! A stop in order and a start on the same files: nothing that was answered is lost, and open pages go on.

use crate::support::member::bodies;
use crate::support::{Ask, Server};

#[tokio::test]
async fn a_stop_answers_held_polls_and_lets_nobody_in() {
    let mut server = Server::start_with(|config| config.times.poll_hold_ms = 30_000).await;
    let mut susan = server.page("susan", "").await;
    let jack = server.page("jack", "").await;
    susan.poll().await; // she hears that jack came
    let (mut one, mut two) = (susan.hold().await, jack.hold().await);
    let mut idle = server.connect().await;
    idle.ask(&Ask::get("/healthz")).await.expect("an answer");
    server.stop().await;
    for held in [&mut one, &mut two] {
        let answer = held.answer().await.expect("an answer before the end");
        assert_eq!((answer.status, &answer.json()["status"]), (200, &"ok".into()));
        assert_eq!(answer.header("connection"), Some("close"));
        assert!(held.is_closed().await);
    }
    assert!(idle.is_closed().await);
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn a_ticket_goes_on_after_a_restart_with_what_was_sent_meanwhile() {
    let mut server = Server::start().await;
    let mut susan = server.page("susan", "stranger_ids=lee").await;
    let mut jack = server.page("jack", "").await;
    jack.says("susan", "heard before").await;
    assert_eq!(susan.hears().await, ["heard before"]);
    susan.poll().await;
    jack.says("susan", "missed").await;
    server.stop().await;
    server.start_again().await;
    let (ticket, cookie) = (susan.ticket.clone(), susan.cookie.clone());
    let mut susan = server.member("susan").await;
    (susan.ticket, susan.cookie) = (ticket, cookie);
    assert_eq!(susan.hears().await, ["missed"]);
    jack.says("susan", "and after").await;
    assert_eq!(susan.hears().await, ["and after"]);
    server.page("lee", "").await;
    let told = loop {
        let packet = susan.poll().await;
        if packet["presences"][0]["from"] == "lee" {
            break packet["presences"][0]["type"].clone();
        }
    };
    assert_eq!(told, "online", "the page still shows its stranger");
}

#[tokio::test]
async fn history_settings_rooms_and_states_survive() {
    let mut server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    susan.says("jack", "kept").await;
    susan.does("setting", "theme=dark&play_sound=false").await;
    susan.does("block", "id=room1").await;
    susan.does("leave", "id=room2").await;
    susan.does("clear_history", "ids=josh").await;
    susan.does("presence", "show=dnd&status=thinking").await;
    let read = |opened: &serde_json::Value| {
        let history = bodies(&opened["histories"]["jack"]);
        let user = ["show", "status", "status_time"].map(|field| opened["user"][field].clone());
        let josh = bodies(&opened["histories"]["josh"]).len();
        (history, opened["setting"].clone(), opened["rooms"].clone(), user, josh)
    };
    let before = read(&susan.tab().online("buddy_ids=jack,josh").await);
    for _ in 0..2 {
        server.stop().await;
        server.start_again().await;
        let after = read(&susan.tab().online("buddy_ids=jack,josh").await);
        assert_eq!(after, before);
    }
    assert_eq!((before.0.last().map(String::as_str), before.4), (Some("kept"), 0));
}

#[tokio::test]
async fn an_ended_ticket_stays_ended() {
    let mut server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    susan.does("offline", "").await;
    server.stop().await;
    server.start_again().await;
    assert_eq!(susan.poll().await, serde_json::Value::Null);
}

#[tokio::test]
async fn a_second_server_on_the_same_files_refuses_and_says_who_has_them() {
    let server = Server::start().await;
    let mut config = server.config.clone();
    config.listen.set_port(0);
    let Err(error) = nextim::app::start(&config).await else { panic!("two servers on the same files") };
    let (text, folder) = (error.to_string(), config.data.display().to_string());
    assert!(text.contains(&folder) && text.contains(&std::process::id().to_string()), "{text}");
}

/// A page that has died, or that never came to be, is nobody after a restart. Negative control: let `Live::bury` not note the
/// ticket, and mary is online after the restart without a page.
#[tokio::test]
async fn a_page_that_died_or_was_cut_short_does_not_come_back() {
    let mut server = Server::start_with(|config| config.times.ticket_idle_ms = 700).await;
    let mary = server.page("mary", "").await;
    for _ in 0..40 {
        let mut http = server.connect().await;
        http.send(&Ask::post("/webim/online", "buddy_ids=jack").header("Cookie", &mary.cookie)).await.expect("sent");
        drop(http);
    }
    let mut jack = server.page("jack", "").await;
    while jack.online("").await["buddy_online_ids"] != "" {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(server.config.times.ticket_idle_ms)).await;
    server.stop().await;
    server.start_again().await;
    let mut jack = server.member("jack").await;
    assert_eq!(jack.online("").await["buddy_online_ids"], "", "mary has no page");
}
