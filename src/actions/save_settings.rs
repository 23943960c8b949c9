//! A member's settings. Old clients keep the list of silenced rooms there; that part is carried out, too.

use super::identify::Asker;
use super::{Context, silence_room};
use crate::chat::id::RoomId;
use crate::chat::refusal::Refusal;
use crate::chat::settings::Settings;

/// Lays `settings` over the asker's. `blocked`, if the settings name it, becomes the list of silenced rooms.
pub async fn save_settings(
    ctx: &Context,
    asker: &Asker,
    settings: Settings,
    blocked: Option<Vec<RoomId>>,
) -> Result<(), Refusal> {
    ctx.store.merge_settings(asker.key, settings).await?;
    match blocked {
        Some(rooms) => silence_room::silence_exactly(ctx, asker, &rooms).await,
        None => Ok(()),
    }
}
