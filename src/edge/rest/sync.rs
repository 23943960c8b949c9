//! A whole directory in one call: NDJSON, one person, friendship, room or seat a line, in any number. It is carried out while it
//! arrives, in small parts, so that members go on talking meanwhile; how far it has come is told as it goes, and a sync that was cut
//! short goes on from there. Everything in it may be said again.

pub(in crate::edge) mod over_http;

use super::buddies::friends;
use super::problem::{Problem, ProblemWire};
use super::rooms::room;
use super::shapes::{Groups, RoomIn, friend};
use super::users::{check_address, check_is_members, check_name};
use crate::actions::Context;
use crate::actions::read_directory;
use crate::actions::seat;
use crate::actions::sync_directory::change_directory;
use crate::chat::id::{RoomId, SiteNumber, UserId};
use crate::chat::refusal::Refusal;
use crate::store::DirectoryChange;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Changes of one write: others write, too.
const PART: usize = 500;
/// Longest line, in bytes.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// How often it is told how far it has come, in lines.
pub(super) const REPORT_EVERY: u64 = 10_000;

/// One line.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(in crate::edge) enum Line {
    /// A person.
    User(UserLine),
    /// Two people are friends.
    Buddies(BuddiesLine),
    /// Two people are friends no more.
    NotBuddies(PairLine),
    /// A room.
    Room(RoomLine),
    /// Somebody is in a room.
    Member(MemberLine),
}

/// A person, whole: what is left out is empty.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::edge) struct UserLine {
    /// The site's own id.
    id: String,
    /// Display name; left out: the id.
    name: Option<String>,
    /// Address of a picture.
    #[serde(default)]
    avatar: String,
    /// Address of the person's page.
    #[serde(default)]
    url: String,
}

/// Two people who are friends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::edge) struct BuddiesLine {
    /// One.
    user: String,
    /// The other.
    buddy: String,
    /// The group in which `user` has `buddy`.
    #[serde(default = "friend")]
    group: String,
    /// The group in which `buddy` has `user`.
    #[serde(default = "friend")]
    buddy_group: String,
}

/// Two people.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::edge) struct PairLine {
    /// One.
    user: String,
    /// The other.
    buddy: String,
}

/// A room.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::edge) struct RoomLine {
    /// The site's own id.
    id: String,
    /// Display name.
    name: String,
    /// Address of a picture.
    #[serde(default)]
    avatar: String,
    /// Address of the room's page.
    #[serde(default)]
    url: String,
    /// Whether members of the site may join by themselves.
    #[serde(default)]
    open: bool,
}

/// Somebody in a room.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::edge) struct MemberLine {
    /// The room.
    room: String,
    /// Who.
    user: String,
}

/// How far a sync has come.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::edge) struct Report {
    /// Lines through here are carried out and durable: a sync that is cut short goes on with `after_line` of this.
    pub(in crate::edge) line: u64,
    /// Whether that was all.
    pub(in crate::edge) complete: bool,
    /// Why it does not go on: what is wrong with the line after `line`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::edge) problem: Option<ProblemWire>,
}

/// What one line asks for.
enum Step {
    Change(DirectoryChange),
    Seat(RoomId, UserId),
}

/// A sync under way.
pub(in crate::edge) struct Sync<'a> {
    ctx: &'a Context,
    site: SiteNumber,
    /// Lines through here were carried out by an earlier call.
    after_line: u64,
    /// Lines that have been read.
    read: u64,
    /// Lines that are carried out.
    done: u64,
    told: u64,
    partial: Vec<u8>,
    /// Each with its line.
    steps: Vec<(u64, Step)>,
}

impl<'a> Sync<'a> {
    pub(in crate::edge) fn new(ctx: &'a Context, site: SiteNumber, after_line: u64) -> Self {
        let (partial, steps) = (Vec::new(), Vec::new());
        Self { ctx, site, after_line, read: 0, done: after_line, told: after_line, partial, steps }
    }

    /// Takes what has arrived. A report, if it is time for one; an error ends the sync.
    pub(in crate::edge) async fn feed(&mut self, bytes: &[u8]) -> Result<Option<Report>, Report> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let mut line = std::mem::take(&mut self.partial);
            line.extend_from_slice(&rest[..end]);
            rest = &rest[end + 1..];
            self.take(&line).await?;
        }
        self.partial.extend_from_slice(rest);
        if self.partial.len() > LINE_BYTES_MAX {
            self.carry_out().await?;
            return Err(self.stopped(Refusal::TooLarge.into()));
        }
        let is_due = self.done >= self.told + REPORT_EVERY;
        Ok(is_due.then(|| {
            self.told = self.done;
            Report { line: self.done, complete: false, problem: None }
        }))
    }

    /// That was all.
    pub(in crate::edge) async fn finish(mut self) -> Report {
        let last = std::mem::take(&mut self.partial);
        let ended = async {
            if !last.is_empty() {
                self.take(&last).await?;
            }
            self.carry_out().await?;
            if self.read < self.after_line {
                let why =
                    format!("There are {} lines, and none after `after_line`: is it the same directory?", self.read);
                return Err(self.stopped(Problem::with(Refusal::BadParameter("after_line"), &why)));
            }
            Ok(())
        };
        match ended.await {
            Ok(()) => Report { line: self.done.max(self.read), complete: true, problem: None },
            Err(report) => report,
        }
    }

    async fn take(&mut self, line: &[u8]) -> Result<(), Report> {
        if line.len() > LINE_BYTES_MAX {
            self.carry_out().await?;
            return Err(self.stopped(Refusal::TooLarge.into()));
        }
        let is_skipped = self.read < self.after_line || line.trim_ascii().is_empty();
        if !is_skipped {
            match step(line) {
                Ok(step) => self.steps.push((self.read + 1, step)),
                Err(problem) => {
                    self.carry_out().await?;
                    return Err(self.stopped(problem));
                }
            }
        }
        self.read += 1;
        if self.steps.len() >= PART {
            self.carry_out().await?;
        }
        Ok(())
    }

    /// Carries out what has been read. If it is refused, line by line, so that everything before the bad one is done.
    async fn carry_out(&mut self) -> Result<(), Report> {
        let steps = std::mem::take(&mut self.steps);
        let through = self.read.max(self.done);
        if let Err(refusal) = self.all(&steps).await {
            let is_a_lines_fault = !matches!(refusal, Refusal::Unavailable | Refusal::Internal);
            if !is_a_lines_fault {
                return Err(self.stopped(refusal.into()));
            }
            for step in &steps {
                if let Err(refusal) = self.all(std::slice::from_ref(step)).await {
                    self.done = step.0 - 1;
                    return Err(self.stopped(refusal.into()));
                }
            }
        }
        self.done = through;
        Ok(())
    }

    async fn all(&self, steps: &[(u64, Step)]) -> Result<(), Refusal> {
        let mut changes = Vec::new();
        let mut seats: Vec<(RoomId, Vec<UserId>)> = Vec::new();
        for (_, step) in steps {
            match step {
                Step::Change(change) => {
                    self.seat(&mut seats).await?;
                    changes.push(change.clone());
                }
                Step::Seat(room, user) => {
                    self.change(&mut changes).await?;
                    match seats.last_mut().filter(|(last, _)| last == room) {
                        Some((_, users)) => users.push(user.clone()),
                        None => seats.push((room.clone(), vec![user.clone()])),
                    }
                }
            }
        }
        self.change(&mut changes).await?;
        self.seat(&mut seats).await
    }

    async fn change(&self, changes: &mut Vec<DirectoryChange>) -> Result<(), Refusal> {
        match std::mem::take(changes) {
            changes if changes.is_empty() => Ok(()),
            changes => change_directory(self.ctx, self.site, changes).await,
        }
    }

    async fn seat(&self, seats: &mut Vec<(RoomId, Vec<UserId>)>) -> Result<(), Refusal> {
        for (room, users) in std::mem::take(seats) {
            for user in &users {
                read_directory::profile(self.ctx, self.site, user).await?.ok_or(Refusal::UnknownUser)?;
            }
            seat::seat_all(self.ctx, self.site, &room, users).await?;
        }
        Ok(())
    }

    fn stopped(&self, problem: Problem) -> Report {
        Report { line: self.done, complete: false, problem: Some(problem.wire()) }
    }
}

/// Whether a line says something that can be carried out, as far as the line alone shows it.
pub fn can_be_carried_out(line: &[u8]) -> bool {
    step(line).is_ok()
}

fn step(line: &[u8]) -> Result<Step, Problem> {
    let user = super::user;
    // A list of values would do for the fields in their order, as serde reads it.
    let after_name = line.splitn(2, |byte| *byte == b':').nth(1).map(<[u8]>::trim_ascii_start);
    if line.trim_ascii_start().first() != Some(&b'{') || after_name.is_some_and(|of| of.first() != Some(&b'{')) {
        return Err(Refusal::BadRequest(
            "a line must be an object with one object in it, such as {\"user\":{\"id\":\"42\"}}",
        )
        .into());
    }
    let change = match serde_json::from_slice(line).map_err(|error| Problem::body(&error))? {
        Line::User(UserLine { id, name, avatar, url }) => {
            name.iter().try_for_each(|name| check_name(name))?;
            [&avatar, &url].into_iter().try_for_each(|address| check_address(address))?;
            let id = user(&id)?;
            check_is_members(&id)?;
            DirectoryChange::User { nick: name.unwrap_or_else(|| id.to_string()), id, picture_url: avatar, url }
        }
        Line::Buddies(BuddiesLine { user: one, buddy, group, buddy_group }) => {
            friends(&user(&one)?, user(&buddy)?, Groups { group, buddy_group })?
        }
        Line::NotBuddies(PairLine { user: one, buddy }) => {
            DirectoryChange::NotFriends { user: user(&one)?, buddy: user(&buddy)? }
        }
        Line::Room(RoomLine { id, name, avatar, url, open }) => {
            room(super::room(&id)?, RoomIn { name, avatar, url, open })?
        }
        Line::Member(MemberLine { room, user: who }) => return Ok(Step::Seat(super::room(&room)?, user(&who)?)),
    };
    Ok(Step::Change(change))
}
