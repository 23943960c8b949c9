//! Which endpoint an address means: the protocol's own paths, and those of the plugins that served it before, so that a site
//! can hand its plugin's address over to this server.

use super::routes::Endpoint;
use crate::edge::params::Params;

/// Parameters that belong to a plugin's address and not to the call: its action, and the site software it was for.
const OF_ADDRESS: [&str; 3] = ["webim_action", "action", "platform"];

/// Whether a path outside `/webim/` is one of a plugin's that stood at the root of its site.
pub fn is_plugins(path: &str) -> bool {
    matches!(path, "/im.php" | "/index.php" | "/custom.js.php")
}

/// The endpoint of a path. Of a plugin's address, what belongs to it alone is taken out of `params`: it is no setting.
pub fn endpoint(path: &str, params: &mut Params) -> Option<Endpoint> {
    let name = path.strip_prefix("/webim/").or_else(|| is_plugins(path).then(|| path.trim_start_matches('/')))?;
    let endpoint = match name {
        "im.php" => Endpoint::parse(params.raw("webim_action")?),
        "index.php" => Endpoint::parse(params.raw("action")?),
        "custom.js.php" => Some(Endpoint::Boot),
        name => match name.strip_prefix("api/").and_then(|name| name.strip_suffix(".php")) {
            Some(name) => Endpoint::parse(name),
            None => return Endpoint::parse(name),
        },
    }?;
    OF_ADDRESS.iter().for_each(|name| params.remove(name));
    Some(endpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_addresses_mean_the_same_calls() {
        let of = |path: &str, query: &str| endpoint(path, &mut Params::parse(query, b"").unwrap());
        for (path, query, meant) in [
            ("/webim/online", "", Some(Endpoint::Online)),
            ("/webim/im.php", "webim_action=online", Some(Endpoint::Online)),
            ("/im.php", "webim_action=download_history", Some(Endpoint::DownloadHistory)),
            ("/webim/index.php", "action=clear_history", Some(Endpoint::ClearHistory)),
            ("/index.php", "action=boot&_=1", Some(Endpoint::Boot)),
            ("/webim/api/buddy.php", "platform=uchome", Some(Endpoint::Buddies)),
            ("/custom.js.php", "", Some(Endpoint::Boot)),
            ("/api/buddy.php", "", None),
            ("/index.php", "", None),
            ("/im.php", "action=online", None),
            ("/webim/api/online", "", None),
            ("/webim/online.php", "", None),
            ("/online", "", None),
        ] {
            assert_eq!(of(path, query), meant, "{path}?{query}");
        }
    }

    /// `docs/migrating.md` lists the names of every call; that all names are in it is the house rules' to see.
    ///
    /// Negative control: exchange two names of different rows.
    #[test]
    fn the_table_of_names_is_the_routers() {
        let page = include_str!("../../../docs/migrating.md");
        let rows = page.lines().skip_while(|line| !line.starts_with("| names |")).skip(2);
        let mut known = Vec::new();
        for row in rows.take_while(|line| line.starts_with("| `")) {
            let cell = row.split('|').nth(1).unwrap_or_default();
            let names: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
            let endpoint = Endpoint::parse(names[0]).expect(names[0]);
            assert!(names.iter().all(|name| Endpoint::parse(name) == Some(endpoint)), "{names:?} are not one call");
            assert!(!known.contains(&endpoint), "{names:?} has two rows");
            known.push(endpoint);
        }
        assert_eq!(known.len(), 30, "a row for each call");
    }

    #[test]
    fn what_belongs_to_a_plugins_address_is_no_setting() {
        let mut params = Params::parse("platform=uchome&action=x&play_sound=true", b"").unwrap();
        assert_eq!(endpoint("/webim/api/setting.php", &mut params), Some(Endpoint::Setting));
        assert_eq!(params.iter().collect::<Vec<_>>(), [("play_sound", "true")]);
        let mut params = Params::parse("platform=mine", b"").unwrap();
        assert_eq!(endpoint("/webim/setting", &mut params), Some(Endpoint::Setting));
        assert_eq!(params.raw("platform"), Some("mine"), "the protocol's own address has none");
    }
}
