//! A source that is a database: its queries over connections that are kept, as many as questions were put at once, whatever database it is.

use super::rows::{Part, Row, asked, is_of};
use super::settings::{Queries, Settings};
use super::{Asked, PeopleSource, SourceError, Whom};
use crate::chat::id::UserId;
use async_trait::async_trait;
use std::sync::Mutex;

/// An id that no software gives to anybody.
const NOBODY: &str = "0";

/// One kind of database.
#[async_trait]
pub trait Database: Send + Sync {
    /// A connection, on which nothing can be written.
    type Connection: Send;

    /// Connects.
    async fn connect(&self) -> Result<Self::Connection, SourceError>;

    /// The rows of a part's query for a member. No row at all also where the id cannot be one of this site.
    async fn rows(
        &self,
        connection: &mut Self::Connection,
        part: Part,
        query: &str,
        user: &str,
    ) -> Result<Vec<Row>, SourceError>;
}

/// See the module.
pub struct Tables<D: Database> {
    database: D,
    queries: Queries,
    site_url: String,
    /// Connections that nobody uses now.
    idle: Mutex<Vec<D::Connection>>,
}

impl<D: Database> Tables<D> {
    /// Asks `database` as the settings say. Connects when it is asked first.
    pub fn new(database: D, settings: &Settings) -> Self {
        Self { database, queries: settings.queries(), site_url: settings.site_url.clone(), idle: Mutex::default() }
    }

    /// Asks for somebody on a connection, or for nobody to find out whether that could be done. One that was kept may have ended meanwhile,
    /// with all the others: then once more on a new one.
    async fn on_connection(&self, user: Option<&UserId>) -> Result<Option<Asked>, SourceError> {
        let kept = self.idle.lock().expect("no panic while held").pop();
        if let Some(mut connection) = kept {
            match self.work(&mut connection, user).await {
                Err(error) if error.is_lost => self.idle.lock().expect("no panic while held").clear(),
                done => return self.keep(connection, done),
            }
        }
        let mut connection = self.database.connect().await?;
        let done = self.work(&mut connection, user).await;
        self.keep(connection, done)
    }

    /// Keeps a connection that is good. One whose work was dropped never comes here, and ends.
    fn keep<T>(&self, connection: D::Connection, done: Result<T, SourceError>) -> Result<T, SourceError> {
        if !done.as_ref().is_err_and(|error| error.is_lost) {
            self.idle.lock().expect("no panic while held").push(connection);
        }
        done
    }

    async fn work(&self, connection: &mut D::Connection, user: Option<&UserId>) -> Result<Option<Asked>, SourceError> {
        let Some(user) = user else {
            for (part, query) in Part::all(&self.queries) {
                self.database.rows(connection, part, query, NOBODY).await?;
            }
            return Ok(None);
        };
        let Queries { profile, buddies, rooms } = &self.queries;
        let found = self.database.rows(connection, Part::Profile, profile, user.as_str()).await?;
        let Some(row) = found.first().filter(|row| is_of(row, user)) else { return Ok(None) };
        let buddies = self.rows(connection, Part::Buddies, buddies.as_deref(), user).await?;
        let rooms = self.rows(connection, Part::Rooms, rooms.as_deref(), user).await?;
        Ok(Some(asked(row, buddies.as_deref(), rooms.as_deref(), user, &self.site_url)))
    }

    async fn rows(
        &self,
        connection: &mut D::Connection,
        part: Part,
        query: Option<&str>,
        user: &UserId,
    ) -> Result<Option<Vec<Row>>, SourceError> {
        match query {
            Some(query) => self.database.rows(connection, part, query, user.as_str()).await.map(Some),
            None => Ok(None),
        }
    }
}

#[async_trait]
impl<D: Database> PeopleSource for Tables<D> {
    async fn ask(&self, whom: &Whom<'_>) -> Result<Option<Asked>, SourceError> {
        self.on_connection(Some(whom.user)).await
    }

    async fn check(&self) -> Result<(), SourceError> {
        self.on_connection(None).await.map(drop)
    }
}
