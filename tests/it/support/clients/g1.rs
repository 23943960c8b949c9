//! The client that sat beside the seed: sends everything as GET that its authors gave no method, never says which rooms are
//! open, needs `rooms`, wants members as a map, and takes presences of type online and offline only.

use super::screen::{Screen, Then, items, text};
use super::wire::Call;
use super::{Action, Me, Trouble, now_ms};
use serde_json::{Value, json};

/// What it starts with when nothing was saved.
fn usual() -> Value {
    json!({"play_sound": true, "buddy_sticky": true, "minimize_layout": false, "msg_auto_pop": true})
}

/// What it sends; nothing for what it cannot do.
pub fn call(action: &Action<'_>, me: &Me) -> Option<Call> {
    let ticket = me.ticket.as_str();
    Some(match *action {
        Action::Online { windows, strangers, .. } => Call::post(
            "online",
            &[("buddy_ids", windows.join(",").as_str()), ("stranger_ids", strangers.join(",").as_str())],
        ),
        Action::Offline => Call::post("offline", &[("status", "offline"), ("ticket", ticket)]).any(),
        Action::Refresh => Call::post("refresh", &[("ticket", ticket)]).any(),
        Action::Buddies(ids) => Call::get("buddy", &[("ids", ids.join(",").as_str())]),
        Action::Join { room, nick } => Call::get("join", &[("ticket", ticket), ("id", room), ("nick", nick)]),
        Action::Leave { room } => Call::get("leave", &[("ticket", ticket), ("id", room), ("nick", &me.nick)]).any(),
        Action::Members(room) => Call::get("members", &[("ticket", ticket), ("id", room)]),
        Action::History { id, .. } => Call::get("histories", &[("ids", id)]),
        Action::Clear { id, .. } => Call::get("clear_history", &[("ids", id)]),
        Action::Message { in_room, to, body, is_offline } => Call::post(
            "message",
            &[
                ("type", if in_room { "multicast" } else { "unicast" }),
                ("to", to),
                ("from", &me.id),
                ("stype", ""),
                ("offline", if is_offline { "1" } else { "0" }),
                ("body", body),
                ("timestamp", now_ms().to_string().as_str()),
                ("ticket", ticket),
            ],
        )
        .any(),
        Action::Typing { to, show } => Call::post("status", &[("to", to), ("show", show), ("ticket", ticket)]).any(),
        Action::Setting(map) => {
            let mut call = Call::post("setting", &[]);
            for (name, value) in map.as_object()? {
                let name: &'static str = NAMES.into_iter().find(|known| *known == name)?;
                call.form.push((name, flat(value)));
            }
            call
        }
        Action::Notifications => Call::get("notifications", &[]),
        Action::Show { .. } | Action::Block(_) | Action::Unblock(_) | Action::Invite { .. } => return None,
    })
}

/// What it keeps.
const NAMES: [&str; 5] = ["play_sound", "buddy_sticky", "minimize_layout", "msg_auto_pop", "block_list"];

/// Lists travel as their items with commas.
fn flat(value: &Value) -> String {
    match value {
        Value::Array(list) => list.iter().map(flat).collect::<Vec<_>>().join(","),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Takes the answer of `online`.
pub fn opens(answer: &Value, screen: &mut Screen) -> Result<Vec<Then>, Trouble> {
    let throws = |what: &str| Trouble::Throws(what.to_owned());
    if !answer["user"].is_object() {
        return Err(Trouble::Stops("online error".into()));
    }
    if !answer["connection"].is_object() {
        return Err(throws("TypeError: connection is undefined"));
    }
    screen.me = answer["user"]["id"].as_str().unwrap_or_default().into();
    let mut then = take_settings(&answer["setting"], screen);
    for buddy in items(&answer["buddies"]) {
        screen.put_buddy(&json!({
            "id": buddy["id"], "nick": buddy["name"], "presence": buddy["presence"], "show": buddy["show"],
            "status": buddy["status"], "group": buddy["group"], "incomplete": buddy["incomplete"],
        }))?;
    }
    if !matches!(answer["rooms"], Value::Array(_) | Value::Object(_)) {
        return Err(throws("TypeError: rooms is undefined"));
    }
    for room in items(&answer["rooms"]) {
        screen.put_room(
            &json!({
                "id": room["id"], "nick": room["name"], "all_count": room["all_count"], "count": room["count"],
                "blocked": room["blocked"],
            }),
            false,
        )?;
    }
    mark_by_place(answer, screen);
    for (id, history) in answer["histories"].as_object().into_iter().flatten() {
        let in_room = screen.rooms.contains_key(id) && !screen.roster.contains_key(id);
        screen.put_history(in_room, id, history.as_array().map_or(&[][..], Vec::as_slice))?;
    }
    let online = answer["buddy_online_ids"].as_str().unwrap_or_default().split(',').filter(|id| !id.is_empty());
    let unknown: Vec<String> = online.filter_map(|id| screen.is_there(id, "", None, None)).collect();
    if !unknown.is_empty() {
        then.push(Then::LoadBuddies(unknown));
    }
    Ok(then)
}

/// A value that differs from what the page has is saved again, and a list always differs.
fn take_settings(given: &Value, screen: &mut Screen) -> Vec<Then> {
    screen.setting = usual();
    let mut differs = false;
    for (name, value) in given.as_object().into_iter().flatten() {
        differs |= value.is_array() || screen.setting[name] != *value;
        screen.setting[name] = value.clone();
    }
    if differs { vec![Then::SaveSettings(screen.setting.clone())] } else { Vec::new() }
}

/// It marks `rooms[x]` for every x of its own list: in an array a small number is a place.
fn mark_by_place(answer: &Value, screen: &mut Screen) {
    let list = flat(&answer["setting"]["block_list"]);
    for word in list.split(',') {
        let found = match &answer["rooms"] {
            Value::Array(rooms) => word.parse().ok().and_then(|place: usize| rooms.get(place)),
            rooms => rooms.get(word),
        };
        let id = found.and_then(|room| room["id"].as_str());
        if let Some(room) = id.and_then(|id| screen.rooms.get_mut(id)) {
            room.is_blocked = true;
        }
    }
}

/// Takes a message, of a packet or of `new_messages`.
pub fn hears(message: &Value, screen: &mut Screen) -> Result<Vec<Then>, Trouble> {
    let mut then = Vec::new();
    // Its core knows one word; its user interface takes everything else for a room.
    if message["type"] == "unicast" {
        let (from, nick) = (text(message, "from")?, message["nick"].as_str().unwrap_or_default());
        let unknown = screen.is_there(from, nick, None, None);
        then.extend(unknown.map(|id| Then::LoadBuddies(vec![id])));
        then.extend(screen.hear(false, message)?);
        return Ok(then);
    }
    let room = text(message, "to")?;
    if !screen.rooms.contains_key(room) && !screen.windows.contains_key(&super::screen::key(true, room)) {
        return Err(Trouble::Throws(format!("TypeError: no room {room} for {message}")));
    }
    then.extend(screen.hear(true, message)?);
    Ok(then)
}

/// Takes a presence.
pub fn sees(presence: &Value, screen: &mut Screen) -> Result<Vec<Then>, Trouble> {
    let (from, nick) = (text(presence, "from")?, presence["nick"].as_str().unwrap_or_default());
    match presence["type"].as_str() {
        Some("online") => {
            let unknown = screen.is_there(from, nick, presence["show"].as_str(), presence["status"].as_str());
            Ok(unknown.map(|id| Then::LoadBuddies(vec![id])).into_iter().collect())
        }
        Some("offline") => {
            screen.is_gone(from);
            Ok(Vec::new())
        }
        _ => Ok(Vec::new()),
    }
}

/// Takes the members of a room: of a map only, and without an error for anything else.
pub fn members(room: &str, answer: &Value, screen: &mut Screen) -> Result<(), String> {
    match &answer[room] {
        Value::Array(members) => {
            // It shows names; who is in the list counts as there.
            let members: Vec<Value> =
                members.iter().map(|member| json!({"id": member["id"], "presence": "online"})).collect();
            screen.put_members(room, &members)
        }
        _ => Ok(()),
    }
}
