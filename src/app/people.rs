//! Sites' sources of people: built for the server, and asked once for whoever sets one up.

pub use crate::people::{Asked, AskedBuddy, AskedRoom};

use crate::actions::PeopleSources;
use crate::chat::id::UserId;
use crate::clock::Clock;
use crate::config::Config;
use crate::people::mysql::Mysql;
use crate::people::postgres::Postgres;
use crate::people::settings::{From, Settings};
use crate::people::tables::Tables;
use crate::people::{PeopleSource, SourceError};
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

/// What a source answered.
#[derive(Debug)]
pub struct Answered {
    /// What it has of the member; `None` if it does not know them.
    pub asked: Option<Asked>,
    /// How long it took, in milliseconds, on a connection that was there.
    pub took_ms: u64,
}

fn not_asked(SourceError { what, mend, .. }: SourceError) -> NotAsked {
    NotAsked { what, mend: mend.to_owned() }
}

fn source(settings: &Settings) -> Result<Arc<dyn PeopleSource>, SourceError> {
    Ok(match settings.from {
        From::Mysql => Arc::new(Tables::new(Mysql::new(settings)?, settings)),
        From::Postgres => Arc::new(Tables::new(Postgres::new(settings)?, settings)),
    })
}

/// The sources of all sites that have one. What cannot be built as it is written is an error; whether it answers is not looked at.
pub(super) fn sources(config: &Config) -> Result<PeopleSources, String> {
    let mut sources = PeopleSources::default();
    for (site, settings) in &config.people {
        let built = source(settings).map_err(|error| format!("sites.{site}.people: {error}: {}", error.mend))?;
        sources.add(site, built, settings.refresh_ms, settings.timeout_ms);
    }
    Ok(sources)
}

/// Looks whether a site's source could be asked, and gives how long that took, in milliseconds.
pub(super) fn check(settings: &Settings) -> Result<u64, NotAsked> {
    let clock = Clock::start();
    waited(settings, async |source| {
        let began_ms = clock.monotonic_ms();
        source.check().await?;
        Ok(clock.monotonic_ms() - began_ms)
    })
}

/// Asks a site's source for a member, as the server would when they come online.
pub fn ask(config: &Config, site: &str, user: &str) -> Result<Answered, NotAsked> {
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
    let clock = Clock::start();
    waited(settings, async |source| {
        // Connects, so that what is timed is what members wait for.
        source.check().await?;
        let began_ms = clock.monotonic_ms();
        let asked = source.ask(&user).await?;
        Ok(Answered { asked, took_ms: clock.monotonic_ms() - began_ms })
    })
}

/// Does something with a source, and waits twice as long as members would: it connects, too.
fn waited<T>(
    settings: &Settings,
    work: impl AsyncFnOnce(Arc<dyn PeopleSource>) -> Result<T, SourceError>,
) -> Result<T, NotAsked> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| NotAsked { what: error.to_string(), mend: "try again".into() })?;
    let within = Duration::from_millis(settings.timeout_ms * 2);
    let done = runtime.block_on(async {
        let source = source(settings)?;
        tokio::time::timeout(within, work(source)).await.unwrap_or_else(|_| {
            let what = format!("no answer after {} ms", within.as_millis());
            Err(SourceError::lost(what, "is it reachable, and fast enough? Or set timeout_ms higher"))
        })
    });
    done.map_err(not_asked)
}
