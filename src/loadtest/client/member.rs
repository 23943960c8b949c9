//! The life of a member: online, listening, online again.

use super::http::{Answer, Connection};
use super::listen::{Ended, Place, events, polls, query};
use super::request::{self, quoted, split_url};
use super::socket;
use super::world::{Member, World};
use crate::loadtest::plan::{Transport, room_id};
use serde_json::Value;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// A page that is not there after this has failed.
const ONLINE_WITHIN: Duration = Duration::from_secs(60);
/// Whoever comes back after something broke takes this long at least, and up to as much again.
const BACK_AFTER_MS: usize = 200;

/// A page: what it listens with.
struct Page {
    connection: Connection,
    place: Place,
    /// Ticket and site.
    identity: Rc<(String, String)>,
}

/// Lives until the client ends.
pub async fn live(world: Rc<World>, local: usize) {
    let member = &world.members[local];
    let mut first = true;
    loop {
        let opened = {
            // At the beginning members take turns; whoever comes back later does not.
            let _turn = if first { world.gate.acquire().await.ok() } else { None };
            timeout(ONLINE_WITHIN, open(&world, member)).await.unwrap_or_else(|late| Err(late.into()))
        };
        match opened {
            Ok(page) => {
                first = false;
                stay(&world, member, page).await;
            }
            Err(error) => {
                world.error(&format!("online: {error}"));
                come_back(&world).await;
            }
        }
    }
}

/// Listens with one ticket as long as it is good.
async fn stay(world: &World, member: &Member, mut page: Page) {
    loop {
        let ended = tokio::select! {
            ended = listen(world, member, page.connection, &page.place, &page.identity) => ended,
            () = member.reload.notified() => {
                world.set_held(member, false);
                return;
            }
        };
        world.set_held(member, false);
        let broken = match ended {
            Ended::Dead => {
                dropped(world, "the ticket ended");
                return;
            }
            Ended::Broken(error) => error,
        };
        dropped(world, &format!("listening: {broken}"));
        page.connection = loop {
            come_back(world).await;
            let address = world.resolve(&page.place.authority);
            match async { world.connect(address?).await }.await {
                Ok(connection) => break connection,
                Err(error) => world.error(&format!("connecting: {error}")),
            }
        };
        member.begin_stretch();
    }
}

async fn listen(
    world: &World,
    member: &Member,
    connection: Connection,
    place: &Place,
    identity: &(String, String),
) -> Ended {
    match member.transport {
        Transport::Poll => polls(world, member, connection, place, false).await,
        Transport::Jsonp => polls(world, member, connection, place, true).await,
        Transport::Websocket => Box::pin(socket::listen(world, member, connection, place, identity)).await,
        Transport::Sse => Box::pin(events(world, member, connection, place)).await,
    }
}

fn dropped(world: &World, why: &str) {
    world.error(why);
    let so_far = &mut world.counts.borrow_mut().so_far;
    *(if world.outage.get() { &mut so_far.reconnected } else { &mut so_far.dropped }) += 1;
}

async fn come_back(world: &World) {
    let wait = BACK_AFTER_MS + world.roll(BACK_AFTER_MS);
    sleep(Duration::from_millis(wait as u64)).await;
}

/// Opens a page.
async fn open(world: &World, member: &Member) -> io::Result<Page> {
    let part = &world.part;
    let mut connection = world.connect(part.address).await?;
    let native = matches!(member.transport, Transport::Websocket | Transport::Sse);
    let room = (part.rooms > 0).then(|| room_id(member.number % part.rooms));
    let asked = request::online(part, &member.id, room.as_deref(), native);
    let answer = connection.ask(&asked).await?;
    let page = good(&answer)?;
    let text = |name: &str| page["connection"][name].as_str().unwrap_or_default().to_owned();
    let ticket = text("ticket");
    if ticket.is_empty() {
        return Err(io::Error::other("an answer without a ticket"));
    }
    member.owed.borrow_mut().take();
    member.begin_stretch();
    // What was said while this member was away stands in the page.
    world.received(member, page["new_messages"].to_string().as_bytes());
    let domain = if text("domain").is_empty() { part.domain.clone() } else { text("domain") };
    if let Some(room) = room.filter(|_| part.join) {
        let form = format!("{}&id={}&nick=loadtest", query(&domain, &ticket), quoted(&room));
        let joined = connection.ask(&request::call(part, "join", None, &form)).await?;
        if joined.status != 200 {
            return Err(io::Error::other(format!("join was answered {}", joined.status)));
        }
    }
    let url = text(match member.transport {
        Transport::Poll | Transport::Jsonp => "server",
        Transport::Websocket => "websocket",
        Transport::Sse => "sse",
    });
    if url.is_empty() {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "the server does not offer this transport"));
    }
    let (authority, path) = split_url(&url, &part.authority)?;
    if answer.closes || authority != part.authority {
        connection = world.connect(world.resolve(authority)?).await?;
    }
    let place = Place { authority: authority.to_owned(), path: path.to_owned(), query: query(&domain, &ticket) };
    let identity = Rc::new((ticket, domain));
    *member.ticket.borrow_mut() = Some(Rc::clone(&identity));
    Ok(Page { connection, place, identity })
}

/// The JSON of an answer that is not a refusal.
fn good(answer: &Answer) -> io::Result<Value> {
    let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status == 200 && value["connection"].is_object() {
        return Ok(value);
    }
    let code = value["code"].as_str().unwrap_or("no page");
    Err(io::Error::other(format!("answered {} {code}", answer.status)))
}
