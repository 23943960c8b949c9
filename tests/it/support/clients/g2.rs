//! The 1.0 client of 2010-2011: needs `connection`, takes every presence that is not `offline` for a friend who is there, and
//! counts an exception in a packet as a poll that failed.

use super::screen::{Screen, Then, items, text};
use super::wire::Call;
use super::{Action, Me, Trouble, now_ms};
use serde_json::{Value, json};

/// What it sends; nothing for what it cannot do.
pub fn call(action: &Action<'_>, me: &Me) -> Option<Call> {
    let ticket = me.ticket.as_str();
    let kind = |in_room: bool| if in_room { "multicast" } else { "unicast" };
    Some(match *action {
        Action::Online { windows, rooms, strangers, show } => {
            let lists = [windows, rooms, strangers].map(|ids| ids.join(","));
            let mut call = Call::post("online", &[("buddy_ids", &lists[0]), ("room_ids", &lists[1]), ("show", show)]);
            if !strangers.is_empty() {
                call.form.push(("stranger_ids", lists[2].clone()));
            }
            call
        }
        Action::Offline => Call::post("offline", &[("status", "offline"), ("ticket", ticket)]).any(),
        Action::Refresh => Call::post("refresh", &[("ticket", ticket)]).any(),
        Action::Buddies(ids) => Call::get("buddy", &[("ids", ids.join(",").as_str())]),
        Action::Join { room, .. } => Call::post("join", &[("ticket", ticket), ("id", room), ("nick", &me.nick)]),
        Action::Leave { room } => Call::post("leave", &[("ticket", ticket), ("id", room), ("nick", &me.nick)]).any(),
        Action::Members(room) => Call::get("members", &[("ticket", ticket), ("id", room)]),
        Action::History { in_room, id } => Call::get("history", &[("type", kind(in_room)), ("id", id)]),
        Action::Clear { in_room, id } => Call::post("clear_history", &[("type", kind(in_room)), ("id", id)]).any(),
        Action::Message { in_room, to, body, is_offline } => Call::post(
            "message",
            &[
                ("type", kind(in_room)),
                ("to", to),
                ("from", &me.id),
                ("nick", &me.nick),
                ("offline", if is_offline { "true" } else { "false" }),
                ("timestamp", now_ms().to_string().as_str()),
                ("body", body),
                ("ticket", ticket),
            ],
        )
        .any(),
        Action::Typing { to, show } => Call::post("status", &[("to", to), ("show", show), ("ticket", ticket)]).any(),
        // A status line that was never set arrives as this word.
        Action::Show { show, status } => {
            Call::post("presence", &[("show", show), ("status", status.unwrap_or("undefined")), ("ticket", ticket)])
                .any()
        }
        Action::Setting(map) => Call::post("setting", &[("data", map.to_string().as_str())]),
        Action::Notifications => Call::get("notifications", &[]),
        Action::Block(_) | Action::Unblock(_) | Action::Invite { .. } => return None,
    })
}

/// Takes the answer of `online`.
pub fn opens(answer: &Value, screen: &mut Screen) -> Result<Vec<Then>, Trouble> {
    if !super::is_truthy(&answer["success"]) {
        return Err(Trouble::Stops(answer["error_msg"].as_str().unwrap_or_default().into()));
    }
    screen.me = answer["user"]["id"].as_str().unwrap_or(&screen.me).into();
    if !answer["connection"].is_object() {
        return Err(Trouble::Throws("TypeError: connection is undefined".into()));
    }
    for buddy in items(&answer["buddies"]) {
        screen.put_buddy(buddy)?;
    }
    for room in items(&answer["rooms"]) {
        screen.put_room(room, false)?;
    }
    screen.setting = json!({});
    Ok(Vec::new())
}

/// Takes a message, of a packet or of `new_messages`.
pub fn hears(message: &Value, screen: &mut Screen) -> Result<Vec<Then>, Trouble> {
    let mut then = Vec::new();
    let in_room = match message["type"].as_str() {
        Some("unicast") => false,
        Some("multicast") => true,
        Some("broadcast") if message["to"].as_str().is_none_or(str::is_empty) => return Ok(then),
        _ => return Err(Trouble::Throws(format!("TypeError: no data of this type for {message}"))),
    };
    if !in_room {
        let (from, nick) = (text(message, "from")?, message["nick"].as_str().unwrap_or_default());
        then.extend(screen.is_there(from, nick, None, None).map(|id| Then::LoadBuddies(vec![id])));
    }
    then.extend(screen.hear(in_room, message)?);
    Ok(then)
}

/// Takes a presence.
pub fn sees(presence: &Value, screen: &mut Screen) -> Result<Vec<Then>, Trouble> {
    let (from, nick) = (text(presence, "from")?, presence["nick"].as_str().unwrap_or_default());
    if presence["type"] == "offline" {
        screen.is_gone(from);
        return Ok(Vec::new());
    }
    let unknown = screen.is_there(from, nick, presence["show"].as_str(), presence["status"].as_str());
    Ok(unknown.map(|id| Then::LoadBuddies(vec![id])).into_iter().collect())
}

/// Takes the members of a room: whatever is no list is one member without a name.
pub fn members(room: &str, answer: &Value, screen: &mut Screen) -> Result<(), String> {
    let of = |member: &Value| json!({"id": member["id"].as_str().unwrap_or("undefined"), "presence": "online"});
    let members: Vec<Value> = match answer {
        Value::Array(members) => members.iter().map(of).collect(),
        other => vec![of(other)],
    };
    screen.put_members(room, &members)
}
