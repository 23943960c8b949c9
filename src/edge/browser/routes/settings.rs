//! The endpoint of a member's settings, in the seed's flat form and in the later one.

use super::Answer;
use crate::actions::identify::Asker;
use crate::actions::save_settings;
use crate::chat::id::RoomId;
use crate::chat::refusal::Refusal;
use crate::chat::settings::{BadSettings, SILENCED_ROOMS, Settings, is_envelope};
use crate::edge::Edge;
use crate::edge::params::Params;
use serde_json::Value;

/// Lays settings over the caller's.
pub(super) async fn setting(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let mut values = match params.optional("data") {
        Some(data) => match serde_json::from_str(data) {
            Ok(Value::Object(map)) => map,
            _ => return Err(Refusal::BadParameter("data")),
        },
        None => flat_settings(params),
    };
    let blocked = silenced(edge, asker, &mut values).await?;
    let mut settings = Settings::default();
    for (name, value) in values.iter().filter(|(name, _)| !is_envelope(name)) {
        settings.insert(name, value.to_string()).map_err(|bad| match bad {
            BadSettings::Name => Refusal::BadParameter("data"),
            BadSettings::Size => Refusal::TooLarge,
        })?;
    }
    save_settings::save_settings(&edge.ctx, asker, settings, blocked).await?;
    Ok(Answer::Ok)
}

/// The rooms that are to be silenced, if the settings say so. Pages send all of their settings back when one has changed: where two
/// lists come, under the older name and the later, the one that is not as it was is meant, and becomes the other, too.
async fn silenced(
    edge: &Edge,
    asker: &Asker,
    values: &mut serde_json::Map<String, Value>,
) -> Result<Option<Vec<RoomId>>, Refusal> {
    let mut lists = Vec::new();
    for name in SILENCED_ROOMS {
        match values.get(name).filter(|value| !value.is_null()) {
            Some(value) => lists.push((name, rooms_of(value)?)),
            None => drop(values.remove(name)),
        }
    }
    if lists.len() > 1 {
        let stored = edge.ctx.store.settings(asker.key).await?;
        let was = |name: &str| rooms_of(&serde_json::from_str(stored.0.get(name)?).ok()?).ok();
        let changed = lists.iter().position(|(name, list)| was(name).as_ref() != Some(list)).unwrap_or(0);
        lists.swap(0, changed);
        let meant = values.get(lists[0].0).cloned().unwrap_or_default();
        SILENCED_ROOMS.into_iter().for_each(|name| drop(values.insert(name.to_owned(), meant.clone())));
    }
    Ok(lists.into_iter().next().map(|(_, rooms)| rooms))
}

/// The seed's form: every parameter that is not part of the request itself. `true` and `false` come back as such.
fn flat_settings(params: &Params) -> serde_json::Map<String, Value> {
    let typed = |word: &str| match word {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        word => Value::String(word.to_owned()),
    };
    let named = params.iter().filter(|(name, value)| !is_envelope(name) && !matches!(*value, "undefined" | "null"));
    named.map(|(name, value)| (name.to_owned(), typed(value))).collect()
}

/// The rooms that stand in a member's settings as silenced.
pub(in crate::edge::browser) fn listed(settings: &Settings) -> Vec<RoomId> {
    let lists = SILENCED_ROOMS.iter().filter_map(|name| serde_json::from_str(settings.0.get(*name)?).ok());
    lists.flat_map(|list: Value| rooms_of(&list).unwrap_or_default()).collect()
}

/// The rooms in a `block_list`: a comma text, or a list of texts or numbers. Anything else is refused rather than taken for
/// an empty list, which would end every silence.
fn rooms_of(value: &Value) -> Result<Vec<RoomId>, Refusal> {
    let words: Vec<String> = match value {
        Value::String(text) => text.split(',').map(str::to_owned).collect(),
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => {
            let word = |item: &Value| match item {
                Value::String(text) => Ok(text.clone()),
                Value::Number(number) => Ok(number.to_string()),
                _ => Err(Refusal::BadParameter("block_list")),
            };
            items.iter().map(word).collect::<Result<_, _>>()?
        }
        _ => return Err(Refusal::BadParameter("block_list")),
    };
    let ids = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty());
    ids.map(|id| RoomId::parse(id).map_err(|_| Refusal::BadParameter("block_list"))).collect()
}
