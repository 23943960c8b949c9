//! Asking a site: who a cookie is, which keys sign its tokens, whom a member knows. The address comes from a site's settings, so
//! nothing but the open internet is reached unless the operator allows it: every address of a name is checked, the connection
//! goes to the one that was checked, and an answer that leads elsewhere is not followed.

pub mod reach;
pub mod signed;
pub mod written_id;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use reach::Reach;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// An answer must be there after this.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// One address of a name must have answered after this.
const CONNECTS_WITHIN: Duration = Duration::from_millis(1_500);
/// Longest answer where nothing else is said, in bytes.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Why there is no answer: for the site's developer and the operator, never for a browser.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The address is none that can be asked. Only its host is told, if it has one: elsewhere in it there may be a password.
    #[error("{0} cannot be asked: its address must be a whole http or https one, with neither user nor password in it")]
    Address(Box<str>),
    /// It leads where nobody has allowed to go.
    #[error("{host} is at {address}, which is not on the open internet: add it to outgoing.allow if it is meant")]
    NotPublic {
        /// The name.
        host: Box<str>,
        /// Where it leads.
        address: std::net::IpAddr,
    },
    /// It is asked in the open on the open internet.
    #[error("{0} is asked without TLS: use https, or add its network to outgoing.allow")]
    NotSecret(Box<str>),
    /// There is no such name.
    #[error("{0} is not found: {1}")]
    Name(Box<str>, Box<str>),
    /// The connection failed.
    #[error("{0} cannot be reached: {1}")]
    Connection(Box<str>, Box<str>),
    /// It takes too long.
    #[error("{0} did not answer within 5 s")]
    Late(Box<str>),
    /// The answer is too long.
    #[error("{0} answered with more than it may")]
    TooLong(Box<str>),
    /// The answer leads elsewhere.
    #[error("{0} answered with a redirect, which is not followed: give the address it leads to")]
    Redirect(Box<str>),
    /// It answered with another status than was hoped for.
    #[error("{0} answered with status {1}")]
    Status(Box<str>, u16),
    /// The answer is not what it should be.
    #[error("{0} answered with {1}")]
    Answer(Box<str>, Box<str>),
}

impl Fault {
    /// Whether the site could not be reached at all, whatever it was asked.
    pub fn is_of_the_way(&self) -> bool {
        matches!(
            self,
            Self::Address(_)
                | Self::NotPublic { .. }
                | Self::NotSecret(_)
                | Self::Name(..)
                | Self::Connection(..)
                | Self::Late(_)
        )
    }
}

/// What came back.
pub struct Answered {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// Asks.
pub struct Client {
    reach: Reach,
    tls: Arc<ClientConfig>,
}

impl Client {
    /// One that may go where `reach` says.
    pub fn new(reach: Reach) -> Self {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        let (good, _) = roots.add_parsable_certificates(found.certs);
        if good == 0 {
            tracing::info!("this machine trusts no certificate authority (ca-certificates): no site is asked over TLS");
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has them")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { reach, tls: Arc::new(config) }
    }

    /// Gets a document.
    pub async fn get(&self, url: &str) -> Result<Answered, Fault> {
        self.ask(url, Sent { method: Method::GET, headers: HeaderMap::new(), body: Bytes::new() }, ANSWER_BYTES_MAX)
            .await
    }

    /// Posts JSON.
    pub async fn post(
        &self,
        url: &str,
        mut headers: HeaderMap,
        json: Vec<u8>,
        answer_bytes_max: usize,
    ) -> Result<Answered, Fault> {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.ask(url, Sent { method: Method::POST, headers, body: json.into() }, answer_bytes_max).await
    }

    async fn ask(&self, url: &str, sent: Sent, answer_bytes_max: usize) -> Result<Answered, Fault> {
        let target = Target::parse(url)?;
        let asking = Box::pin(self.ask_target(&target, sent, answer_bytes_max));
        timeout(ANSWER_WITHIN, asking).await.unwrap_or_else(|_| Err(Fault::Late(target.host.clone())))
    }

    async fn ask_target(&self, target: &Target, sent: Sent, answer_bytes_max: usize) -> Result<Answered, Fault> {
        let stream = self.connect(target).await?;
        let request = target.request(sent);
        if !target.is_tls {
            return exchange(target, stream, request, answer_bytes_max).await;
        }
        let name = ServerName::try_from(target.host.to_string()).map_err(|_| target.unfit())?;
        let connector = TlsConnector::from(Arc::clone(&self.tls));
        let stream = connector.connect(name, stream).await.map_err(|error| target.unreached(&error))?;
        exchange(target, stream, request, answer_bytes_max).await
    }

    /// Connects to an address that was looked at: a name that says something else a moment later changes nothing.
    async fn connect(&self, target: &Target) -> Result<TcpStream, Fault> {
        let host = &target.host;
        let found = lookup_host((&**host, target.port)).await;
        let found: Vec<SocketAddr> =
            found.map_err(|error| Fault::Name(host.clone(), error.to_string().into()))?.collect();
        for address in &found {
            self.reach.check(host, address.ip(), target.is_tls)?;
        }
        let mut last = Fault::Name(host.clone(), "it has no address".into());
        for address in found {
            // One that does not answer keeps nobody from the next.
            match timeout(CONNECTS_WITHIN, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = target.unreached(&error),
                Err(_) => last = Fault::Late(host.clone()),
            }
        }
        Err(last)
    }
}

/// What is sent.
struct Sent {
    method: Method,
    headers: HeaderMap,
    body: Bytes,
}

/// An address, taken apart.
struct Target {
    is_tls: bool,
    /// Without brackets.
    host: Box<str>,
    port: u16,
    authority: HeaderValue,
    path: Uri,
}

impl Target {
    fn parse(url: &str) -> Result<Self, Fault> {
        let uri: Uri = url.parse().map_err(|_| Fault::Address("the site".into()))?;
        // Without a scheme anything is a host.
        let bad = || Fault::Address(uri.scheme().and(uri.host()).unwrap_or("the site").into());
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(bad()),
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(bad)?;
        // A port that is no number would be the usual one.
        let has_good_port = authority.as_str().len() == authority.host().len() || authority.port_u16().is_some();
        if !has_good_port {
            return Err(bad());
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        Ok(Self {
            is_tls,
            host: host.into(),
            port: authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| bad())?,
            path: path.parse().map_err(|_| bad())?,
        })
    }

    fn request(&self, sent: Sent) -> Request<Full<Bytes>> {
        let Sent { method, headers, body } = sent;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = self.path.clone();
        *request.headers_mut() = headers;
        let agent = concat!("nextim/", env!("CARGO_PKG_VERSION"));
        let own: [(HeaderName, HeaderValue); 3] = [
            (HOST, self.authority.clone()),
            (USER_AGENT, HeaderValue::from_static(agent)),
            (ACCEPT, HeaderValue::from_static("application/json")),
        ];
        request.headers_mut().extend(own);
        request
    }

    fn unfit(&self) -> Fault {
        Fault::Address(self.host.clone())
    }

    fn unreached(&self, error: &dyn std::error::Error) -> Fault {
        Fault::Connection(self.host.clone(), error.to_string().into())
    }
}

/// One request and its answer; the connection ends with it.
async fn exchange<S>(
    target: &Target,
    stream: S,
    request: Request<Full<Bytes>>,
    answer_bytes_max: usize,
) -> Result<Answered, Fault>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| target.unreached(&error);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let answering = async {
        let response = sender.send_request(request).await.map_err(failed)?;
        let (head, body) = response.into_parts();
        if head.status.is_redirection() {
            return Err(Fault::Redirect(target.host.clone()));
        }
        let mut body = Limited::new(body, answer_bytes_max);
        let mut bytes = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| match error.downcast::<hyper::Error>() {
                Ok(error) => failed(*error),
                Err(_) => Fault::TooLong(target.host.clone()),
            })?;
            if let Ok(data) = frame.into_data() {
                bytes.extend_from_slice(&data);
            }
        }
        Ok(Answered { status: head.status.as_u16(), headers: head.headers, body: bytes.freeze() })
    };
    tokio::select! {
        biased;
        answered = answering => answered,
        // The connection's own end is told by the request, which is dropped with it otherwise.
        Err(error) = connection => Err(target.unreached(&error)),
    }
}

#[cfg(test)]
mod tests;
