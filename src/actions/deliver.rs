//! One row reaches those it is for. The only place that pushes into outboxes.

use super::Context;
use crate::bus::Envelope;
use crate::chat::entry::{Addressee, Entry, Message, SharedEntry};
use crate::chat::id::{RoomKey, RoomNumber, SiteNumber};
use crate::live::{Seated, Signal};

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
    for_seated(ctx, site.room(room), |seated| ctx.live.push_in_room(site.room(room), seated, entry, message.origin))
        .await;
}

async fn for_seated(ctx: &Context, room: RoomKey, hand: impl Fn(Seated)) {
    let seated = ctx.live.seated(room);
    for chunk in seated.chunks(CHUNK) {
        for to in chunk {
            hand(*to);
        }
        if seated.len() > CHUNK {
            tokio::task::yield_now().await;
        }
    }
}

/// Hands a signal to the sessions it is for.
pub async fn deliver_signal(ctx: &Context, envelope: Envelope) {
    match envelope {
        Envelope::Typing { to, to_id, from, typing } => {
            ctx.live.signal(to, &Signal::Typing { from, to: to_id, typing });
        }
        Envelope::Read { user, conversation, seq, except } => {
            ctx.live.signal_read(user, &Signal::Read { conversation, seq }, except);
        }
        Envelope::Event { site, event } => match &event.to {
            Addressee::User(to) => {
                ctx.live.tell_event(site.user(to.number), &event, ctx.clock.monotonic_ms());
            }
            Addressee::Room { number, .. } => {
                // The sender's page has done it already.
                let hand = |seated: Seated| {
                    if seated.user != event.from.number && !seated.silenced {
                        ctx.live.tell_event(site.user(seated.user), &event, ctx.clock.monotonic_ms());
                    }
                };
                for_seated(ctx, site.room(*number), hand).await;
            }
            Addressee::Everyone => {} // nobody says that
        },
        Envelope::Appended { .. } | Envelope::Head { .. } => {}
    }
}
