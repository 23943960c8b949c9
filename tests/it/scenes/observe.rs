//! The steps that demand something: what a page heard and saw, and what it is answered when it asks.

use super::inbox::is_marker;
use super::script::Step;
use super::stage::Stage;
use crate::support::member::{bodies, each};
use serde_json::Value;
use std::collections::BTreeSet;

type Done = Result<(), String>;

fn expect<T: PartialEq + std::fmt::Debug>(found: &T, wanted: &T) -> Done {
    if found == wanted { Ok(()) } else { Err(format!("it is {found:?}")) }
}

/// The bodies of one history in a map; what is not there is empty.
fn history(histories: &Value, id: &str) -> Vec<String> {
    histories.get(id).map_or_else(Vec::new, bodies)
}

fn same_ids(found: Vec<String>, wanted: &[String]) -> Done {
    let count = found.len();
    let found: BTreeSet<String> = found.into_iter().collect();
    expect(&(found, count), &(wanted.iter().cloned().collect(), wanted.len()))
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// `words` are all true of a person: presence, show or group.
fn is_as(person: &Value, words: &[String]) -> Done {
    let known = ["presence", "show", "group"].map(|field| person[field].as_str().unwrap_or_default());
    match words.iter().find(|word| !known.contains(&word.as_str())) {
        None => Ok(()),
        Some(word) => Err(format!("not {word}: {person}")),
    }
}

fn find<'a>(list: &'a Value, id: &str) -> Option<&'a Value> {
    list.as_array().into_iter().flatten().find(|item| item["id"] == id)
}

impl Stage {
    pub(super) async fn observe(&mut self, step: &Step) -> Done {
        match step {
            Step::Hear { who, from, to, body, earlier } => self.hear(who, from, to.as_deref(), body, *earlier).await,
            Step::HearNothing { who, earlier: false } => self.hears_nothing(who).await,
            Step::HearNothing { who, earlier: true } => {
                let earlier = &self.page(who)?.earlier;
                if earlier.is_empty() { Ok(()) } else { Err(format!("there is {earlier:?}")) }
            }
            Step::See { who, whom, state, status } => self.see(who, whom, state, status.as_deref()).await,
            Step::SeeNothing { who, whom } => {
                self.catch_up(who).await?;
                let inbox = &self.page(who)?.inbox;
                inbox.unexplained(whom).map_or(Ok(()), |seen| Err(format!("it is {seen}; {}", inbox.describe())))
            }
            Step::SeeInRoom { who, whom, room, kind } => self.see_in_room(who, whom, room, kind).await,
            Step::Invited { who, by, room, nick } => self.is_invited(who, by, room, nick).await,
            Step::SeeTyping { who, whom, show } => {
                let patience = self.patience();
                let seen = self.page(who)?.inbox.until(patience, |inbox| inbox.statuses.pop_front()).await?;
                expect(&(&seen["from"], &seen["show"]), &(&whom.as_str().into(), &(*show).into()))
            }
            Step::SeeNoTyping { who, whom } => {
                self.catch_up(who).await?;
                let inbox = &self.page(who)?.inbox;
                let seen = inbox.statuses.iter().any(|status| status["from"] == **whom);
                if seen { Err(inbox.describe()) } else { Ok(()) }
            }
            Step::Shown { who, ids } => {
                let opening = &self.page(who)?.opening;
                expect(&opening["presence_buddies"], &opening["buddies"])?;
                same_ids(each(&opening["presence_buddies"], "id"), ids)
            }
            Step::ShownAs { who, whom, as_what } => {
                let shown = find(&self.page(who)?.opening["presence_buddies"], whom).ok_or("not shown at all")?;
                is_as(shown, as_what)
            }
            Step::ToldOnline { who, ids } => {
                let told = self.page(who)?.opening["buddy_online_ids"].as_str().ok_or("no text")?;
                same_ids(told.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect(), ids)
            }
            Step::Attached { who, with, bodies: wanted } => {
                expect(&history(&self.page(who)?.opening["histories"], with), wanted)
            }
            Step::Settings { who, json } => {
                let wanted: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
                expect(&self.page(who)?.opening["setting"], &wanted)
            }
            asking => self.asks(asking).await,
        }
    }

    /// Steps for which the page asks the server.
    async fn asks(&mut self, step: &Step) -> Done {
        match step {
            Step::History { who, with, room, whole, bodies: wanted } => {
                let kind = if *room { "multicast" } else { "unicast" };
                let histories = self.call(who, "histories", &pairs(&[("ids", with), ("type", kind)])).await?;
                let mut found = history(&histories, with);
                if !whole {
                    found.drain(..found.len().saturating_sub(wanted.len()));
                }
                expect(&found, wanted)
            }
            Step::Members { who, room, ids } => {
                let members = self.call(who, "members", &pairs(&[("ids", room)])).await?;
                // Some clients are given everybody, with who is here.
                let here = members[room].as_array().ok_or_else(|| format!("it is {members}"))?.iter();
                let here: Value = here.filter(|member| member["presence"] != "offline").cloned().collect();
                same_ids(each(&here, "id"), ids)
            }
            Step::Counts { who, room, all, online } => {
                let room = self.room(who, room).await?;
                expect(&(room["all_count"].as_u64(), room["count"].as_u64()), &(Some(*all), Some(*online)))
            }
            Step::Temporary { who, room } => expect(&self.room(who, room).await?["temporary"], &Value::Bool(true)),
            Step::Blocked { who, room, blocked } => {
                expect(&self.room(who, room).await?["blocked"], &Value::Bool(*blocked))
            }
            Step::Find { who, whom, as_what } => {
                let people = self.call(who, "buddies", &pairs(&[("ids", whom)])).await?;
                match find(&people, whom) {
                    None if as_what == &["nowhere"] => Ok(()),
                    None => Err(format!("there is {people}")),
                    Some(person) => is_as(person, as_what),
                }
            }
            other => Err(format!("nobody plays {other:?}")),
        }
    }

    async fn room(&mut self, who: &str, room: &str) -> Result<Value, String> {
        let rooms = self.call(who, "rooms", &pairs(&[("ids", room)])).await?;
        find(&rooms, room).cloned().ok_or_else(|| format!("there is {rooms}"))
    }

    async fn hear(&mut self, who: &str, from: &str, to: Option<&str>, body: &str, earlier: bool) -> Done {
        let patience = self.patience();
        let page = self.page(who)?;
        let heard = if earlier {
            page.earlier.pop_front().ok_or("there are no more earlier messages")?
        } else {
            page.inbox.until(patience, |inbox| inbox.messages.pop_front()).await?
        };
        debug_assert!(!is_marker(&heard));
        let own = who.trim_end_matches(|c: char| c.is_ascii_digit());
        let to = to.unwrap_or(own);
        let kind = match (to.starts_with("room"), page.speaks("d3")) {
            (true, false) => "multicast",
            (false, false) => "unicast",
            (true, true) => "grpchat",
            (false, true) => "chat",
        };
        let fields = ["from", "to", "type", "body", "style"].map(|field| heard[field].as_str().unwrap_or_default());
        expect(&fields, &[from, to, kind, body, "color:red"])
    }

    async fn see(&mut self, who: &str, whom: &str, state: &str, status: Option<&str>) -> Done {
        let patience = self.patience();
        let next = |inbox: &mut super::inbox::Inbox| {
            let at = inbox.presences.iter().position(|presence| presence["from"] == whom)?;
            inbox.presences.remove(at)
        };
        let seen = self.page(who)?.inbox.until(patience, next).await?;
        let field = if matches!(state, "online" | "offline") { "type" } else { "show" };
        if seen[field] != state || status.is_some_and(|status| seen["status"] != status) {
            return Err(format!("it is {seen}"));
        }
        let kind = seen["type"].as_str().unwrap_or_default().to_owned();
        *self.page(who)?.inbox.seen.entry((whom.to_owned(), kind)).or_default() += 1;
        Ok(())
    }

    /// The next that is told of somebody in a room, with the room in both places where clients look for it.
    async fn see_in_room(&mut self, who: &str, whom: &str, room: &str, kind: &str) -> Done {
        let patience = self.patience();
        let next = |inbox: &mut super::inbox::Inbox| {
            let is_it = |notice: &Value| notice["from"] == whom && notice["to"] == room;
            let at = inbox.notices.iter().position(is_it)?;
            inbox.notices.remove(at)
        };
        let seen = self.page(who)?.inbox.until(patience, next).await?;
        let is_right = seen["type"] == kind && seen["status"] == room;
        let is_shown = (seen["show"] == "unavailable") == (kind == "grpoffline");
        if is_right && is_shown { Ok(()) } else { Err(format!("it is {seen}")) }
    }

    /// As its client understands it: a message that nobody shows, or a presence.
    async fn is_invited(&mut self, who: &str, by: &str, room: &str, nick: &str) -> Done {
        let (patience, own) = (self.patience(), who.trim_end_matches(|c: char| c.is_ascii_digit()));
        let page = self.page(who)?;
        if !page.speaks("d3") {
            let next = |inbox: &mut super::inbox::Inbox| {
                let at = inbox.notices.iter().position(|notice| notice["type"] == "invite")?;
                inbox.notices.remove(at)
            };
            let notice = page.inbox.until(patience, next).await?;
            let fields = ["from", "type", "to", "status"].map(|field| notice[field].as_str().unwrap_or_default());
            return expect(&fields, &[by, "invite", room, nick]);
        }
        let message = page.inbox.until(patience, |inbox| inbox.messages.pop_front()).await?;
        let body = format!("webim-event:invite|,|{room}|,|{nick}");
        let fields = ["from", "to", "type", "body", "style"].map(|field| message[field].as_str().unwrap_or("no text"));
        expect(&fields, &[by, own, "chat", &*body, ""])
    }
}
