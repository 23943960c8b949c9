//! The language of scenes: what a line says. `README.md` in this folder lists the lines; how they are played stands in
//! `stage.rs`.

use crate::support::transport::Transport;

/// A play.
#[derive(Debug)]
pub struct Scene {
    pub title: String,
    /// Whether it can only be played where nothing has happened before, or stops the server.
    pub needs_own_server: bool,
    pub lines: Vec<Line>,
}

/// One line of it.
#[derive(Debug)]
pub struct Line {
    pub number: usize,
    pub text: String,
    pub step: Step,
}

/// What happens.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    Online { who: String, by: Option<Transport>, form: Form },
    Refresh { who: String },
    Leave { who: String },
    Vanish { who: String },
    Pause { who: String },
    Resume { who: String },
    Call { who: String, endpoint: &'static str, form: Form, refused: Option<String> },
    Hear { who: String, from: String, to: Option<String>, body: String, earlier: bool },
    HearNothing { who: String, earlier: bool },
    See { who: String, whom: String, state: String, status: Option<String> },
    SeeNothing { who: String, whom: String },
    SeeInRoom { who: String, whom: String, room: String, kind: &'static str },
    Invited { who: String, by: String, room: String, nick: String },
    Temporary { who: String, room: String },
    SeeTyping { who: String, whom: String, show: &'static str },
    SeeNoTyping { who: String, whom: String },
    History { who: String, with: String, room: bool, whole: bool, bodies: Vec<String> },
    Attached { who: String, with: String, bodies: Vec<String> },
    Members { who: String, room: String, ids: Vec<String> },
    Counts { who: String, room: String, all: u64, online: u64 },
    Blocked { who: String, room: String, blocked: bool },
    Find { who: String, whom: String, as_what: Vec<String> },
    Shown { who: String, ids: Vec<String> },
    ShownAs { who: String, whom: String, as_what: Vec<String> },
    ToldOnline { who: String, ids: Vec<String> },
    Settings { who: String, json: String },
    Ended { who: String },
    GracesPass,
    ServerRestarts,
}

/// Parameters.
pub type Form = Vec<(String, String)>;

/// Reads a scene. An error names its line.
pub fn parse(text: &str) -> Result<Scene, String> {
    let title =
        text.lines().next().and_then(|line| line.strip_prefix("# ")).ok_or("line 1: a scene opens with `# title`")?;
    let mut lines = Vec::new();
    for (at, text) in text.lines().enumerate() {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let step = step(text).ok_or_else(|| format!("line {}: not a step: {text}", at + 1))?;
        lines.push(Line { number: at + 1, text: text.into(), step });
    }
    let needs_own_server = text.contains("\n# Needs a server of its own.\n");
    Ok(Scene { title: title.into(), needs_own_server, lines })
}

fn step(text: &str) -> Option<Step> {
    if let Some(rest) = text.strip_prefix("refused (") {
        let (code, rest) = rest.split_once("): ")?;
        return match step(rest)? {
            Step::Call { who, endpoint, form, .. } => {
                Some(Step::Call { who, endpoint, form, refused: Some(code.into()) })
            }
            _ => None,
        };
    }
    let (head, tail) = match text.split_once(": ") {
        Some((head, tail)) => (head, Some(tail)),
        None => (text.strip_suffix(':').unwrap_or(text), text.ends_with(':').then_some("")),
    };
    let (head, quoted) = match head.split_once(" \"") {
        Some((head, quoted)) => (head, Some(quoted.strip_suffix('"')?)),
        None => (head, None),
    };
    let words: Vec<&str> = head.split_whitespace().collect();
    match tail {
        Some(tail) => with_tail(&words, tail),
        None => call(&words, quoted).or_else(|| seeing(&words, quoted)).or_else(|| coming_and_going(&words)),
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn form(pairs: &[(&str, &str)]) -> Form {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn say(who: &str, kind: &str, to: &str, offline: &str, body: &str) -> Step {
    let form = form(&[("type", kind), ("to", to), ("body", body), ("style", "color:red"), ("offline", offline)]);
    Step::Call { who: who.into(), endpoint: "message", form, refused: None }
}

/// Lines that end in a text, a list or JSON.
fn with_tail(words: &[&str], tail: &str) -> Option<Step> {
    let bodies = || tail.split(" | ").filter(|body| !body.is_empty()).map(str::to_owned).collect();
    let hear = |who: &str, from: &str, to: Option<&str>| {
        let earlier = tail.strip_suffix(" (earlier)");
        let (body, to) = (earlier.unwrap_or(tail).to_owned(), to.map(str::to_owned));
        Step::Hear { who: who.into(), from: from.into(), to, body, earlier: earlier.is_some() }
    };
    let history = |who: &str, with: &str, room, whole| {
        let (who, with) = (who.into(), with.into());
        Step::History { who, with, room, whole, bodies: bodies() }
    };
    Some(match *words {
        [who, "says", "to", to] => say(who, "unicast", to, "0", tail),
        [who, "says", "to", to, "as", "if", "away"] => say(who, "unicast", to, "1", tail),
        [who, "says", "in", room] => say(who, "multicast", room, "0", tail),
        [who, "hears", from] => hear(who, from, None),
        [who, "hears", from, "in" | "to", to] => hear(who, from, Some(to)),
        ["history", "of", who, "with", whom, "is"] => history(who, whom, false, true),
        ["history", "of", who, "with", whom, "ends", "with"] => history(who, whom, false, false),
        ["history", "of", who, "in", room, "is"] => history(who, room, true, true),
        ["history", "of", who, "in", room, "ends", "with"] => history(who, room, true, false),
        [who, "was", "given", "history", "with", whom] => {
            Step::Attached { who: who.into(), with: whom.into(), bodies: bodies() }
        }
        ["members", "of", room, "for", who, "are"] => {
            Step::Members { who: who.into(), room: room.into(), ids: list(tail) }
        }
        [who, "was", "shown"] => Step::Shown { who: who.into(), ids: list(tail) },
        [who, "was", "told", "online"] => Step::ToldOnline { who: who.into(), ids: list(tail) },
        [who, "was", "given", "settings"] => Step::Settings { who: who.into(), json: tail.into() },
        [who, "sets", "data"] => called(who, "setting", &[("data", tail)]),
        _ => return None,
    })
}

fn called(who: &str, endpoint: &'static str, pairs: &[(&str, &str)]) -> Step {
    Step::Call { who: who.into(), endpoint, form: form(pairs), refused: None }
}

/// Lines that are one call each.
fn call(words: &[&str], quoted: Option<&str>) -> Option<Step> {
    Some(match *words {
        [who, "sets", "show", show] => {
            let pairs = [("show", show), ("status", quoted.unwrap_or("undefined"))];
            called(who, "presence", &pairs)
        }
        [who, "sets", ref pairs @ ..] if !pairs.is_empty() => {
            let pairs: Option<Vec<_>> = pairs.iter().map(|pair| pair.split_once('=')).collect();
            called(who, "setting", &pairs?)
        }
        [who, "types", "to", to] => called(who, "status", &[("to", to), ("show", "typing")]),
        [who, "stops", "typing", "to", to] => called(who, "status", &[("to", to), ("show", "clear")]),
        [who, "joins", room] => called(who, "join", &[("id", room), ("nick", quoted.unwrap_or("undefined"))]),
        [who, "invites", ids, "to", room] => {
            called(who, "invite", &[("id", room), ("nick", quoted.unwrap_or_default()), ("members", ids)])
        }
        [who, "removes", whom] => called(who, "remove_buddy", &[("id", whom)]),
        [who, "leaves", room] => called(who, "leave", &[("id", room)]),
        [who, "blocks", room] => called(who, "block", &[("id", room)]),
        [who, "unblocks", room] => called(who, "unblock", &[("id", room)]),
        [who, "clears", "history", "with", whom] => called(who, "clear_history", &[("ids", whom), ("type", "unicast")]),
        [who, "clears", "history", "in", room] => called(who, "clear_history", &[("ids", room), ("type", "multicast")]),
        _ => return None,
    })
}

fn in_room(who: &str, whom: &str, room: &str, kind: &'static str) -> Step {
    Step::SeeInRoom { who: who.into(), whom: whom.into(), room: room.into(), kind }
}

/// Lines about what somebody observes.
fn seeing(words: &[&str], quoted: Option<&str>) -> Option<Step> {
    let named = |who: &str, whom: &str| (who.to_owned(), whom.to_owned());
    Some(match *words {
        [who, "hears", "nothing"] => Step::HearNothing { who: who.into(), earlier: false },
        [who, "hears", "nothing", "(earlier)"] => Step::HearNothing { who: who.into(), earlier: true },
        [who, "sees", "nothing", "of", whom] => {
            let (who, whom) = named(who, whom);
            Step::SeeNothing { who, whom }
        }
        [who, "sees", "no", "typing", "of", whom] => {
            let (who, whom) = named(who, whom);
            Step::SeeNoTyping { who, whom }
        }
        [who, "sees", whom, "typing"] => {
            let (who, whom) = named(who, whom);
            Step::SeeTyping { who, whom, show: "typing" }
        }
        [who, "sees", whom, "stop", "typing"] => {
            let (who, whom) = named(who, whom);
            Step::SeeTyping { who, whom, show: "clear" }
        }
        [who, "sees", whom, "join", room] => in_room(who, whom, room, "join"),
        [who, "sees", whom, "leave", room] => in_room(who, whom, room, "leave"),
        [who, "sees", whom, "online", "in", room] => in_room(who, whom, room, "grponline"),
        [who, "sees", whom, "offline", "in", room] => in_room(who, whom, room, "grpoffline"),
        [who, "is", "invited", "by", by, "to", room] => {
            let (who, by) = named(who, by);
            Step::Invited { who, by, room: room.into(), nick: quoted?.into() }
        }
        [room, "is", "temporary", "for", who] => {
            let (who, room) = named(who, room);
            Step::Temporary { who, room }
        }
        [who, "sees", whom, state] => {
            let (who, whom) = named(who, whom);
            Step::See { who, whom, state: state.into(), status: quoted.map(str::to_owned) }
        }
        [room, "has", all, "members", "and", online, "online", "for", who] => {
            let (who, room) = named(who, room);
            Step::Counts { who, room, all: all.parse().ok()?, online: online.parse().ok()? }
        }
        [room, "is", "blocked", "for", who] => {
            let (who, room) = named(who, room);
            Step::Blocked { who, room, blocked: true }
        }
        [room, "is", "open", "for", who] => {
            let (who, room) = named(who, room);
            Step::Blocked { who, room, blocked: false }
        }
        [who, "finds", whom, ref as_what @ ..] => {
            let (who, whom) = named(who, whom);
            Step::Find { who, whom, as_what: owned(as_what) }
        }
        [who, "was", "shown", whom, "as", ref as_what @ ..] => {
            let (who, whom) = named(who, whom);
            Step::ShownAs { who, whom, as_what: owned(as_what) }
        }
        [who, "is", "told", "that", "the", "ticket", "ended"] => Step::Ended { who: who.into() },
        _ => return None,
    })
}

fn coming_and_going(words: &[&str]) -> Option<Step> {
    Some(match *words {
        [who, "comes", "online", ref how @ ..] => online(who, how)?,
        [who, "leaves"] => Step::Leave { who: who.into() },
        [who, "refreshes"] => Step::Refresh { who: who.into() },
        [who, "vanishes"] => Step::Vanish { who: who.into() },
        [who, "stops", "polling"] => Step::Pause { who: who.into() },
        [who, "polls", "again"] => Step::Resume { who: who.into() },
        ["the", "graces", "pass"] => Step::GracesPass,
        ["the", "server", "restarts"] => Step::ServerRestarts,
        _ => return None,
    })
}

fn online(who: &str, mut how: &[&str]) -> Option<Step> {
    let (mut by, mut pairs) = (None, vec![("buddy_ids", ""), ("room_ids", ""), ("stranger_ids", "")]);
    loop {
        how = match *how {
            [] => break,
            ["by", transport, ref rest @ ..] => {
                by = Some(Transport::parse(transport)?);
                rest
            }
            ["as", show, ref rest @ ..] => {
                // The first client never sends `show`; one that names itself may.
                pairs.extend([("show", show), ("client", "native")]);
                rest
            }
            ["speaking", dialect, ref rest @ ..] => {
                pairs.push(("client", dialect));
                rest
            }
            ["with", "windows", ids, ref rest @ ..] => {
                pairs[0].1 = ids;
                rest
            }
            ["with", "rooms", ids, ref rest @ ..] => {
                pairs[1].1 = ids;
                rest
            }
            ["watching", ids, ref rest @ ..] => {
                pairs[2].1 = ids;
                rest
            }
            _ => return None,
        };
    }
    Some(Step::Online { who: who.into(), by, form: form(&pairs) })
}

#[test]
fn a_line_that_is_no_step_is_named() {
    let error = parse("# A title.\njack comes online\njack dances\n").unwrap_err();
    assert_eq!(error, "line 3: not a step: jack dances");
    assert!(parse("jack comes online\n").is_err(), "a scene has a title");
}

#[test]
fn lines_are_read_as_they_sound() {
    let scene = parse("# T\nsusan says to jack: a: b (earlier)\njack hears susan: a: b (earlier)\n").unwrap();
    assert!(matches!(&scene.lines[0].step, Step::Call { form, .. } if form[2].1 == "a: b (earlier)"));
    assert!(matches!(&scene.lines[1].step, Step::Hear { body, earlier: true, .. } if body == "a: b"));
    let scene = parse("# T\nrefused (not_a_member): mary says in room2: hi\n").unwrap();
    assert!(matches!(&scene.lines[0].step, Step::Call { refused: Some(code), .. } if code == "not_a_member"));
}
