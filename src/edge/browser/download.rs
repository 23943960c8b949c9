//! A conversation as a file to keep: a page, or a table. Whatever was said in it is text there and nothing else.

use crate::chat::entry::Message;
use crate::chat::refusal::Refusal;
use crate::edge::params::Params;
use crate::edge::reply::Reply;
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY};
use maud::{DOCTYPE, html};
use std::sync::Arc;
use time::OffsetDateTime;

/// How far a page's clock may be from this server's: as far as any two places on earth are. One that is further off is wrong.
const CLOCKS_APART_MS: i64 = 14 * 60 * 60 * 1000;
/// Longest date in a file's name.
const DATE_CHARS_MAX: usize = 10;
/// Tells programs that read tables that the text is UTF-8.
const UTF8_MARK: &[u8] = "\u{feff}".as_bytes();

/// The file: `format=csv`, or else a page. `time` is the page's clock, which times are shown by; `date` goes into the name.
pub fn file(messages: &[Arc<Message>], params: &Params, now_ms: u64) -> Result<Reply, Refusal> {
    let apart = params.optional("time").and_then(|time| apart_ms(time, now_ms)).unwrap_or(0);
    let rows: Vec<[&str; 2]> = messages.iter().map(|message| [&*message.nick, &*message.body]).collect();
    let times: Vec<String> = messages.iter().map(|message| shown(message.at_ms, apart)).collect();
    let today = shown(now_ms, apart);
    let date = date(params.optional("date").unwrap_or_default()).unwrap_or_else(|| today[..10].to_owned());
    let (kind, media_type, body) = match params.optional("format") {
        Some("csv") => ("csv", "text/csv; charset=utf-8", table(&rows, &times)?),
        None | Some("html") => ("html", "text/html; charset=utf-8", page(&rows, &times).into_bytes()),
        Some(_) => return Err(Refusal::BadParameter("format")),
    };
    Ok(Reply::file(media_type, body)
        .header(CONTENT_DISPOSITION, format!("attachment; filename=\"histories-{date}.{kind}\""))
        // Should a browser open it all the same, it runs nothing and belongs to no site.
        .header(CONTENT_SECURITY_POLICY, "sandbox"))
}

/// How far the page's clock is ahead.
fn apart_ms(time: &str, now_ms: u64) -> Option<i64> {
    let apart = time.parse::<i64>().ok()?.checked_sub(i64::try_from(now_ms).ok()?)?;
    (-CLOCKS_APART_MS..=CLOCKS_APART_MS).contains(&apart).then_some(apart)
}

/// `YYYY-MM-DD HH:MM:SS`.
fn shown(at_ms: u64, apart_ms: i64) -> String {
    let seconds = i64::try_from(at_ms).unwrap_or(0).saturating_add(apart_ms).div_euclid(1000);
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, time) = (at.date(), at.time());
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

/// What of a date may stand in a file's name, if anything is left of it.
fn date(text: &str) -> Option<String> {
    let kept: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '-').take(DATE_CHARS_MAX).collect();
    kept.contains(|c: char| c.is_ascii_digit()).then_some(kept)
}

fn page(rows: &[[&str; 2]], times: &[String]) -> String {
    let page = html! {
        (DOCTYPE)
        html {
            head {
                meta charset="utf-8";
                title { "Histories" }
                style { "td{vertical-align:top;padding:.2em .6em}td.body{white-space:pre-wrap}" }
            }
            body {
                table {
                    tr { th { "nick" } th { "body" } th { "time" } }
                    @for ([nick, body], time) in rows.iter().zip(times) {
                        tr { td { (nick) } td.body { (body) } td { (time) } }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn table(rows: &[[&str; 2]], times: &[String]) -> Result<Vec<u8>, Refusal> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        // Programs that part cells at `;` would else find the beginning of one in the middle of a text.
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(UTF8_MARK.to_vec());
    let internal = |_| Refusal::Internal;
    writer.write_record(["nick", "body", "time"]).map_err(internal)?;
    for ([nick, body], time) in rows.iter().zip(times) {
        writer.write_record([&*cell(nick), &*cell(body), time]).map_err(internal)?;
    }
    writer.into_inner().map_err(|_| Refusal::Internal)
}

/// A cell that no program takes for a formula.
fn cell(text: &str) -> std::borrow::Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n']) {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_pages_clock_if_it_can_be_right() {
        let now = 1_795_411_491_369;
        assert_eq!(shown(now, 0), "2026-11-23 05:24:51");
        assert_eq!(apart_ms(&(now + 3_600_000).to_string(), now), Some(3_600_000));
        assert_eq!(shown(now, 3_600_000), "2026-11-23 06:24:51");
        for wrong in ["0", "x", "", "1e12", &(now + 15 * 3_600_000).to_string(), "-9223372036854775808"] {
            assert_eq!(apart_ms(wrong, now), None, "{wrong}");
        }
        assert_eq!(shown(0, -1), "1969-12-31 23:59:59");
        assert_eq!(shown(u64::MAX, 0), "1970-01-01 00:00:00");
    }

    #[test]
    fn a_date_is_digits_and_dashes() {
        assert_eq!(date("2026-11-3").as_deref(), Some("2026-11-3"));
        assert_eq!(date("../..\"\r\nX: 1").as_deref(), Some("1"));
        assert_eq!((date(""), date("--"), date("today")), (None, None, None));
    }

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        assert_eq!(cell("1=1"), "1=1");
    }
}
