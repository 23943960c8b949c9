//! A site's tables in PostgreSQL.

use super::SourceError;
use super::rows::{Part, Row};
use super::settings::{Settings, Tls};
use super::tables::Database;
use async_trait::async_trait;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::collections::HashMap;
use std::error::Error as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Client, Config, Error, NoTls, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

/// See the module.
pub struct Postgres {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    timeout_ms: u64,
}

/// How long a connection is silent before it is tried.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// How long what was sent may go unacknowledged before the connection is given up.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(10);

/// A connection with the statements that are prepared on it.
pub struct Session {
    client: Client,
    statements: HashMap<&'static str, Statement>,
    /// What reads and writes the socket. Ends with the session: by itself it would first wait for all that was asked.
    _io: JoinSet<()>,
}

impl Postgres {
    /// Where the settings say; connects to nothing yet.
    pub fn new(settings: &Settings) -> Result<Self, SourceError> {
        let wrong = |_| {
            let what = "`url` is not a PostgreSQL address with a user and a database";
            SourceError::lasting(
                what,
                "write postgresql://USER:PASSWORD@HOST:5432/DATABASE, the password percent-encoded",
            )
        };
        let mut config: Config = settings.url.0.parse().map_err(wrong)?;
        config
            .application_name("nextim")
            .connect_timeout(Duration::from_millis(settings.timeout_ms))
            .keepalives_idle(KEEPALIVE)
            .tcp_user_timeout(ACKNOWLEDGED_WITHIN);
        let tls = match &settings.tls {
            Tls::Off => None,
            Tls::PublicRoots => Some(with_roots(webpki_roots())?),
            Tls::RootsIn(file) => Some(with_roots(roots_in(file)?)?),
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        Ok(Self { config, tls, timeout_ms: settings.timeout_ms })
    }
}

fn webpki_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

fn roots_in(file: &Path) -> Result<RootCertStore, SourceError> {
    let wrong = |why: &dyn std::fmt::Display| {
        let what = format!("tls_ca_file: {}: {why}", file.display());
        SourceError::lasting(what, "it must hold the certificate that signed the database's, in PEM")
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))? {
        roots.add(certificate.map_err(|error| wrong(&error))?).map_err(|error| wrong(&error))?;
    }
    if roots.is_empty() { Err(wrong(&"no certificate is in it")) } else { Ok(roots) }
}

fn with_roots(roots: RootCertStore) -> Result<MakeRustlsConnect, SourceError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| SourceError::lasting(format!("TLS: {error}"), "see what it says"))?;
    Ok(MakeRustlsConnect::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

#[async_trait]
impl Database for Postgres {
    type Connection = Session;

    async fn connect(&self) -> Result<Session, SourceError> {
        let failed = |error| explain(None, &error);
        let mut io = JoinSet::new();
        // What a connection says when it ends, its client hears too.
        let client = match &self.tls {
            Some(tls) => {
                let (client, connection) = self.config.connect(tls.clone()).await.map_err(failed)?;
                io.spawn(async move { drop(connection.await) });
                client
            }
            None => {
                let (client, connection) = self.config.connect(NoTls).await.map_err(failed)?;
                io.spawn(async move { drop(connection.await) });
                client
            }
        };
        let bounds = format!(
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY; SET statement_timeout = {}; SET jit = off",
            self.timeout_ms
        );
        client.batch_execute(&bounds).await.map_err(failed)?;
        Ok(Session { client, statements: HashMap::new(), _io: io })
    }

    async fn rows(
        &self,
        connection: &mut Session,
        part: Part,
        query: &str,
        user: &str,
    ) -> Result<Vec<Row>, SourceError> {
        match rows(connection, part, query, user).await {
            // The id is a text that this site's ids cannot be: no member of it.
            Err(Fault::Database(error)) if is_bad_id(&error) => Ok(Vec::new()),
            Err(Fault::Database(error)) => Err(explain(Some(part), &error)),
            Err(Fault::Query(error)) => Err(error),
            Ok(rows) => Ok(rows),
        }
    }
}

enum Fault {
    Database(Error),
    Query(SourceError),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

async fn rows(connection: &mut Session, part: Part, query: &str, user: &str) -> Result<Vec<Row>, Fault> {
    let statement = match connection.statements.get(part.name()) {
        Some(statement) => statement.clone(),
        None => {
            let statement = connection.client.prepare_typed(query, &[Type::TEXT]).await?;
            connection.statements.insert(part.name(), statement.clone());
            statement
        }
    };
    part.check_columns(statement.columns().iter().map(tokio_postgres::Column::name)).map_err(Fault::Query)?;
    // A portal, so that no more rows come than are asked for.
    let transaction = connection.client.build_transaction().read_only(true).start().await?;
    let portal = transaction.bind(&statement, &[&user]).await?;
    let most = i32::try_from(part.rows_asked()).unwrap_or(i32::MAX);
    let found = transaction.query_portal(&portal, most).await?;
    transaction.commit().await?;
    found.iter().map(|row| read(part, row)).collect::<Result<_, _>>().map_err(Fault::Query)
}

fn read(part: Part, row: &tokio_postgres::Row) -> Result<Row, SourceError> {
    let column = |(index, column): (usize, &tokio_postgres::Column)| {
        let value = row.try_get::<_, Option<Text>>(index).map_err(|_| {
            let (name, of) = (column.name(), column.type_().name());
            let what = format!("the query `{}`: its column `{name}` is {of}", part.name());
            SourceError::lasting(what, "make a text of it: column::text AS …")
        })?;
        Ok((column.name().to_owned(), value.map(|Text(text)| text)))
    };
    row.columns().iter().enumerate().map(column).collect::<Result<_, _>>().map(Row)
}

/// A text, or a whole number as one.
struct Text(String);

impl<'a> FromSql<'a> for Text {
    fn from_sql(of: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(match *of {
            Type::INT2 => i16::from_sql(of, raw)?.to_string(),
            Type::INT4 => i32::from_sql(of, raw)?.to_string(),
            Type::INT8 => i64::from_sql(of, raw)?.to_string(),
            _ => String::from_sql(of, raw)?,
        }))
    }

    fn accepts(of: &Type) -> bool {
        matches!(*of, Type::INT2 | Type::INT4 | Type::INT8) || <String as FromSql>::accepts(of)
    }
}

/// Whether the member's id could not be made what the query makes of it.
fn is_bad_id(error: &Error) -> bool {
    let bad = [
        SqlState::INVALID_TEXT_REPRESENTATION,
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
        SqlState::INVALID_DATETIME_FORMAT,
        SqlState::CHARACTER_NOT_IN_REPERTOIRE,
        SqlState::UNTRANSLATABLE_CHARACTER,
    ];
    error.code().is_some_and(|code| bad.contains(code))
}

/// What an error of the database means for whoever set it up.
fn explain(part: Option<Part>, error: &Error) -> SourceError {
    let of = part.map(|part| format!("the query `{}`: ", part.name())).unwrap_or_default();
    match error.as_db_error() {
        Some(said) => {
            let what = format!("{of}{}", said.message());
            // 08, 57P: it hangs up. 0A: a table is not what it was when the query was prepared.
            let code = said.code().code();
            let is_lost = part.is_none() || ["08", "57P", "0A"].iter().any(|class| code.starts_with(class));
            SourceError { what, mend: mend(said.code()), is_lost }
        }
        None => {
            let why = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            let mend = "is it running, and are `url` and the settings of TLS right?";
            SourceError::lost(format!("the database cannot be reached: {error}{why}"), mend)
        }
    }
}

/// What to do about an error.
fn mend(code: &SqlState) -> &'static str {
    if *code == SqlState::INVALID_PASSWORD || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        "are user and password right, and does pg_hba.conf let this machine in?"
    } else if *code == SqlState::INVALID_CATALOG_NAME {
        "there is no database of this name: is the end of `url` right?"
    } else if *code == SqlState::INSUFFICIENT_PRIVILEGE {
        "let the user read it: GRANT SELECT ON … TO …"
    } else if *code == SqlState::UNDEFINED_TABLE || *code == SqlState::UNDEFINED_COLUMN {
        "is `table_prefix` right, and is the map that of this software? Own queries must name what is there"
    } else if *code == SqlState::UNDEFINED_FUNCTION {
        "the member's id comes as a text: cast it to what the column is, as in WHERE id = $1::bigint"
    } else if *code == SqlState::SYNTAX_ERROR {
        "the query is not right"
    } else if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
        "the query writes, and only reading is done here"
    } else if *code == SqlState::QUERY_CANCELED {
        "it takes too long: is there an index for it? Or set timeout_ms higher"
    } else if *code == SqlState::TOO_MANY_CONNECTIONS {
        "the database has as many connections as it lets in: set `connections` lower, or more there"
    } else {
        "see what the database says"
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::{From, assert_closed, settings};
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[test]
    fn whole_numbers_and_texts_are_read_as_text() {
        let read = |of: Type, raw: &[u8]| Text::from_sql(&of, raw).map(|Text(text)| text).unwrap();
        assert_eq!(read(Type::INT4, &7_i32.to_be_bytes()), "7");
        assert_eq!(read(Type::INT8, &(-7_i64).to_be_bytes()), "-7");
        assert_eq!(read(Type::VARCHAR, "Ünal".as_bytes()), "Ünal");
        assert!(!Text::accepts(&Type::UUID) && Text::accepts(&Type::BPCHAR));
    }

    /// Negative control: let a task that nobody ends (`tokio::spawn`) drive the connection.
    #[tokio::test]
    async fn a_connection_that_hangs_is_closed_when_it_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgresql://reader@{}/forum", listener.local_addr().unwrap());
        let database = Postgres::new(&settings(From::Postgres, url)).unwrap();
        // It lets everybody in, and answers nothing.
        let answering = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0, "who comes");
            stream.write_all(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").await.unwrap();
            assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0, "what it is asked");
            stream
        };
        let mut connecting = database.connect();
        let mut stream = tokio::select! {
            stream = answering => stream,
            _ = &mut connecting => panic!("it has not answered"),
        };
        drop(connecting);
        assert_closed(&mut stream).await;
    }

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, "nothing\n").unwrap();
        for file in [&file, Path::new("/nowhere/ca.pem")] {
            let error = roots_in(file).err().unwrap();
            assert!(error.what.contains("ca.pem") && error.mend.contains("PEM"), "{error}");
        }
    }
}
