//! A site's sign-in names somebody: they exist from now on, as the site describes them.

use super::Context;
use super::read_directory::profile;
use crate::chat::id::{ID_BYTES_MAX, SiteNumber, UserId};
use crate::chat::link;
use crate::chat::refusal::Refusal;
use crate::store::DirectoryChange;

/// Longest address of a picture or page, in bytes.
pub const ADDRESS_BYTES_MAX: usize = 2_000;

/// What is said of somebody; what is not said stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Says {
    /// Display name.
    pub name: Option<String>,
    /// Picture address.
    pub avatar: Option<String>,
    /// Page address.
    pub url: Option<String>,
}

/// Makes somebody be as the site says. Names that are too long are cut, addresses that lead elsewhere than to a page are left out:
/// neither is a reason to keep a member from signing in.
pub async fn vouch(ctx: &Context, site: SiteNumber, user: &UserId, says: Says) -> Result<(), Refusal> {
    let known = profile(ctx, site, user).await?;
    let is_new = known.is_none();
    let (nick, picture_url, url) = match known {
        Some(known) => (known.nick.to_string(), known.picture_url.to_string(), known.url.to_string()),
        None => (user.to_string(), String::new(), String::new()),
    };
    let wanted = (
        says.name.map(|name| line(&name)).filter(|name| !name.is_empty()).unwrap_or_else(|| nick.clone()),
        says.avatar.and_then(address).unwrap_or_else(|| picture_url.clone()),
        says.url.and_then(address).unwrap_or_else(|| url.clone()),
    );
    if !is_new && wanted == (nick, picture_url, url) {
        return Ok(());
    }
    let (nick, picture_url, url) = wanted;
    let change = DirectoryChange::User { id: user.clone(), nick, picture_url, url };
    super::sync_directory::change_directory(ctx, site, vec![change]).await
}

/// The same of somebody who keeps what they were called first.
pub async fn introduce_once(ctx: &Context, site: SiteNumber, user: &UserId, says: Says) -> Result<(), Refusal> {
    if profile(ctx, site, user).await?.is_some() { Ok(()) } else { vouch(ctx, site, user, says).await }
}

/// A name in one line.
pub fn line(given: &str) -> String {
    let mut line: String = given.trim().chars().filter(|character| !character.is_control()).collect();
    line.truncate(line.floor_char_boundary(ID_BYTES_MAX));
    line
}

/// An address that may be shown.
pub(super) fn address(given: String) -> Option<String> {
    (given.len() <= ADDRESS_BYTES_MAX && link::is_safe(&given)).then_some(given)
}
