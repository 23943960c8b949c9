//! A page of one of the old clients that is open in somebody's browser.

use super::screen::{Line, Room, Screen, Then, key};
use super::site::Desk;
use super::stream;
use super::wire::{Browser, Call, Got, PollCount};
use super::{Action, Generation, Me, Pace, Trouble};
use crate::support::http::Http;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// How long a test waits for something to be shown.
const SHOWN_WITHIN: Duration = Duration::from_secs(15);

/// Who answers the calls of a page: this server, or a site of somebody else's that drives it.
pub enum Web {
    Ours(Browser),
    Theirs(Desk),
}

impl Web {
    pub async fn call(&self, call: &Call) -> Got {
        match self {
            Self::Ours(browser) => browser.call(call).await,
            Self::Theirs(desk) => desk.call(call).await,
        }
    }

    fn generation(&self) -> Generation {
        match self {
            Self::Ours(browser) => browser.generation,
            Self::Theirs(desk) => desk.generation,
        }
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Ours(browser) => browser.address,
            Self::Theirs(desk) => desk.address(),
        }
    }
}

/// What a page opens with.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    pub windows: &'a [&'a str],
    pub rooms: &'a [&'a str],
    pub strangers: &'a [&'a str],
    pub show: &'a str,
    /// Whether it polls by script; else, as the third generation on its own host, by requests for JSON.
    pub polls_by_script: bool,
    pub pace: Pace,
}

impl Opening<'static> {
    /// Nothing is open.
    pub const BARE: Self =
        Self { windows: &[], rooms: &[], strangers: &[], show: "available", polls_by_script: true, pace: Pace::QUICK };
}

/// See the module.
pub struct Page {
    pub generation: Generation,
    pub pace: Pace,
    pub polls_by_script: bool,
    pub address: SocketAddr,
    pub(super) polls: PollCount,
    web: Web,
    me: Mutex<Me>,
    connection: Mutex<Value>,
    screen: Mutex<Screen>,
    tasks: Mutex<Vec<AbortHandle>>,
}

impl Page {
    /// Opens a page, as far as it comes.
    pub async fn open(web: Web, opening: &Opening<'_>) -> Arc<Self> {
        let page = Arc::new(Self {
            generation: web.generation(),
            pace: opening.pace,
            polls_by_script: opening.polls_by_script,
            address: web.address(),
            polls: PollCount::default(),
            web,
            me: Mutex::default(),
            connection: Mutex::default(),
            screen: Mutex::default(),
            tasks: Mutex::default(),
        });
        let Opening { windows, rooms, strangers, show, .. } = *opening;
        let got = page.call(&Action::Online { windows, rooms, strangers, show }).await;
        page.opens(got.and_then(|got| got.json())).await;
        page
    }

    /// A page of the demonstration.
    pub async fn of(address: SocketAddr, generation: Generation, id: &str, opening: &Opening<'_>) -> Arc<Self> {
        Self::open(Web::Ours(Browser::sign_in(address, generation, id).await), opening).await
    }

    async fn opens(self: &Arc<Self>, answer: Option<Value>) {
        let Some(answer) = answer else { return self.stops("Not Found") };
        let opened = self.generation.opens(&answer, &mut self.screen());
        let mut then = match opened {
            Ok(then) => then,
            Err(Trouble::Stops(said)) => return self.stops(&said),
            Err(Trouble::Throws(why)) => return self.dies(why),
        };
        let text = |of: &Value, field: &str| of[field].as_str().unwrap_or_default().to_owned();
        let ticket = text(&answer["connection"], "ticket");
        *self.me.lock().expect("no panic while held") =
            Me { id: self.screen().me.clone(), nick: text(&answer["user"], "nick"), ticket };
        *self.connection.lock().expect("no panic while held") = answer["connection"].clone();
        {
            let mut screen = self.screen();
            (screen.is_online, screen.show) = (true, text(&answer["user"], "show"));
            screen.nick = text(&answer["user"], "nick");
        }
        self.runs(stream::listen(Arc::clone(self)));
        let page = Arc::clone(self);
        self.runs(async move { page.asks_for_notifications().await });
        // The first poll is on its way when these are shown; the third generation shows both lists.
        let late = if self.generation == Generation::G3 { &answer["offline_messages"] } else { &Value::Null };
        for message in [&answer["new_messages"], late].into_iter().filter_map(Value::as_array).flatten() {
            let heard = self.generation.hears(message, &mut self.screen());
            match heard {
                Ok(more) => then.extend(more),
                Err(Trouble::Stops(why) | Trouble::Throws(why)) => return self.dies(why),
            }
        }
        self.does(then).await;
    }

    fn runs(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.lock().expect("no panic while held").push(tokio::spawn(task).abort_handle());
    }

    pub fn screen(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().expect("no panic while held")
    }

    pub fn me(&self) -> Me {
        self.me.lock().expect("no panic while held").clone()
    }

    pub fn connection(&self) -> Value {
        self.connection.lock().expect("no panic while held").clone()
    }

    pub(super) fn stops(&self, said: &str) {
        let mut screen = self.screen();
        (screen.is_online, screen.said) = (false, Some(said.to_owned()));
    }

    pub(super) fn dies(&self, why: String) {
        self.screen().died = Some(why);
    }

    /// A connection of its own for polls.
    pub(super) async fn connect(&self) -> std::io::Result<Http> {
        Http::open(self.address).await
    }

    /// Calls as this client does; nothing if it cannot.
    pub async fn call(&self, action: &Action<'_>) -> Option<Got> {
        let call = self.generation.call(action, &self.me())?;
        Some(self.web.call(&call).await)
    }

    async fn asks_for_notifications(&self) {
        sleep(self.pace.of(2_000)).await;
        let got = self.call(&Action::Notifications).await.and_then(|got| got.json());
        for notice in got.iter().filter_map(Value::as_array).flatten() {
            self.screen().notices.extend(notice["text"].as_str().map(str::to_owned));
        }
    }

    /// What follows from what was told.
    pub async fn does(&self, then: Vec<Then>) {
        let mut then = std::collections::VecDeque::from(then);
        while let Some(next) = then.pop_front() {
            let done = match next {
                Then::LoadBuddies(ids) => self.loads_buddies(&ids).await,
                Then::LoadHistory { in_room, id } => self.loads_history(in_room, &id).await,
                Then::LoadMembers(room) => self.loads_members(&room).await,
                Then::SaveSettings(map) => {
                    self.call(&Action::Setting(&map)).await;
                    Ok(())
                }
                Then::Join { room, nick } => {
                    then.extend(self.asks_to_join(&room, &nick).await);
                    Ok(())
                }
            };
            if let Err(why) = done {
                self.dies(why);
            }
        }
    }

    async fn loads_buddies(&self, ids: &[String]) -> Result<(), String> {
        let people = self.call(&Action::Buddies(ids)).await.and_then(|got| got.json()).unwrap_or_default();
        if self.generation == Generation::G3 && !people.is_array() {
            return Ok(());
        }
        for person in super::screen::items(&people) {
            let mut person = person.clone();
            // The first generation keeps what a presence has said of them meanwhile.
            if self.generation == Generation::G1 && self.screen().sees(person["id"].as_str().unwrap_or_default()) {
                person["presence"] = json!("online");
            }
            self.screen().put_buddy(&person)?;
        }
        Ok(())
    }

    async fn loads_history(&self, in_room: bool, id: &str) -> Result<(), String> {
        let answer = self.call(&Action::History { in_room, id }).await.and_then(|got| got.json()).unwrap_or_default();
        let history = if self.generation == Generation::G1 { &answer[id] } else { &answer };
        let Value::Array(history) = history else { return Ok(()) };
        // Words of another generation are not shown.
        let own = self.call_word(in_room);
        if let Some(foreign) = history.iter().find(|item| item["type"] != *own) {
            return Err(format!("a history in foreign words: {foreign}"));
        }
        self.screen().put_history(in_room, id, history)
    }

    fn call_word(&self, in_room: bool) -> &'static str {
        match (self.generation, in_room) {
            (Generation::G3, true) => "grpchat",
            (Generation::G3, false) => "chat",
            (_, true) => "multicast",
            (_, false) => "unicast",
        }
    }

    async fn loads_members(&self, room: &str) -> Result<(), String> {
        let answer = self.call(&Action::Members(room)).await.and_then(|got| got.json()).unwrap_or_default();
        self.generation.members(room, &answer, &mut self.screen())
    }

    async fn asks_to_join(&self, room: &str, nick: &str) -> Vec<Then> {
        let answer = self.call(&Action::Join { room, nick }).await.and_then(|got| got.json()).unwrap_or_default();
        // Without an id nothing happens.
        if !answer["id"].is_string() || self.screen().put_room(&answer, false).is_err() {
            return Vec::new();
        }
        let then = (self.generation == Generation::G3).then(|| Then::LoadMembers(room.into()));
        then.into_iter().collect()
    }

    /// Opens a window.
    pub async fn looks_at(&self, in_room: bool, id: &str) {
        let mut then = Vec::new();
        if !in_room && !self.screen().roster.contains_key(id) {
            then.push(Then::LoadBuddies(vec![id.into()]));
        }
        if !self.screen().window(in_room, id).has_history {
            then.push(Then::LoadHistory { in_room, id: id.into() });
        }
        self.does(then).await;
    }

    /// Says something: the page shows it at once, and what comes back only if it is an error that it understands.
    pub async fn says(&self, in_room: bool, to: &str, body: &str) {
        self.looks_at(in_room, to).await;
        let is_offline = {
            let mut screen = self.screen();
            let line = Line { from: screen.me.clone(), body: body.into() };
            let window = screen.window(in_room, to);
            window.lines.push(line);
            window.unread = 0;
            !in_room && !screen.sees(to)
        };
        let got = self.call(&Action::Message { in_room, to, body, is_offline }).await;
        let answer = got.filter(|_| self.generation == Generation::G3).and_then(|got| got.json()).unwrap_or_default();
        self.screen().notices.extend(answer["message"].as_str().map(str::to_owned));
    }

    pub async fn types(&self, to: &str, show: &str) {
        self.call(&Action::Typing { to, show }).await;
    }

    pub async fn shows(&self, show: &str) {
        self.call(&Action::Show { show, status: None }).await;
        self.screen().show = show.into();
    }

    pub async fn joins(&self, room: &str) {
        let then = self.asks_to_join(room, "").await;
        self.does(then).await;
    }

    /// Leaves a room. The third generation takes it out of its list only when it can read the answer.
    pub async fn leaves(&self, room: &str) {
        let got = self.call(&Action::Leave { room }).await;
        if self.generation != Generation::G3 || got.and_then(|got| got.json()).is_some() {
            let mut screen = self.screen();
            screen.rooms.remove(room);
            screen.windows.remove(&key(true, room));
        }
    }

    /// Silences a room, or listens to it again: by a call, or before that by a setting and by leaving or joining.
    pub async fn blocks(&self, room: &str, is_blocked: bool) {
        let worked = match self.generation {
            Generation::G3 => {
                let action = if is_blocked { Action::Block(room) } else { Action::Unblock(room) };
                self.call(&action).await.and_then(|got| got.json()).is_some()
            }
            Generation::G1 | Generation::G2 => {
                let name = if self.generation == Generation::G1 { "block_list" } else { "blocked_rooms" };
                let mut map = self.screen().setting.clone();
                map[name] = if is_blocked { json!([room]) } else { json!([]) };
                self.call(&Action::Setting(&map)).await;
                self.screen().setting = map;
                let nick = self.me().nick;
                let action = if is_blocked { Action::Leave { room } } else { Action::Join { room, nick: &nick } };
                self.call(&action).await;
                true
            }
        };
        if let (true, Some(room)) = (worked, self.screen().rooms.get_mut(room)) {
            *room = Room { is_blocked, ..room.clone() };
        }
    }

    /// Chooses to be offline.
    pub async fn goes_offline(&self) {
        self.call(&Action::Offline).await;
        self.vanishes();
        self.screen().is_online = false;
    }

    /// Is closed or reloaded: the third generation says nothing.
    pub async fn closes(&self) {
        self.call(&Action::Refresh).await;
        self.vanishes();
    }

    /// Is gone without a word.
    pub fn vanishes(&self) {
        self.tasks.lock().expect("no panic while held").drain(..).for_each(|task| task.abort());
    }

    /// Waits until the member sees it.
    pub async fn until(&self, what: &str, is: impl Fn(&Screen) -> bool) {
        let began = Instant::now();
        while !is(&self.screen()) {
            let late = began.elapsed() > SHOWN_WITHIN;
            assert!(!late, "{what} is not what {:?} sees: {:#?}", self.generation, self.screen());
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// The page lives, and nothing was thrown on it.
    #[track_caller]
    pub fn assert_alive(&self) {
        let screen = self.screen();
        let troubles = (&screen.died, &screen.said, screen.failed_polls, screen.is_online);
        assert_eq!(troubles, (&None, &None, 0, true), "{:?} {}: {screen:#?}", self.generation, screen.me);
    }
}
