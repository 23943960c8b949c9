//! A site's tables in MySQL or MariaDB.

use super::SourceError;
use super::rows::{Part, Row};
use super::settings::{Settings, Tls};
use super::tables::Database;
use async_trait::async_trait;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Opts, OptsBuilder, Params, ServerError, SslOpts, Value};
use std::time::Duration;

/// Statements that a connection keeps prepared: there are three queries.
const STATEMENTS: usize = 8;
/// How often a connection that waits is tried.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Numbers of errors: a variable that is not there, a statement that is not understood.
const UNKNOWN_VARIABLE: u16 = 1193;
const SYNTAX: u16 = 1064;

/// A connection, or one that is being made. It is closed at once when it is dropped.
pub struct Held<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> Held<T> {
    fn get(&mut self) -> &mut T {
        self.0.as_mut().expect("only the end takes it")
    }
}

impl<T: Send + 'static> Drop for Held<T> {
    /// Where there is a runtime, mysql_async leaves a task behind that first reads all that was asked for, for as long as it takes, and
    /// says goodbye. So it is dropped where there is none. Seldom: connections are kept while they are good.
    fn drop(&mut self) {
        let Some(connection) = self.0.take() else { return };
        // With no thread to be had it goes mysql_async's way.
        drop(std::thread::Builder::new().name("close".into()).spawn(move || drop(connection)));
    }
}

/// See the module.
pub struct Mysql {
    opts: Opts,
    timeout_ms: u64,
}

impl Mysql {
    /// Where the settings say; connects to nothing yet.
    pub fn new(settings: &Settings) -> Result<Self, SourceError> {
        let wrong = |_| {
            let what = "`url` is not a MySQL address with a user and a database";
            SourceError::lasting(what, "write mysql://USER:PASSWORD@HOST:3306/DATABASE, the password percent-encoded")
        };
        let opts = Opts::from_url(&settings.url.0).map_err(wrong)?;
        // The one that the whole process has; it may be there already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let ssl = match &settings.tls {
            Tls::Off => None,
            Tls::PublicRoots => Some(SslOpts::default()),
            Tls::RootsIn(file) => {
                let roots = SslOpts::default().with_root_certs(vec![file.clone().into()]);
                Some(roots.with_disable_built_in_roots(true))
            }
        };
        let opts = OptsBuilder::from_opts(opts)
            .ssl_opts(ssl)
            .prefer_socket(false)
            .stmt_cache_size(STATEMENTS)
            .tcp_keepalive(Some(KEEPALIVE));
        Ok(Self { opts: opts.into(), timeout_ms: settings.timeout_ms })
    }

    /// The two have different names, and units, for how long a query may take; old ones have none, and it is only not waited for longer.
    async fn bound_time(&self, connection: &mut Conn) -> Result<(), Error> {
        let version: Option<String> = connection.query_first("SELECT VERSION()").await?;
        let is_mariadb = version.is_some_and(|version| version.contains("MariaDB"));
        let bound = if is_mariadb {
            format!("SET SESSION max_statement_time = {}.{:03}", self.timeout_ms / 1000, self.timeout_ms % 1000)
        } else {
            format!("SET SESSION max_execution_time = {}", self.timeout_ms)
        };
        match connection.query_drop(bound).await {
            Err(Error::Server(ServerError { code: UNKNOWN_VARIABLE, .. })) => Ok(()),
            done => done,
        }
    }
}

#[async_trait]
impl Database for Mysql {
    type Connection = Held<Conn>;

    async fn connect(&self) -> Result<Held<Conn>, SourceError> {
        let mut connecting = Held(Some(Conn::new(self.opts.clone())));
        let made = connecting.get().await;
        // It has nothing left to close.
        drop(connecting.0.take());
        let mut held = Held(Some(made.map_err(|error| explain(None, error))?));
        let connection = held.get();
        // Every statement is a transaction of its own, and none may write.
        connection.query_drop("SET SESSION TRANSACTION READ ONLY").await.map_err(|error| match error {
            Error::Server(ServerError { code: SYNTAX, message, .. }) => SourceError::lost(
                format!("the database cannot keep a connection from writing: {message}"),
                "it must be MySQL 5.6 or MariaDB 10.0, or later",
            ),
            error => explain(None, error),
        })?;
        self.bound_time(connection).await.map_err(|error| explain(None, error))?;
        Ok(held)
    }

    async fn rows(
        &self,
        connection: &mut Held<Conn>,
        part: Part,
        query: &str,
        user: &str,
    ) -> Result<Vec<Row>, SourceError> {
        let connection = connection.get();
        let statement = connection.prep(query).await.map_err(|error| explain(Some(part), error))?;
        if statement.num_params() == 0 {
            let what = format!("the query `{}` has no `?` for the member's id", part.name());
            return Err(SourceError::lasting(what, "write WHERE … = ?"));
        }
        let columns = statement.columns();
        let columns: Vec<_> = columns.iter().map(mysql_async::Column::name_str).collect();
        part.check_columns(columns.iter().map(|name| &**name))?;
        let parameters = vec![Value::from(user); usize::from(statement.num_params())];
        let mut result = connection
            .exec_iter(statement, Params::Positional(parameters))
            .await
            .map_err(|error| explain(Some(part), error))?;
        let mut rows = Vec::new();
        while rows.len() < part.rows_asked()
            && let Some(row) = result.next().await.map_err(|error| explain(Some(part), error))?
        {
            let named = row.columns_ref().iter().enumerate();
            let column = |(index, column): (usize, &mysql_async::Column)| {
                (column.name_str().into_owned(), row.as_ref(index).and_then(text))
            };
            rows.push(Row(named.map(column).collect()));
        }
        result.drop_result().await.map_err(|error| explain(Some(part), error))?;
        Ok(rows)
    }
}

/// A value as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::Int(number) => Some(number.to_string()),
        Value::UInt(number) => Some(number.to_string()),
        Value::Float(number) => Some(number.to_string()),
        Value::Double(number) => Some(number.to_string()),
        other @ (Value::Date(..) | Value::Time(..)) => Some(other.as_sql(true).trim_matches('\'').to_owned()),
    }
}

/// What an error of the database means for whoever set it up.
fn explain(part: Option<Part>, error: Error) -> SourceError {
    let of = part.map(|part| format!("the query `{}`: ", part.name())).unwrap_or_default();
    match error {
        Error::Server(ServerError { code, message, .. }) => {
            SourceError { what: format!("{of}{message}"), mend: mend(code), is_lost: part.is_none() || is_lost(code) }
        }
        Error::Io(error) => {
            SourceError::lost(format!("the database cannot be reached: {error}"), "is it running, and is `url` right?")
        }
        Error::Driver(error) => {
            SourceError::lost(format!("{of}{error}"), "is `url` right, and is there a MySQL or MariaDB?")
        }
        Error::Other(error) => SourceError::lost(format!("{of}{error}"), "see what it says"),
        // It holds the address.
        Error::Url(_) => {
            SourceError::lasting("`url` is not a MySQL address", "write mysql://USER:PASSWORD@HOST:3306/DATABASE")
        }
    }
}

/// What to do about an error of a number.
fn mend(code: u16) -> &'static str {
    match code {
        1045 | 1044 | 1698 => "are user and password right, and may the user use this database? GRANT SELECT ON … TO …",
        1049 => "there is no database of this name: is the end of `url` right?",
        1142 | 1143 => "let the user read it: GRANT SELECT ON … TO …",
        1146 | 1054 => {
            "is `table_prefix` right, and is the map that of this software? Own queries must name what is there"
        }
        SYNTAX => "the query is not right",
        1792 => "the query writes, and only reading is done here",
        1969 | 3024 => "it takes too long: is there an index for it? Or set timeout_ms higher",
        1040 | 1203 | 1226 => {
            "the database has as many connections as it lets in: set `connections` lower, or more there"
        }
        _ => "see what the database says",
    }
}

/// Errors after which the server has hung up.
fn is_lost(code: u16) -> bool {
    matches!(code, 1053 | 1152..=1161 | 1927 | 4031)
}

#[cfg(test)]
mod tests {
    use super::super::settings::{From, assert_closed, settings};
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// Packets of the protocol, numbered from `first`.
    fn packets(first: u8, all: &[&[u8]]) -> Vec<u8> {
        let packet = |(number, content): (u8, &&[u8])| {
            let length = u8::try_from(content.len()).unwrap();
            [&[length, 0, 0, number], *content].concat()
        };
        (first..).zip(all).flat_map(packet).collect()
    }

    /// Negative control: give `Conn` itself as the connection: it goes on reading the answer.
    #[tokio::test]
    async fn a_connection_that_hangs_is_closed_when_it_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("mysql://reader@{}/forum", listener.local_addr().unwrap());
        let database = Mysql::new(&settings(From::Mysql, url)).unwrap();
        // Protocol 41, a database named at once, passwords as of 4.1, their kind by its name.
        let greeting = [
            &b"\x0a8.0.0\0\x01\0\0\0abcdefgh\0\x09\x82\x21\x02\0\x08\0\x15"[..],
            &[0; 10],
            b"ijklmnopqrst\0",
            b"mysql_native_password\0",
        ];
        let column = b"\x03def\0\0\0\x01a\0\x0c\x21\0\xff\0\0\0\xfd\0\0\0\0\0";
        // It lets everybody in, and answers the first query with a column and no end.
        let answering = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(&packets(0, &[&greeting.concat()])).await.unwrap();
            assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0, "who comes");
            stream.write_all(&packets(2, &[b"\0\0\0\x02\0\0\0"])).await.unwrap();
            assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0, "what it is asked");
            stream.write_all(&packets(1, &[b"\x01", column, b"\xfe\0\0\x02\0"])).await.unwrap();
            stream
        };
        let mut connecting = database.connect();
        let mut stream = tokio::select! {
            stream = answering => stream,
            _ = &mut connecting => panic!("it has not answered"),
        };
        // So that it has read as far as there is something to read.
        let soon = Duration::from_millis(50);
        assert!(tokio::time::timeout(soon, &mut connecting).await.is_err(), "it has not answered to the end");
        drop(connecting);
        assert_closed(&mut stream).await;
    }

    #[test]
    fn values_become_text() {
        for (value, meant) in [
            (Value::Bytes(b"7".to_vec()), "7"),
            (Value::Int(-7), "-7"),
            (Value::UInt(7), "7"),
            (Value::Date(2026, 1, 2, 0, 0, 0, 0), "2026-01-02"),
            (Value::Date(2026, 1, 2, 3, 4, 5, 0), "2026-01-02 03:04:05"),
        ] {
            assert_eq!(text(&value).as_deref(), Some(meant));
        }
        assert_eq!(text(&Value::NULL), None);
    }

    #[test]
    fn errors_say_what_to_do_and_whether_the_connection_is_good() {
        let server = |code| Error::Server(ServerError { code, message: "no such table".into(), state: "42S02".into() });
        let error = explain(Some(Part::Buddies), server(1146));
        assert!(error.what.starts_with("the query `buddies`: no such table") && error.mend.contains("table_prefix"));
        assert!(
            !error.is_lost && explain(None, server(1045)).is_lost && explain(Some(Part::Rooms), server(1053)).is_lost
        );
    }
}
