//! Lists in pages: a cursor is where the page before ended, and means nothing to anybody else.

use super::Call;
use super::problem::Problem;
use crate::chat::refusal::Refusal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::ToSchema;

/// Items in one page, unless fewer are asked for.
const LIMIT: u64 = 100;
/// Items in one page at most.
const LIMIT_MAX: u64 = 1_000;

/// Which page is asked for.
pub(super) struct Asked {
    pub(super) after: u32,
    pub(super) limit: usize,
}

/// A page of a list.
#[derive(Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// What is in it.
    items: Vec<T>,
    /// Hand it on as `cursor` to get the next page; `null` on the last one.
    next_cursor: Option<String>,
}

impl Call<'_> {
    /// Which page of a list this call asks for.
    pub(super) fn page(&self) -> Result<Asked, Problem> {
        let limit = self.number("limit")?.unwrap_or(LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Problem::with(
                Refusal::BadParameter("limit"),
                "`limit` must be a whole number from 1 to 1000.",
            ));
        }
        let after = match self.query.raw("cursor") {
            Some(cursor) => number(cursor).ok_or_else(|| {
                Problem::with(Refusal::BadParameter("cursor"), "`cursor` must be the `next_cursor` of the page before.")
            })?,
            None => 0,
        };
        Ok(Asked { after, limit: usize::try_from(limit).unwrap_or(1) })
    }
}

fn number(cursor: &str) -> Option<u32> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

impl Asked {
    /// One more than a page holds: whether there is more.
    pub(super) fn rows(&self) -> usize {
        self.limit + 1
    }

    /// A page of what was found, each with the number by which it is in order.
    pub(super) fn of<T, W>(&self, mut found: Vec<T>, number: impl Fn(&T) -> u32, wire: impl Fn(T) -> W) -> Page<W> {
        let more = found.len() > self.limit;
        found.truncate(self.limit);
        let last = found.last().map(&number).filter(|_| more);
        let next_cursor = last.map(|number| URL_SAFE_NO_PAD.encode(number.to_be_bytes()));
        Page { items: found.into_iter().map(wire).collect(), next_cursor }
    }
}
