//! The calls of the site's API: parameters in, an action, an answer of its version.

use super::call::{Call, Method, Named, Prefix};
use super::version::Version;
use super::{IDS_MAX, wire};
use crate::actions::announce::SYSTEM;
use crate::actions::connect_for_site::{SiteConnect, connect_for_site};
use crate::actions::identify::{self, Asker};
use crate::actions::list_room::list_room;
use crate::actions::notify;
use crate::actions::read_presences;
use crate::actions::say_for_site::{Speaker, say_for_site};
use crate::actions::send_message::Send;
use crate::actions::{disconnect, send_signal, set_presence};
use crate::chat::entry::{To, Voice};
use crate::chat::id::{ID_BYTES_MAX, RoomId, UserId};
use crate::chat::presence::Show;
use crate::chat::refusal::Refusal;
use crate::chat::site::Site;
use crate::edge::browser::auth;
use crate::edge::params::Params;
use crate::edge::reply::Reply;
use crate::edge::{Asked, Edge};
use std::collections::BTreeMap;

/// One call of a site that has shown its key.
pub(super) struct Work<'a> {
    pub(super) edge: &'a Edge,
    pub(super) asked: &'a Asked,
    pub(super) site: &'a Site,
    pub(super) params: &'a Params,
    pub(super) version: Version,
}

impl Work<'_> {
    pub(super) async fn carry_out(&self, call: &Call) -> Result<Reply, Refusal> {
        let (ctx, version) = (&self.edge.ctx, self.version);
        match &call.method {
            Method::Online => self.online(call).await,
            Method::Offline => {
                disconnect::disconnect(ctx, &self.asker()?).await;
                Ok(wire::done(version))
            }
            Method::Show => self.show().await,
            Method::Statuses => self.typing().await,
            Method::Messages => self.message().await,
            Method::Onlines | Method::Presences => {
                self.check_ticket()?;
                let name = if self.params.has("names") { "names" } else { "ids" };
                let seen = read_presences::of_people(ctx, self.site.number, self.users(name)?).await?;
                Ok(wire::onlines(version, &seen))
            }
            Method::Join(named) => {
                let room = self.room(named)?;
                let total = list_room(ctx, &self.asker()?, room.clone(), true).await?;
                Ok(match (version, named) {
                    (Version::V5, Named::Room | Named::Path(_)) => wire::done(version),
                    _ => wire::total(room.as_str(), total),
                })
            }
            Method::Leave(named) => {
                list_room(ctx, &self.asker()?, self.room(named)?, false).await?;
                Ok(wire::done(version))
            }
            Method::Members(named) => self.members(named).await,
            Method::Notifications => self.notify().await,
        }
    }

    /// The page that a ticket of this site names.
    fn asker(&self) -> Result<Asker, Refusal> {
        let ticket = self.params.required("ticket")?;
        identify::by_ticket(&self.edge.ctx, ticket, Some(&self.site.name))
    }

    /// COMPAT: in the early versions a ticket that comes along must be live, whatever is asked.
    fn check_ticket(&self) -> Result<(), Refusal> {
        let is_early = matches!(self.version, Version::V2 | Version::V3);
        if is_early && self.params.has("ticket") { self.asker().map(drop) } else { Ok(()) }
    }

    /// Ids of a list. One that cannot be an id is nobody's, and no reason to keep a page from opening.
    fn users(&self, name: &str) -> Result<Vec<UserId>, Refusal> {
        let ids = self.params.list_of(name, IDS_MAX)?;
        Ok(ids.into_iter().filter_map(|id| UserId::parse(id).ok()).collect())
    }

    fn rooms(&self, names: &[&'static str]) -> Result<Vec<RoomId>, Refusal> {
        let name = names.iter().find(|name| self.params.has(name)).copied().unwrap_or_default();
        let ids = self.params.list_of(name, IDS_MAX)?;
        Ok(ids.into_iter().filter_map(|id| RoomId::parse(id).ok()).collect())
    }

    /// The room of a call: as a parameter, where nothing had to be read out of a path, else from there.
    fn room(&self, named: &Named) -> Result<RoomId, Refusal> {
        let given = ["room", "group"].iter().find_map(|name| self.params.optional(name));
        let id = given.or(named.in_path()).ok_or(Refusal::MissingParameter(if *named == Named::Group {
            "group"
        } else {
            "room"
        }))?;
        RoomId::parse(id).map_err(|_| Refusal::BadParameter("room"))
    }

    fn nick(&self) -> Option<String> {
        self.params.optional("nick").map(|nick| self.line(nick, ID_BYTES_MAX))
    }

    /// A line that a site keeps of its people. One that is too long is no reason to keep a page from opening: it is cut.
    fn line(&self, given: &str, bytes_max: usize) -> String {
        let mut line = self.version.text(given);
        line.retain(|character| !character.is_control());
        line.truncate(line.floor_char_boundary(bytes_max));
        line
    }

    async fn online(&self, call: &Call) -> Result<Reply, Refusal> {
        let name = if self.params.has("endpoint") && !self.params.has("name") { "endpoint" } else { "name" };
        let user = self.params.user(name)?;
        // Old pages know a state of being nowhere; who opens a page is somewhere.
        let show = self.params.optional("show").filter(|word| *word != "unavailable");
        let ask = SiteConnect {
            dialect: self.version.dialect(),
            nick: match self.params.raw("nick").ok_or(Refusal::MissingParameter("nick"))? {
                "" => user.to_string(),
                nick => self.line(nick, ID_BYTES_MAX),
            },
            user,
            show: Some(
                show.map_or(Ok(Show::Available), |word| Show::parse(word).ok_or(Refusal::BadParameter("show")))?,
            ),
            status: self.params.optional("status").map(|status| self.line(status, set_presence::STATUS_BYTES_MAX)),
            people: self.users("buddies")?,
            rooms: self.rooms(&["rooms", "groups"])?,
        };
        let connected = connect_for_site(&self.edge.ctx, self.site.number, ask).await?;
        Ok(wire::online(self.version, &connected, &self.streams(call)))
    }

    fn streams(&self, call: &Call) -> wire::Streams {
        let base = auth::base_url_of(self.edge, self.asked, self.site);
        let prefix = match call.prefix {
            Prefix::None => "",
            Prefix::V4 => "/v4",
            Prefix::V5 => "/v5",
        };
        let websocket = || format!("{}/v5/wsocket", base.replacen("http", "ws", 1));
        wire::Streams {
            poll: format!("{base}{prefix}/packets"),
            websocket: self.site.options.old_websocket.then(websocket),
        }
    }

    async fn show(&self) -> Result<Reply, Refusal> {
        let asker = self.asker()?;
        let show = Show::parse(self.params.required("show")?).ok_or(Refusal::BadParameter("show"))?;
        let status = self.params.raw("status").filter(|status| !matches!(*status, "undefined" | "null"));
        let status = status.map(|status| self.line(status, set_presence::STATUS_BYTES_MAX));
        set_presence::set_presence(&self.edge.ctx, &asker, show, status).await?;
        Ok(wire::done(self.version))
    }

    /// Typing to somebody who is not known is as typing to somebody who is away.
    async fn typing(&self) -> Result<Reply, Refusal> {
        let asker = self.asker()?;
        let typing = match self.params.required("show")? {
            "typing" => true,
            "clear" => false,
            _ => return Err(Refusal::BadParameter("show")),
        };
        match send_signal::send_typing(&self.edge.ctx, &asker, self.params.user("to")?, typing).await {
            Ok(()) | Err(Refusal::UnknownUser) => Ok(wire::done(self.version)),
            Err(refusal) => Err(refusal),
        }
    }

    /// From a page by its ticket, or in somebody's name by the key alone.
    async fn message(&self) -> Result<Reply, Refusal> {
        // Plugins hand on what a browser sent: a ticket that is there and empty is a page's that has none, and no word of the site's.
        let speaker = match (self.params.raw("ticket"), self.params.optional("from")) {
            (Some(ticket), _) => Speaker::Page(identify::by_ticket(&self.edge.ctx, ticket, Some(&self.site.name))?),
            (None, Some(_)) => Speaker::Named(self.params.user("from")?),
            (None, None) if self.params.raw("type") == Some("broadcast") => {
                Speaker::Named(UserId::parse(SYSTEM).map_err(|_| Refusal::Internal)?)
            }
            (None, None) => return Err(Refusal::BadRequest("it needs the `ticket` of a page, or `from`")),
        };
        let is_page = matches!(speaker, Speaker::Page(_));
        let to = match self.params.optional("type") {
            None | Some("unicast" | "chat" | "msg") => To::User(self.params.user("to")?),
            Some("multicast" | "grpchat") => To::Room(self.params.room("to")?),
            // Plugins hand on the `type` that a browser sent: what comes with a page's ticket is no word of the site's.
            Some("broadcast") if is_page => return Err(Refusal::NotAllowed),
            Some("broadcast") => To::Everyone,
            Some(_) => return Err(Refusal::BadParameter("type")),
        };
        let send = Send {
            to,
            body: self.version.text(self.params.required("body")?),
            style: self.params.optional("style").unwrap_or_default().to_owned(),
            cid: self.params.optional("cid").map(str::to_owned),
        };
        say_for_site(&self.edge.ctx, self.site.number, speaker, self.nick(), send, Voice::Plugin).await?;
        Ok(wire::done(self.version))
    }

    async fn notify(&self) -> Result<Reply, Refusal> {
        let text = |name: &'static str| self.params.optional(name).unwrap_or_default();
        self.params.required("text")?;
        self.params.required("to")?;
        let to = self.users("to")?;
        notify::notify(&self.edge.ctx, self.site.number, to, text("from"), text("text"), text("link")).await?;
        Ok(wire::done(self.version))
    }

    async fn members(&self, named: &Named) -> Result<Reply, Refusal> {
        self.check_ticket()?;
        // The first plugin asks for several rooms at a time.
        let rooms = if self.params.has("rooms") { self.rooms(&["rooms"])? } else { vec![self.room(named)?] };
        let mut found = Vec::new();
        for room in rooms {
            let seen = read_presences::in_room(&self.edge.ctx, self.site.number, room.clone()).await?;
            found.push((room.to_string(), seen));
        }
        let version = self.version;
        Ok(match (version, named, found.as_slice()) {
            (Version::V5, Named::Room | Named::Path(_), [(_, seen)]) => wire::value(&wire::shows(seen)),
            // Of the plugins of 2013 one asks by GET and reads a list, another POSTs and reads a map.
            (Version::V4 | Version::V5, _, [(_, seen)]) if self.asked.method == http::Method::GET => {
                wire::value(&wire::members(version, seen))
            }
            _ => wire::value(
                &found.iter().map(|(room, seen)| (room, wire::members(version, seen))).collect::<BTreeMap<_, _>>(),
            ),
        })
    }
}
