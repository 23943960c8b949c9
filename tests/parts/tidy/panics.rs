//! Nothing that comes from outside may end the process or a connection: in the edge nothing is unwrapped, and what is
//! expected is true whatever was sent.

use super::source::{code, line_of, test_files, without_tests};
use super::tree::Tree;
use super::{Findings, finding};

/// Expectations that no request can break.
const ALLOWED: [&str; 3] =
    ["no panic while held", "HMAC takes keys of any length", "wire shapes have string keys and finite numbers"];

/// What panics. `assert!` and `debug_assert!` are among them on purpose.
const PANICS: [&str; 8] =
    [".unwrap()", "panic!(", "unreachable!(", "todo!(", "assert!(", "assert_eq!(", "assert_ne!(", ".unwrap_err()"];

pub fn check(tree: &Tree) -> Findings {
    let mut findings = Vec::new();
    let for_tests = files_for_tests(tree);
    for (path, text) in tree.rust("src/edge/").filter(|(path, _)| !for_tests.iter().any(|file| file == path)) {
        let code = without_tests(&code(text, true));
        for word in PANICS {
            for (at, _) in code.match_indices(word) {
                findings.push(finding(path, line_of(&code, at), &format!("`{word}` can panic on what was sent")));
            }
        }
        for (at, call) in code.match_indices(".expect(") {
            let text = code[at + call.len()..].trim_start().trim_start_matches('"');
            if !ALLOWED.iter().any(|allowed| text.starts_with(&format!("{allowed}\""))) {
                let what = "expects something that is not on the list of what no request can break";
                findings.push(finding(path, line_of(&code, at), what));
            }
        }
    }
    findings
}

/// Files that are compiled for tests alone.
fn files_for_tests(tree: &Tree) -> Vec<String> {
    let mut files = Vec::new();
    for (path, text) in tree.rust("src/edge/") {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let folder = if path.ends_with("/mod.rs") { folder } else { path.trim_end_matches(".rs") };
        files.extend(test_files(&code(text, false)).map(|name| format!("{folder}/{name}.rs")));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::super::{assert_clean, assert_found};
    use super::*;

    #[test]
    fn what_panics_is_found_outside_tests() {
        let check_one = |text: &str| check(&Tree::of(&[("src/edge/a.rs", text)]));
        assert_found(&check_one("//! x.unwrap()\nfn a() {\n    b().unwrap()\n}\n"), "src/edge/a.rs:3", ".unwrap()");
        assert_found(&check_one("fn a() { b().expect(\"it is there\") }"), "src/edge/a.rs:1", "list");
        assert_found(
            &check_one("fn a() {\n    b()\n        .expect(\n            \"x\") }"),
            "src/edge/a.rs:3",
            "list",
        );
        assert_clean(&check_one("fn a() { b.lock().expect(\"no panic while held\"); c().unwrap_or(1); }"));
        assert_clean(&check_one("#[cfg(test)]\nmod tests {\n    fn a() { b().unwrap() }\n}\n"));
        assert_clean(&check(&Tree::of(&[("src/store/a.rs", "fn a() { b().unwrap() }")])));
        let far = ("src/edge/far.rs", "fn a() { b().unwrap() }");
        assert_found(&check(&Tree::of(&[far, ("src/edge/mod.rs", "mod far;")])), "src/edge/far.rs:1", ".unwrap()");
        assert_clean(&check(&Tree::of(&[far, ("src/edge/mod.rs", "#[cfg(test)]\nmod far;")])));
    }
}
