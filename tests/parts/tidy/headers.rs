//! Every Rust file opens with a sentence on what it is for.

use super::tree::Tree;
use super::{Findings, finding};

pub fn check(tree: &Tree) -> Findings {
    let all = ["src/", "tests/", "benches/"].into_iter().flat_map(|folder| tree.rust(folder));
    let bad = all.filter(|(_, text)| !says_something(text));
    bad.map(|(path, _)| finding(path, 1, "the first line must be a sentence after `//! `")).collect()
}

fn says_something(text: &str) -> bool {
    let first: Vec<&str> = text.lines().take_while(|line| line.starts_with("//!")).collect();
    first.first().is_some_and(|line| line.len() > 8)
        && first.iter().any(|line| line.trim_end().ends_with(['.', ':', '?']))
}

#[cfg(test)]
mod tests {
    use super::super::{assert_clean, assert_found};
    use super::*;

    #[test]
    fn a_file_without_a_sentence_is_found() {
        let tree = |text| Tree::of(&[("src/a.rs", text)]);
        assert_clean(&check(&tree("//! What this is for.\n\nuse x;\n")));
        for bad in
            ["use x;\n", "// A comment.\nuse x;\n", "\n//! Too late.\n", "//! x.\n", "//! no end of a sentence\n"]
        {
            assert_found(&check(&tree(bad)), "src/a.rs:1", "sentence");
        }
    }
}
