//! Every committed seed of the fuzz targets through the functions that the targets run.

use crate::checks;
use std::collections::BTreeSet;
use std::path::Path;

/// Negative control: let `Frames` take a payload before all of it is there, and a seed of `frame` fails.
#[test]
fn every_seed_of_every_fuzz_target_holds() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(fuzz.join(folder)).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths.map(|path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned()).collect()
    };
    let all: BTreeSet<String> = checks::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!((names("seeds"), names("fuzz_targets")), (all.clone(), all));
    for (name, _) in checks::ALL {
        let mut count = 0;
        for entry in std::fs::read_dir(fuzz.join("seeds").join(name)).expect("a folder") {
            let path = entry.expect("an entry").path();
            println!("{}", path.display());
            checks::run(name, &std::fs::read(&path).expect("a seed"));
            count += 1;
        }
        assert!(count >= 5, "{name} has {count} seeds");
    }
}
