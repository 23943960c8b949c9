//! A row of the log as it is written, with the checksum that is written with it and judged wherever the row is read.
//!
//! SQLite notices a page that makes no sense, not a letter that has become another. The checksum covers every column that
//! carries meaning; `cid_hash` follows from `cid`.

use super::rows::cid_hash;
use crate::chat::entry::Seq;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

/// `hidden` of a row that is not for its receiver. Queries leave out what has exactly this value, before the checksum can be
/// judged: a flipped bit must not be able to make it of 0, or a message would vanish.
pub(super) const HIDDEN: i64 = 1_751_737_444;

/// The columns of a row of `log l`, as [`LogRow::read`] wants them.
macro_rules! log_columns {
    () => {
        "l.site, l.seq, l.kind, l.at_ms, l.sender, l.target, l.hidden, l.origin, l.nick, l.style, l.body, l.cid, l.sum"
    };
}
pub(super) use log_columns;

/// A row as it stands in the table, before anybody has said what it means.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogRow<'r> {
    pub(super) site: u32,
    pub(super) seq: Seq,
    pub(super) kind: i64,
    pub(super) at_ms: u64,
    pub(super) sender: u32,
    pub(super) target: i64,
    pub(super) hidden: i64,
    pub(super) origin: Option<i64>,
    pub(super) nick: &'r str,
    pub(super) style: &'r str,
    pub(super) body: &'r str,
    pub(super) cid: Option<&'r str>,
}

impl<'r> LogRow<'r> {
    /// The row in the columns from `at`, if its checksum says that it is what was written. Asks for no conversion that a
    /// damaged value could refuse with an error: such a row is damaged, and nothing else has failed.
    pub(super) fn read(row: &'r Row<'_>, at: usize) -> rusqlite::Result<Option<Self>> {
        let mut values = [ValueRef::Null; 13];
        for (index, value) in values.iter_mut().enumerate() {
            *value = row.get_ref(at + index)?;
        }
        Ok(Self::of(&values))
    }

    fn of(values: &[ValueRef<'r>; 13]) -> Option<Self> {
        let integer = |index: usize| values[index].as_i64().ok();
        let text = |index: usize| values[index].as_str().ok();
        let row = Self {
            site: integer(0)?.try_into().ok()?,
            seq: integer(1)?.try_into().ok()?,
            kind: integer(2)?,
            at_ms: integer(3)?.try_into().ok()?,
            sender: integer(4)?.try_into().ok()?,
            target: integer(5)?,
            hidden: integer(6)?,
            origin: values[7].as_i64_or_null().ok()?,
            nick: text(8)?,
            style: text(9)?,
            body: text(10)?,
            cid: values[11].as_str_or_null().ok()?,
        };
        (integer(12)? == i64::from(row.sum())).then_some(row)
    }

    /// CRC-32 over the numbers, the lengths and the texts, in the order of the columns. Signed, since SQLite keeps small
    /// numbers of either sign in four bytes.
    pub(super) fn sum(&self) -> i32 {
        let mut head = [0; 90];
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            head[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        };
        put(&self.site.to_le_bytes());
        put(&self.seq.to_le_bytes());
        put(&self.kind.to_le_bytes());
        put(&self.at_ms.to_le_bytes());
        put(&self.sender.to_le_bytes());
        put(&self.target.to_le_bytes());
        put(&self.hidden.to_le_bytes());
        put(&[u8::from(self.origin.is_some()), u8::from(self.cid.is_some())]);
        put(&self.origin.unwrap_or(0).to_le_bytes());
        let texts = [self.nick, self.style, self.body, self.cid.unwrap_or("")];
        for text in texts {
            put(&(text.len() as u64).to_le_bytes());
        }
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&head[..at]);
        for text in texts {
            hasher.update(text.as_bytes());
        }
        hasher.finalize().cast_signed()
    }

    /// Writes the row.
    pub(super) fn insert(&self, sql: &Connection) -> rusqlite::Result<()> {
        let mut insert = sql.prepare_cached(
            "INSERT INTO log (site, seq, kind, at_ms, sender, target, hidden, origin, nick, style, body, cid, cid_hash, sum) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?;
        insert.execute(params![
            self.site,
            self.seq,
            self.kind,
            self.at_ms,
            self.sender,
            self.target,
            self.hidden,
            self.origin,
            self.nick,
            self.style,
            self.body,
            self.cid,
            self.cid.map(cid_hash),
            self.sum()
        ])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: LogRow<'_> = LogRow {
        site: 1,
        seq: 2,
        kind: 0,
        at_ms: 3,
        sender: 4,
        target: 5,
        hidden: 0,
        origin: Some(6),
        nick: "nick",
        style: "style",
        body: "body",
        cid: Some("cid"),
    };

    /// Files outlive this code: another result here makes every row of every site look damaged.
    #[test]
    fn the_checksum_is_what_it_has_always_been() {
        assert_eq!(ROW.sum(), 374_482_319);
    }

    #[test]
    fn every_column_counts_and_so_do_the_borders_between_them() {
        let others = [
            LogRow { site: 2, ..ROW },
            LogRow { seq: 3, ..ROW },
            LogRow { kind: 1, ..ROW },
            LogRow { at_ms: 4, ..ROW },
            LogRow { sender: 5, ..ROW },
            LogRow { target: -5, ..ROW },
            LogRow { hidden: HIDDEN, ..ROW },
            LogRow { origin: Some(7), ..ROW },
            LogRow { origin: None, ..ROW },
            LogRow { nick: "nicks", style: "tyle", ..ROW },
            LogRow { style: "", ..ROW },
            LogRow { body: "bodyc", cid: Some("id"), ..ROW },
            LogRow { body: "Body", ..ROW },
            LogRow { cid: None, ..ROW },
            LogRow { cid: Some("cie"), ..ROW },
        ];
        for other in &others {
            assert_ne!(other.sum(), ROW.sum(), "{other:?}");
        }
        let (none, zero) = (LogRow { origin: None, ..ROW }, LogRow { origin: Some(0), ..ROW });
        assert_ne!(none.sum(), zero.sum());
        let (none, empty) = (LogRow { cid: None, ..ROW }, LogRow { cid: Some(""), ..ROW });
        assert_ne!(none.sum(), empty.sum());
    }
}
