//! What was promised against what happened, with tests of its own in which defects are seeded into a sound story.

use super::visitor::{Shown, Story};
use crate::support::transport::Transport;
use std::collections::{BTreeMap, BTreeSet};

/// One visitor's story with what the proxy did to it.
pub struct Account<'a> {
    pub id: &'a str,
    pub transport: Transport,
    pub story: &'a Story,
    /// Bodies in answers that the server wrote completely and the page did not get, while nothing told the server so clearly
    /// before the next request: what is not promised to pollers that neither acknowledge nor filter.
    pub excepted: &'a BTreeSet<String>,
}

/// What is not promised, counted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub acknowledged: usize,
    /// Shown again after an old page gave up and opened anew.
    pub again: usize,
    /// Shown twice by a page that does not drop what it has.
    pub twice: usize,
    /// Lost in the window that plain pollers have.
    pub excepted: usize,
}

/// Everything that is not as it was promised; `ours` says which bodies are of this run.
pub fn check(accounts: &[Account<'_>], ours: &str) -> (Vec<String>, Counts) {
    let mut bad = Vec::new();
    let mut counts = Counts::default();
    let mut sent = BTreeMap::new();
    for account in accounts {
        bad.extend(
            account.story.wrong.iter().map(|wrong| format!("{} ({:?}): {wrong}", account.id, account.transport)),
        );
        for one in &account.story.sent {
            sent.insert(one.body.as_str(), (account.id, one.to.as_str(), one.seq));
            counts.acknowledged += usize::from(one.seq.is_some());
        }
    }
    for account in accounts {
        let who = format!("{} ({:?})", account.id, account.transport);
        let mut seen = BTreeSet::new();
        for page in &account.story.pages {
            let page: Vec<&Shown> = page.iter().filter(|shown| shown.body.starts_with(ours)).collect();
            for shown in &page {
                let Some((from, to, seq)) = sent.get(shown.body.as_str()) else {
                    bad.push(format!("phantom: {who} was shown {shown:?}"));
                    continue;
                };
                let is_it = (*from, *to) == (&shown.from, &shown.to) && seq.is_none_or(|seq| seq == shown.seq);
                if !is_it || (*to != account.id && *from != account.id) {
                    bad.push(format!("foreign or altered: {who} was shown {shown:?} of {from} to {to} at {seq:?}"));
                }
            }
            check_page(account, &who, &page, &mut seen, &mut bad, &mut counts);
        }
        let mine = sent.iter().filter(|(_, (_, to, seq))| *to == account.id && seq.is_some());
        for (body, _) in mine.filter(|(body, _)| !seen.contains(**body)) {
            let may_lose = matches!(account.transport, Transport::Plain | Transport::Constant);
            if may_lose && account.excepted.contains(*body) {
                counts.excepted += 1;
            } else {
                bad.push(format!("lost: {who} was never shown {body}"));
            }
        }
    }
    (bad, counts)
}

/// One page: nothing twice and in order, if it drops what it has; what an earlier page showed may come again to old ones.
fn check_page<'a>(
    account: &Account<'_>,
    who: &str,
    page: &[&'a Shown],
    seen: &mut BTreeSet<&'a str>,
    bad: &mut Vec<String>,
    counts: &mut Counts,
) {
    if account.transport.shows_once() && !page.is_sorted_by(|a, b| a.seq < b.seq) {
        let at = page.windows(2).position(|two| two[0].seq >= two[1].seq).unwrap_or(0);
        bad.push(format!("order or twice: {who} was shown {:?} and then {:?}", page[at], page[at + 1]));
    }
    let mut here = BTreeSet::new();
    for shown in page {
        if !here.insert(shown.body.as_str()) {
            counts.twice += 1;
            if account.transport.shows_once() {
                bad.push(format!("twice: {who} was shown {shown:?} twice on one page"));
            }
        } else if !seen.insert(shown.body.as_str()) {
            counts.again += 1;
            if account.transport.is_native() {
                bad.push(format!("twice: {who} was shown {shown:?} on two pages"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::visitor::Sent;

    fn sound() -> [Story; 2] {
        let sent = |index: u64| Sent { to: "bob".into(), body: format!("x {index}"), seq: Some(10 + index) };
        let shown =
            |index: u64| Shown { seq: 10 + index, from: "ann".into(), to: "bob".into(), body: format!("x {index}") };
        let ann = Story { sent: (0..6).map(sent).collect(), ..Story::default() };
        let pages = vec![(0..3).map(shown).collect(), (3..6).map(shown).collect()];
        [ann, Story { pages, ..Story::default() }]
    }

    fn verdict([ann, bob]: &[Story; 2], transport: Transport, excepted: &[&str]) -> (Vec<String>, Counts) {
        let (none, excepted) = (BTreeSet::new(), excepted.iter().map(|body| (*body).to_owned()).collect());
        let of = |id, story, excepted| Account { id, transport, story, excepted };
        check(&[of("ann", ann, &none), of("bob", bob, &excepted)], "x ")
    }

    #[test]
    fn a_sound_story_is_sound() {
        let counts = Counts { acknowledged: 6, ..Counts::default() };
        assert_eq!(verdict(&sound(), Transport::Jsonp, &[]), (Vec::new(), counts));
    }

    #[test]
    fn every_seeded_defect_is_found() {
        type Defect = fn(&mut [Story; 2]);
        let defects: [(&str, Defect); 9] = [
            ("lost", |[_, bob]| drop(bob.pages[0].remove(1))),
            ("lost", |[_, bob]| drop(bob.pages.pop())),
            ("twice", |[_, bob]| {
                let first = bob.pages[0][0].clone();
                bob.pages[0].insert(0, first);
            }),
            ("order", |[_, bob]| bob.pages[1].swap(0, 1)),
            ("order", |[_, bob]| {
                let first = bob.pages[0][0].clone();
                bob.pages[0].push(first);
            }),
            ("phantom", |[_, bob]| bob.pages[0][1].body = "x of nobody".into()),
            ("foreign or altered", |[_, bob]| bob.pages[0][1].seq = 99),
            ("foreign or altered", |[ann, _]| ann.sent[2].to = "cid".into()),
            ("bob (Jsonp): seen", |[_, bob]| bob.wrong.push("seen".into())),
        ];
        for (index, (word, defect)) in defects.iter().enumerate() {
            let mut story = sound();
            defect(&mut story);
            let (found, _) = verdict(&story, Transport::Jsonp, &[]);
            assert!(found.iter().any(|what| what.starts_with(word)), "defect {index}, {word}: {found:?}");
        }
    }

    #[test]
    fn what_is_not_promised_is_counted() {
        let mut story = sound();
        let again = story[1].pages[0][2].clone();
        story[1].pages[1].insert(0, again);
        assert_eq!(verdict(&story, Transport::Jsonp, &[]).1.again, 1);
        assert_eq!(verdict(&story, Transport::Websocket, &[]).0.len(), 1, "our own client shows it once");
        let mut story = sound();
        story[1].pages[0].remove(0);
        assert_eq!(
            verdict(&story, Transport::Plain, &["x 0"]),
            (Vec::new(), Counts { acknowledged: 6, excepted: 1, ..Counts::default() })
        );
        assert_eq!(verdict(&story, Transport::Plain, &[]).0.len(), 1);
        assert_eq!(verdict(&story, Transport::WebsocketOld, &["x 0"]).0.len(), 1, "everybody else is promised it");
    }
}
