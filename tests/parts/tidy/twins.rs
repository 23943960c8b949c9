//! Backends are twins: the same file names for the same nouns, the same numbers of migrations.

use super::tree::Tree;
use super::{Findings, finding};

/// What every store backend has a file for.
const SHARED: [&str; 16] = [
    "accounts",
    "blocks",
    "choices",
    "directory",
    "erase",
    "export",
    "log",
    "marks",
    "merge",
    "mod",
    "notifications",
    "people",
    "search",
    "sessions",
    "sites",
    "views",
];

/// What a backend needs for itself alone.
const PRIVATE: [(&str, &[&str]); 1] = [(
    "sqlite",
    &[
        "care",
        "check",
        "checkpoint",
        "damage",
        "disk",
        "examine",
        "introduce",
        "lock",
        "passing",
        "reader",
        "rows",
        "schema",
        "sums",
        "wal",
        "writer",
    ],
)];

pub fn check(tree: &Tree) -> Findings {
    let mut findings = Vec::new();
    let backends = tree.names("src/store/").into_iter().filter(|name| !name.ends_with(".rs")).collect::<Vec<_>>();
    for backend in &backends {
        check_files(tree, backend, &mut findings);
        check_migrations(tree, backend, &mut findings);
    }
    let numbers = |backend: &&str| tree.names(&format!("migrations/{backend}/")).len();
    if let Some(odd) = backends.iter().find(|backend| numbers(backend) != numbers(&backends[0])) {
        findings.push(finding(&format!("migrations/{odd}"), 1, &format!("not as many migrations as {}", backends[0])));
    }
    findings
}

fn check_files(tree: &Tree, backend: &str, findings: &mut Findings) {
    let folder = format!("src/store/{backend}");
    let private = PRIVATE.iter().find(|(name, _)| *name == backend).map_or(&[][..], |(_, names)| names);
    let names = tree.names(&format!("{folder}/"));
    for name in &names {
        let stem = name.trim_end_matches(".rs");
        if !SHARED.contains(&stem) && !private.contains(&stem) {
            findings.push(finding(
                &format!("{folder}/{name}"),
                1,
                "neither a noun that all backends share nor listed as its own",
            ));
        }
    }
    for noun in SHARED {
        if !names.contains(&format!("{noun}.rs").as_str()) {
            findings.push(finding(&format!("{folder}/{noun}.rs"), 1, "every backend has a file of this name"));
        }
    }
}

fn check_migrations(tree: &Tree, backend: &str, findings: &mut Findings) {
    let (folder, schema) = (format!("migrations/{backend}"), format!("src/store/{backend}/schema.rs"));
    let list = tree.0.get(&schema).map_or("", String::as_str);
    let mut listed = 0;
    for (index, name) in tree.names(&format!("{folder}/")).iter().enumerate() {
        let path = format!("{folder}/{name}");
        if !name.starts_with(&format!("{:04}_", index + 1)) {
            findings.push(finding(&path, 1, &format!("this is migration number {}", index + 1)));
        }
        match list.find(&format!("include_str!(\"../../../{path}\")")) {
            Some(at) if at >= listed => listed = at,
            Some(_) => findings.push(finding(&path, 1, &format!("out of order in {schema}"))),
            None => findings.push(finding(&path, 1, &format!("not listed in {schema}"))),
        }
    }
    if listed == 0 {
        findings.push(finding(&folder, 1, "no migration at all"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{assert_clean, assert_found};
    use super::*;

    fn backend(files: &[(&str, &str)], without: &str) -> Findings {
        let mut tree = Tree::of(&[
            ("src/store/mod.rs", ""),
            ("src/store/sqlite/schema.rs", "[include_str!(\"../../../migrations/sqlite/0001_start.sql\")]"),
            ("migrations/sqlite/0001_start.sql", ""),
        ]);
        tree.0.extend(SHARED.map(|noun| (format!("src/store/sqlite/{noun}.rs"), String::new())));
        tree.0.extend(Tree::of(files).0);
        tree.0.remove(without);
        check(&tree)
    }

    #[test]
    fn files_without_a_twin_are_found() {
        assert_clean(&backend(&[], ""));
        assert_found(&backend(&[("src/store/sqlite/misc.rs", "")], ""), "src/store/sqlite/misc.rs:1", "neither");
        assert_found(&backend(&[], "src/store/sqlite/views.rs"), "src/store/sqlite/views.rs:1", "every backend");
    }

    #[test]
    fn gaps_and_forgotten_migrations_are_found() {
        let next = "migrations/sqlite/0002_next.sql";
        assert_found(&backend(&[(next, "")], ""), &format!("{next}:1"), "not listed");
        let gap = (
            "src/store/sqlite/schema.rs",
            "include_str!(\"../../../migrations/sqlite/0001_start.sql\") \
                   include_str!(\"../../../migrations/sqlite/0003_x.sql\")",
        );
        let found = backend(&[("migrations/sqlite/0003_x.sql", ""), gap], "");
        assert_found(&found, "migrations/sqlite/0003_x.sql:1", "number 2");
    }
}
