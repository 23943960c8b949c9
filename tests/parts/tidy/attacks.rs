//! Every line of the table of attacks names tests that exist, or says why there are none.

use super::source::code;
use super::tree::Tree;
use super::{Findings, finding};
use std::collections::BTreeSet;

const INDEX: &str = "tests/it/edge/attacks/mod.rs";
/// Fewer lines than this, and the table cannot be read any more.
const LINES_MIN: usize = 40;

pub fn check(tree: &Tree) -> Findings {
    let Some(index) = tree.0.get(INDEX) else { return vec![finding(INDEX, 1, "the table of attacks is missing")] };
    let tests = tests(tree);
    let rows: Vec<(usize, &str)> = index
        .lines()
        .enumerate()
        .filter_map(|(at, line)| Some((at + 1, line.strip_prefix("//! | ")?)))
        .skip(1) // the head
        .collect();
    if rows.len() < LINES_MIN {
        return vec![finding(INDEX, 1, "the table of attacks cannot be read any more")];
    }
    rows.iter().flat_map(|(line, row)| check_row(*line, row, &tests)).collect()
}

fn check_row(line: usize, row: &str, tests: &BTreeSet<String>) -> Findings {
    let shown_by = row.trim_end().trim_end_matches('|').rsplit('|').next().unwrap_or_default().trim();
    let names: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
    let says_why = shown_by.strip_prefix("none: ").is_some_and(|why| !why.is_empty());
    if names.is_empty() && !says_why {
        return vec![finding(INDEX, line, "the line names no test, and does not say why")];
    }
    let missing = names.into_iter().filter(|name| !tests.contains(*name));
    missing.map(|name| finding(INDEX, line, &format!("there is no test `{name}`"))).collect()
}

/// The names of functions in the tests, and in the code, which has tests beside it.
fn tests(tree: &Tree) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (_, text) in tree.rust("src/").chain(tree.rust("tests/")) {
        let code = code(text, false);
        names.extend(code.match_indices("fn ").filter_map(|(at, _)| name(&code[at + 3..])).map(str::to_owned));
    }
    names
}

fn name(rest: &str) -> Option<&str> {
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    Some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::super::{assert_clean, assert_found};
    use super::*;

    fn table(last: &str) -> Findings {
        let rows = "//! | a | b | `one` |\n".repeat(LINES_MIN);
        let index = format!("//! The table.\n//!\n//! | door | attack | tests |\n//! |---|---|---|\n{rows}{last}\n");
        check(&Tree::of(&[(INDEX, &index), ("tests/it/a.rs", "//! é\nasync fn one() {}\n// fn two()\n")]))
    }

    #[test]
    fn a_line_without_a_test_is_found() {
        let place = format!("{INDEX}:{}", LINES_MIN + 5);
        assert_clean(&table("//! | a | b | `one`, `one` |"));
        assert_clean(&table("//! | a | b | none: not here yet |"));
        assert_found(&table("//! | a | b | `one`, `two` |"), &place, "no test `two`");
        assert_found(&table("//! | a | b | none |"), &place, "names no test");
        assert_found(&table("//! | a | b | |"), &place, "names no test");
        let lost = check(&Tree::of(&[(INDEX, "//! | door | attack | tests |\n")]));
        assert_found(&lost, &format!("{INDEX}:1"), "cannot be read");
    }
}
