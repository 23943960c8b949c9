//! An export as lines of JSON (NDJSON): the first says what it is of, each of the others is one thing, and the last counts them, so that
//! a file that was cut short is known for it.

mod line;

use super::json;
use crate::actions::Context;
use crate::actions::export::{Export, export};
use crate::chat::entry::Seq;
use crate::chat::exported::Exported;
use crate::chat::id::UserId;
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;
pub(super) use line::Line;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The number of this form. Fields may be added to it; a reader leaves alone what it does not know.
const VERSION: u32 = 1;

/// Some lines.
pub struct Part {
    /// Each with its end.
    pub bytes: Vec<u8>,
    /// The newest message so far, or 0.
    pub seq: Seq,
}

/// An export that is being written.
pub struct Lines {
    export: Export,
    site: Arc<Site>,
    user: Option<UserId>,
    at_ms: u64,
    counts: BTreeMap<&'static str, u64>,
    lines: u64,
    seq: Seq,
    step: Step,
}

#[derive(Clone, Copy)]
enum Step {
    First,
    Middle,
    Done,
}

impl Lines {
    /// Begins.
    pub async fn begin(ctx: &Context, site: Arc<Site>, user: Option<UserId>) -> Result<Self, Refusal> {
        let export = export(ctx, &site, user.as_ref()).await?;
        let at_ms = ctx.clock.wall_ms();
        Ok(Self { export, site, user, at_ms, counts: BTreeMap::new(), lines: 0, seq: 0, step: Step::First })
    }

    /// What comes next, in parts of bounded size; `None` after the last line.
    pub async fn next(&mut self, ctx: &Context) -> Result<Option<Part>, Refusal> {
        let mut bytes = Vec::new();
        match self.step {
            Step::First => {
                self.step = Step::Middle;
                let (site, user) = (&*self.site.name, self.user.as_ref().map(UserId::as_str));
                let of = if user.is_some() { "user" } else { "site" };
                let (head, at_ms) = (self.export.head(), self.at_ms);
                put(&mut bytes, &Line::Export { version: VERSION, of, site, user, head, at_ms });
                self.lines += 1;
            }
            Step::Middle => match self.export.next(ctx).await? {
                Some(items) => items.iter().for_each(|item| self.put(&mut bytes, item)),
                None => {
                    self.step = Step::Done;
                    self.lines += 1;
                    put(&mut bytes, &Line::End { lines: self.lines, counts: &self.counts });
                }
            },
            Step::Done => return Ok(None),
        }
        Ok(Some(Part { bytes, seq: self.seq }))
    }

    fn put(&mut self, bytes: &mut Vec<u8>, item: &Exported) {
        if let Exported::Message(logged) = item {
            self.seq = logged.message.seq;
        }
        put(bytes, &line::line(item));
        *self.counts.entry(item.kind()).or_insert(0) += 1;
        self.lines += 1;
    }

    /// How far it has come.
    pub fn report(&self) -> serde_json::Value {
        serde_json::json!({
            "site": &*self.site.name, "user": self.user.as_ref().map(UserId::as_str),
            "lines": self.lines, "counts": self.counts, "seq": self.seq, "head": self.export.head(),
        })
    }
}

fn put(bytes: &mut Vec<u8>, line: &Line<'_>) {
    bytes.extend(json::encode(line));
    bytes.push(b'\n');
}
