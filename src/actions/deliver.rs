//! One row reaches those it is for. The only place that pushes into outboxes.

use super::Context;
use crate::bus::Envelope;
use crate::chat::entry::{Addressee, Entry, Message, SharedEntry};
use crate::chat::id::{RoomNumber, SiteNumber};
use crate::live::Signal;

/// Members of a room served before others get a turn.
const CHUNK: usize = 256;

/// Hands a row to the outboxes it is for.
pub async fn deliver(ctx: &Context, site: SiteNumber, entry: &SharedEntry) {
    match &**entry {
        Entry::Seat(seat) => ctx.live.change_seat(site, seat, ctx.clock.monotonic_ms()),
        Entry::Message(message) => match &message.to {
            Addressee::User(to) => {
                if !message.hidden {
                    ctx.live.push(site.user(to.number), entry, message.origin);
                }
                if to.number != message.from.number {
                    ctx.live.push(site.user(message.from.number), entry, message.origin);
                }
            }
            Addressee::Room { number, .. } => deliver_to_room(ctx, site, *number, entry, message).await,
            Addressee::Everyone => {
                for part in 0.. {
                    if !ctx.live.push_to_part(part, site, entry, message.from.number) {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
        },
    }
}

async fn deliver_to_room(ctx: &Context, site: SiteNumber, room: RoomNumber, entry: &SharedEntry, message: &Message) {
    let seated = ctx.live.seated(site.room(room));
    for chunk in seated.chunks(CHUNK) {
        for to in chunk {
            ctx.live.push_in_room(site.room(room), *to, entry, message.origin);
        }
        if seated.len() > CHUNK {
            tokio::task::yield_now().await;
        }
    }
}

/// Hands a signal to the sessions it is for.
pub fn deliver_signal(ctx: &Context, envelope: Envelope) {
    match envelope {
        Envelope::Typing { to, to_id, from, typing } => {
            ctx.live.signal(to, &Signal::Typing { from, to: to_id, typing });
        }
        Envelope::Read { user, conversation, seq, except } => {
            ctx.live.signal_read(user, &Signal::Read { conversation, seq }, except);
        }
        Envelope::Appended { .. } | Envelope::Head { .. } => {}
    }
}
