//! A site's backend that drives this server by its API, in each of the family's versions, as strict with answers as the
//! released libraries are.

use super::wire::component;
use crate::support::http::{Answer, Ask, Http};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Which API, and how it says who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// 2010, maps.
    V2,
    /// 2011, lists.
    V3,
    /// 2013, groups.
    V4,
    /// 5.4 and later, by HTTP Basic.
    V5,
    /// Early 2014: the same, by parameters.
    V5Params,
}

/// A parameter list.
pub type Form<'a> = Vec<(&'a str, &'a str)>;

/// What `presences/online` gave.
#[derive(Debug, Clone, Default)]
pub struct Opened {
    pub ticket: String,
    /// What the site's page is told.
    pub connection: Value,
    /// Who is there, with what they show.
    pub presences: BTreeMap<String, String>,
    /// How many are in the rooms, where the version tells.
    pub rooms: BTreeMap<String, u64>,
}

/// A message that a plugin sends.
#[derive(Debug, Clone, Copy)]
pub struct Says<'a> {
    pub in_room: bool,
    pub to: &'a str,
    pub body: &'a str,
}

/// See the module.
#[derive(Debug, Clone)]
pub struct Plugin {
    pub address: SocketAddr,
    pub version: Version,
    pub domain: String,
    pub key: String,
}

impl Version {
    pub const ALL: [Self; 5] = [Self::V2, Self::V3, Self::V4, Self::V5, Self::V5Params];

    fn prefix(self) -> &'static str {
        match self {
            Self::V2 | Self::V3 => "",
            Self::V4 => "/v4",
            Self::V5 | Self::V5Params => "/v5",
        }
    }

    /// Whether it says `chat` for `unicast`.
    fn is_late(self) -> bool {
        matches!(self, Self::V4 | Self::V5 | Self::V5Params)
    }

    fn is_v5(self) -> bool {
        matches!(self, Self::V5 | Self::V5Params)
    }

    pub fn word(self, in_room: bool) -> &'static str {
        match (self.is_late(), in_room) {
            (true, true) => "grpchat",
            (true, false) => "chat",
            (false, true) => "multicast",
            (false, false) => "unicast",
        }
    }
}

impl Plugin {
    /// The demonstration's.
    pub fn new(address: SocketAddr, version: Version) -> Self {
        Self { address, version, domain: "localhost".into(), key: "public".into() }
    }

    /// A request as this version's library makes it.
    pub fn ask(&self, is_get: bool, endpoint: &str, form: &[(&str, &str)]) -> Ask {
        let mut pairs: Form<'_> = form.to_vec();
        match self.version {
            Version::V2 => {}
            Version::V3 => pairs.push(("version", "3")),
            Version::V4 => pairs.push(("version", "v4")),
            Version::V5 | Version::V5Params => pairs.push(("version", "v5")),
        }
        pairs.push(("domain", &self.domain));
        if self.version != Version::V5 {
            pairs.push(("apikey", &self.key));
        }
        let pairs: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{}={}", component(name), component(value))).collect();
        let (path, pairs) = (format!("{}{endpoint}", self.version.prefix()), pairs.join("&"));
        let ask = if is_get { Ask::get(&format!("{path}?{pairs}")) } else { Ask::post(&path, &pairs) };
        match self.version {
            Version::V5 => {
                let basic = STANDARD.encode(format!("{}:{}", self.domain, self.key));
                ask.header("Authorization", &format!("Basic {basic}"))
            }
            _ => ask,
        }
    }

    /// The answer as it came.
    pub async fn raw(&self, is_get: bool, endpoint: &str, form: &[(&str, &str)]) -> Answer {
        let mut http = Http::open(self.address).await.expect("a connection");
        http.ask(&self.ask(is_get, endpoint, form)).await.expect("an answer")
    }

    /// The answer if the library takes it: a 200, and from version 5 on JSON, whatever was asked.
    pub async fn takes(&self, is_get: bool, endpoint: &str, form: &[(&str, &str)]) -> Result<String, String> {
        let answer = self.raw(is_get, endpoint, form).await;
        let text = answer.text();
        let is_json = serde_json::from_str::<Value>(&text).is_ok();
        if answer.status != 200 || text.is_empty() || (self.version.is_v5() && !is_json) {
            return Err(format!("{endpoint}: {} {text}", answer.status));
        }
        Ok(text)
    }

    /// The same in JSON.
    pub async fn reads(&self, is_get: bool, endpoint: &str, form: &[(&str, &str)]) -> Result<Value, String> {
        let text = self.takes(is_get, endpoint, form).await?;
        serde_json::from_str(&text).map_err(|error| format!("{endpoint}: {error} in {text}"))
    }

    /// Does something; what it is answered must say so in this version's words.
    pub async fn does(&self, endpoint: &str, form: &[(&str, &str)]) -> Result<(), String> {
        let text = self.takes(false, endpoint, form).await?;
        let wanted = if self.version.is_v5() {
            serde_json::from_str::<Value>(&text).is_ok_and(|answer| answer["status"] == "ok")
        } else {
            text == "ok"
        };
        if wanted { Ok(()) } else { Err(format!("{endpoint}: {text}")) }
    }

    /// A page of the site opens.
    pub async fn online(
        &self,
        who: (&str, &str),
        buddies: &[&str],
        rooms: &[&str],
        show: &str,
    ) -> Result<Opened, String> {
        let (buddies, rooms) = (buddies.join(","), rooms.join(","));
        let groups = if self.version == Version::V4 { "groups" } else { "rooms" };
        let mut form = vec![("name", who.0), ("nick", who.1), ("show", show), ("status", "")];
        form.extend([("buddies", buddies.as_str()), (groups, &rooms)]);
        if self.version == Version::V2 {
            form.push(("endpoint", who.0));
        }
        let answer = self.reads(false, "/presences/online", &form).await?;
        let opened = self.read_opened(&answer).ok_or_else(|| format!("not what a library reads: {answer}"))?;
        if opened.ticket.is_empty() { Err(format!("no ticket: {answer}")) } else { Ok(opened) }
    }

    fn read_opened(&self, answer: &Value) -> Option<Opened> {
        let ticket = answer["ticket"].as_str()?.to_owned();
        let named = |list: &Value, field: &str| -> Option<Vec<(String, Value)>> {
            let of = |item: &Value| Some((item["name"].as_str()?.to_owned(), item[field].clone()));
            list.as_array()?.iter().map(of).collect()
        };
        let (presences, rooms, server) = match self.version {
            Version::V2 => (map(&answer["buddies"])?, map(&answer["roominfo"])?, None),
            Version::V3 => (named(&answer["buddies"], "show")?, named(&answer["rooms"], "total")?, None),
            Version::V4 => (map(&answer["buddies"])?, map(&answer["groups"])?, Some(answer["server"].as_str()?)),
            Version::V5 | Version::V5Params => {
                (map(&answer["presences"])?, Vec::new(), Some(answer["jsonpd"].as_str()?))
            }
        };
        let server = server.map_or_else(|| format!("http://{}/packets", self.address), str::to_owned);
        let connection = json!({"ticket": ticket, "domain": self.domain, "server": server, "jsonpd": server});
        let presences = presences.into_iter().map(|(id, show)| Some((id, show.as_str()?.to_owned())));
        let rooms = rooms.into_iter().map(|(id, total)| Some((id, total.as_u64()?)));
        Some(Opened {
            ticket,
            connection,
            presences: presences.collect::<Option<_>>()?,
            rooms: rooms.collect::<Option<_>>()?,
        })
    }

    /// Its page is gone.
    pub async fn offline(&self, ticket: &str) -> Result<(), String> {
        self.does("/presences/offline", &[("ticket", ticket)]).await
    }

    pub async fn shows(&self, ticket: &str, nick: &str, show: &str) -> Result<(), String> {
        self.does("/presences/show", &[("ticket", ticket), ("nick", nick), ("show", show), ("status", "")]).await
    }

    pub async fn types(&self, ticket: &str, nick: &str, to: &str, show: &str) -> Result<(), String> {
        self.does("/statuses", &[("ticket", ticket), ("nick", nick), ("to", to), ("show", show)]).await
    }

    pub async fn says(&self, ticket: &str, nick: &str, says: Says<'_>) -> Result<(), String> {
        let kind = self.version.word(says.in_room);
        let form = [("ticket", ticket), ("nick", nick), ("type", kind), ("to", says.to), ("body", says.body)];
        self.does("/messages", &[&form[..], &[("style", ""), ("timestamp", "1295345254.5")]].concat()).await
    }

    /// Into a room; how many are there, where the version tells.
    pub async fn joins(&self, ticket: &str, nick: &str, room: &str) -> Result<Option<u64>, String> {
        if self.version.is_v5() {
            let form = [("ticket", ticket), ("nick", nick), ("room", room)];
            return self.does(&format!("/rooms/{}/join", path(room)), &form).await.map(|()| None);
        }
        let (endpoint, word) = self.room("join");
        let answer = self.reads(false, endpoint, &[("ticket", ticket), ("nick", nick), (word, room)]).await?;
        answer[room].as_u64().map(Some).ok_or_else(|| format!("no count in {answer}"))
    }

    pub async fn leaves(&self, ticket: &str, nick: &str, room: &str) -> Result<(), String> {
        let word = if self.version.is_v5() { "room" } else { self.room("leave").1 };
        let form = [("ticket", ticket), ("nick", nick), (word, room)];
        let v5 = format!("/rooms/{}/leave", path(room));
        self.does(if self.version.is_v5() { &v5 } else { self.room("leave").0 }, &form).await
    }

    /// Ids of who is in a room.
    pub async fn members(&self, ticket: &str, room: &str) -> Result<Vec<String>, String> {
        let answer = if self.version.is_v5() {
            self.reads(true, &format!("/rooms/{}/members", path(room)), &[("ticket", ticket), ("room", room)]).await?
        } else {
            let (endpoint, word) = self.room("members");
            self.reads(true, endpoint, &[("ticket", ticket), (word, room)]).await?
        };
        let of_list = |list: &Value| -> Option<Vec<String>> {
            list.as_array()?.iter().map(|member| Some(member["id"].as_str()?.to_owned())).collect()
        };
        let ids = match self.version {
            Version::V2 | Version::V3 => of_list(&answer[room]),
            Version::V4 => of_list(&answer),
            Version::V5 | Version::V5Params => answer.as_object().map(|map| map.keys().cloned().collect()),
        };
        ids.ok_or_else(|| format!("no members in {answer}"))
    }

    /// What these show who are there.
    pub async fn presences(&self, ticket: &str, ids: &[&str]) -> Result<BTreeMap<String, String>, String> {
        let ids = ids.join(",");
        let (endpoint, word) = if self.version.is_late() { ("/presences", "ids") } else { ("/onlines", "names") };
        let answer = self.reads(true, endpoint, &[("ticket", ticket), (word, &ids)]).await?;
        let pairs: Option<Vec<(String, Value)>> = match self.version {
            Version::V3 => answer.as_array().map(|list| {
                list.iter()
                    .map(|item| (item["name"].as_str().unwrap_or_default().to_owned(), item["show"].clone()))
                    .collect()
            }),
            _ => map(&answer),
        };
        let pairs = pairs.ok_or_else(|| format!("no presences in {answer}"))?;
        Ok(pairs.into_iter().map(|(id, show)| (id, show.as_str().unwrap_or_default().to_owned())).collect())
    }

    /// The path of a room's call before version 5, and the word for the room in it.
    fn room(&self, verb: &str) -> (&'static str, &'static str) {
        match (self.version.is_late(), verb) {
            (false, "join") => ("/room/join", "room"),
            (false, "leave") => ("/room/leave", "room"),
            (false, _) => ("/room/members", "room"),
            (true, "join") => ("/group/join", "group"),
            (true, "leave") => ("/group/leave", "group"),
            (true, _) => ("/group/members", "group"),
        }
    }
}

/// The pairs of a map. PHP writes an empty one as a list.
fn map(value: &Value) -> Option<Vec<(String, Value)>> {
    match value {
        Value::Object(map) => Some(map.iter().map(|(id, value)| (id.clone(), value.clone())).collect()),
        Value::Array(list) if list.is_empty() => Some(Vec::new()),
        _ => None,
    }
}

/// An id in a path: the libraries leave it as it is, and their HTTP client writes what cannot stand there by its bytes.
fn path(id: &str) -> String {
    let text = |byte: u8| match byte {
        b'!'..=b'~' if !b"?#%<>\"`{}".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    id.bytes().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(version: Version) -> Plugin {
        Plugin::new(SocketAddr::from(([127, 0, 0, 1], 8_000)), version)
    }

    #[test]
    fn part_3_1_every_version_says_who_it_is_in_its_own_way() {
        for version in Version::ALL {
            let bytes = plugin(version).ask(false, "/presences/online", &[("name", "a b")]).bytes("h");
            let text = String::from_utf8(bytes).expect("text");
            let (path, says, basic) = match version {
                Version::V2 => ("/presences/online", "name=a+b&domain=localhost&apikey=public", false),
                Version::V3 => ("/presences/online", "name=a+b&version=3&domain=localhost&apikey=public", false),
                Version::V4 => ("/v4/presences/online", "name=a+b&version=v4&domain=localhost&apikey=public", false),
                Version::V5 => ("/v5/presences/online", "name=a+b&version=v5&domain=localhost", true),
                Version::V5Params => {
                    ("/v5/presences/online", "name=a+b&version=v5&domain=localhost&apikey=public", false)
                }
            };
            assert!(text.starts_with(&format!("POST {path} ")) && text.ends_with(&format!("\r\n\r\n{says}")), "{text}");
            assert_eq!(text.contains("Authorization: Basic bG9jYWxob3N0OnB1YmxpYw=="), basic, "{text}");
        }
    }

    /// A list where a version's library reads a map, or the other way round, is an exception there.
    #[test]
    fn part_3_2_the_libraries_are_strict() {
        let map = json!({"ticket": "t", "buddies": {"a": "away"}, "roominfo": {"r": 1}, "groups": {"r": 1},
                         "presences": {"a": "away"}, "server": "http://h/packets", "jsonpd": "http://h/packets"});
        let mut list = map.clone();
        list["buddies"] = json!([{"name": "a", "nick": "A", "show": "away", "status": ""}]);
        list["rooms"] = json!([{"name": "r", "total": 1}]);
        list["presences"] = json!(["a"]);
        for version in Version::ALL {
            let (read, not) = if version == Version::V3 { (&list, &map) } else { (&map, &list) };
            let opened = plugin(version).read_opened(read).expect("what it reads");
            assert_eq!(opened.presences, BTreeMap::from([("a".to_owned(), "away".to_owned())]), "{version:?}");
            assert!(plugin(version).read_opened(not).is_none(), "{version:?}");
        }
        let empty = json!({"ticket": "t", "buddies": [], "roominfo": []});
        assert!(plugin(Version::V2).read_opened(&empty).is_some(), "PHP's empty map");
        assert_eq!(path("a b/陈?"), "a%20b/%E9%99%88%3F");
    }
}
