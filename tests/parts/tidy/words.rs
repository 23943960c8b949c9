//! No file knows the machine it was written on: no folder of one person's computer stands in a text that others read.

use super::source::line_of;
use super::tree::Tree;
use super::{Findings, finding};

/// Beginnings of such paths, in two halves, so that they do not stand here.
const MACHINES: [(&str, &str); 6] =
    [("/ro", "ot/"), ("/wo", "rk/"), ("/ho", "me/"), ("/Us", "ers/"), ("/var/fol", "ders/"), ("C:\\Us", "ers\\")];

pub fn check(tree: &Tree) -> Findings {
    let mut findings = Vec::new();
    for (path, text) in &tree.0 {
        for pattern in MACHINES.map(|(head, tail)| format!("{head}{tail}")) {
            for (at, _) in text.match_indices(&pattern) {
                // After a name it is a part of some address or relative path.
                if !text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '}' | '*')) {
                    findings.push(finding(path, line_of(text, at), &format!("`{pattern}` is a folder of one machine")));
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::{assert_clean, assert_found};
    use super::*;

    #[test]
    fn paths_of_one_machine_are_found_in_any_file() {
        let check_one = |text: &str| check(&Tree::of(&[("docs/a.md", text)]));
        for (head, tail) in MACHINES {
            let text = format!("one\nsee `{head}{tail}project`\n");
            assert_found(&check_one(&text), "docs/a.md:2", "one machine");
        }
        let (head, tail) = MACHINES[2];
        assert_clean(&check_one(&format!("https://example.com{head}{tail}page and ../frame{}x", "work/")));
    }
}
