//! The files of the project, as the rules read them; or a few made-up ones.

use std::collections::BTreeMap;
use std::path::Path;

/// Paths from the project's root, with `/`, and texts. Files that are not UTF-8 text are left out.
pub struct Tree(pub BTreeMap<String, String>);

/// Folders that are not part of the project.
const FOREIGN: [&str; 5] = ["target", "node_modules", "nextim-data", "artifacts", "corpus"];

impl Tree {
    /// The project.
    pub fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut tree = Self(BTreeMap::new());
        tree.read_folder(root, "");
        assert!(tree.0.contains_key("src/lib.rs"), "this is not the project");
        tree
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) {
        let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries.map(Result::unwrap) {
            let name = entry.file_name().into_string().expect("file names are text");
            let (path, at) = (format!("{prefix}{name}"), entry.path());
            let hidden = name.starts_with('.') && name != ".ci";
            if hidden || FOREIGN.contains(&name.as_str()) {
                continue;
            }
            if at.is_dir() {
                self.read_folder(&at, &format!("{path}/"));
            } else if let Ok(text) = std::fs::read_to_string(&at) {
                self.0.insert(path, text);
            }
        }
    }

    /// A tree of made-up files.
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    /// Rust files under `folder`.
    pub fn rust(&self, folder: &str) -> impl Iterator<Item = (&str, &str)> {
        let all = self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        all.filter(move |(path, _)| path.starts_with(folder) && path.ends_with(".rs"))
    }

    /// Names directly under `folder`, files and folders alike.
    pub fn names<'a>(&'a self, folder: &str) -> Vec<&'a str> {
        let below = self.0.keys().filter_map(|path| path.strip_prefix(folder));
        let mut names: Vec<&str> = below.map(|rest| rest.split('/').next().unwrap_or(rest)).collect();
        names.dedup();
        names
    }
}
