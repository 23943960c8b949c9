//! Every dependency says in one line what it is there for.

use super::tree::Tree;
use super::{Findings, finding};

const MANIFEST: &str = "Cargo.toml";

pub fn check(tree: &Tree) -> Findings {
    let manifest = tree.0.get(MANIFEST).map_or("", String::as_str);
    let (mut findings, mut inside, mut count) = (Vec::new(), false, 0);
    for (index, line) in manifest.lines().enumerate() {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.trim_end_matches(']').ends_with("dependencies");
            continue;
        }
        let begins = inside && line.starts_with(|c: char| c.is_ascii_alphabetic()) && line.contains('=');
        count += usize::from(begins);
        let reason = line.split_once("# ").map_or("", |(_, reason)| reason.trim());
        if begins && reason.len() < 4 {
            findings.push(finding(MANIFEST, index + 1, "a dependency without `# what it is there for`"));
        }
    }
    if count == 0 {
        findings.push(finding(MANIFEST, 1, "no dependency was found at all"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::{assert_clean, assert_found};
    use super::*;

    #[test]
    fn a_dependency_without_a_reason_is_found() {
        let check_one = |text: &str| check(&Tree::of(&[(MANIFEST, text)]));
        let good = "[package]\nname = \"x\"\n\n[dependencies]\na = \"1\"   # letters\n\n[dev-dependencies]\nb = \"2\" # tests\n";
        assert_clean(&check_one(good));
        assert_found(&check_one(&good.replace(" # tests", "")), "Cargo.toml:8", "without");
        assert_found(&check_one(&good.replace("letters", "")), "Cargo.toml:5", "without");
        assert_found(&check_one("[package]\n"), "Cargo.toml:1", "no dependency");
    }
}
