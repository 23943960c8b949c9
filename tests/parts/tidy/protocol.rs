//! Whoever writes a client reads the protocol's page and not our router: every name that is served stands there.

use super::source::{code, line_of};
use super::tree::Tree;
use super::{Findings, finding};

const ROUTES: &str = "src/edge/browser/routes.rs";
/// The protocol itself, and the table of who calls what by which name.
const PAGES: [&str; 2] = ["docs/protocol.md", "docs/migrating.md"];

pub fn check(tree: &Tree) -> Findings {
    PAGES.iter().flat_map(|page| check_page(tree, page)).collect()
}

fn check_page(tree: &Tree, page_name: &str) -> Findings {
    let (Some(routes), Some(page)) = (tree.0.get(ROUTES), tree.0.get(page_name)) else { return Vec::new() };
    let code = code(routes, true);
    let names = names(&code);
    if names.len() < 13 {
        return vec![finding(ROUTES, 1, "the endpoints cannot be read from `Endpoint::parse` any more")];
    }
    let missing = names.into_iter().filter(|(_, name)| !stands_in(page, name));
    missing.map(|(line, name)| finding(ROUTES, line, &format!("`{name}` is served and not in {page_name}"))).collect()
}

/// The names in the arms that give an endpoint.
fn names(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("=> Self::") {
        let start = code[..at].rfind('\n').map_or(0, |start| start + 1);
        let texts = code[start..at].split('"').skip(1).step_by(2);
        found.extend(texts.map(|name| (line_of(code, at), name)));
    }
    found
}

/// As a whole word: `clear` does not stand in `clear_history`.
fn stands_in(page: &str, name: &str) -> bool {
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    page.match_indices(name)
        .any(|(at, _)| !page[..at].ends_with(of_word) && !page[at + name.len()..].starts_with(of_word))
}

#[cfg(test)]
mod tests {
    use super::super::{assert_clean, assert_found};
    use super::*;

    #[test]
    fn an_undocumented_name_is_found() {
        let arms: String = (0..12).map(|n| format!("            \"name{n}\" => Self::N{n},\n")).collect();
        let routes = format!("{arms}            \"clear_history\" | \"clear\" => Self::Clear,\n");
        let page = |text: &str| check(&Tree::of(&[(ROUTES, &routes), (PAGES[0], text)]));
        let documented = (0..12).map(|n| format!("`/webim/name{n}`\n")).collect::<String>() + "`clear_history`";
        assert_found(&page(&documented), &format!("{ROUTES}:13"), "`clear`");
        assert_clean(&page(&format!("{documented} or `clear`")));
        assert_clean(&check(&Tree::of(&[(ROUTES, &routes)])));
        assert_found(
            &check(&Tree::of(&[(ROUTES, "match x {}"), (PAGES[0], "")])),
            &format!("{ROUTES}:1"),
            "cannot be read",
        );
    }
}
