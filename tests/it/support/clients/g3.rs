//! The 5.x client of 2013-2014: parses everything as JSON, needs `buddies` as a list and `rooms`, and dies silently of a word
//! or a number that it does not expect: its loop ends, and its page goes on saying that it is online.

use super::screen::{Screen, Then, items, text};
use super::wire::Call;
use super::{Action, Me, Trouble, now_ms};
use serde_json::{Value, json};

/// What it sends: with the token of a framework in every call, which is empty where there is none.
pub fn call(action: &Action<'_>, me: &Me) -> Option<Call> {
    let ticket = me.ticket.as_str();
    let kind = |in_room: bool| if in_room { "grpchat" } else { "chat" };
    let (csrf, by_ticket) = (("csrf_token", ""), ("ticket", ticket));
    Some(match *action {
        Action::Online { windows, rooms, strangers, show } => {
            let lists = [windows, rooms, strangers].map(|ids| ids.join(","));
            let form = [("buddy_ids", lists[0].as_str()), ("room_ids", &lists[1]), csrf, ("show", show)];
            let mut call = Call::post("online", &form);
            if !strangers.is_empty() {
                call.form.push(("chatlink_ids", lists[2].clone()));
            }
            call
        }
        Action::Offline => Call::post("offline", &[("status", "offline"), csrf, by_ticket]),
        // Known to it, and never called.
        Action::Refresh => return None,
        Action::Buddies(ids) => Call::get("buddies", &[("ids", ids.join(",").as_str()), csrf]),
        Action::Join { room, nick } => Call::post("join", &[by_ticket, ("id", room), ("nick", nick), csrf]),
        Action::Leave { room } => {
            Call::post("leave", &[by_ticket, ("id", room), ("nick", &me.nick), ("temporary", "undefined"), csrf])
        }
        Action::Members(room) => Call::get("members", &[by_ticket, ("id", room), csrf]),
        Action::History { in_room, id } => Call::get("history", &[("type", kind(in_room)), ("id", id), csrf]),
        Action::Clear { in_room, id } => Call::post("clear_history", &[("type", kind(in_room)), ("id", id), csrf]),
        Action::Message { in_room, to, body, is_offline } => Call::post(
            "message",
            &[
                csrf,
                ("type", kind(in_room)),
                ("to", to),
                ("from", &me.id),
                ("nick", &me.nick),
                ("to_nick", "undefined"),
                ("offline", if is_offline { "true" } else { "false" }),
                ("timestamp", format!("{}.5", now_ms()).as_str()),
                ("body", body),
                by_ticket,
            ],
        ),
        Action::Typing { to, show } => Call::post("status", &[("to", to), ("show", show), csrf, by_ticket]),
        Action::Show { show, status } => {
            let mut call = Call::post("presence", &[("show", show)]);
            // What was never set is left out here.
            call.form.extend(status.map(|status| ("status", status.to_owned())));
            call.form.extend([csrf, by_ticket].map(|(name, value)| (name, value.to_owned())));
            call
        }
        Action::Setting(map) => Call::post("setting", &[("data", map.to_string().as_str()), csrf]),
        Action::Notifications => Call::get("notifications", &[csrf]),
        Action::Block(room) => Call::post("block", &[by_ticket, ("id", room), csrf]),
        Action::Unblock(room) => Call::post("unblock", &[by_ticket, ("id", room), csrf]),
        Action::Invite { room, nick, members } => Call::post(
            "invite",
            &[by_ticket, ("id", room), ("nick", nick), ("members", members.join(",").as_str()), csrf],
        ),
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
    match &answer["buddies"] {
        Value::Array(buddies) => {
            for buddy in buddies {
                screen.put_buddy(buddy)?;
            }
        }
        // Nobody, and no error.
        Value::Object(_) => {}
        _ => return Err(Trouble::Throws("TypeError: buddies is undefined".into())),
    }
    if !matches!(answer["rooms"], Value::Array(_) | Value::Object(_)) {
        return Err(Trouble::Throws("TypeError: rooms is undefined".into()));
    }
    for room in items(&answer["rooms"]) {
        screen.put_room(room, true)?;
    }
    if !answer["presences"].is_object() {
        return Err(Trouble::Throws("its chat buttons are given the ids 0, 1, …: no presences".into()));
    }
    screen.setting = json!({});
    Ok(Vec::new())
}

/// Takes a message, of a packet or of `new_messages`.
pub fn hears(message: &Value, screen: &mut Screen) -> Result<Vec<Then>, Trouble> {
    let mut then = Vec::new();
    let in_room = match message["type"].as_str() {
        Some("chat") => false,
        Some("grpchat") => true,
        Some("broadcast") if message["to"].as_str().is_none_or(str::is_empty) => return Ok(then),
        _ => return Err(Trouble::Throws(format!("TypeError: no data of this type for {message}"))),
    };
    let (from, body) = (text(message, "from")?, text(message, "body")?);
    if let Some(event) = body.strip_prefix("webim-event:") {
        if let ["invite", room, nick] = event.split("|,|").collect::<Vec<_>>()[..] {
            then.push(Then::Join { room: room.into(), nick: nick.into() });
        }
        return Ok(then);
    }
    if !in_room {
        let nick = message["nick"].as_str().unwrap_or_default();
        then.extend(screen.is_there(from, nick, None, None).map(|id| Then::LoadBuddies(vec![id])));
    }
    then.extend(screen.hear(in_room, message)?);
    Ok(then)
}

/// Takes a presence: of a room only with `to`.
pub fn sees(presence: &Value, screen: &mut Screen) -> Result<Vec<Then>, Trouble> {
    let (from, nick) = (text(presence, "from")?, presence["nick"].as_str().unwrap_or_default());
    let mut then = Vec::new();
    match presence["type"].as_str().unwrap_or_default() {
        "online" | "show" => {
            let unknown = screen.is_there(from, nick, presence["show"].as_str(), presence["status"].as_str());
            then.extend(unknown.map(|id| Then::LoadBuddies(vec![id])));
        }
        "offline" => screen.is_gone(from),
        word @ ("join" | "leave" | "grponline" | "grpoffline") => {
            let Some(room) = presence["to"].as_str() else { return Ok(then) };
            screen.notices.push(format!("{word} {room} {from}"));
            if screen.rooms.get(room).is_some_and(|room| room.members.is_some()) {
                then.push(Then::LoadMembers(room.to_owned()));
            }
        }
        _ => {}
    }
    Ok(then)
}

/// Takes the members of a room, who are a list.
pub fn members(room: &str, answer: &Value, screen: &mut Screen) -> Result<(), String> {
    match answer {
        Value::Array(members) => screen.put_members(room, members),
        other => Err(format!("a count of members out of {other}")),
    }
}
