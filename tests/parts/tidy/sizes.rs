//! Files and functions stay small enough to be read at once.

use super::source::{block, code, line_of};
use super::tree::Tree;
use super::{Findings, finding};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

pub fn check(tree: &Tree) -> Findings {
    let mut findings = Vec::new();
    for (path, text) in tree.rust("src/").chain(tree.rust("tests/")) {
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            findings.push(finding(path, lines, &format!("{lines} lines; {FILE_LINES_MAX} are the most")));
        }
        for (line, name, length) in functions(&code(text, false)) {
            if length > FUNCTION_LINES_MAX {
                let what = format!("`{name}` has {length} lines; {FUNCTION_LINES_MAX} are the most");
                findings.push(finding(path, line, &what));
            }
        }
    }
    findings
}

/// Every function with a body: its line, its name, its length in lines.
fn functions(code: &str) -> Vec<(usize, &str, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let starts = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = &code[at + 3..];
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let end = rest.find(['{', ';']).filter(|end| starts && !name.is_empty() && rest.as_bytes()[*end] == b'{');
        let Some(open) = end else { continue };
        let length = rest[..open + block(&rest[open..])].matches('\n').count() + 1;
        found.push((line_of(code, at), name, length));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{assert_clean, assert_found};
    use super::*;

    #[test]
    fn long_files_and_functions_are_found() {
        let function = |lines: usize| format!("//! x\nfn short();\n\nfn long() {{\n{}}}\n", "    // }\n".repeat(lines));
        let check_one = |text: &str| check(&Tree::of(&[("src/a.rs", text)]));
        assert_clean(&check_one(&function(68)));
        assert_found(&check_one(&function(69)), "src/a.rs:4", "`long` has 71 lines");
        assert_clean(&check_one(&"\n".repeat(FILE_LINES_MAX)));
        assert_found(&check_one(&"\n".repeat(FILE_LINES_MAX + 1)), "src/a.rs:401", "401 lines");
    }
}
