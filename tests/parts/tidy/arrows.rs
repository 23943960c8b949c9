//! Arrows point inward: which part of the crate may name which.

use super::source::{block, code, line_of};
use super::tree::Tree;
use super::{Findings, finding};

/// Who may name whom, by longest matching path. Every line that is not in the picture of the architecture says why.
const MAY: [(&str, &[&str]); 26] = [
    ("src/chat/", &["chat"]),
    ("src/store/", &["store", "chat"]),
    ("src/bus/", &["bus", "chat"]),
    ("src/live/", &["live", "chat"]),
    // Asking a site: random ids of questions.
    ("src/outgoing/", &["outgoing", "clock"]),
    // What a site has of its people, in its own words.
    ("src/people/", &["people", "chat", "clock", "outgoing"]),
    // Tickets and times: actions ask the one clock, so that whoever calls them need not.
    ("src/actions/", &["actions", "store", "bus", "live", "people", "outgoing", "chat", "clock"]),
    // `live` for the values that a poll ends with (see `EDGE_MAY_SEE_OF_LIVE`); `outgoing` because a site says who signs in.
    ("src/edge/", &["edge", "actions", "chat", "live", "outgoing", "clock"]),
    // The demonstration is a site, and describes itself in the directory's words.
    ("src/edge/demo/", &["edge", "actions", "chat", "clock", "store"]),
    // By REST sites push their people, in the directory's words, too.
    ("src/edge/rest/", &["edge", "actions", "chat", "clock", "store"]),
    // A client of servers: it speaks the protocol itself and knows nothing of what is behind it.
    ("src/loadtest/", &["loadtest", "clock"]),
    ("src/cli/", &["cli", "app", "config", "loadtest", "telemetry"]),
    ("src/main.rs", &["cli"]),
    ("src/lib.rs", &[]),
    ("src/clock.rs", &[]),
    // What is checked goes into small structs of those who need it: the stream's times, a site's options, where its people are.
    ("src/config.rs", &["config", "live", "people", "chat"]),
    ("src/config/", &["config", "people", "chat"]),
    ("src/telemetry.rs", &["telemetry", "config"]),
    (
        "src/app.rs",
        &["app", "actions", "bus", "chat", "clock", "config", "edge", "live", "outgoing", "store", "telemetry"],
    ),
    // Care of the data without a server; it stands with `app` because it names the backend, too.
    ("src/app/", &["clock", "store"]),
    // Keys are read as sign-in reads them.
    ("src/app/keys.rs", &["app", "config", "edge", "outgoing"]),
    // Listeners are what the configuration says.
    ("src/app/listeners.rs", &["app", "config"]),
    // What usually goes wrong is found from outside, through orders and the clock.
    ("src/app/doctor.rs", &["app", "clock", "config", "edge"]),
    // Sources of people, for the server and for whoever sets one up; it names the backends.
    ("src/app/people.rs", &["app", "actions", "chat", "clock", "config", "edge", "outgoing", "people"]),
    // Orders, which are carried out here where no server has the data open: a server's parts without its listener.
    ("src/app/control.rs", &["app", "actions", "bus", "chat", "clock", "config", "edge", "store"]),
    ("src/", &[]),
];

/// Values that leave `live` through an action and are put into wire shapes.
const EDGE_MAY_SEE_OF_LIVE: [&str; 4] = ["Packet", "PollEnd", "PresenceNotice", "Signal"];

/// Values that sites describe their people and rooms with.
const REST_MAY_SEE_OF_STORE: [&str; 1] = ["DirectoryChange"];

/// Values that the demonstration describes itself with.
const DEMO_MAY_SEE_OF_STORE: [&str; 2] = ["DirectoryChange", "NewSite"];

/// Backends: only `app` names them, and what they are in.
const BACKENDS: [[&str; 2]; 6] = [
    ["store", "sqlite"],
    ["store", "postgres"],
    ["bus", "local"],
    ["bus", "nats"],
    ["people", "mysql"],
    ["people", "postgres"],
];

pub fn check(tree: &Tree) -> Findings {
    let mut findings = Vec::new();
    for (path, text) in tree.rust("src/") {
        let code = code(text, false);
        for (at, named) in paths(path, &code) {
            if let Some(what) = broken(path, &named) {
                findings.push(finding(path, line_of(&code, at), &what));
            }
        }
    }
    findings
}

fn broken(path: &str, named: &[String]) -> Option<String> {
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let (from, may) =
        MAY.iter().filter(|(prefix, _)| path.starts_with(prefix)).max_by_key(|(prefix, _)| prefix.len())?;
    let (top, rest) = named.split_first()?;
    if !may.contains(top) {
        return Some(format!("`{from}` must not name `{top}`"));
    }
    let of_backend = BACKENDS.iter().any(|[part, backend]| {
        top == part
            && rest.first() == Some(backend)
            && !path.starts_with("src/app")
            && !path.starts_with(&format!("src/{part}/"))
    });
    if of_backend {
        return Some(format!("only `app` names the backend `{}`", named.join("::")));
    }
    let only = match (*from, *top) {
        ("src/edge/", "live") => &EDGE_MAY_SEE_OF_LIVE[..],
        ("src/edge/rest/", "store") => &REST_MAY_SEE_OF_STORE[..],
        ("src/edge/demo/", "store") => &DEMO_MAY_SEE_OF_STORE[..],
        _ => return None,
    };
    let seen = rest.first().copied().unwrap_or("all of it");
    (!only.contains(&seen)).then(|| format!("`{from}` may see only {only:?} of `{top}`, not `{seen}`"))
}

/// Every path through the crate's root in a file, as the names that follow `crate::`; `super::super::` counts, too.
fn paths(path: &str, code: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for root in ["crate", "nextim"] {
        for (at, _) in code.match_indices(&format!("{root}::")) {
            let whole = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            // In the library `nextim` is a word like another.
            if whole && (root == "crate" || path == "src/main.rs") {
                tree(&code[at + root.len() + 2..], &mut Vec::new(), &mut |leaf| found.push((at, leaf)));
            }
        }
    }
    let depth = module_depth(path);
    for (at, _) in code.match_indices("super::") {
        if code[..at].ends_with("super::") || code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let chain = code[at..].split("::").take_while(|segment| *segment == "super").count();
        if depth > 0 && chain == depth + modules_around(code, at) {
            tree(&code[at + chain * 7..], &mut Vec::new(), &mut |leaf| found.push((at, leaf)));
        }
    }
    found.retain(|(_, names)| names.first().is_some_and(|top| top != "*"));
    found
}

/// How many `super`s lead from a file's module to the root.
fn module_depth(path: &str) -> usize {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    inner.split('/').filter(|name| !matches!(*name, "mod" | "lib" | "main")).count()
}

/// How many modules within the file surround a place.
fn modules_around(code: &str, place: usize) -> usize {
    let opened = code[..place].match_indices("mod ").filter_map(|(at, _)| {
        let open = at + code[at..].find(['{', ';'])?;
        (code[open..].starts_with('{') && open + block(&code[open..]) > place).then_some(())
    });
    opened.count()
}

/// Walks a path or a tree of paths: `a::{b, c::d}`.
fn tree<'c>(code: &'c str, before: &mut Vec<String>, leaf: &mut impl FnMut(Vec<String>)) -> &'c str {
    let mut rest = code.trim_start();
    let depth = before.len();
    if let Some(list) = rest.strip_prefix('{') {
        rest = list.trim_start();
        while !rest.is_empty() && !rest.starts_with('}') {
            rest = tree(rest, before, leaf).trim_start();
            // `as name`, and whatever else stands before the comma
            let end = rest.find([',', '}']).unwrap_or(rest.len());
            rest = rest[end..].trim_start_matches(',').trim_start();
        }
        return rest.strip_prefix('}').unwrap_or(rest);
    }
    loop {
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, after) = if rest.starts_with('*') { rest.split_at(1) } else { rest.split_at(length) };
        if !name.is_empty() {
            before.push(name.to_owned());
        }
        rest = after;
        match after.strip_prefix("::") {
            Some(inner) if inner.trim_start().starts_with('{') => {
                rest = tree(inner, before, leaf);
                break;
            }
            Some(inner) if !name.is_empty() => rest = inner,
            _ => {
                leaf(before.clone());
                break;
            }
        }
    }
    before.truncate(depth);
    rest
}

#[cfg(test)]
mod tests {
    use super::super::{assert_clean, assert_found};
    use super::*;

    fn check_one(path: &str, text: &str) -> Findings {
        check(&Tree::of(&[(path, text)]))
    }

    #[test]
    fn a_wrong_arrow_is_found_with_file_and_line() {
        let bad = "//! Doc of crate::edge.\nuse crate::chat::id;\nuse crate::live::Live;\n";
        assert_found(&check_one("src/store/mod.rs", bad), "src/store/mod.rs:3", "must not name `live`");
        assert_found(&check_one("src/chat/a.rs", "fn a() { crate::clock::now() }"), "src/chat/a.rs:1", "`clock`");
        assert_found(&check_one("src/main.rs", "fn main() { nextim::app::start() }"), "src/main.rs:1", "`app`");
        assert_found(&check_one("src/newcomer/mod.rs", "use crate::chat::id;"), "src/newcomer/mod.rs:1", "`chat`");
        assert_clean(&check_one("src/store/a.rs", "use crate::chat::{id, room::Room};\nuse crate::store::Stored;\n"));
    }

    #[test]
    fn an_arrow_in_a_list_or_over_the_parents_is_found() {
        let list = "use crate::{chat::id, store::{self as s, Log}};";
        let found = check_one("src/bus/mod.rs", list);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`store`"));
        let parents = "use super::super::edge::Edge;\nuse super::entry::Seq;\n";
        assert_found(&check_one("src/chat/deep.rs", parents), "src/chat/deep.rs:1", "`edge`");
        let within = "mod tests { use super::*; use super::super::user::User; }\nuse super::super::edge::Edge;";
        assert_found(&check_one("src/live/session.rs", within), "src/live/session.rs:2", "`edge`");
    }

    #[test]
    fn backends_and_foreign_innards_are_found() {
        let backend = "use crate::store::{Store, sqlite::SqliteStore};";
        assert_found(&check_one("src/actions/a.rs", backend), "src/actions/a.rs:1", "only `app` names the backend");
        let source = "use crate::people::mysql::Mysql;";
        assert_found(&check_one("src/actions/a.rs", source), "src/actions/a.rs:1", "only `app` names the backend");
        assert_clean(&check_one("src/app/people.rs", source));
        assert_clean(&check_one("src/app.rs", backend));
        assert_found(&check_one("src/edge/a.rs", "use crate::live::Live;"), "src/edge/a.rs:1", "not `Live`");
        assert_clean(&check_one("src/edge/a.rs", "use crate::live::{Packet, PollEnd};"));
        assert_found(&check_one("src/edge/a.rs", "use crate::store::Store;"), "src/edge/a.rs:1", "`store`");
        assert_found(
            &check_one("src/edge/demo/a.rs", "use crate::store::Store;"),
            "src/edge/demo/a.rs:1",
            "not `Store`",
        );
    }
}
