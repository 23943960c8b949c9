//! A strict reader of script answers: exactly one call of the given function, whose argument is a literal, or our fixed
//! function called with one literal. Written apart from what writes them, so that a change there shows here.

/// The one function that may stand in an answer. `$o` is the window, `$k` the session and the life of its log.
const FILTER: &str = include_str!("filter.js");

/// What an answer calls its function with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call<'t> {
    /// The literal, in JSON.
    pub literal: &'t str,
    /// Which mark the literal's messages are compared with, if they are.
    pub mark: Option<&'t str>,
}

/// Reads an answer that must be one call of `callback`.
pub fn read<'t>(text: &'t str, callback: &str) -> Result<Call<'t>, String> {
    if let Some(bad) = text.bytes().find(|byte| !(0x20..0x7f).contains(byte)) {
        return Err(format!("byte {bad:#04x} in a script: {text}"));
    }
    if text.contains("</") || text.contains("<!--") {
        return Err(format!("what a page would read as its own: {text}"));
    }
    let argument = text.strip_prefix("/**/").and_then(|rest| rest.strip_prefix(callback));
    let argument = argument.and_then(|rest| rest.strip_prefix('(')).and_then(|rest| rest.strip_suffix(");"));
    let argument = argument.ok_or_else(|| format!("not one call of {callback}: {text}"))?;
    let (literal, mark) = match argument.strip_prefix('(') {
        None => (argument, None),
        Some(_) => filtered(argument, callback).ok_or_else(|| format!("not our function: {text}"))?,
    };
    if literal.contains(['<', '>', '&']) {
        return Err(format!("what HTML means something by: {text}"));
    }
    serde_json::from_str::<serde_json::Value>(literal).map_err(|error| format!("{error} in {text}"))?;
    Ok(Call { literal, mark })
}

fn filtered<'t>(argument: &'t str, callback: &str) -> Option<(&'t str, Option<&'t str>)> {
    let (head, rest) = FILTER.trim_end().split_once("$o")?;
    let (middle, tail) = rest.split_once("$k")?;
    let window = if callback.starts_with("parent.") { "parent" } else { "window" };
    let rest = argument.strip_prefix(head)?.strip_prefix(window)?.strip_prefix(middle)?;
    let (key, _) = rest.split_once('"')?;
    let (session, epoch) = key.split_once('.')?;
    let good = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let literal = rest[key.len()..].strip_prefix(tail)?.strip_prefix('(')?.strip_suffix(')')?;
    (good(session) && good(epoch)).then_some((literal, Some(key)))
}
