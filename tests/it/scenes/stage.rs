//! Plays a scene: the actors, their pages, and what each step does and demands.

use super::inbox::{Inbox, MARKER, STAGEHAND, is_marker};
use super::script::{Form, Step};
use crate::support::transport::{Listener, Manner, Page as Kept, Transport};
use crate::support::{Member, Server, urls};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;

/// Where a scene is played.
pub(super) struct Stage {
    /// Ours; none when the scenes were pointed at a running server.
    pub(super) server: Option<Server>,
    address: SocketAddr,
    transport: Transport,
    graces: Duration,
    actors: BTreeMap<String, Actor>,
    stagehand: Member,
    markers: u64,
}

/// Somebody with a browser tab; `susan2` is susan's second tab.
pub(super) struct Actor {
    member: Member,
    transport: Transport,
    calls: u64,
    page: Option<Page>,
}

/// An open page.
pub(super) struct Page {
    form: Form,
    /// What `online` answered.
    pub(super) opening: Value,
    pub(super) earlier: VecDeque<Value>,
    pub(super) inbox: Inbox,
    kept: Arc<Kept>,
    listener: Option<Listener>,
}

type Done = Result<(), String>;

impl Page {
    /// Whether it calls itself a client of this generation.
    pub(super) fn speaks(&self, dialect: &str) -> bool {
        self.form.iter().any(|(name, value)| name == "client" && value == dialect)
    }
}

impl Stage {
    pub(super) async fn new(
        server: Option<Server>,
        address: SocketAddr,
        transport: Transport,
        graces: Duration,
    ) -> Self {
        let stagehand = Member::sign_in(address, STAGEHAND).await;
        Self { server, address, transport, graces, actors: BTreeMap::new(), stagehand, markers: 0 }
    }

    /// Plays one step.
    pub(super) async fn play(&mut self, step: &Step) -> Done {
        match step {
            Step::Online { who, by, form } => self.open(who, *by, form.clone()).await,
            Step::Refresh { who } => {
                let (form, by) = (self.page(who)?.form.clone(), self.actor(who).await.transport);
                self.settle(who).await?;
                self.call(who, "refresh", &[]).await.and_then(|answer| is_ok(&answer))?;
                self.open(who, Some(by), form).await
            }
            Step::Leave { who } => {
                self.settle(who).await?;
                self.call(who, "offline", &[]).await.and_then(|answer| is_ok(&answer))?;
                self.until_ended(who).await?;
                self.close(who).await
            }
            Step::Vanish { who } => self.close(who).await,
            Step::Pause { who } => self.pause(who).await,
            Step::Resume { who } => self.resume(who).await,
            Step::Call { who, endpoint, form, refused } => {
                if *endpoint == "clear_history" {
                    self.settle(who).await?;
                }
                let answer = self.call(who, endpoint, form).await?;
                match refused {
                    Some(code) if answer["code"] == **code => Ok(()),
                    Some(_) => Err(format!("it was answered {answer}")),
                    None => is_ok(&answer),
                }
            }
            Step::Ended { who } => self.until_ended(who).await,
            Step::GracesPass => {
                sleep(self.graces).await;
                Ok(())
            }
            Step::ServerRestarts => {
                for who in self.actors.keys().cloned().collect::<Vec<_>>() {
                    self.settle(&who).await?;
                }
                let server = self.server.as_mut().ok_or("only a server of our own can be restarted")?;
                server.stop().await;
                server.start_again().await;
                Ok(())
            }
            observation => self.observe(observation).await,
        }
    }

    /// At the end nobody has heard anything that the scene does not know of.
    pub(super) async fn finish(&mut self) -> Done {
        let listening = self.actors.iter().filter(|(_, actor)| actor.is_listening());
        for who in listening.map(|(who, _)| who.clone()).collect::<Vec<_>>() {
            self.hears_nothing(&who).await.map_err(|error| format!("{who} at the end: {error}"))?;
        }
        for actor in self.actors.values_mut().filter(|actor| actor.page.is_some()) {
            actor.member.post("offline", "").await;
        }
        Ok(())
    }

    /// Longer than anything a step waits for.
    pub(super) fn patience(&self) -> Duration {
        self.graces + Duration::from_secs(5)
    }

    async fn actor(&mut self, who: &str) -> &mut Actor {
        if !self.actors.contains_key(who) {
            let id = who.trim_end_matches(|c: char| c.is_ascii_digit());
            let member = Member::sign_in(self.address, id).await;
            let actor = Actor { member, transport: self.transport, calls: 0, page: None };
            self.actors.insert(who.into(), actor);
        }
        self.actors.get_mut(who).expect("just put in")
    }

    /// The open page of an actor.
    pub(super) fn page(&mut self, who: &str) -> Result<&mut Page, String> {
        let page = self.actors.get_mut(who).and_then(|actor| actor.page.as_mut());
        page.ok_or_else(|| format!("{who} has no page"))
    }

    async fn open(&mut self, who: &str, by: Option<Transport>, form: Form) -> Done {
        let (address, usual) = (self.address, self.transport);
        let actor = self.actor(who).await;
        (actor.transport, actor.member.ticket, actor.page) = (by.unwrap_or(usual), None, None);
        let opening = actor.call("online", &actor.transport.opens(form.clone())).await?;
        let ticket = opening["connection"]["ticket"].as_str().ok_or_else(|| format!("online answered {opening}"))?;
        actor.member.ticket = Some(ticket.into());
        let (news, inbox) = mpsc::unbounded_channel();
        let kept = Arc::new(Kept::new(address, Manner::QUICK, &opening));
        let listener = Some(actor.transport.listen(&kept, news));
        let earlier = opening["new_messages"].as_array().ok_or("no new_messages")?;
        let earlier = earlier.iter().filter(|message| !is_marker(message)).cloned().collect();
        let inbox = Inbox::new(inbox, actor.transport.shows_once());
        actor.page = Some(Page { form, opening, earlier, inbox, kept, listener });
        Ok(())
    }

    async fn close(&mut self, who: &str) -> Done {
        self.pause(who).await?;
        let actor = self.actor(who).await;
        (actor.page, actor.member.ticket) = (None, None);
        Ok(())
    }

    async fn pause(&mut self, who: &str) -> Done {
        let listener = self.page(who)?.listener.take();
        listener.ok_or_else(|| format!("{who} is not polling"))?.stop().await;
        Ok(())
    }

    async fn resume(&mut self, who: &str) -> Done {
        let transport = self.actor(who).await.transport;
        let page = self.page(who)?;
        let (news, inbox) = mpsc::unbounded_channel();
        page.listener = Some(transport.listen(&page.kept, news));
        page.inbox.goes_on_with(inbox);
        Ok(())
    }

    /// A call of an actor with their ticket, if they have one.
    pub(super) async fn call(&mut self, who: &str, endpoint: &str, form: &[(String, String)]) -> Result<Value, String> {
        self.actor(who).await.call(endpoint, form).await
    }

    async fn until_ended(&mut self, who: &str) -> Done {
        let patience = self.patience();
        self.page(who)?.inbox.until(patience, Inbox::has_ended).await
    }

    /// Waits until the member's pages have confirmed what they heard: they hear of something that happens after that.
    async fn settle(&mut self, who: &str) -> Done {
        let (patience, id) = (self.patience(), self.actor(who).await.member.id.clone());
        let pages = self.actors.values_mut().filter(|actor| actor.member.id == id && actor.is_listening());
        let pages: Vec<&mut Page> = pages.filter_map(|actor| actor.page.as_mut()).collect();
        if pages.is_empty() {
            return Ok(());
        }
        // Scripts are believed at the third request.
        let mut pages = pages;
        for _ in 0..3 {
            self.stagehand.does("status", &format!("to={id}&show=typing")).await;
            for page in &mut pages {
                let before = page.inbox.winks;
                page.inbox.until(patience, |inbox| (inbox.winks > before).then_some(())).await?;
            }
        }
        Ok(())
    }

    /// Brings everything to a page that is on its way to it: a message that comes after it all.
    pub(super) async fn catch_up(&mut self, who: &str) -> Done {
        self.markers += 1;
        let (body, patience) = (format!("{MARKER}{}", self.markers), self.patience());
        let to = self.actor(who).await.member.id.clone();
        self.stagehand.says(&to, &body).await;
        let arrived = |inbox: &mut Inbox| inbox.has_marker(&body).then_some(());
        self.page(who)?.inbox.until(patience, arrived).await
    }

    /// Nothing has come for a page, and nothing is on its way to it.
    pub(super) async fn hears_nothing(&mut self, who: &str) -> Done {
        self.catch_up(who).await?;
        let inbox = &self.page(who)?.inbox;
        if inbox.messages.is_empty() { Ok(()) } else { Err(inbox.describe()) }
    }
}

impl Actor {
    fn listener(&self) -> Option<&Listener> {
        self.page.as_ref().filter(|page| !page.inbox.ended).and_then(|page| page.listener.as_ref())
    }

    fn is_listening(&self) -> bool {
        self.listener().is_some()
    }

    async fn call(&mut self, endpoint: &str, form: &[(String, String)]) -> Result<Value, String> {
        if let Some(listener) = self.listener().filter(|listener| listener.takes(endpoint)) {
            let reply = listener.call(endpoint, form).await.ok_or("its connection broke during a call")?;
            return Ok(reply["body"].clone());
        }
        let mut form = urls::form(form);
        if let Some(ticket) = &self.member.ticket {
            form = urls::with(&form, "ticket", ticket);
        }
        if let Some(page) = self.page.as_ref().filter(|_| self.transport.is_native()) {
            let (seq, epoch) = page.kept.has();
            form = urls::with(&urls::with(&form, "ack", &seq.to_string()), "epoch", &epoch);
        }
        self.calls += 1;
        let callback = self.transport.callback(900_000_000 + self.calls);
        let ask = self.transport.call(endpoint, &form, callback.as_deref());
        let answer = self.member.ask(ask).await;
        match callback {
            Some(callback) => answer.try_script(&callback),
            None => Ok(serde_json::from_slice(&answer.body).unwrap_or_else(|_| Value::String(answer.text()))),
        }
    }
}

/// The seed's `ok`, or the object that `join` answers with.
fn is_ok(answer: &Value) -> Done {
    if answer == "ok" || answer["all_count"].is_number() { Ok(()) } else { Err(format!("it was answered {answer}")) }
}
