//! The house rules that a machine can see. Each rule is a function from a tree of files to findings with file and line, and
//! has tests of its own that show it a bad snippet: a rule that finds nothing anywhere is worth nothing.

mod arrows;
mod attacks;
mod headers;
mod manifest;
mod panics;
mod protocol;
mod sizes;
mod source;
mod tree;
mod twins;
mod words;

use tree::Tree;

/// What a rule found: `file:line: what`.
type Findings = Vec<String>;

fn finding(path: &str, line: usize, what: &str) -> String {
    format!("{path}:{line}: {what}")
}

#[track_caller]
fn assert_clean(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// One finding, in that place, that says that.
#[track_caller]
fn assert_found(findings: &[String], place: &str, says: &str) {
    let [finding] = findings else { panic!("one finding was expected, not {findings:#?}") };
    assert!(finding.starts_with(&format!("{place}: ")) && finding.contains(says), "{finding}");
}

#[test]
fn arrows_point_inward() {
    assert_clean(&arrows::check(&Tree::read()));
}

#[test]
fn backends_have_the_same_file_names_and_their_migrations_are_numbered_and_listed() {
    assert_clean(&twins::check(&Tree::read()));
}

#[test]
fn every_file_says_what_it_is_for() {
    assert_clean(&headers::check(&Tree::read()));
}

#[test]
fn files_and_functions_fit_on_a_screen() {
    assert_clean(&sizes::check(&Tree::read()));
}

#[test]
fn nothing_from_outside_can_make_the_edge_panic() {
    assert_clean(&panics::check(&Tree::read()));
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    assert_clean(&words::check(&Tree::read()));
}

#[test]
fn every_name_of_an_endpoint_is_documented() {
    assert_clean(&protocol::check(&Tree::read()));
}

#[test]
fn every_dependency_says_what_it_is_there_for() {
    assert_clean(&manifest::check(&Tree::read()));
}

#[test]
fn every_attack_is_shown_by_a_test_that_exists() {
    assert_clean(&attacks::check(&Tree::read()));
}
