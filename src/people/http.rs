//! A source that is the site's own server: asked by POST, with the headers of Standard Webhooks (see `outgoing/signed`).

use super::rows::{Part, Row, asked};
use super::settings::{SecretUrl, Settings};
use super::{Asked, PeopleSource, SourceError, Whom};
use crate::chat::id::UserId;
use crate::clock::Clock;
use crate::outgoing::signed::Question;
use crate::outgoing::written_id::WrittenId;
use crate::outgoing::{Answered, Client, Fault};
use async_trait::async_trait;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Longest answer, in bytes: two thousand friends and five hundred rooms.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// See the module.
pub struct Http {
    outgoing: Arc<Client>,
    clock: Clock,
    url: SecretUrl,
    site_url: String,
}

/// What a site is asked, as JSON. Without a member it is asked whether it can be asked.
#[derive(Serialize)]
struct Asks<'a> {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
}

/// What it says; what it does not speak of stays as it is.
#[derive(Deserialize)]
struct Says {
    #[serde(default)]
    user: Option<Described>,
    #[serde(default)]
    buddies: Option<Vec<Described>>,
    #[serde(default)]
    rooms: Option<Vec<Described>>,
}

/// Somebody, or a room.
#[derive(Deserialize)]
struct Described {
    id: Option<WrittenId>,
    name: Option<String>,
    avatar: Option<String>,
    url: Option<String>,
    group: Option<String>,
}

impl Described {
    fn row(self) -> Row {
        let id = self.id.map(String::from);
        let columns =
            [("id", id), ("nick", self.name), ("avatar", self.avatar), ("url", self.url), ("group", self.group)];
        Row(columns.map(|(name, value)| (name.to_owned(), value)).to_vec())
    }
}

impl Http {
    /// Asks at the address of the settings.
    pub fn new(outgoing: Arc<Client>, settings: &Settings) -> Self {
        let (url, site_url) = (settings.url.clone(), settings.site_url.clone());
        Self { outgoing, clock: Clock::start(), url, site_url }
    }

    async fn question(&self, asks: &Asks<'_>, secrets: &[Box<str>]) -> Result<Answered, SourceError> {
        let body = serde_json::to_vec(asks).expect("wire shapes have string keys and finite numbers");
        let question =
            Question { url: &self.url.0, secrets, body, headers: HeaderMap::new(), answer_bytes_max: ANSWER_BYTES_MAX };
        self.outgoing.ask_signed(question, self.clock.wall_ms() / 1000).await.map_err(|fault| source_error(&fault))
    }

    fn read(&self, body: &[u8], user: &UserId) -> Result<Asked, SourceError> {
        let says: Says = serde_json::from_slice(body).map_err(|error| {
            let what = format!("the site's answer is not what it should be: {error}");
            SourceError::lasting(what, "it must be {\"user\":{…},\"buddies\":[…],\"rooms\":[…]} (docs/people.md)")
        })?;
        let rows = |list: Option<Vec<Described>>, part: Part| {
            list.map(|list| list.into_iter().take(part.rows_asked()).map(Described::row).collect::<Vec<_>>())
        };
        let profile = says.user.map(Described::row).unwrap_or_default();
        let (buddies, rooms) = (rows(says.buddies, Part::Buddies), rows(says.rooms, Part::Rooms));
        Ok(asked(&profile, buddies.as_deref(), rooms.as_deref(), user, &self.site_url))
    }
}

#[async_trait]
impl PeopleSource for Http {
    async fn ask(&self, whom: &Whom<'_>) -> Result<Option<Asked>, SourceError> {
        let Whom { site, secrets, user } = *whom;
        let asks = Asks { r#type: "people", site: Some(site), user: Some(user.as_str()) };
        let answered = self.question(&asks, secrets).await?;
        match answered.status {
            200 => self.read(&answered.body, user).map(Some),
            204 | 404 => Ok(None),
            status => Err(refused(status)),
        }
    }

    /// It is asked unsigned, so that a site which looks at signatures may refuse: then it is there all the same.
    async fn check(&self) -> Result<(), SourceError> {
        let answered = self.question(&Asks { r#type: "check", site: None, user: None }, &[]).await?;
        if answered.status >= 500 { Err(refused(answered.status)) } else { Ok(()) }
    }
}

fn refused(status: u16) -> SourceError {
    let mend = match status {
        401 | 403 => "does the site check signatures with the present token secret?",
        _ => "look into the site's own log",
    };
    let what = format!("the site answered with status {status}");
    // What stands before the site says so when it cannot reach it, and anybody who has had enough.
    let is_lost = matches!(status, 429 | 502..=504);
    SourceError { what, mend, is_lost }
}

fn source_error(fault: &Fault) -> SourceError {
    let mend = match fault {
        Fault::NotPublic { .. } | Fault::NotSecret(_) => "name its network in [outgoing] allow, if it is meant",
        Fault::Redirect(_) | Fault::Address(_) => "correct `url`",
        Fault::Late(_) => "is it reachable, and fast enough?",
        Fault::TooLong(_) => "answer with 1 MiB at most",
        _ => "is the site up, and the address right?",
    };
    // What is wrong with one member's answer is not wrong with others'.
    let is_lost = !matches!(fault, Fault::TooLong(_) | Fault::Answer(..) | Fault::Status(..));
    SourceError { what: fault.to_string(), mend, is_lost }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::reach::Reach;

    fn source() -> Http {
        let outgoing = Arc::new(Client::new(Reach::default()));
        let (url, site_url) = (SecretUrl("https://www.example.com/people".into()), "https://www.example.com".into());
        Http { outgoing, clock: Clock::start(), url, site_url }
    }

    #[test]
    fn an_answer_is_read_as_rows_of_tables_are() {
        let me = UserId::parse("1").unwrap();
        let body = r#"{"user":{"name":"Ann","avatar":"/a.png"},
            "buddies":[{"id":2,"name":"Ben","group":"Rowing"},{"id":"1"},{"id":"a,b"},{"name":"nobody"},{"id":"2"}],
            "rooms":[{"id":"boats","name":"Boats"}],"more":"is left alone"}"#;
        let asked = source().read(body.as_bytes(), &me).unwrap();
        assert_eq!(asked.profile.nick.as_deref(), Some("Ann"));
        assert_eq!(asked.profile.picture_url.as_deref(), Some("https://www.example.com/a.png"));
        let buddies = asked.buddies.unwrap();
        assert_eq!((buddies.len(), buddies[0].id.as_str(), buddies[0].group.as_deref()), (1, "2", Some("Rowing")));
        assert_eq!((asked.rooms.unwrap().len(), asked.skipped), (1, 4));
    }

    #[test]
    fn what_an_answer_does_not_speak_of_is_not_known() {
        let me = UserId::parse("1").unwrap();
        let asked = source().read(b"{}", &me).unwrap();
        assert_eq!(asked, Asked::default());
        assert!(source().read(b"<html>", &me).is_err() && source().read(br#"{"buddies":{}}"#, &me).is_err());
    }

    /// Negative control: let `source_error` call every fault lost.
    #[test]
    fn an_answer_that_is_bad_for_one_member_says_nothing_of_the_others() {
        assert!(!source_error(&Fault::TooLong("h".into())).is_lost && source_error(&Fault::Late("h".into())).is_lost);
        assert!(!refused(500).is_lost && !refused(403).is_lost && refused(503).is_lost);
    }

    /// Negative control: let `rows` take `rows_max`.
    #[test]
    fn a_list_that_is_too_long_is_known_to_be() {
        let me = UserId::parse("me").unwrap();
        let friends: Vec<String> = (0..2_001).map(|id| format!(r#"{{"id":{id}}}"#)).collect();
        let asked = source().read(format!(r#"{{"buddies":[{}]}}"#, friends.join(",")).as_bytes(), &me).unwrap();
        assert!(
            asked.has_more_buddies
                && !asked.has_more_rooms
                && asked.buddies.is_some_and(|buddies| buddies.len() == 2_000)
        );
    }
}
