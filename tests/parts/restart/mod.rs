//! Restarts as the pages of old clients see them. Those stop for good at the second failure in a row, 200 ms apart, and a
//! refused connection is a failure: with a listening socket that outlives the process they never notice; without one they do.

mod page;
mod process;

use page::Page;
use process::{Process, Supervisor};
use std::thread::sleep;
use std::time::Duration;

/// Longer than an old page survives without a server.
const GAP: Duration = Duration::from_millis(700);

fn pages(supervisor: &Supervisor) -> Vec<Page> {
    let listeners = ["susan", "jack", "mary", "susan"];
    listeners.iter().map(|member| Page::open(supervisor.address, member)).collect()
}

/// Says things to everybody, one after the other, through `between` each; every page must have shown everything once.
fn say_through(supervisor: &Supervisor, pages: Vec<Page>, rounds: usize, mut between: impl FnMut()) {
    let mut lee = page::Sender::open(supervisor.address, "lee");
    for round in 0..rounds {
        for member in ["susan", "jack", "mary"] {
            lee.say(member, &format!("{member} {round}"));
        }
        between();
    }
    for page in pages {
        let all: Vec<String> = (0..rounds).map(|round| format!("{} {round}", page.member)).collect();
        page.wait_for(all.len());
        let (shown, alive) = page.close();
        assert!(alive, "the page has stopped by its own rule");
        assert_eq!(shown, all);
    }
}

#[test]
fn old_pages_survive_kills_with_an_inherited_socket() {
    let supervisor = Supervisor::new(true);
    let mut process = Some(supervisor.start());
    let pages = pages(&supervisor);
    say_through(&supervisor, pages, 4, || {
        process.take().expect("it runs").kill();
        sleep(GAP);
        process = Some(supervisor.start());
        sleep(Duration::from_millis(400));
    });
}

/// A successor is started while the process before still answers: it waits for the data.
#[test]
fn old_pages_survive_an_upgrade_with_an_inherited_socket() {
    let supervisor = Supervisor::new(true);
    let mut process = Some(supervisor.start());
    let pages = pages(&supervisor);
    say_through(&supervisor, pages, 3, || {
        let old: Process = process.take().expect("it runs");
        let next = supervisor.start_without_waiting();
        sleep(Duration::from_millis(100));
        old.terminate();
        process = Some(next.wait());
        sleep(Duration::from_millis(400));
    });
}

/// The negative control of both: the same kills without the socket end the pages, so the test can tell.
#[test]
fn without_the_socket_old_pages_stop_by_their_own_rule() {
    let supervisor = Supervisor::new(false);
    let process = supervisor.start();
    let pages = pages(&supervisor);
    process.kill();
    sleep(GAP);
    let _process = supervisor.start();
    sleep(Duration::from_millis(500));
    for page in pages {
        let (_, alive) = page.close();
        assert!(!alive, "a page that cannot fail shows nothing");
    }
}
