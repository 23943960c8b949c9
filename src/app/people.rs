//! Sites' sources of people: built for the server, and asked once for whoever sets one up.

use super::control::{Order, give};
use crate::actions::ask_people::Answered;
use crate::actions::{Bounds, PeopleSources};
use crate::chat::id::UserId;
use crate::clock::Clock;
use crate::config::Config;
use crate::edge::control::people::described;
use crate::outgoing::Client;
use crate::outgoing::reach::Reach;
use crate::people::http::Http;
use crate::people::mysql::Mysql;
use crate::people::postgres::Postgres;
use crate::people::settings::{From, Settings};
use crate::people::tables::Tables;
use crate::people::{PeopleSource, SourceError, Whom};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Why a source gave no answer, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("{what}\n        -> {mend}")]
pub struct NotAsked {
    /// What went wrong.
    pub what: String,
    /// What to do.
    pub mend: String,
}

fn not_asked(SourceError { what, mend, .. }: SourceError) -> NotAsked {
    NotAsked { what, mend: mend.to_owned() }
}

fn source(settings: &Settings, outgoing: &Arc<Client>) -> Result<Arc<dyn PeopleSource>, SourceError> {
    Ok(match settings.from {
        From::Mysql => Arc::new(Tables::new(Mysql::new(settings)?, settings)),
        From::Postgres => Arc::new(Tables::new(Postgres::new(settings)?, settings)),
        From::Http => Arc::new(Http::new(Arc::clone(outgoing), settings)),
    })
}

/// The sources of all sites that have one. What cannot be built as it is written is an error; whether it answers is not looked at.
pub(super) fn sources(config: &Config, outgoing: &Arc<Client>) -> Result<PeopleSources, String> {
    let mut sources = PeopleSources::default();
    for (site, settings) in &config.people {
        let built =
            source(settings, outgoing).map_err(|error| format!("sites.{site}.people: {error}: {}", error.mend))?;
        let (refresh_ms, timeout_ms) = (settings.refresh_ms, settings.timeout_ms);
        sources.add(site, built, Bounds { refresh_ms, timeout_ms, at_once: settings.connections });
    }
    Ok(sources)
}

/// Looks whether a site's source could be asked, and gives how long that took, in milliseconds.
pub(super) fn check(config: &Config, settings: &Settings) -> Result<u64, NotAsked> {
    let clock = Clock::start();
    waited(config, settings, async |source| {
        let began_ms = clock.monotonic_ms();
        source.check().await?;
        Ok(clock.monotonic_ms() - began_ms)
    })
}

/// Asks a site's source for a member, as the server would when they come online: from here, as the configuration says now, so that it can
/// be tried before the server is started again. A site's own server is asked by ours, which has the secrets to sign with.
pub fn ask(config: &Config, site: &str, user: &str) -> Result<Value, NotAsked> {
    let found = config.people.iter().find(|(name, _)| name.eq_ignore_ascii_case(site));
    let Some((_, settings)) = found else {
        let what = format!("the configuration does not say where {site} has its people");
        return Err(NotAsked {
            what,
            mend: format!("add [sites.\"{site}\".people] (docs/people.md); is --config right?"),
        });
    };
    let Ok(user) = UserId::parse(user) else {
        let what = format!("{user:?} cannot be a member's id");
        return Err(NotAsked { what, mend: "an id has 1 to 190 bytes, no comma and no blank at its ends".into() });
    };
    if settings.from == From::Http {
        let order = Order::AskPeople { site: site.to_owned(), user: user.as_str().to_owned() };
        let answer = give(config, &order).map_err(|error| NotAsked {
            what: error.to_string(),
            mend: "start the server again if the configuration is newer than it".into(),
        })?;
        return match (answer["what"].as_str(), answer["mend"].as_str()) {
            (Some(what), Some(mend)) => Err(NotAsked { what: what.into(), mend: mend.into() }),
            _ => Ok(answer),
        };
    }
    let clock = Clock::start();
    let answered = waited(config, settings, async |source| {
        // Connects, so that what is timed is what members wait for.
        source.check().await?;
        let began_ms = clock.monotonic_ms();
        let asked = source.ask(&Whom { site, secrets: &[], user: &user }).await?;
        Ok(Answered { asked, took_ms: clock.monotonic_ms() - began_ms })
    })?;
    Ok(described(user.as_str(), &answered))
}

/// Does something with a source, and waits twice as long as members would: it connects, too.
fn waited<T>(
    config: &Config,
    settings: &Settings,
    work: impl AsyncFnOnce(Arc<dyn PeopleSource>) -> Result<T, SourceError>,
) -> Result<T, NotAsked> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| NotAsked { what: error.to_string(), mend: "try again".into() })?;
    let within = Duration::from_millis(settings.timeout_ms * 2);
    let done = runtime.block_on(async {
        let outgoing = Arc::new(Client::new(Reach::new(config.outgoing_allow.clone())));
        let source = source(settings, &outgoing)?;
        tokio::time::timeout(within, work(source)).await.unwrap_or_else(|_| {
            let what = format!("no answer after {} ms", within.as_millis());
            Err(SourceError::lost(what, "is it reachable, and fast enough? Or set timeout_ms higher"))
        })
    });
    done.map_err(not_asked)
}
