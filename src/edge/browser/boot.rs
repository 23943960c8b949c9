//! COMPAT: the script that pages of the later generations begin with (`custom.js.php` of the 1.0 plugins, `action=boot` of
//! the 5.x ones). It says who is signed in, what is served where, and loads the site's old client.
//!
//! Any page can include a script, so it speaks of a member only where a cookie may speak for them in a script: where the
//! request shows that it came from a page of our own. Everybody else is told that nobody is signed in. It is never kept
//! (`no-store`), because the next page may be somebody else's.

use super::routes::settings;
use super::{auth, online_wire};
use crate::actions::read_roster::left_but_silenced;
use crate::actions::read_self::{Own, read_self};
use crate::chat::id::RoomId;
use crate::chat::refusal::Refusal;
use crate::chat::session::{Caller, Dialect};
use crate::edge::params::Params;
use crate::edge::reply::Reply;
use crate::edge::{Asked, Edge, json};
use http::HeaderName;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The generation that is spoken to: its settings are lists where they are, its pages run markup.
const DIALECT: Dialect = Dialect::D3;

/// What the family calls its calls (the route keys of the 5.x client), and what they are called here. One that is not served
/// is not named.
const ROUTES: [(&str, &str); 26] = [
    ("online", "online"),
    ("offline", "offline"),
    ("deactivate", "deactivate"),
    ("refresh", "refresh"),
    ("message", "message"),
    ("presence", "presence"),
    ("status", "status"),
    ("setting", "setting"),
    ("history", "history"),
    ("clear", "clear_history"),
    ("clear_history", "clear_history"),
    ("download", "download_history"),
    ("download_history", "download_history"),
    ("buddies", "buddies"),
    ("remove_buddy", "remove_buddy"),
    ("search", "search"),
    ("rooms", "rooms"),
    ("invite", "invite"),
    ("join", "join"),
    ("leave", "leave"),
    ("members", "members"),
    ("block", "block"),
    ("unblock", "unblock"),
    ("notifications", "notifications"),
    ("logmsg", "logmsg"),
    ("boot", "boot"),
];

/// What the page finds as `_IMC`.
#[derive(Serialize)]
struct BootWire<'a> {
    version: &'static str,
    product: &'static str,
    path: String,
    is_login: &'static str,
    is_visitor: bool,
    login_options: BTreeMap<&'static str, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<online_wire::UserWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    setting: Option<BTreeMap<&'a str, Value>>,
    jsonp: bool,
    min: &'static str,
    theme: &'a str,
    local: &'a str,
    emot: &'static str,
    opacity: &'a str,
    discussion: bool,
    enable_room: bool,
    enable_noti: bool,
    enable_chatlink: bool,
    enable_chatbtn: bool,
    enable_shortcut: bool,
    enable_menu: bool,
    enable_ask: bool,
    show_unavailable: bool,
    upload: bool,
    urls: BTreeMap<&'static str, String>,
}

/// The script. Whatever is wrong with who asks, it is one.
pub async fn script(edge: &Edge, asked: &Asked, params: &Params) -> Reply {
    let own = match auth::script_caller(edge, asked, params).await {
        Ok(caller) => own(edge, &caller).await.ok(),
        Err(_) => None,
    };
    let site = match &own {
        Some(own) => edge.ctx.sites.by_number(own.site),
        None => edge.ctx.sites.named_or_only(params.optional("domain")),
    };
    let base = auth::base_url(edge, asked);
    let mut script = b"window._IMC=".to_vec();
    script.extend(json::encode(&boot(own.as_ref(), &base, asked, params)));
    script.extend_from_slice(b";\n");
    let files = site.iter().flat_map(|site| &site.options.old_client).map(|file| tag(file)).collect::<String>();
    if !files.is_empty() {
        script.extend_from_slice(b"document.write(");
        script.extend(json::encode(&files));
        script.extend_from_slice(b");\n");
    }
    Reply::file("application/javascript; charset=utf-8", script)
        .header(HeaderName::from_static("cross-origin-resource-policy"), "cross-origin")
}

/// The member, with the rooms they have silenced by leaving them.
async fn own(edge: &Edge, caller: &Caller) -> Result<Own, Refusal> {
    let mut own = read_self(&edge.ctx, caller).await?;
    let viewer = own.site.user(own.member.profile.number);
    let is_in = |id: &RoomId| own.member.memberships.iter().any(|membership| membership.room.id == *id);
    let left = left_but_silenced(&edge.ctx, viewer, settings::listed(&own.settings), is_in).await?;
    own.silenced.extend(left.into_iter().map(|view| view.membership.room.id));
    Ok(own)
}

fn boot<'a>(own: Option<&'a Own>, base: &str, asked: &Asked, params: &'a Params) -> BootWire<'a> {
    // A page under another host reads no answers but scripts.
    let is_elsewhere = matches!(asked.header("sec-fetch-site"), Some("same-site" | "cross-site"));
    BootWire {
        version: env!("CARGO_PKG_VERSION"),
        product: "nextim",
        path: format!("{base}/webim/"),
        is_login: if own.is_some() { "1" } else { "0" },
        is_visitor: own.is_some_and(|own| own.member.profile.id.as_str().starts_with("vid:")),
        login_options: BTreeMap::new(),
        user: own.map(|own| online_wire::absent_user(&own.member.profile, &own.member.mood, DIALECT)),
        setting: own.map(|own| {
            let silenced: Vec<&str> = own.silenced.iter().map(RoomId::as_str).collect();
            online_wire::settings(&own.settings, &silenced, DIALECT)
        }),
        jsonp: is_elsewhere,
        min: "",
        theme: word(params, "theme", "base"),
        local: word(params, "local", "zh-CN"),
        emot: "default",
        opacity: word(params, "opacity", "80"),
        discussion: true,
        enable_room: true,
        enable_noti: true,
        enable_chatlink: true,
        enable_chatbtn: true,
        enable_shortcut: false,
        enable_menu: false,
        enable_ask: false,
        show_unavailable: true,
        upload: false,
        urls: ROUTES.iter().map(|(key, name)| (*key, format!("{base}/webim/{name}"))).collect(),
    }
}

/// How a page wants to look, as its script's address says: a plain word, or the clients' usual one.
fn word<'a>(params: &'a Params, name: &str, usual: &'static str) -> &'a str {
    let is_plain = |word: &&str| {
        word.len() <= 32 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    params.optional(name).filter(is_plain).unwrap_or(usual)
}

/// The configuration takes no address that could end the attribute.
fn tag(file: &str) -> String {
    if file.ends_with(".css") {
        format!("<link rel=\"stylesheet\" type=\"text/css\" href=\"{file}\">")
    } else {
        format!("<script type=\"text/javascript\" charset=\"utf-8\" src=\"{file}\"></script>")
    }
}
