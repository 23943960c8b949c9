//! A site of somebody else's: its web server answers the pages' calls itself, keeps friends, rooms and history, and drives
//! this server by its plugin. Its pages poll this server.

use super::plugin::{Plugin, Says};
use super::wire::{Call, Got};
use super::{Generation, now_ms};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

/// The site.
pub struct Site {
    pub plugin: Plugin,
    /// Everybody whom its pages can name, with their names.
    pub people: Vec<(&'static str, &'static str)>,
    pub rooms: Vec<&'static str>,
    /// What was said by its members.
    log: Mutex<Vec<Value>>,
}

/// Its web server, as one of its members finds it.
pub struct Desk {
    pub generation: Generation,
    pub user: &'static str,
    site: Arc<Site>,
    ticket: Mutex<String>,
}

impl Site {
    pub fn new(plugin: Plugin, people: Vec<(&'static str, &'static str)>, rooms: Vec<&'static str>) -> Arc<Self> {
        Arc::new(Self { plugin, people, rooms, log: Mutex::default() })
    }

    /// A member comes in.
    pub fn desk(self: &Arc<Self>, generation: Generation, user: &'static str) -> Desk {
        Desk { generation, user, site: Arc::clone(self), ticket: Mutex::default() }
    }

    fn nick<'a>(&'a self, id: &'a str) -> &'a str {
        self.people.iter().find(|(known, _)| *known == id).map_or(id, |(_, nick)| nick)
    }

    /// What was said between two, or in a room.
    fn history(&self, in_room: bool, me: &str, id: &str) -> Vec<Value> {
        let kind = self.plugin.version.word(in_room);
        let log = self.log.lock().expect("no panic while held");
        let is_it = |item: &&Value| {
            let (from, to) = (&item["from"], &item["to"]);
            let between = (from == me && to == id) || (from == id && to == me);
            item["type"] == kind && if in_room { to == id } else { between }
        };
        log.iter().filter(is_it).cloned().collect()
    }
}

impl Desk {
    pub fn address(&self) -> SocketAddr {
        self.site.plugin.address
    }

    fn ticket(&self) -> String {
        self.ticket.lock().expect("no panic while held").clone()
    }

    /// Answers one of the page's calls.
    pub async fn call(&self, call: &Call) -> Got {
        let answer = self.answer(call).await.unwrap_or_else(|wrong| {
            json!({"success": false, "status": "error", "error_msg": "IM Server Not Authorized", "message": wrong})
        });
        Got { status: 200, text: answer.to_string() }
    }

    async fn answer(&self, call: &Call) -> Result<Value, String> {
        let (plugin, ticket, nick) = (&self.site.plugin, self.ticket(), self.site.nick(self.user));
        let (id, to) = (call.value("id"), call.value("to"));
        let in_room = matches!(call.value("type"), "multicast" | "grpchat");
        match call.endpoint {
            "online" => return self.online(call).await,
            "offline" | "refresh" => plugin.offline(&ticket).await?,
            "message" => {
                let body = call.value("body");
                self.site.log.lock().expect("no panic while held").push(json!({
                    "type": plugin.version.word(in_room), "from": self.user, "to": to, "nick": nick, "body": body,
                    "style": "", "timestamp": now_ms().to_string(),
                }));
                plugin.says(&ticket, nick, Says { in_room, to, body }).await?;
            }
            "status" => plugin.types(&ticket, nick, to, call.value("show")).await?,
            "presence" => plugin.shows(&ticket, nick, call.value("show")).await?,
            "history" => return Ok(self.site.history(in_room, self.user, id).into()),
            "buddy" | "buddies" => {
                let ids: Vec<&str> = call.value("ids").split(',').collect();
                let there = plugin.presences(&ticket, &ids).await?;
                let people = ids.iter().map(|id| self.buddy(id, there.get(*id), false));
                return Ok(people.collect());
            }
            "join" => {
                let count = plugin.joins(&ticket, nick, id).await?;
                return Ok(json!({"id": id, "nick": id, "count": count, "all_count": count}));
            }
            "leave" => plugin.leaves(&ticket, nick, id).await?,
            "members" => {
                let members = plugin.members(&ticket, id).await?;
                let of = |id: &String| json!({"id": id, "nick": self.site.nick(id), "presence": "online"});
                return Ok(members.iter().map(of).collect());
            }
            "notifications" => return Ok(json!([])),
            _ => {}
        }
        Ok(json!("ok"))
    }

    async fn online(&self, call: &Call) -> Result<Value, String> {
        let site = &self.site;
        let friends: Vec<&str> = site.people.iter().map(|(id, _)| *id).filter(|id| *id != self.user).collect();
        let nick = site.nick(self.user);
        let opened = site.plugin.online((self.user, nick), &friends, &site.rooms, call.value("show")).await?;
        self.ticket.lock().expect("no panic while held").clone_from(&opened.ticket);
        let open = |list: &str, id: &str| call.value(list).split(',').any(|open| open == id);
        let shown = friends.iter().filter(|id| opened.presences.contains_key(**id) || open("buddy_ids", id));
        let buddies = shown.map(|id| self.buddy(id, opened.presences.get(*id), open("buddy_ids", id)));
        let room = |id: &&str| {
            let history = open("room_ids", id).then(|| site.history(true, self.user, id));
            let mut room =
                json!({"id": id, "nick": id, "all_count": opened.rooms.get(*id), "count": opened.rooms.get(*id)});
            room["history"] = history.map_or(Value::Null, Value::from);
            room
        };
        Ok(json!({
            "success": true, "server_time": now_ms() as f64, "connection": opened.connection,
            "user": {"id": self.user, "nick": nick, "show": call.value("show"), "status": ""},
            "buddies": buddies.collect::<Vec<_>>(), "rooms": site.rooms.iter().map(room).collect::<Vec<_>>(),
            "presences": opened.presences, "new_messages": [],
        }))
    }

    fn buddy(&self, id: &str, show: Option<&String>, is_open: bool) -> Value {
        let mut buddy = json!({
            "id": id, "uid": id, "nick": self.site.nick(id), "group": "friend", "status": "",
            "presence": if show.is_some() { "online" } else { "offline" },
            "show": show.map_or("unavailable", |show| show),
        });
        if is_open {
            buddy["history"] = self.site.history(false, self.user, id).into();
        }
        buddy
    }
}
