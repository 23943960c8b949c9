//! What a site can call, under the paths of all versions: parsed once, here.

use crate::chat::refusal::Refusal;
use percent_encoding::percent_decode_str;

/// What comes before the name of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// Nothing.
    None,
    /// `/v4`.
    V4,
    /// `/v5`.
    V5,
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// A page opens.
    Online,
    /// A page closes.
    Offline,
    /// What to be seen as.
    Show,
    /// Typing.
    Statuses,
    /// Say something.
    Messages,
    /// Who of these is here (v2, v3).
    Onlines,
    /// Who of these is here (v5).
    Presences,
    /// A page lists a room.
    Join(Named),
    /// It lists it no longer.
    Leave(Named),
    /// Who is here in a room.
    Members(Named),
    /// Members are to notice something.
    Notifications,
}

/// How a room is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// As the parameter `room`.
    Room,
    /// As the parameter `group`, as plugins of 2013 do whatever their path says.
    Group,
    /// In the path.
    Path(String),
}

impl Named {
    /// The id in the path.
    pub fn in_path(&self) -> Option<&str> {
        match self {
            Self::Path(id) => Some(id),
            Self::Room | Self::Group => None,
        }
    }
}

impl Method {
    /// The room that the path named.
    pub fn room(&self) -> Option<&str> {
        match self {
            Self::Join(named) | Self::Leave(named) | Self::Members(named) => named.in_path(),
            _ => None,
        }
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Under which prefix.
    pub prefix: Prefix,
    /// What.
    pub method: Method,
}

/// Names that take no room from the path, for `docs/site-api.md` and its test as for `parse`.
pub const NAMES: [(&str, Method); 14] = [
    ("presences/online", Method::Online),
    ("presences/offline", Method::Offline),
    ("presences/show", Method::Show),
    ("presences", Method::Presences),
    ("statuses", Method::Statuses),
    ("messages", Method::Messages),
    ("onlines", Method::Onlines),
    ("room/join", Method::Join(Named::Room)),
    ("room/leave", Method::Leave(Named::Room)),
    ("room/members", Method::Members(Named::Room)),
    ("group/join", Method::Join(Named::Group)),
    ("group/leave", Method::Leave(Named::Group)),
    ("group/members", Method::Members(Named::Group)),
    ("notifications", Method::Notifications),
];

impl Call {
    /// The call of a path, if it is one.
    pub fn parse(path: &str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let (prefix, name) = match path.split_once('/') {
            Some(("v4", rest)) => (Prefix::V4, rest),
            Some(("v5", rest)) => (Prefix::V5, rest),
            _ => (Prefix::None, path),
        };
        let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, method)| method.clone());
        let method = match known {
            Some(method) => method,
            None => Self::of_room(name)?,
        };
        Some(Self { prefix, method })
    }

    /// `rooms/<id>/join`. Clients put the id there as it is, so it may have anything in it, slashes included.
    fn of_room(name: &str) -> Option<Method> {
        let (id, verb) = name.strip_prefix("rooms/")?.rsplit_once('/')?;
        let id = percent_decode_str(id).decode_utf8().ok()?.into_owned();
        match verb {
            "join" => Some(Method::Join(Named::Path(id))),
            "leave" => Some(Method::Leave(Named::Path(id))),
            "members" => Some(Method::Members(Named::Path(id))),
            _ => None,
        }
    }

    /// What changes something is POSTed. What only asks may be either: the first plugin POSTs that, too.
    pub fn check_method(&self, method: &http::Method) -> Result<(), Refusal> {
        let asks = matches!(self.method, Method::Onlines | Method::Presences | Method::Members(_));
        match method.as_str() {
            "POST" => Ok(()),
            "GET" if asks => Ok(()),
            _ => Err(Refusal::MethodNotAllowed(if asks { "GET, POST" } else { "POST" })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_under_every_prefix_is_a_call_and_nothing_else_is() {
        for (name, method) in NAMES {
            for (path, prefix) in [("/", Prefix::None), ("/v4/", Prefix::V4), ("/v5/", Prefix::V5)] {
                let call = Call { prefix, method: method.clone() };
                assert_eq!(Call::parse(&format!("{path}{name}")), Some(call));
            }
        }
        for other in ["", "/", "/v5", "/v5/", "/v6/messages", "/messages/", "/webim/message", "/rooms/a", "/rooms/a/b"]
        {
            assert_eq!(Call::parse(other), None, "{other}");
        }
    }

    #[test]
    fn every_name_is_documented() {
        let page = include_str!("../../../docs/site-api.md");
        for name in
            NAMES.map(|(name, _)| name).iter().chain(&["rooms/<id>/join", "rooms/<id>/leave", "rooms/<id>/members"])
        {
            assert!(page.contains(&format!("`{name}`")), "{name} is not in docs/site-api.md");
        }
    }

    #[test]
    fn a_room_in_the_path_may_be_called_anything() {
        let of = |path: &str| Call::parse(path).map(|call| call.method);
        assert_eq!(of("/v5/rooms/room1/join"), Some(Method::Join(Named::Path("room1".into()))));
        assert_eq!(of("/v5/rooms/a%2Fb%20c/members"), Some(Method::Members(Named::Path("a/b c".into()))));
        assert_eq!(of("/v5/rooms/a/b/leave"), Some(Method::Leave(Named::Path("a/b".into()))));
        assert_eq!(of("/v5/rooms/%FF/leave"), None);
    }
}
