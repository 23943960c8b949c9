//! Builds the chat bar by its own build, in a copy outside the tree, and writes a table of what came out.
//!
//! `NEXTIM_WIDGET_DIST` names a folder that was built before: then neither Node.js nor npm is needed (packages, containers).

use serde_json::Value;
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the build reads.
const SOURCES: [&str; 4] = ["src", "build.mjs", "package.json", "package-lock.json"];
/// Node.js must be this or later.
const NODE_MIN: u32 = 20;

type Outcome<T> = Result<T, String>;

fn main() {
    println!("cargo::rerun-if-env-changed=NEXTIM_WIDGET_DIST");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={source}");
    }
    if let Err(error) = run() {
        println!("cargo::error=the chat bar (widget/): {error}");
        std::process::exit(1);
    }
}

fn run() -> Outcome<()> {
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|error| error.to_string())?);
    let dist = match env::var_os("NEXTIM_WIDGET_DIST").filter(|dist| !dist.is_empty()) {
        Some(dist) => PathBuf::from(dist),
        None => build(&out)?,
    };
    let table = table(&dist)?;
    fs::write(out.join("files.rs"), table).map_err(|error| error.to_string())
}

/// Builds in a copy, so that the tree stays as it is.
fn build(out: &Path) -> Outcome<PathBuf> {
    check_node()?;
    let (copy, dist) = (out.join("copy"), out.join("dist"));
    let _none_yet = fs::remove_dir_all(copy.join("src"));
    for source in SOURCES {
        copy_all(Path::new(source), &copy.join(source))?;
    }
    let lock = fs::read(copy.join("package-lock.json")).map_err(|error| error.to_string())?;
    let installed = copy.join("installed-lock.json");
    if fs::read(&installed).ok().as_ref() != Some(&lock) {
        let arguments = ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        command("npm", &arguments, &copy, "it needs npm and, the first time, its registry")?;
        fs::write(&installed, &lock).map_err(|error| error.to_string())?;
    }
    let version = env::var("CARGO_PKG_VERSION").map_err(|error| error.to_string())?;
    let dist_text = dist.to_str().ok_or("the target folder's path is not UTF-8")?;
    command("node", &["build.mjs", dist_text, "--version", &version], &copy, "see above")?;
    Ok(dist)
}

fn check_node() -> Outcome<()> {
    let need = format!(
        "Node.js {NODE_MIN} or later and npm are needed to build it (https://nodejs.org, or the packages nodejs and npm of Debian 13), or NEXTIM_WIDGET_DIST with a folder that was built before"
    );
    let said = Command::new("node").arg("--version").output().map_err(|_| need.clone())?;
    let text = String::from_utf8_lossy(&said.stdout);
    let major = text.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= NODE_MIN => Ok(()),
        _ => Err(format!("{need}; here is {}", text.trim())),
    }
}

fn command(program: &str, arguments: &[&str], folder: &Path, hint: &str) -> Outcome<()> {
    let done = Command::new(program).args(arguments).current_dir(folder).output();
    let done = done.map_err(|error| format!("{program}: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    let said = [done.stdout, done.stderr].concat();
    Err(format!("{program} {} failed ({hint}):\n{}", arguments.join(" "), String::from_utf8_lossy(&said)))
}

fn copy_all(from: &Path, to: &Path) -> Outcome<()> {
    let failed = |error: std::io::Error| format!("{}: {error}", from.display());
    if from.is_dir() {
        fs::create_dir_all(to).map_err(failed)?;
        for entry in fs::read_dir(from).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            copy_all(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::copy(from, to).map(drop).map_err(failed)
}

/// Rust that holds every file of the manifest.
fn table(dist: &Path) -> Outcome<String> {
    let manifest = dist.join("manifest.json");
    let text = fs::read_to_string(&manifest).map_err(|error| format!("{}: {error}", manifest.display()))?;
    let dist = dist.canonicalize().map_err(|error| error.to_string())?;
    let manifest: Value = serde_json::from_str(&text).map_err(|error| format!("manifest.json: {error}"))?;
    let mut rows = String::new();
    let entries = manifest["files"].as_array().ok_or("manifest.json has no files")?;
    for entry in entries {
        let field = |name: &str| entry[name].as_str().ok_or_else(|| format!("manifest.json: a file has no {name}"));
        let (file, path, sri) = (field("file")?, field("path")?, field("sri")?);
        let media_type = match Path::new(file).extension().and_then(|extension| extension.to_str()) {
            Some("js") => "text/javascript; charset=utf-8",
            Some("json") => "application/json; charset=utf-8",
            _ => return Err(format!("{file}: nobody has said what this is")),
        };
        let bytes = |suffix: &str| format!("include_bytes!({:?})", dist.join(format!("{file}{suffix}")));
        let (plain, gzip, brotli) = (bytes(""), bytes(".gz"), bytes(".br"));
        writeln!(
            rows,
            "    File {{ path: {path:?}, media_type: {media_type:?}, integrity: {sri:?}, plain: {plain}, gzip: {gzip}, brotli: {brotli} }},"
        )
        .map_err(|error| error.to_string())?;
    }
    Ok(format!("/// All of them.\npub static FILES: [File; {}] = [\n{rows}];\n", entries.len()))
}
