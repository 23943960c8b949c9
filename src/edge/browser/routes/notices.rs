//! The endpoint of what a site wants its members to notice.

use super::super::legacy;
use super::{Answer, dialect_of};
use crate::actions::identify::Asker;
use crate::actions::read_notifications::read_notifications;
use crate::chat::notification::Notification;
use crate::chat::refusal::Refusal;
use crate::chat::session::Dialect;
use crate::edge::params::Params;
use crate::edge::{Edge, json};
use serde::Serialize;
use std::borrow::Cow;

/// A notification; `from` only if it names somebody.
#[derive(Serialize)]
struct NotificationWire<'a> {
    id: String,
    text: Cow<'a, str>,
    link: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Cow<'a, str>>,
    time: String,
}

fn notification(one: &Notification, dialect: Dialect) -> NotificationWire<'_> {
    let notice = &one.notice;
    NotificationWire {
        id: one.number.to_string(),
        // The site's own words, which the contract lets be markup: they are as trusted as the site's pages are.
        text: notice.text.as_ref().into(),
        link: legacy::page(&notice.link, dialect),
        from: (!notice.sender.is_empty()).then(|| legacy::text(&notice.sender, dialect)),
        time: one.at_ms.to_string(),
    }
}

/// What the caller has not read; `read` marks everything through that one.
pub(super) async fn notices(edge: &Edge, params: &Params, asker: &Asker) -> Result<Answer, Refusal> {
    let all = read_notifications(&edge.ctx, asker, params.number("read")?).await?;
    let dialect = dialect_of(asker, params);
    let wire: Vec<_> = all.iter().map(|one| notification(one, dialect)).collect();
    Ok(Answer::Json(json::encode(&wire)))
}
