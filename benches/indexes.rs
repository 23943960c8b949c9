//! What the indexes of the log cost: rows a second into tables that differ only in their indexes and clustering, durable,
//! in batches. `docs/performance.md` quotes it.
//!
//! ```text
//! cargo bench --bench indexes
//! ```

use rusqlite::{Connection, params};
use std::time::{Duration, Instant};

const COLUMNS: &str = "kind INTEGER NOT NULL, at_ms INTEGER NOT NULL, sender INTEGER NOT NULL, target INTEGER NOT NULL, \
                       hidden INTEGER NOT NULL, origin INTEGER, nick TEXT NOT NULL, style TEXT NOT NULL, body TEXT NOT NULL, \
                       cid TEXT, cid_hash INTEGER";

const INBOX: &str = "CREATE INDEX inbox ON log (site, target, seq) WHERE kind = 0;";
const SAID: &str = "CREATE INDEX said ON log (site, sender, target, seq) WHERE kind = 0 AND target > 0;";
const PAIR: &str =
    "CREATE INDEX pair ON log (site, min(sender, target), max(sender, target), seq) WHERE kind = 0 AND target > 0;";
const SENDER: &str = "CREATE INDEX sender ON log (site, sender, seq) WHERE kind = 0;";
const CID: &str = "CREATE INDEX cid ON log (site, sender, cid_hash) WHERE cid IS NOT NULL;";

type Failure = Box<dyn std::error::Error>;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

fn main() -> Result<(), Failure> {
    let clustered = "PRIMARY KEY (site, seq)) WITHOUT ROWID;";
    let by_rowid = "UNIQUE (site, seq));";
    let variants: [(&str, &str, Vec<&str>, bool); 7] = [
        ("no secondary index", clustered, vec![], false),
        ("inbox", clustered, vec![INBOX], false),
        ("inbox + said (ours)", clustered, vec![INBOX, SAID, CID], false),
        ("ours, with a cid in every row", clustered, vec![INBOX, SAID, CID], true),
        ("inbox + pair", clustered, vec![INBOX, PAIR, CID], false),
        ("inbox + pair + sender", clustered, vec![INBOX, PAIR, SENDER, CID], false),
        ("ours on a rowid table", by_rowid, vec![INBOX, SAID, CID], false),
    ];
    println!("{:34} {:>12} {:>12} {:>12}", "rows a second, durable", "batch 10", "batch 100", "batch 1000");
    for (name, key, indexes, with_cid) in variants {
        let rates: Result<Vec<String>, Failure> = [10, 100, 1000]
            .into_iter()
            .map(|batch| Ok(format!("{:12.0}", rate(key, &indexes, batch, with_cid)?)))
            .collect();
        println!("{name:34} {}", rates?.join(" "));
    }
    Ok(())
}

fn rate(key: &str, indexes: &[&str], batch: u64, with_cid: bool) -> Result<f64, Failure> {
    let folder = tempfile::tempdir()?;
    let sql = Connection::open(folder.path().join("x.sqlite3"))?;
    sql.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 10000;")?;
    sql.execute_batch(&format!(
        "CREATE TABLE log (site INTEGER NOT NULL, seq INTEGER NOT NULL, {COLUMNS}, {key} {}",
        indexes.concat()
    ))?;
    let body = "x".repeat(80);
    let (mut seq, mut random, start) = (0_u64, 1_u64, now());
    while start.elapsed() < Duration::from_secs(3) {
        sql.execute_batch("BEGIN IMMEDIATE")?;
        for _ in 0..batch {
            seq += 1;
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (sender, target) = ((random >> 33) % 10_000, (random >> 48) % 10_000 + 1);
            let cid = with_cid.then(|| format!("{random:016x}"));
            let hash = cid.as_ref().map(|_| random.cast_signed());
            let mut insert =
                sql.prepare_cached("INSERT INTO log VALUES (1, ?1, 0, ?2, ?3, ?4, 0, ?5, 'User', '', ?6, ?7, ?8)")?;
            insert.execute(params![
                seq,
                1_700_000_000_000 + seq,
                sender,
                target,
                (random >> 20).cast_signed(),
                body,
                cid,
                hash
            ])?;
        }
        sql.execute_batch("COMMIT")?;
    }
    Ok(seq as f64 / start.elapsed().as_secs_f64())
}
