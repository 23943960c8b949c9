//! The operator's listener: where it is, and what whoever asks there must show.

use super::written::WrittenServer;
use super::{AdminListen, ConfigError, parse_address};
use crate::chat::site::KeyDigest;

/// Shortest token of the operator, in characters.
const TOKEN_MIN: usize = 32;

/// Where it listens, and the digest of its token. Beyond this machine nobody is served without one.
pub(super) fn checked(server: &WrittenServer) -> Result<(AdminListen, Option<KeyDigest>), ConfigError> {
    let (listen, token) = (listen(server.admin_listen.as_deref())?, token(server)?);
    match listen {
        AdminListen::At(address) if token.is_none() && !address.ip().to_canonical().is_loopback() => {
            let why = "is not an address of this machine alone, so whoever asks there must show a token: set \
                       server.admin_token_file to a file with what `openssl rand -hex 24` gives, or listen on 127.0.0.1";
            Err(ConfigError(format!("server.admin_listen = \"{address}\" {why}")))
        }
        _ => Ok((listen, token)),
    }
}

/// `off`, or an address.
fn listen(written: Option<&str>) -> Result<AdminListen, ConfigError> {
    match written {
        None => Ok(AdminListen::Anywhere),
        Some("off") => Ok(AdminListen::Off),
        Some(text) => {
            let address = parse_address(text);
            address
                .map(AdminListen::At)
                .map_err(|error| ConfigError(format!("server.admin_listen: {error}, or \"off\"")))
        }
    }
}

fn token(server: &WrittenServer) -> Result<Option<KeyDigest>, ConfigError> {
    let (from, token) = match (&server.admin_token, &server.admin_token_file) {
        (Some(_), Some(_)) => {
            let why = "give one of them, or nobody knows which counts";
            return Err(ConfigError(format!("server.admin_token and server.admin_token_file: {why}")));
        }
        (Some(token), None) => ("server.admin_token".to_owned(), token.clone()),
        (None, Some(path)) => {
            let from = format!("server.admin_token_file: {}", path.display());
            let read = std::fs::read_to_string(path).map_err(|error| ConfigError(format!("{from}: {error}")))?;
            (format!("{from}: the token in it"), read.trim().to_owned())
        }
        (None, None) => return Ok(None),
    };
    let is_good = token.len() >= TOKEN_MIN && token.bytes().all(|byte| byte.is_ascii_graphic());
    let why = "must be at least 32 visible ASCII characters, such as `openssl rand -hex 24` gives";
    if is_good { Ok(Some(KeyDigest::of(&token))) } else { Err(ConfigError(format!("{from} {why}"))) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::load;
    use super::*;

    const TOKEN: &str = "0123456789abcdef0123456789abcdef";

    /// Negative control: ask for a token nowhere, or show it in `shown` or an error.
    #[test]
    fn beyond_this_machine_a_token_is_needed() {
        for open in ["0.0.0.0:9464", "[::]:9464", "10.0.0.1:9464"] {
            let error = load(&format!("[server]\nadmin_listen = \"{open}\"\n"), &[]).unwrap_err().to_string();
            assert!(error.contains("admin_token_file") && error.contains("openssl rand"), "{error}");
            let text = format!("[server]\nadmin_listen = \"{open}\"\nadmin_token = \"{TOKEN}\"\n");
            let config = load(&text, &[]).unwrap();
            assert_eq!(config.admin_token, Some(KeyDigest::of(TOKEN)));
            let shown = config.shown();
            assert!(!shown.contains(TOKEN) && shown.contains("admin_token is set"), "{shown}");
            assert!(!format!("{config:?}").contains(TOKEN));
        }
        for near in ["127.0.0.1:9464", "[::1]:9464", "off"] {
            assert_eq!(load(&format!("[server]\nadmin_listen = \"{near}\"\n"), &[]).unwrap().admin_token, None);
        }
    }

    #[test]
    fn a_token_is_long_and_comes_from_one_place() {
        for bad in ["", "0123456789abcdef0123456789abcde", "0123456789abcdef 0123456789abcdef"] {
            let error = load(&format!("[server]\nadmin_token = \"{bad}\"\n"), &[]).unwrap_err().to_string();
            assert!(error.contains("at least 32") && !error.contains("0123456789"), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
        let path = file.display().to_string();
        let text = format!("[server]\nadmin_token_file = {path:?}\n");
        assert_eq!(load(&text, &[]).unwrap().admin_token, Some(KeyDigest::of(TOKEN)));
        let by_environment = load("", &[("NEXTIM_SERVER__ADMIN_TOKEN_FILE", &path)]).unwrap();
        assert_eq!(by_environment.admin_token, Some(KeyDigest::of(TOKEN)));
        let both = format!("{text}admin_token = \"{TOKEN}\"\n");
        assert!(load(&both, &[]).unwrap_err().to_string().contains("give one of them"));
    }
}
