//! What goes over the wire.

use crate::chat::entry::{Addressee, Message};
use crate::chat::room::Room;
use crate::chat::user::{Person, Profile};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A member as the site describes them.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserIn {
    /// Display name, 1 to 190 bytes; left out: stays as it is, for somebody new the id.
    #[schema(min_length = 1, max_length = 190)]
    pub(super) name: Option<String>,
    /// Address of a picture, possibly relative to the site.
    pub(super) avatar: Option<String>,
    /// Address of the member's page.
    pub(super) url: Option<String>,
}

/// A member.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct User {
    /// The site's own id.
    pub(super) id: String,
    /// Display name.
    pub(super) name: String,
    /// Address of a picture; may be empty.
    pub(super) avatar: String,
    /// Address of the member's page; may be empty.
    pub(super) url: String,
}

impl From<Profile> for User {
    fn from(profile: Profile) -> Self {
        Self {
            id: profile.id.to_string(),
            name: profile.nick.into(),
            avatar: profile.picture_url.into(),
            url: profile.url.into(),
        }
    }
}

/// A friend, seen from one side.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BuddyIn {
    /// The friend's id.
    #[schema(min_length = 1, max_length = 190)]
    pub(super) id: String,
    /// The group in which the member has them.
    #[serde(default = "friend")]
    pub(super) group: String,
    /// The group in which the friend has the member.
    #[serde(default = "friend")]
    pub(super) buddy_group: String,
}

/// The group of friends that are in none.
pub(super) fn friend() -> String {
    "friend".into()
}

/// Groups of a friendship.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Groups {
    /// The group in which the member has the friend.
    #[serde(default = "friend")]
    pub(super) group: String,
    /// The group in which the friend has the member.
    #[serde(default = "friend")]
    pub(super) buddy_group: String,
}

/// A friend.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Buddy {
    /// The friend's id.
    id: String,
    /// Display name.
    name: String,
    /// The group in which the member has them.
    group: String,
}

impl From<Person> for Buddy {
    fn from(person: Person) -> Self {
        Self {
            id: person.profile.id.to_string(),
            name: person.profile.nick.into(),
            group: person.group.map_or_else(friend, Into::into),
        }
    }
}

/// A room as the site describes it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomIn {
    /// Display name, 1 to 190 bytes.
    #[schema(min_length = 1, max_length = 190)]
    pub(super) name: String,
    /// Address of a picture.
    #[serde(default)]
    pub(super) avatar: String,
    /// Address of the room's page.
    #[serde(default)]
    pub(super) url: String,
    /// Whether members of the site may join by themselves.
    #[serde(default)]
    pub(super) open: bool,
}

/// A room.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoomOut {
    /// The site's own id.
    id: String,
    /// Display name.
    name: String,
    /// Address of a picture; may be empty.
    avatar: String,
    /// Address of the room's page; may be empty.
    url: String,
    /// Whether members of the site may join by themselves.
    open: bool,
    /// Members, online or not.
    members: u32,
    /// Whether a member made it, and not the site.
    temporary: bool,
}

impl From<Room> for RoomOut {
    fn from(room: Room) -> Self {
        Self {
            id: room.id.to_string(),
            name: room.nick.into(),
            avatar: room.picture_url.into(),
            url: room.url.into(),
            open: room.open,
            members: room.all_count,
            temporary: room.temporary,
        }
    }
}

/// Ids of people.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ids {
    /// At most 20,000.
    pub(super) ids: Vec<String>,
}

/// A message as it stands in the log.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MessageOut {
    /// Its place in the site's log, which is its name, too.
    pub(super) seq: u64,
    /// When it was stored, in milliseconds since 1970.
    pub(super) at_ms: u64,
    /// Who said it.
    pub(super) from: String,
    /// Under which name.
    pub(super) name: String,
    /// To whom, if to one person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<String>,
    /// In which room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) room: Option<String>,
    /// The text.
    pub(super) body: String,
}

impl From<&Message> for MessageOut {
    fn from(message: &Message) -> Self {
        let (to, room) = match &message.to {
            Addressee::User(party) => (Some(party.id.to_string()), None),
            Addressee::Room { id, .. } => (None, Some(id.to_string())),
            Addressee::Everyone => (None, None),
        };
        Self {
            seq: message.seq,
            at_ms: message.at_ms,
            from: message.from.id.to_string(),
            name: message.nick.to_string(),
            to,
            room,
            body: message.body.to_string(),
        }
    }
}
