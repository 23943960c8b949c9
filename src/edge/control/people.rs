//! What a site's source of people answers for one member, as JSON.

use crate::actions::Context;
use crate::actions::ask_people::{Answered, AskedBuddy, AskedRoom, ask_people};
use crate::actions::manage_sites::{self, NotSet};
use crate::chat::id::UserId;
use serde_json::{Value, json};

pub(super) async fn ask(ctx: &Context, site: &str, user: &str) -> Result<Value, NotSet> {
    let site = manage_sites::named(ctx, site)?;
    let wrong = |what: &str, mend: &str| json!({"what": what, "mend": mend});
    let Ok(user) = UserId::parse(user) else {
        let what = format!("{user:?} cannot be a member's id");
        return Ok(wrong(&what, "an id has 1 to 190 bytes, no comma and no blank at its ends"));
    };
    Ok(match ask_people(ctx, &site, &user).await {
        None => wrong(
            &format!("the configuration does not say where {} has its people", site.name),
            &format!(
                "add [sites.\"{}\".people] (docs/people.md) and start the server again; is --config right?",
                site.name
            ),
        ),
        Some(Err(error)) => wrong(&error.what, error.mend),
        Some(Ok(answered)) => described(user.as_str(), &answered),
    })
}

/// As JSON.
pub fn described(user: &str, answered: &Answered) -> Value {
    let Some(asked) = &answered.asked else {
        return json!({"user": user, "known": false, "took_ms": answered.took_ms});
    };
    let buddies = asked.buddies.as_ref().map(|buddies| {
        let one = |buddy: &AskedBuddy| {
            let said = &buddy.described;
            json!({
                "id": buddy.id.as_str(), "name": said.nick, "group": buddy.group, "avatar": said.picture_url, "url": said.url
            })
        };
        buddies.iter().map(one).collect::<Vec<_>>()
    });
    let rooms = asked.rooms.as_ref().map(|rooms| {
        let one = |room: &AskedRoom| {
            let said = &room.described;
            json!({"id": room.id.as_str(), "name": said.nick, "avatar": said.picture_url, "url": said.url})
        };
        rooms.iter().map(one).collect::<Vec<_>>()
    });
    let said = &asked.profile;
    json!({
        "user": user, "known": true, "name": said.nick, "avatar": said.picture_url, "url": said.url,
        "buddies": buddies, "rooms": rooms, "rows_left_out": asked.skipped,
        "more_buddies": asked.has_more_buddies, "more_rooms": asked.has_more_rooms, "took_ms": answered.took_ms,
    })
}
