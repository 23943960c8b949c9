//! What looking back costs: a search, a page of history and what is unread, for a member with 200,000 messages in 300
//! conversations and 20 rooms, among as many messages of others. `docs/performance.md` quotes it.
//!
//! ```text
//! cargo bench --bench search
//! ```

use nextim::chat::entry::{Draft, Party, SeatChange, To};
use nextim::chat::history::Conversation;
use nextim::chat::id::{RoomId, SiteNumber, UserId, UserKey};
use nextim::chat::search::{Search, Terms};
use nextim::chat::site::SiteOptions;
use nextim::store::sqlite::SqliteStore;
use nextim::store::{Directory, DirectoryChange, Log, NewSite, PageQuery, Sites, Store, Views};
use std::sync::Arc;
use std::time::Instant;

const PARTNERS: usize = 300;
const ROOMS: usize = 20;
const MESSAGES: usize = 200_000;
/// Words of about the length of real messages.
const WORDS: [&str; 8] =
    ["under the", "frog and", "青蛙下面", "weir again", "カエル", "see you there", "구리", "tomorrow at ten"];

type Failure = Box<dyn std::error::Error>;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let store = Arc::new(SqliteStore::open(folder.path(), Box::new(|_, _| {}))?);
    let site = make(&store).await?;
    let start = now();
    fill(&store, site).await?;
    let rate = 2.0 * MESSAGES as f64 / start.elapsed().as_secs_f64();
    println!("{} messages stored, {rate:.0} a second", 2 * MESSAGES);
    let member = store.member(site, user(0)).await?.ok_or("the member")?;
    let me = site.user(member.profile.number);
    for (what, words, only) in [
        ("a word that stands nowhere, one call", "nowhere", None),
        ("two words that stand nowhere together, one call", "カエル nowhere", None),
        ("a frequent word", "frog", None),
        ("a single Chinese character", "蛙", None),
        ("a word that stands nowhere, in one conversation", "nowhere", Some(Conversation::With(user(7)))),
        ("a word that stands nowhere, in one room", "nowhere", Some(Conversation::In(room(3)))),
    ] {
        searched(&store, me, what, words, only).await?;
    }
    let mut times = Vec::new();
    for before in (1..200).map(|step| step * 2_000) {
        let start = now();
        store.histories(me, vec![Conversation::With(user(7))], Some(before), 200).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    say("200 messages of a history, anywhere", &mut times);
    let (windows, rooms, strangers) = (vec![], vec![], vec![]);
    let query = PageQuery { user: me, delivered: u64::MAX >> 1, windows, rooms, strangers, unread: Some(0) };
    for (what, unread) in [("a page without counting", None), ("a page that counts, nothing read ever", Some(0))] {
        page(&store, what, PageQuery { unread, ..query.clone() }).await?;
    }
    let head = store.heads().await?[0].1;
    page(
        &store,
        "a page that counts, the newest 1,000 messages unread",
        PageQuery { unread: Some(head - 1_000), ..query },
    )
    .await?;
    store.close().await;
    Ok(())
}

fn user(index: usize) -> UserId {
    UserId::parse(&format!("user{index}")).expect("an id")
}

fn room(index: usize) -> RoomId {
    RoomId::parse(&format!("room{index}")).expect("an id")
}

async fn make(store: &SqliteStore) -> Result<SiteNumber, Failure> {
    let (name, public_key, epoch) = ("site".into(), "pk".into(), "e".into());
    let options = SiteOptions { directory_complete: true, ..SiteOptions::default() };
    let new = NewSite { name, public_key, token_secret: "s".into(), server_key: None, epoch, options, now_ms: 1 };
    let (site, _) = store.ensure_site(new).await?;
    let text = String::new;
    let person =
        |index| DirectoryChange::User { id: user(index), nick: "Somebody".into(), picture_url: text(), url: text() };
    let place = |index| DirectoryChange::Room {
        id: room(index),
        nick: "Room".into(),
        picture_url: text(),
        url: text(),
        open: true,
    };
    let changes = (0..2 * PARTNERS).map(person).chain((0..ROOMS).map(place));
    store.change_directory(site.number, changes.collect()).await?;
    for of in 0..ROOMS {
        for who in 0..10 {
            store.change_seat(site.number, user(who), room(of), SeatChange::Joined, 1).await?;
        }
    }
    Ok(site.number)
}

/// Of four messages one is said by the member, one to them (every fifth of these in a room), and two are of others.
async fn fill(store: &Arc<SqliteStore>, site: SiteNumber) -> Result<(), Failure> {
    let mut numbers = Vec::new();
    for index in 0..2 * PARTNERS {
        numbers.push(store.member(site, user(index)).await?.ok_or("a member")?.profile.number);
    }
    let mut random = 1_u64;
    for chunk in 0..2 * MESSAGES / 1_000 {
        let mut all = tokio::task::JoinSet::new();
        for at in 0..1_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let pick = usize::try_from(random >> 33)?;
            let partner = 1 + pick % PARTNERS;
            let (from, to) = match at % 4 {
                0 => (0, To::User(user(partner))),
                1 if at % 5 == 0 => (1 + pick % 9, To::Room(room(pick % ROOMS))),
                1 => (partner, To::User(user(0))),
                _ => (PARTNERS + pick % PARTNERS, To::User(user(1 + (pick >> 8) % PARTNERS))),
            };
            let words = (0..5).map(|word| WORDS[(pick >> (3 * word)) % WORDS.len()]);
            let body = format!("{} {chunk} {at}", words.collect::<Vec<_>>().join(" "));
            let draft = Draft {
                site,
                from: Party { number: numbers[from], id: user(from) },
                nick: "Somebody".into(),
                to,
                style: "".into(),
                body: body.into(),
                origin: None,
                by: nextim::chat::entry::Voice::Member,
                cid: None,
                now_ms: 1_760_000_000_000,
            };
            let store = Arc::clone(store);
            all.spawn(async move { store.append(draft).await.map(drop) });
        }
        while let Some(stored) = all.join_next().await {
            stored??;
        }
    }
    Ok(())
}

async fn searched(
    store: &SqliteStore,
    user: UserKey,
    what: &str,
    words: &str,
    only: Option<Conversation>,
) -> Result<(), Failure> {
    let (mut times, mut hits, mut before) = (Vec::new(), 0, None);
    for _ in 0..20 {
        let terms = Terms::parse(words).ok_or("words")?;
        let search = Search { terms, only: only.clone(), before, limit: 20 };
        let start = now();
        let found = store.search(user, search).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        hits += found.messages.len();
        before = found.before;
    }
    say(&format!("{what} ({hits} hits in 20 calls)"), &mut times);
    Ok(())
}

async fn page(store: &SqliteStore, what: &str, query: PageQuery) -> Result<(), Failure> {
    let (mut times, mut count) = (Vec::new(), 0);
    for _ in 0..20 {
        let start = now();
        count = store.page(query.clone()).await?.unread.iter().map(|unread| unread.count).sum::<usize>();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    say(&format!("{what} ({count} counted)"), &mut times);
    Ok(())
}

fn say(what: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let (middle, worst) = (times[times.len() / 2], times.last().copied().unwrap_or_default());
    println!("{what:75} {middle:8.2} ms, at worst {worst:8.2} ms");
}
