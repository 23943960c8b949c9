//! The endpoints under `/webim/`: parameters in, an action, a wire shape out.

pub(super) mod accounts;
mod conversations;
mod notices;
mod rooms;
pub(super) mod settings;

use super::{auth, boot, dialect, online_wire, wire};
use crate::actions::connect::{Connect, connect};
use crate::actions::identify::{self, Asker};
use crate::actions::merge_guest::merge_guest;
use crate::actions::{
    block_user, disconnect, leave_room, read_room, read_roster, remove_buddy, send_signal, set_presence,
    settle_dialect, sign_out, watch,
};
use crate::chat::id::RoomId;
use crate::chat::presence::Show;
use crate::chat::refusal::Refusal;
use crate::chat::session::{Caller, Dialect};
use crate::edge::params::Params;
use crate::edge::reply::Reply;
use crate::edge::sign_in::{self, token::easy_token};
use crate::edge::{Asked, Edge, json};
use std::collections::BTreeMap;

/// What can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// A page opens.
    Online,
    /// A page closes, or its member goes.
    Offline,
    /// A member shows a password that is kept here.
    SignIn,
    /// A member replaces it.
    Password,
    /// A member signs out everywhere.
    SignOut,
    /// People by id.
    Buddies,
    /// A friend no more.
    RemoveBuddy,
    /// The page shows these people.
    Watch,
    /// Rooms by id.
    Rooms,
    /// Into a room.
    Join,
    /// Others into a room.
    Invite,
    /// Out of a room.
    Leave,
    /// Who is in a room.
    Members,
    /// What was said.
    Histories,
    /// A conversation is read.
    Read,
    /// Look for something that was said.
    Search,
    /// Say something.
    Message,
    /// Clear what was said.
    ClearHistory,
    /// Typing.
    Status,
    /// What to be seen as.
    Presence,
    /// Settings.
    Setting,
    /// Silence a room.
    Block,
    /// Listen to it again.
    Unblock,
    /// Neither hear nor see a person, nor be heard and seen by them.
    BlockUser,
    /// That no more.
    UnblockUser,
    /// Whom the member blocks.
    BlockedUsers,
    /// Take a conversation away as a file.
    DownloadHistory,
    /// What the site wants the member to notice.
    Notifications,
    /// An old page tells what it was given.
    LogMessage,
    /// The script that an old page begins with.
    Boot,
}

impl Endpoint {
    /// The endpoint of a path below `/webim/`, with the family's aliases.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "online" => Self::Online,
            // Both end this ticket and nothing else; the grace makes a reload of one and a departure of the other.
            "offline" | "refresh" | "deactivate" => Self::Offline,
            "sign_in" => Self::SignIn,
            "password" => Self::Password,
            "sign_out" => Self::SignOut,
            "buddies" | "buddy" | "user_info" => Self::Buddies,
            "remove_buddy" => Self::RemoveBuddy,
            "rooms" => Self::Rooms,
            "join" | "room/join" => Self::Join,
            "invite" | "room/invite" => Self::Invite,
            "leave" | "room/leave" => Self::Leave,
            "members" | "room/members" => Self::Members,
            "histories" | "history" => Self::Histories,
            "read" => Self::Read,
            "search" => Self::Search,
            "watch" => Self::Watch,
            "message" => Self::Message,
            "clear_history" | "history/clear" | "clear" => Self::ClearHistory,
            "status" | "statuses" => Self::Status,
            "presence" => Self::Presence,
            "setting" => Self::Setting,
            "block" | "room/block" => Self::Block,
            "unblock" | "room/unblock" => Self::Unblock,
            "block_user" => Self::BlockUser,
            "unblock_user" => Self::UnblockUser,
            "blocked_users" => Self::BlockedUsers,
            "download_history" | "history/download" | "download" => Self::DownloadHistory,
            "notifications" | "notification" => Self::Notifications,
            "logmsg" => Self::LogMessage,
            "boot" => Self::Boot,
            _ => return None,
        })
    }

    /// Whether it is there for a page that its site opened, too. All else such a page does, it does through its site.
    fn is_for_pages_of_sites(self) -> bool {
        matches!(self, Self::Offline | Self::Notifications | Self::LogMessage)
    }

    /// Whether passwords are sent with it: then it is asked by POST alone, and answered in JSON alone.
    pub fn takes_passwords(self) -> bool {
        matches!(self, Self::SignIn | Self::Password)
    }

    /// Whether it may be called over a WebSocket.
    pub fn is_for_streams(self) -> bool {
        matches!(self, Self::Message | Self::Status | Self::Presence | Self::Read)
    }
}

/// What an endpoint answers.
pub enum Answer {
    /// The seed's `ok`.
    Ok,
    /// A JSON text.
    Json(Vec<u8>),
    /// A file or a script of its own, which no `callback` is put around.
    Whole(Reply),
}

/// Carries out a call.
pub async fn carry_out(edge: &Edge, asked: &Asked, endpoint: Endpoint, params: &Params) -> Result<Answer, Refusal> {
    if endpoint == Endpoint::Online {
        let caller = auth::caller(edge, asked, params).await?;
        return online(edge, asked, params, &caller).await;
    }
    if endpoint == Endpoint::Boot {
        return Ok(Answer::Whole(boot::script(edge, asked, params).await));
    }
    let mut asker = auth::asker(edge, asked, params).await?;
    if dialect::speaks_later_words(params) {
        settle_dialect::settle_dialect(&edge.ctx, &mut asker).await;
    }
    carry_out_for(edge, endpoint, params, &asker).await
}

/// The same for somebody who is known already.
pub async fn carry_out_for(edge: &Edge, endpoint: Endpoint, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    if asker.is_from_site && !endpoint.is_for_pages_of_sites() {
        return Err(Refusal::NotAllowed);
    }
    match endpoint {
        Endpoint::Message => edge.rates.check_send(&edge.ctx.sites, asker.key)?,
        Endpoint::Status | Endpoint::Presence | Endpoint::BlockUser | Endpoint::UnblockUser => {
            edge.rates.check_signal(asker.key)?;
        }
        _ => {}
    }
    match endpoint {
        Endpoint::Online | Endpoint::Offline => {
            params.required("ticket")?;
            disconnect::disconnect(&edge.ctx, asker).await;
            Ok(Answer::Ok)
        }
        Endpoint::SignOut => {
            sign_out::sign_out(&edge.ctx, asker.key).await;
            Ok(Answer::Ok)
        }
        Endpoint::Buddies => buddies(edge, params, asker).await,
        Endpoint::Watch => watch(edge, params, asker).await,
        Endpoint::Rooms => rooms(edge, params, asker).await,
        Endpoint::RemoveBuddy => {
            remove_buddy::remove_buddy(&edge.ctx, asker, params.user("id")?).await?;
            Ok(Answer::Ok)
        }
        Endpoint::Join => rooms::join(edge, params, asker).await,
        Endpoint::Invite => rooms::invite(edge, params, asker).await,
        Endpoint::Leave => {
            leave_room::leave_room(&edge.ctx, asker, params.room("id")?).await?;
            Ok(Answer::Ok)
        }
        Endpoint::Members => members(edge, params, asker).await,
        Endpoint::Histories => conversations::histories(edge, params, asker).await,
        Endpoint::Read => conversations::read(edge, params, asker).await,
        Endpoint::Search => conversations::search(edge, params, asker).await,
        Endpoint::Message => conversations::message(edge, params, asker).await,
        Endpoint::ClearHistory => conversations::clear_history(edge, params, asker).await,
        Endpoint::Status => status(edge, params, asker).await,
        Endpoint::Presence => presence(edge, params, asker).await,
        Endpoint::Setting => settings::setting(edge, params, asker).await,
        Endpoint::Block | Endpoint::Unblock => {
            rooms::silence(edge, asker, params.room("id")?, endpoint == Endpoint::Block).await?;
            Ok(Answer::Ok)
        }
        Endpoint::BlockUser | Endpoint::UnblockUser => {
            let blocks = endpoint == Endpoint::BlockUser;
            block_user::block_user(&edge.ctx, asker.key, params.user("id")?, blocks).await?;
            Ok(Answer::Ok)
        }
        Endpoint::BlockedUsers => {
            let blocked = block_user::blocked(&edge.ctx, asker.key).await?;
            let dialect = dialect_of(asker, params);
            Ok(Answer::Json(json::encode(
                &blocked.iter().map(|profile| wire::profile(profile, dialect)).collect::<Vec<_>>(),
            )))
        }
        Endpoint::DownloadHistory => conversations::download(edge, params, asker).await,
        Endpoint::Notifications => notices::notices(edge, params, asker).await,
        // COMPAT: an application of the 1.0 and 5.x clients posts back every message it was given, for a server that keeps no
        // log of its own. The log here had it before the page did, so there is nothing to store.
        Endpoint::LogMessage => Ok(Answer::Ok),
        // They need the request itself.
        Endpoint::Boot | Endpoint::SignIn | Endpoint::Password => Err(Refusal::NotFound),
    }
}

async fn online(edge: &Edge, asked: &Asked, params: &Params, caller: &Caller) -> Result<Answer, Refusal> {
    let (site, _) = caller.person().ok_or(Refusal::NotSignedIn)?;
    let site = edge.ctx.sites.by_number(site).ok_or(Refusal::NotSignedIn)?;
    if params.optional("domain").is_some_and(|domain| !site.answers_to(domain)) {
        return Err(Refusal::BadParameter("domain"));
    }
    if let Some((site, user)) = caller.person() {
        edge.rates.check_online(site, user)?;
    }
    let unknown = Refusal::BadParameter(if params.optional("client").is_some() { "client" } else { "v" });
    let dialect = dialect::of_page(params, asked.header("accept")).ok_or(unknown)?;
    let strangers = if params.has("stranger_ids") { "stranger_ids" } else { "chatlink_ids" };
    let manners = dialect::manners(dialect);
    // The chat box names its partner apart from the open windows.
    let partner = params.optional("touid").map(|_| params.user("touid")).transpose()?;
    // What old clients call themselves while they are away; as a wish it means nothing.
    let wish = params.optional("show").filter(|show| *show != "unavailable");
    let ask = Connect {
        dialect,
        scope: manners.buddies,
        whole_rooms: manners.counts_members,
        windows: params.users("buddy_ids")?.into_iter().chain(partner).collect(),
        rooms: if params.has("room_ids") { Some(params.rooms("room_ids")?) } else { None },
        strangers: params.users(strangers)?,
        show: wish.map(show).transpose()?,
    };
    if let Some(given) = params.optional("guest")
        && let Caller::Member { user, .. } = caller
        && let Some(guest) = sign_in::former_guest(&site, given, edge.ctx.clock.wall_ms() / 1000)
    {
        merge_guest(&edge.ctx, site.number, &guest, user).await?;
    }
    let mut connected = connect(&edge.ctx, caller, ask).await?;
    // The password may have been replaced since the token was looked at: then its session must not go on.
    if let Err(refusal) = sign_in::still_good(edge, &site, auth::token(asked, params)).await {
        if let Ok(asker) = identify::by_ticket(&edge.ctx, connected.ticket.as_str(), None) {
            disconnect::disconnect(&edge.ctx, &asker).await;
        }
        return Err(refusal);
    }
    if manners.rooms_by_place {
        let (viewer, listed) = (site.number.user(connected.profile.number), settings::listed(&connected.settings));
        let is_in = |id: &RoomId| connected.rooms.iter().any(|view| view.membership.room.id == *id);
        let left = read_roster::left_but_silenced(&edge.ctx, viewer, listed, is_in).await?;
        connected.rooms.extend(left);
    }
    let base = auth::base_url_of(edge, asked, &site);
    let native = dialect == Dialect::Native;
    let (websocket, sse) = (format!("{}/websocket", base.replacen("http", "ws", 1)), format!("{base}/events"));
    let around = online_wire::Around {
        domain: &site.name,
        server: &format!("{base}/packets"),
        websocket: (native || (dialect == Dialect::D3 && site.options.old_websocket)).then_some(&websocket),
        sse: native.then_some(&sse),
        epoch: &site.epoch,
        server_time: edge.ctx.clock.wall_ms(),
        dialect,
        guest_token: match caller {
            Caller::Guest { user, .. } => easy_token(&site, user),
            _ => None,
        },
    };
    Ok(Answer::Json(online_wire::online(&connected, &around)))
}

fn show(word: &str) -> Result<Show, Refusal> {
    Show::parse(word).ok_or(Refusal::BadParameter("show"))
}

fn dialect_of(asker: &Asker, params: &Params) -> Dialect {
    asker.dialect().unwrap_or_else(|| dialect::of_request(params))
}

async fn buddies(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let people = match params.raw("ids") {
        Some(_) => {
            params.required("ids")?;
            read_roster::people(&edge.ctx, asker, params.users("ids")?).await?
        }
        None => read_roster::friends(&edge.ctx, asker).await?,
    };
    let dialect = dialect_of(asker, params);
    let wire: Vec<_> = people.iter().map(|view| wire::person(view, None, dialect)).collect();
    Ok(Answer::Json(json::encode(&wire)))
}

/// The page shows these people from now on; none, if the list is empty.
async fn watch(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    params.required("ticket")?;
    params.raw("ids").ok_or(Refusal::MissingParameter("ids"))?;
    let people = watch::watch(&edge.ctx, asker, params.users("ids")?).await?;
    let dialect = dialect_of(asker, params);
    let wire: Vec<_> = people.iter().map(|view| wire::person(view, None, dialect)).collect();
    Ok(Answer::Json(json::encode(&wire)))
}

async fn rooms(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let only = if params.has("ids") { Some(params.rooms("ids")?) } else { None };
    let rooms = read_roster::rooms(&edge.ctx, asker, only).await?;
    let dialect = dialect_of(asker, params);
    let wire: Vec<_> = rooms.iter().map(|view| wire::room(view, None, dialect)).collect();
    Ok(Answer::Json(json::encode(&wire)))
}

async fn members(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let dialect = dialect_of(asker, params);
    if !params.has("ids") && !dialect::manners(dialect).members_as_map {
        let members = read_room::members(&edge.ctx, asker, params.room("id")?).await?.ok_or(Refusal::UnknownRoom)?;
        return Ok(Answer::Json(json::encode(&wire::members(&members, dialect))));
    }
    let wanted = if params.has("ids") { params.rooms("ids")? } else { vec![params.room("id")?] };
    let mut found = Vec::new();
    for room in wanted {
        if let Some(members) = read_room::members(&edge.ctx, asker, room.clone()).await? {
            found.push((room, members));
        }
    }
    let wire: BTreeMap<_, _> =
        found.iter().map(|(room, members)| (room.as_str(), wire::members(members, dialect))).collect();
    Ok(Answer::Json(json::encode(&wire)))
}

async fn status(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let typing = match params.required("show")? {
        "typing" => true,
        "clear" => false,
        _ => return Err(Refusal::BadParameter("show")),
    };
    send_signal::send_typing(&edge.ctx, asker, params.user("to")?, typing).await?;
    Ok(Answer::Ok)
}

async fn presence(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let show = show(params.required("show")?)?;
    // An empty status clears the line; the words old clients send for nothing leave it.
    let status = params.raw("status").filter(|status| !matches!(*status, "undefined" | "null"));
    set_presence::set_presence(&edge.ctx, asker, show, status.map(str::to_owned)).await?;
    Ok(Answer::Ok)
}
