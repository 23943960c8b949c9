//! A site says something to everybody who is here now: to each a message of their own, so that none of it is lost on the way.

use super::Context;
use super::say_for_site::{Speaker, say_for_site};
use super::send_message::Send;
use crate::chat::entry::{To, Voice};
use crate::chat::id::{SiteNumber, UserId};
use crate::chat::refusal::Refusal;

/// Who speaks where a site says something in nobody's name.
pub const SYSTEM: &str = "system";
/// Whoever wants to reach more says it to everybody: that is one message.
const ONLINE_MAX: usize = 10_000;

/// What is said.
pub struct Said {
    /// By whom.
    pub speaker: UserId,
    /// Under which name.
    pub name: Option<String>,
    /// The text.
    pub body: String,
    /// Names it, so that it can be said again without being heard twice.
    pub key: Option<String>,
}

/// Says something to all members who are seen online, and gives how many they are.
pub async fn to_online(ctx: &Context, site: SiteNumber, said: Said) -> Result<usize, Refusal> {
    let online = ctx.live.online_of_site(site);
    if online.len() > ONLINE_MAX {
        return Err(Refusal::TooManyIds);
    }
    let mut told = 0;
    for who in online.into_iter().filter(|who| who.id != said.speaker) {
        let cid = said.key.as_ref().map(|key| format!("{key}:{}", who.number.0));
        let send = Send { to: To::User(who.id.clone()), body: said.body.clone(), style: String::new(), cid };
        let speaker = Speaker::Named(said.speaker.clone());
        match say_for_site(ctx, site, speaker, said.name.clone(), send, Voice::Site).await {
            Ok(_) => told += 1,
            // They have gone for good meanwhile, or the speaker does not speak to them.
            Err(Refusal::UnknownUser | Refusal::Blocked) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(told)
}
