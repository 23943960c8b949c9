//! TLS: the certificate and its key from two files, read again when they change or on SIGHUP, so that a renewed certificate is
//! shown to whoever connects next and nobody is cut off.

use super::accept::Shutdown;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};
use tokio::net::TcpStream;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{interval, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ServerConfig, crypto::CryptoProvider};
use tokio_rustls::server::TlsStream;

/// A client must have shaken hands after this.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// What a connection speaks, in the order of preference.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why a certificate cannot be shown: the text says which file, and what is wrong with it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct TlsError(String);

/// See the module.
pub struct Tls {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
    certificate: PathBuf,
    key: PathBuf,
    /// As old as this were the files when they were read first.
    read_at: Changed,
}

/// When both files were changed.
type Changed = [Option<SystemTime>; 2];

/// What is shown at present.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.read().ok().map(|shown| Arc::clone(&shown))
    }
}

impl Tls {
    /// Reads both files.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let read_at = changed(certificate, key);
        let shown = Arc::new(Shown(RwLock::new(Arc::new(read(&provider, certificate, key)?))));
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| TlsError(error.to_string()))?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::clone(&shown) as _;
        let mut config = config.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { acceptor, shown, certificate: certificate.into(), key: key.into(), read_at })
    }

    /// Shakes hands. `None` if the other side does not, or not in time.
    pub(super) async fn accept(&self, socket: TcpStream) -> Option<TlsStream<TcpStream>> {
        timeout(HANDSHAKE_WITHIN, self.acceptor.accept(socket)).await.ok()?.ok()
    }

    /// Shows what is in the files from now on.
    pub fn reload(&self) -> Result<(), TlsError> {
        let read = read(self.acceptor.config().crypto_provider(), &self.certificate, &self.key)?;
        if let Ok(mut shown) = self.shown.0.write() {
            *shown = Arc::new(read);
        }
        Ok(())
    }

    /// Reads the files again whenever it may be needed, until shutdown. A file that cannot be used changes nothing.
    /// From the call on a hangup does not end the process.
    pub fn keep(self: Arc<Self>, shutdown: Arc<Shutdown>) -> std::io::Result<impl Future<Output = ()>> {
        let hangup = signal(SignalKind::hangup())?;
        Ok(self.keep_on(hangup, shutdown))
    }

    async fn keep_on(self: Arc<Self>, mut hangup: Signal, shutdown: Arc<Shutdown>) {
        let mut looks = interval(LOOK_EVERY);
        let mut known = self.read_at;
        loop {
            let is_told = tokio::select! {
                _ = looks.tick() => false,
                _ = hangup.recv() => true,
                () = shutdown.wait() => return,
            };
            let now = changed(&self.certificate, &self.key);
            if !is_told && now == known {
                continue;
            }
            match self.reload() {
                // What changed while it was read is seen at the next look.
                Ok(()) => {
                    tracing::info!("the certificate was read again");
                    known = now;
                }
                Err(error) => tracing::error!("the certificate stays as it was: {error}"),
            }
        }
    }
}

fn changed(certificate: &Path, key: &Path) -> Changed {
    [certificate, key].map(|file| std::fs::metadata(file).and_then(|about| about.modified()).ok())
}

fn read(provider: &CryptoProvider, certificate: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let failed = |file: &Path, what: &dyn std::fmt::Display| TlsError(format!("{}: {what}", file.display()));
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(certificate, &error))?;
    if chain.is_empty() {
        return Err(failed(certificate, &"there is no certificate in it (PEM: -----BEGIN CERTIFICATE-----)"));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, &error))?;
    CertifiedKey::from_der(chain, secret, provider).map_err(|error| failed(key, &error))
}
