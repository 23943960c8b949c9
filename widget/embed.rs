//! The chat bar's files: built from `src/` by `build.mjs` while this crate is built, and part of the binary from then on.

/// A file as it is served.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Where, below the server's address.
    pub path: &'static str,
    /// What it is, for browsers.
    pub media_type: &'static str,
    /// Its hash, as `integrity` has it; also its version for caches.
    pub integrity: &'static str,
    /// As it is.
    pub plain: &'static [u8],
    /// Compressed.
    pub gzip: &'static [u8],
    /// Compressed more.
    pub brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The file at a path, if there is one.
pub fn at(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

/// The file that pages name in their script tag. It is always the newest; what it loads has its hash in its name.
pub fn loader() -> &'static File {
    at("nextim.js").expect("the build makes it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_there_and_compressed() {
        assert!(FILES.len() >= 3, "the loader, the bar, and the words of a language");
        for file in FILES {
            assert!(file.brotli.len() < file.plain.len() && file.gzip.len() < file.plain.len(), "{}", file.path);
            assert!(file.integrity.starts_with("sha384-"), "{}", file.path);
        }
        let names_the_bar = |file: &File| std::str::from_utf8(loader().plain).unwrap().contains(file.path);
        assert!(FILES.iter().any(|file| file.path.contains("/bar.") && names_the_bar(file)));
    }
}
