//! Where the server is asked: by pages, by its operator, and by the command line.

use super::{StartError, control};
use crate::config::{AdminListen, Config};
use listenfd::ListenFd;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tokio::net::{TcpListener, UnixListener};

/// The usual port of the operator's listener.
const ADMIN_PORT: u16 = 9464;
/// Ports tried after the usual one.
const PORTS_TRIED: u16 = 100;

/// The socket for orders of the command line. Whoever holds the data holds it, so one that is there is left over.
pub(super) fn orders(data: &Path) -> Result<UnixListener, StartError> {
    let listen = || {
        let folder = File::open(data)?;
        let path = control::socket_path(&folder);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    };
    listen().map_err(|error| StartError::Other(format!("{}: the socket for orders: {error}", data.display())))
}

/// A listening socket from whoever started this process (`LISTEN_FDS`): it outlives the process, so that pages which connect
/// during a restart wait instead of failing.
pub(super) fn inherited() -> Result<Option<TcpListener>, StartError> {
    let failed = |error: io::Error| StartError::Other(format!("the inherited socket: {error}"));
    let Some(listener) = ListenFd::from_env().take_tcp_listener(0).map_err(failed)? else { return Ok(None) };
    listener.set_nonblocking(true).map_err(failed)?;
    TcpListener::from_std(listener).map(Some).map_err(failed)
}

/// The listener for the operator. Where none is named, the first free port of this machine will do; that there is none is no reason not to serve.
pub(super) async fn bind_admin(config: &Config) -> Result<Option<TcpListener>, StartError> {
    match config.admin_listen {
        AdminListen::Off => Ok(None),
        AdminListen::At(address) => {
            let failed = |error| StartError::Other(format!("server.admin_listen: cannot listen on {address}: {error}"));
            TcpListener::bind(address).await.map(Some).map_err(failed)
        }
        AdminListen::Anywhere => {
            for port in ADMIN_PORT..ADMIN_PORT + PORTS_TRIED {
                if let Ok(listener) = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await {
                    return Ok(Some(listener));
                }
            }
            Ok(None)
        }
    }
}

pub(super) async fn bind(config: &Config) -> Result<TcpListener, StartError> {
    let mut address = config.listen;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && config.next_port => {
                if address.port() >= config.listen.port().saturating_add(PORTS_TRIED) {
                    return Err(StartError::Other(format!("no free port from {} on", config.listen)));
                }
                address.set_port(address.port() + 1);
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                return Err(StartError::Other(format!(
                    "{address} is in use; stop what listens there, or give another --listen"
                )));
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let why = "ports below 1024 need privileges: take another, or grant CAP_NET_BIND_SERVICE";
                return Err(StartError::Other(format!("cannot listen on {address}: {why}")));
            }
            Err(error) => return Err(StartError::Other(format!("cannot listen on {address}: {error}"))),
        }
    }
}
