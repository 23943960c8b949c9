//! What a member sees of an old client's page: people with their presence, windows with lines, rooms, notices.

use serde_json::Value;
use std::collections::BTreeMap;

/// Somebody in the list of people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buddy {
    pub nick: String,
    pub is_online: bool,
    pub show: String,
    pub status: String,
    pub group: String,
    /// Known by id only; the page asks for the rest.
    pub is_incomplete: bool,
}

/// A line in a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub from: String,
    pub body: String,
}

/// A conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Window {
    /// Whether its history is there: then messages are appended to it, else it is fetched for each.
    pub has_history: bool,
    pub lines: Vec<Line>,
    /// Lines of others that came since the member last wrote here.
    pub unread: usize,
    pub is_typing: bool,
}

/// A room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Room {
    pub nick: String,
    pub all_count: i64,
    pub count: i64,
    pub is_blocked: bool,
    pub is_temporary: bool,
    /// By id, with whether they are there; none until they were asked for.
    pub members: Option<BTreeMap<String, bool>>,
}

/// What the page does next because of what it was told.
#[derive(Debug, Clone, PartialEq)]
pub enum Then {
    LoadBuddies(Vec<String>),
    LoadHistory { in_room: bool, id: String },
    LoadMembers(String),
    Join { room: String, nick: String },
    SaveSettings(Value),
}

/// The whole page.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    pub me: String,
    pub nick: String,
    pub show: String,
    /// Whether the page says that it is online. A page whose loop has died goes on saying so.
    pub is_online: bool,
    /// What it says about going offline.
    pub said: Option<String>,
    /// Why nothing works any more, though nobody may see it.
    pub died: Option<String>,
    pub roster: BTreeMap<String, Buddy>,
    /// By `b_` and a person's id, or `r_` and a room's.
    pub windows: BTreeMap<String, Window>,
    pub rooms: BTreeMap<String, Room>,
    pub notices: Vec<String>,
    pub setting: Value,
    /// `offline` presences, in order.
    pub went: Vec<String>,
    /// Packets so far.
    pub packets: usize,
    /// Polls that counted as failures.
    pub failed_polls: usize,
}

/// The key of a window.
pub fn key(in_room: bool, id: &str) -> String {
    format!("{}_{id}", if in_room { 'r' } else { 'b' })
}

/// A text, where a number would make the client throw.
pub fn text<'a>(item: &'a Value, field: &str) -> Result<&'a str, String> {
    item[field].as_str().ok_or_else(|| format!("TypeError: {field} is not a string in {item}"))
}

/// The items of a list or the values of a map; none for anything else.
pub fn items(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    }
}

impl Screen {
    pub fn window(&mut self, in_room: bool, id: &str) -> &mut Window {
        self.windows.entry(key(in_room, id)).or_default()
    }

    /// The bodies in a window.
    pub fn lines(&self, key: &str) -> Vec<String> {
        self.windows
            .get(key)
            .map_or_else(Vec::new, |window| window.lines.iter().map(|line| line.body.clone()).collect())
    }

    /// Whether somebody is shown as there.
    pub fn sees(&self, id: &str) -> bool {
        self.roster.get(id).is_some_and(|buddy| buddy.is_online)
    }

    /// Puts a person as `online` or `buddies` describes them: who has no presence is shown as there.
    pub fn put_buddy(&mut self, info: &Value) -> Result<(), String> {
        let id = text(info, "id")?;
        let word = |field: &str| info[field].as_str().unwrap_or_default().to_owned();
        let is_online = info["presence"].as_str().is_none_or(|presence| presence == "online");
        let show = info["show"].as_str().unwrap_or(if is_online { "available" } else { "unavailable" });
        let group = info["group"].as_str().unwrap_or("friend").to_owned();
        let is_incomplete = info["incomplete"] == true;
        let buddy =
            Buddy { nick: word("nick"), is_online, show: show.into(), status: word("status"), group, is_incomplete };
        if let Value::Array(history) = &info["history"] {
            self.put_history(false, id, history)?;
        }
        self.roster.insert(id.into(), buddy);
        Ok(())
    }

    /// Puts a room. The third generation counts its members itself.
    pub fn put_room(&mut self, info: &Value, counts_itself: bool) -> Result<(), String> {
        let id = text(info, "id")?;
        let number = |field: &str| match &info[field] {
            Value::String(digits) => digits.parse().unwrap_or(0),
            other => other.as_i64().unwrap_or(0),
        };
        let room = self.rooms.entry(id.to_owned()).or_default();
        room.nick = info["nick"].as_str().unwrap_or_default().into();
        (room.all_count, room.count) = (number("all_count"), number("count"));
        room.is_blocked = info["blocked"] == true;
        room.is_temporary = info["temporary"] == true;
        if let Value::Array(history) = &info["history"] {
            self.put_history(true, id, history)?;
        }
        if let (Value::Array(members), true) = (&info["members"], counts_itself) {
            self.put_members(id, members)?;
        }
        Ok(())
    }

    pub fn put_members(&mut self, room: &str, members: &[Value]) -> Result<(), String> {
        let of = |member: &Value| Ok((text(member, "id")?.to_owned(), member["presence"] == "online"));
        let members = members.iter().map(of).collect::<Result<BTreeMap<_, _>, String>>()?;
        let room = self.rooms.entry(room.into()).or_default();
        room.all_count = i64::try_from(members.len()).unwrap_or(0);
        room.count = i64::try_from(members.values().filter(|there| **there).count()).unwrap_or(0);
        room.members = Some(members);
        Ok(())
    }

    pub fn put_history(&mut self, in_room: bool, id: &str, history: &[Value]) -> Result<(), String> {
        let line = |item: &Value| Ok(Line { from: text(item, "from")?.into(), body: text(item, "body")?.into() });
        let lines = history.iter().map(line).collect::<Result<_, String>>()?;
        let window = self.window(in_room, id);
        (window.has_history, window.lines) = (true, lines);
        Ok(())
    }

    /// A message that came: appended where the history is there; else thrown away, and the history fetched, which must have it.
    pub fn hear(&mut self, in_room: bool, message: &Value) -> Result<Option<Then>, String> {
        let (from, to, body) = (text(message, "from")?, text(message, "to")?, text(message, "body")?);
        let mine = from == self.me;
        let id = if in_room || mine { to } else { from };
        let window = self.window(in_room, id);
        window.is_typing = false;
        window.unread += usize::from(!mine);
        if window.has_history {
            window.lines.push(Line { from: from.into(), body: body.into() });
            return Ok(None);
        }
        Ok(Some(Then::LoadHistory { in_room, id: id.into() }))
    }

    /// Somebody turns out to be there, by a presence or by speaking. Gives their id if the page knows nothing else of them.
    pub fn is_there(&mut self, from: &str, nick: &str, show: Option<&str>, status: Option<&str>) -> Option<String> {
        if from == self.me {
            return None;
        }
        let is_new = !self.roster.contains_key(from);
        let buddy = self.roster.entry(from.into()).or_insert_with(|| Buddy { is_incomplete: true, ..Buddy::default() });
        let was = std::mem::replace(&mut buddy.is_online, true);
        match show {
            Some(show) => buddy.show = show.into(),
            None if !was => buddy.show = "available".into(),
            None => {}
        }
        if let Some(status) = status {
            buddy.status = status.into();
        }
        if buddy.nick.is_empty() {
            buddy.nick = nick.into();
        }
        // Who chose not to be seen is hidden.
        buddy.is_online = buddy.show != "invisible";
        (is_new || buddy.is_incomplete).then(|| from.to_owned())
    }

    pub fn is_gone(&mut self, from: &str) {
        self.went.push(from.into());
        if let Some(buddy) = self.roster.get_mut(from) {
            (buddy.is_online, buddy.show) = (false, "unavailable".into());
        }
    }

    /// A typing notice. Only shown in a window that is open.
    pub fn types(&mut self, status: &Value) -> Result<(), String> {
        let from = text(status, "from")?.to_owned();
        if let Some(window) = self.windows.get_mut(&key(false, &from)) {
            window.is_typing = status["show"] == "typing";
        }
        Ok(())
    }
}
