//! A disk, a clock and a process that fail at a chosen moment, for the real binary: `faults.c` is built once and loaded into
//! it, and told through a mapped file what to do.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// What a call does. The numbers are those of `faults.c`, here and below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Write = 0,
    Sync = 1,
    Truncate = 2,
    Unlink = 3,
    Create = 4,
    Rename = 5,
    Send = 6,
    Folder = 7,
}

/// What it does it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Database = 0,
    Wal = 1,
    Journal = 2,
    Shared = 3,
    Lock = 4,
    Directory = 5,
    Other = 6,
    Socket = 7,
}

/// Every class of file.
pub const FILES: [Class; 7] =
    [Class::Database, Class::Wal, Class::Journal, Class::Shared, Class::Lock, Class::Directory, Class::Other];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Fail(Errno),
    /// A write leaves its first half behind.
    FailHalfway(Errno),
    KillBefore,
    KillAfter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errno {
    Io = 5,
    NoSpace = 28,
    ReadOnly = 30,
}

/// When what happens.
#[derive(Debug, Clone)]
pub struct Rule {
    pub action: Action,
    pub kinds: Vec<Kind>,
    pub classes: Vec<Class>,
    /// Which such call from now on; 1 is the next.
    pub at: u64,
    /// That call and all later ones.
    pub sticky: bool,
    /// For [`Kind::Send`]: only what contains this counts.
    pub text: &'static str,
    /// For [`Kind::Write`]: only at this place of the file.
    pub offset: Option<u64>,
}

impl Rule {
    pub fn new(action: Action, kinds: &[Kind], classes: &[Class], at: u64) -> Self {
        Self { action, kinds: kinds.into(), classes: classes.into(), at, sticky: false, text: "", offset: None }
    }

    /// For an answer or a packet that contains `text`.
    pub fn sending(action: Action, text: &'static str, at: u64) -> Self {
        Self { text, ..Self::new(action, &[Kind::Send], &[Class::Socket], at) }
    }

    pub fn and_later(self) -> Self {
        Self { sticky: true, ..self }
    }
}

const ACTION: u64 = 2;
const HITS: u64 = 8;
const COUNTS: u64 = 16;
const TEXT_AT: u64 = 1024;
const TEXT_MAX: usize = 128;

/// The library in a process, by its control file.
pub struct Faults {
    folder: PathBuf,
    control_path: PathBuf,
    control: File,
    log: Option<PathBuf>,
}

impl Faults {
    /// Watches `folder`, an absolute path without links. Control file and log are put into `beside`, which is not below it.
    pub fn new(folder: &Path, beside: &Path) -> Self {
        let control_path = beside.join("faults.control");
        let control = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&control_path);
        let control = control.expect("a control file");
        control.set_len(4_096).expect("its size");
        Self { folder: folder.into(), control_path, control, log: None }
    }

    /// Keeps everything that reaches the disk, too.
    pub fn recording(folder: &Path, beside: &Path) -> Self {
        Self { log: Some(beside.join("faults.log")), ..Self::new(folder, beside) }
    }

    /// Loads the library into what `command` starts.
    pub fn apply(&self, command: &mut Command) {
        command.env("LD_PRELOAD", library()).env("NEXTIM_FAULTS_FOLDER", &self.folder);
        command.env("NEXTIM_FAULTS_CONTROL", &self.control_path);
        if let Some(log) = &self.log {
            command.env("NEXTIM_FAULTS_LOG", log);
        }
    }

    fn set(&self, word: u64, value: i64) {
        self.control.write_all_at(&value.to_le_bytes(), word * 8).expect("the control file takes it");
    }

    fn get(&self, word: u64) -> i64 {
        let mut bytes = [0; 8];
        self.control.read_exact_at(&mut bytes, word * 8).expect("the control file gives it");
        i64::from_le_bytes(bytes)
    }

    pub fn arm(&self, rule: &Rule) {
        self.disarm();
        let (action, errno) = match rule.action {
            Action::Fail(errno) => (1, errno as i64),
            Action::KillBefore => (2, 0),
            Action::KillAfter => (3, 0),
            Action::FailHalfway(errno) => (4, errno as i64),
        };
        let mask = |numbers: Vec<u8>| numbers.iter().fold(0_i64, |mask, number| mask | 1 << number);
        let kinds = mask(rule.kinds.iter().map(|kind| *kind as u8).collect());
        let classes = mask(rule.classes.iter().map(|class| *class as u8).collect());
        let mut text = [0; TEXT_MAX];
        text[..rule.text.len()].copy_from_slice(rule.text.as_bytes());
        self.control.write_all_at(&text, TEXT_AT).expect("the control file takes it");
        let offset = rule.offset.map_or(0, |offset| i64::try_from(offset + 1).expect("an offset"));
        let at = i64::try_from(rule.at).expect("a small number");
        for (word, value) in
            [(3, kinds), (4, classes), (5, at), (6, errno), (7, rule.sticky.into()), (HITS, 0), (9, offset)]
        {
            self.set(word, value);
        }
        self.set(ACTION, action);
    }

    pub fn disarm(&self) {
        self.set(ACTION, 0);
    }

    /// How often the armed rule has struck.
    pub fn hits(&self) -> u64 {
        self.get(HITS).unsigned_abs()
    }

    /// How many such calls there were since the control file was made.
    pub fn count(&self, kind: Kind, class: Class) -> u64 {
        self.get(COUNTS + 8 * kind as u64 + class as u64).unsigned_abs()
    }

    /// Waits for the armed rule to strike.
    #[track_caller]
    pub fn wait_for_hit(&self, within: Duration) {
        let begun = now();
        while self.hits() == 0 {
            assert!(begun.elapsed() < within, "nothing struck within {within:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The wall clock runs on, `by_ms` from the truth.
    pub fn shift_clock(&self, by_ms: i64) {
        self.set(1, by_ms * 1_000_000);
        self.set(0, 1);
    }

    /// The wall clock stands still.
    pub fn freeze_clock(&self, at_ms: u64) {
        self.set(1, i64::try_from(at_ms).expect("a time") * 1_000_000);
        self.set(0, 2);
    }

    /// How long the log of what reached the disk is now.
    pub fn log_len(&self) -> u64 {
        self.log.as_ref().and_then(|log| std::fs::metadata(log).ok()).map_or(0, |log| log.len())
    }
}

#[expect(clippy::disallowed_methods, reason = "a test waits with the machine's clock")]
pub fn now() -> Instant {
    Instant::now()
}

/// The library, built by the first who asks.
fn library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (library, source) = (folder.join("libfaults.so"), "tests/parts/crash/faults.c");
        // Another run of the tests may have the old one loaded: it is replaced, not written to.
        let fresh = folder.join(format!("libfaults-{}.so", std::process::id()));
        let mut compiler = Command::new("cc");
        compiler
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]);
        let output = compiler.arg(source).arg("-o").arg(&fresh).arg("-ldl").output().expect("a C compiler (`cc`)");
        assert!(output.status.success(), "{source}: {}", String::from_utf8_lossy(&output.stderr));
        std::fs::rename(&fresh, &library).expect("its place");
        library
    })
}
