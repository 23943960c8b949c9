//! The history checker: what people were told and shown against what is in the log. It has tests of its own in which every
//! kind of defect is seeded into a sound history.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One message as its sender lived it. Bodies are unique.
#[derive(Debug, Clone)]
pub struct Send {
    pub from: String,
    pub to: String,
    pub is_room: bool,
    pub body: String,
    /// The moment of the first attempt.
    pub begun: u64,
    /// The acknowledged place and the moment of the answer; without it nobody knows.
    pub ok: Option<(u64, u64)>,
    /// Every attempt was refused: it is promised that nothing was stored.
    pub refused: bool,
}

/// One row of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    pub seq: u64,
    pub from: String,
    pub to: String,
    pub is_room: bool,
    pub body: String,
    /// Milliseconds since 1970, as people are told.
    pub at_ms: u64,
}

impl Stored {
    /// A row that is no message.
    pub fn other(seq: u64, at_ms: u64) -> Self {
        Self { seq, from: String::new(), to: String::new(), is_room: false, body: String::new(), at_ms }
    }
}

/// One message as it was shown.
#[derive(Debug, Clone)]
pub struct Shown {
    pub seq: u64,
    pub from: String,
    pub to: String,
    pub body: String,
}

#[derive(Debug, Clone, Default)]
pub struct History {
    /// Who is in which room.
    pub rooms: BTreeMap<String, BTreeSet<String>>,
    pub sends: Vec<Send>,
    /// By listener: answers, in order.
    pub shown: Vec<(String, Vec<Vec<Shown>>)>,
    pub log: Vec<Stored>,
    /// What went wrong on the way.
    pub violations: Vec<String>,
}

/// Everything that is not as it was promised.
pub fn check(history: &History) -> Vec<String> {
    let mut bad = history.violations.clone();
    check_log(history, &mut bad);
    check_sends(history, &mut bad);
    check_order(history, &mut bad);
    for (who, answers) in &history.shown {
        check_shown(history, who, answers, &mut bad);
    }
    bad
}

/// Places are contiguous, and nothing stands there that nobody sent (rows from before the first send excepted).
fn check_log(history: &History, bad: &mut Vec<String>) {
    for (row, seq) in history.log.iter().zip(1..) {
        if row.seq != seq {
            bad.push(format!("gap: {} stands where {seq} was due", row.seq));
            break;
        }
    }
    for pair in history.log.windows(2).filter(|pair| pair[1].at_ms < pair[0].at_ms) {
        bad.push(format!("time: {:?} is earlier than {:?}, which stands before it", pair[1], pair[0]));
    }
    let sent: HashMap<&str, &Send> = history.sends.iter().map(|send| (send.body.as_str(), send)).collect();
    for row in history.log.iter().skip_while(|row| !sent.contains_key(row.body.as_str())) {
        match sent.get(row.body.as_str()) {
            None => bad.push(format!("phantom: nobody sent {row:?}")),
            Some(send) if (&send.from, &send.to, send.is_room) != (&row.from, &row.to, row.is_room) => {
                bad.push(format!("misdirected: {send:?} is stored as {row:?}"));
            }
            Some(_) => {}
        }
    }
}

/// What was acknowledged is there once, at the place that was named; everything else at most once.
fn check_sends(history: &History, bad: &mut Vec<String>) {
    let mut places: HashMap<&str, Vec<u64>> = HashMap::new();
    for row in &history.log {
        places.entry(&row.body).or_default().push(row.seq);
    }
    for send in &history.sends {
        let found = places.get(send.body.as_str()).map_or(&[][..], Vec::as_slice);
        match (send.ok, found) {
            (Some(_), []) => bad.push(format!("lost: {send:?}")),
            (None, [place]) if send.refused => bad.push(format!("refused, and stored: {send:?} stands at {place}")),
            (Some((seq, _)), [place]) if seq != *place => bad.push(format!("moved: {send:?} stands at {place}")),
            (_, [] | [_]) => {}
            (_, places) => bad.push(format!("doubled: {send:?} stands at {places:?}")),
        }
    }
}

/// Who sends after an acknowledgement comes after what was acknowledged.
fn check_order(history: &History, bad: &mut Vec<String>) {
    let mut by_place: Vec<(u64, u64, &Send)> =
        history.sends.iter().filter_map(|send| send.ok.map(|(seq, at)| (seq, at, send))).collect();
    by_place.sort_by_key(|(seq, ..)| *seq);
    let mut latest: Option<&Send> = None;
    for (_, at, send) in by_place {
        if let Some(earlier) = latest.filter(|earlier| earlier.begun > at) {
            bad.push(format!("order: {earlier:?} was sent after {send:?} was acknowledged, and stands before it"));
        }
        if latest.is_none_or(|latest| send.begun > latest.begun) {
            latest = Some(send);
        }
    }
}

/// A page that drops what it has (`seq` at most the last) has seen everything that is for it, as it is in the log.
fn check_shown(history: &History, who: &str, answers: &[Vec<Shown>], bad: &mut Vec<String>) {
    let log: HashMap<u64, &Stored> = history.log.iter().map(|row| (row.seq, row)).collect();
    let is_for = |row: &Stored| match history.rooms.get(&row.to).filter(|_| row.is_room) {
        Some(members) => members.contains(who),
        None => row.to == who || row.from == who,
    };
    let (mut seen, mut last) = (BTreeSet::new(), 0);
    for answer in answers {
        if !answer.is_sorted_by(|a, b| a.seq < b.seq) {
            bad.push(format!("order: {who} was shown {:?} in one answer", answer.iter().map(|row| row.seq)));
        }
        for shown in answer {
            match log.get(&shown.seq) {
                Some(row) if (&row.from, &row.to, &row.body) != (&shown.from, &shown.to, &shown.body) => {
                    bad.push(format!("altered: {who} was shown {shown:?} for {row:?}"));
                }
                Some(row) if !is_for(row) => bad.push(format!("foreign: {who} was shown {row:?}")),
                Some(_) => {}
                None => bad.push(format!("phantom: {who} was shown {shown:?}")),
            }
            if shown.seq > last {
                last = shown.seq;
                seen.insert(shown.seq);
            }
        }
    }
    for (seq, _) in history.sends.iter().filter_map(|send| send.ok) {
        if log.get(&seq).is_some_and(|row| is_for(row)) && !seen.contains(&seq) {
            bad.push(format!("unseen: {who} was not shown {:?} in its turn", log[&seq]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ann and Bob say six things; the fourth was stored but not acknowledged, the last is lost and nobody was told `ok`.
    fn sound() -> History {
        let room = ("room".to_owned(), BTreeSet::from(["ann".to_owned(), "bob".to_owned()]));
        let mut history = History { rooms: BTreeMap::from([room]), ..History::default() };
        history.log.push(Stored::other(1, 100));
        for index in 0..6_u64 {
            let from = if index % 2 == 0 { "ann" } else { "bob" };
            let (to, is_room) = match index {
                2 => ("room", true),
                5 => ("cid", false),
                _ => (if from == "ann" { "bob" } else { "ann" }, false),
            };
            let (from, to, body, seq) = (from.to_owned(), to.to_owned(), format!("body {index}"), index + 2);
            let ok = (index != 3 && index != 5).then_some((seq, index * 10 + 5));
            if index != 5 {
                let stored =
                    Stored { seq, from: from.clone(), to: to.clone(), is_room, body: body.clone(), at_ms: 100 + index };
                history.log.push(stored);
            }
            history.sends.push(Send { from, to, is_room, body, begun: index * 10, ok, refused: false });
        }
        let show =
            |row: &Stored| Shown { seq: row.seq, from: row.from.clone(), to: row.to.clone(), body: row.body.clone() };
        let all: Vec<Shown> = history.log[1..].iter().map(show).collect();
        // The second answer was lost on the way, so the third carries its rows again.
        let answers = vec![all[..2].to_vec(), all[2..4].to_vec(), all[2..].to_vec(), Vec::new()];
        history.shown = vec![("ann".into(), answers.clone()), ("bob".into(), answers), ("cid".into(), Vec::new())];
        history
    }

    #[test]
    fn a_sound_history_is_sound() {
        assert_eq!(check(&sound()), Vec::<String>::new());
    }

    type Defect = fn(&mut History);

    /// Each defect by the word that the checker has for it.
    const DEFECTS: [(&str, Defect); 17] = [
        ("lost", |history| history.log[1].body = "body 3, stored in its place".into()),
        ("lost", |history| drop(history.log.pop())),
        ("doubled", |history| history.log.push(Stored { seq: 7, ..history.log[4].clone() })),
        ("moved", |history| history.sends[0].ok = Some((6, 5))),
        ("moved", |history| {
            let (first, second) = (history.log[1].body.clone(), history.log[5].body.clone());
            (history.log[1].body, history.log[5].body) = (second, first); // two swapped
        }),
        ("order", |history| history.sends[0].begun = 100),
        ("phantom", |history| history.log[4].body = "nobody said this".into()),
        ("gap", |history| drop(history.log.remove(4))),
        ("misdirected", |history| history.log[3].is_room = false),
        ("foreign", |history| {
            let of_ann = history.shown[0].1[0].clone();
            history.shown[2].1.push(of_ann);
        }),
        ("phantom", |history| history.shown[0].1[0][0].seq = 99),
        ("altered", |history| history.shown[0].1[0][0].body = "something else".into()),
        ("unseen", |history| drop(history.shown[1].1.remove(0))),
        // The next poll is taken for a receipt: what the lost answer held does not come again.
        ("unseen", |history| {
            history.shown[1].1.remove(1);
            history.shown[1].1[1].drain(..2);
        }),
        ("refused", |history| history.sends[3].refused = true),
        ("time", |history| history.log[3].at_ms = 1),
        ("unseen", |history| history.shown[1].1.swap(0, 2)), // in the wrong turn: a page drops what is older
    ];

    #[test]
    fn every_seeded_defect_is_found() {
        for (index, (word, defect)) in DEFECTS.iter().enumerate() {
            let mut history = sound();
            defect(&mut history);
            let found = check(&history);
            assert!(found.iter().any(|what| what.starts_with(word)), "defect {index}, {word}: {found:?}");
        }
        let refused = History { violations: vec!["a ticket is refused".into()], ..sound() };
        assert_eq!(check(&refused), ["a ticket is refused"]);
    }
}
