//! What can be set for a site: one table of names, rules and defaults for the command line, the configuration file, the store
//! and the documentation.

use super::link;

/// Longest JWKS, in bytes.
const JWKS_BYTES_MAX: usize = 16 * 1024;

/// Longest address of the site's own server, in bytes.
const ADDRESS_BYTES_MAX: usize = 2_000;

/// Versions of the site-server API that a site may be called by.
pub const SITE_API_VERSIONS: [&str; 4] = ["2", "3", "4", "5"];

/// How a site is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteOptions {
    /// Origins whose pages may call, such as `https://www.example.com`, besides this server's own. Empty: no other page may read
    /// an answer, while scripts and frames are not asked where they come from.
    pub origins: Vec<String>,
    /// Where this site's pages reach the server, if that differs from the server's own public address.
    pub public_url: Option<String>,
    /// Whether the site's directory lists everybody: then an unknown id is refused, else it becomes a bare user.
    pub directory_complete: bool,
    /// Whether visitors who are not signed in may chat.
    pub guests: bool,
    /// Whether members may sign in with a password that is kept here.
    pub accounts: bool,
    /// Whether `id.hmac` counts as a sign-in token: it never expires.
    pub easy_tokens: bool,
    /// Public keys whose owner may sign tokens (RS256, ES256, EdDSA), as a JWKS; the text is the site's, and empty where it has none.
    pub jwks: String,
    /// Where such keys are found and looked for again, instead of being set here.
    pub jwks_url: Option<String>,
    /// Where its own server says who a cookie is: then its members need no token.
    pub cookie_url: Option<String>,
    /// Names of the cookies that say it: no others are shown.
    pub cookie_names: Vec<String>,
    /// Whether answers may be scripts (JSONP).
    pub jsonp: bool,
    /// The versions of the site-server API that its server may use.
    pub site_api: Vec<String>,
    /// Members who may be online at once; 0: as many as come.
    pub online_max: u64,
    /// Messages that all its members may send in one second; 0: no bound of the site's own.
    pub messages_per_s: u64,
    /// Calls of its own server in one second; 0: no bound.
    pub api_calls_per_s: u64,
    /// Days for which messages are kept; 0: for ever.
    pub retention_days: u64,
    /// Whether scripts are given their messages until two answers in a row have carried them.
    pub redelivery: bool,
    /// Whether the 5.x client is told of the WebSocket, which it does not leave again: a closed one ends its page.
    pub old_websocket: bool,
    /// How old a message may be that a page of a site which keeps its own history is given because an earlier page of the same
    /// person did not confirm it, in milliseconds. What is older stands in the site's history.
    pub legacy_redelivery_ms: u64,
    /// Whether its pages may send each other events, which act in the receiver's page and are not shown.
    pub client_events: bool,
    /// The style sheets and scripts of its old client, which the boot script loads in this order.
    pub old_client: Vec<String>,
}

impl Default for SiteOptions {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            public_url: None,
            directory_complete: false,
            guests: false,
            accounts: false,
            easy_tokens: true,
            jwks: String::new(),
            jwks_url: None,
            cookie_url: None,
            cookie_names: Vec::new(),
            jsonp: true,
            site_api: SITE_API_VERSIONS.map(str::to_owned).to_vec(),
            online_max: 0,
            messages_per_s: 0,
            api_calls_per_s: 200,
            retention_days: 0,
            redelivery: true,
            old_websocket: false,
            legacy_redelivery_ms: 120_000,
            client_events: false,
            old_client: Vec::new(),
        }
    }
}

/// One name that can be set.
pub struct OptionRow {
    /// The name.
    pub name: &'static str,
    /// What it does, for people.
    pub what: &'static str,
    /// What a value must be.
    pub rule: &'static str,
    get: fn(&SiteOptions) -> String,
    set: fn(&mut SiteOptions, &str) -> Option<()>,
}

macro_rules! flag {
    ($field:ident, $what:literal) => {
        OptionRow {
            name: stringify!($field),
            what: $what,
            rule: "must be true or false",
            get: |options| options.$field.to_string(),
            set: |options, text| text.parse().ok().map(|value| options.$field = value),
        }
    };
}

macro_rules! address {
    ($field:ident, $what:literal) => {
        OptionRow {
            name: stringify!($field),
            what: $what,
            rule: "must be a whole http or https address, or empty",
            get: |options| options.$field.clone().unwrap_or_default(),
            set: |options, text| {
                let fits = text.is_empty() || is_address(text);
                fits.then(|| options.$field = (!text.is_empty()).then(|| text.to_owned()))
            },
        }
    };
}

macro_rules! number {
    ($field:ident, $most:literal, $what:literal) => {
        OptionRow {
            name: stringify!($field),
            what: $what,
            rule: concat!("must be a whole number from 0 to ", stringify!($most)),
            get: |options| options.$field.to_string(),
            set: |options, text| number(text, $most).map(|value| options.$field = value),
        }
    };
}

/// Everything that can be set, in the order in which it is shown.
pub const OPTIONS: [OptionRow; 21] = [
    OptionRow {
        name: "origins",
        what: "origins whose pages may call, besides this server's own",
        rule: "must be origins separated by spaces, such as https://www.example.com, without a path",
        get: |options| options.origins.join(" "),
        set: |options, text| list(text, origin).map(|list| options.origins = list),
    },
    OptionRow {
        name: "public_url",
        what: "where this site's pages reach the server, if not at server.public_url",
        rule: "must be a whole http or https address without `?` or `#`, such as https://im.example.com, or empty",
        get: |options| options.public_url.clone().unwrap_or_default(),
        set: |options, text| {
            let url = text.trim_end_matches('/');
            let good = url.is_empty() || is_public_url(url);
            good.then(|| options.public_url = (!url.is_empty()).then(|| url.to_owned()))
        },
    },
    flag!(directory_complete, "the pushed directory lists everybody: an unknown id is refused"),
    flag!(guests, "visitors who are not signed in may chat"),
    flag!(accounts, "members may sign in with a password that is kept here (nextim user add)"),
    flag!(easy_tokens, "`id.hmac` counts as a sign-in token; such tokens never expire"),
    OptionRow {
        name: "jwks",
        what: "public keys that may sign its tokens (RS256, ES256, EdDSA), as a JWKS in one line; empty: none",
        rule: "must be a JWKS of at most 16 KiB with public keys of kty RSA (2048 bits or more), EC (P-256) or OKP (Ed25519), or empty",
        get: |options| options.jwks.clone(),
        set: |options, text| {
            let fits = text.is_empty() || (text.starts_with('{') && text.len() <= JWKS_BYTES_MAX);
            fits.then(|| text.clone_into(&mut options.jwks))
        },
    },
    address!(jwks_url, "address of such keys, which are read again as they change; empty: none"),
    address!(
        cookie_url,
        "address at which the site's server says who a cookie is (docs/sign-in.md); empty: nobody by cookie"
    ),
    OptionRow {
        name: "cookie_names",
        what: "names of the cookies that cookie_url is shown, separated by spaces; no others",
        rule: "must be names of cookies separated by spaces, or empty",
        get: |options| options.cookie_names.join(" "),
        set: |options, text| {
            list(text, |word| is_cookie_name(word).then(|| word.to_owned())).map(|list| options.cookie_names = list)
        },
    },
    flag!(jsonp, "answers may be scripts (JSONP), which old clients need across domains"),
    OptionRow {
        name: "site_api",
        what: "versions of the plugins' API that the site's server may use",
        rule: "must be versions from 2 to 5 separated by spaces, or empty",
        get: |options| options.site_api.join(" "),
        set: |options, text| {
            list(text, |word| SITE_API_VERSIONS.contains(&word).then(|| word.to_owned()))
                .map(|list| options.site_api = list)
        },
    },
    number!(online_max, 10_000_000, "members who may be online at once; 0: as many as come"),
    number!(messages_per_s, 1_000_000, "messages of all members in one second; 0: no bound"),
    number!(api_calls_per_s, 1_000_000, "calls of the site's own server in one second; 0: no bound"),
    number!(retention_days, 36_500, "days for which messages are kept; 0: for ever"),
    flag!(redelivery, "scripts are given their messages until two answers in a row have carried them"),
    flag!(old_websocket, "5.x clients are told of the WebSocket, and end with it"),
    OptionRow {
        name: "legacy_redelivery_s",
        what: "how old a message may be that a plugin's page is given again, in seconds",
        rule: "must be a whole number from 0 to 600",
        get: |options| (options.legacy_redelivery_ms / 1000).to_string(),
        set: |options, text| number(text, 600).map(|seconds| options.legacy_redelivery_ms = seconds * 1000),
    },
    flag!(client_events, "members' pages may send each other `webim-event:` messages"),
    OptionRow {
        name: "old_client",
        what: "style sheets and scripts of the site's old client, in the order of loading",
        rule: "must be addresses of .css and .js files separated by spaces, such as /webim/static/webim.all.min.js",
        get: |options| options.old_client.join(" "),
        set: |options, text| list(text, old_client_file).map(|list| options.old_client = list),
    },
];

/// A setting that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadOption {
    /// There is none of that name.
    #[error("there is no setting {0:?}")]
    Name(String),
    /// The value is not one.
    #[error("{name} {rule}; it is {value:?}")]
    Value {
        /// Of which setting.
        name: &'static str,
        /// What it must be.
        rule: &'static str,
        /// What it is.
        value: String,
    },
}

impl SiteOptions {
    /// Sets one by name.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), BadOption> {
        let row = OPTIONS.iter().find(|row| row.name == name).ok_or_else(|| BadOption::Name(name.to_owned()))?;
        let bad = || BadOption::Value { name: row.name, rule: row.rule, value: value.to_owned() };
        (row.set)(self, value.trim()).ok_or_else(bad)
    }

    /// These with `given` laid over them. What was refused when it was given cannot be among them.
    #[must_use]
    pub fn with(mut self, given: &[(String, String)]) -> Self {
        for (name, value) in given {
            drop(self.set(name, value));
        }
        self
    }

    /// All of them as texts, in the order of [`OPTIONS`].
    pub fn all(&self) -> impl Iterator<Item = (&'static str, String)> {
        OPTIONS.iter().map(|row| (row.name, (row.get)(self)))
    }

    /// Those that are not the defaults.
    pub fn written(&self) -> Vec<(String, String)> {
        let usual = Self::default();
        let differs = |row: &&OptionRow| (row.get)(self) != (row.get)(&usual);
        OPTIONS.iter().filter(differs).map(|row| (row.name.to_owned(), (row.get)(self))).collect()
    }
}

/// Whether pages of `origin` may call for the site.
pub fn is_listed(origins: &[String], origin: &str) -> bool {
    origins.iter().any(|listed| listed.eq_ignore_ascii_case(origin))
}

/// Where a server is reached: a whole address, without what follows a path.
pub fn is_public_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let host = rest.split('/').next().unwrap_or_default();
    matches!(scheme, "http" | "https")
        && is_host(host)
        && !rest.contains(|c: char| c.is_whitespace() || "?#\\\"'<>".contains(c))
}

/// Where something is asked for: a whole address, whatever follows its path.
pub fn is_address(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let odd = |c: char| c.is_whitespace() || c.is_control() || "#\\\"'<>".contains(c);
    matches!(scheme, "http" | "https") && url.len() <= ADDRESS_BYTES_MAX && is_host(host) && !rest.contains(odd)
}

/// A token of RFC 6265.
fn is_cookie_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte))
}

fn is_host(host: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "@/?#\\\"'<>`,;".contains(c);
    !host.is_empty() && !host.starts_with(':') && !host.contains(odd)
}

fn origin(word: &str) -> Option<String> {
    let (scheme, host) = word.split_once("://")?;
    (matches!(scheme, "http" | "https") && is_host(host)).then(|| word.to_ascii_lowercase())
}

/// A file that pages are told to load must be one: its address is written into their markup.
fn old_client_file(file: &str) -> Option<String> {
    let is_plain = !file.contains(|c: char| c.is_control() || c.is_whitespace() || "\"'<>`".contains(c));
    let is_one = is_plain && link::is_safe(file) && (file.ends_with(".css") || file.ends_with(".js"));
    is_one.then(|| file.to_owned())
}

fn number(text: &str, most: u64) -> Option<u64> {
    text.parse().ok().filter(|number| *number <= most)
}

fn list(text: &str, item: impl Fn(&str) -> Option<String>) -> Option<Vec<String>> {
    text.split_whitespace().map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let mut options = SiteOptions::default();
        assert!(options.written().is_empty());
        for (name, value) in [
            ("origins", "https://a.example http://localhost:8080"),
            ("public_url", "https://im.example/chat"),
            ("guests", "true"),
            ("site_api", ""),
            ("legacy_redelivery_s", "0"),
            ("old_client", "/a.css /b.js"),
            ("online_max", "7"),
            ("jwks_url", "https://a.example/keys?all=1"),
            ("cookie_url", "http://127.0.0.1:8080/whoami"),
            ("cookie_names", "PHPSESSID remember_me"),
        ] {
            options.set(name, value).unwrap();
        }
        assert_eq!(SiteOptions::default().with(&options.written()), options);
        assert_eq!(options.written().len(), 10);
        assert!(OPTIONS.iter().all(|row| SiteOptions::default().set(row.name, &(row.get)(&options)).is_ok()));
    }

    #[test]
    fn what_is_no_value_is_refused_and_changes_nothing() {
        let mut options = SiteOptions::default();
        for (name, value) in [
            ("origins", "https://a.example/path"),
            ("origins", "a.example"),
            ("origins", "https://user@a.example"),
            ("origins", "null"),
            ("origins", "*"),
            ("public_url", "im.example"),
            ("public_url", "https://a/?b"),
            ("public_url", "https://a/\"b"),
            ("guests", "yes"),
            ("site_api", "6"),
            ("legacy_redelivery_s", "601"),
            ("retention_days", "-1"),
            ("old_client", "javascript:b.js"),
            ("jwks_url", "ftp://a.example/keys"),
            ("jwks_url", "https://user@a.example/keys"),
            ("cookie_url", "/whoami"),
            ("cookie_url", "https://a.example/\"x"),
            ("cookie_names", "a=b"),
            ("no_such", "1"),
        ] {
            assert!(options.set(name, value).is_err(), "{name} {value}");
        }
        assert_eq!(options, SiteOptions::default());
    }

    #[test]
    fn an_origin_is_listed_whole_or_not() {
        let origins = ["https://example.com".to_owned()];
        assert!(is_listed(&origins, "https://example.com") && is_listed(&origins, "https://EXAMPLE.com"));
        for other in [
            "https://evil-example.com",
            "https://example.com.evil",
            "http://example.com",
            "null",
            "https://example.com:444",
            "",
        ] {
            assert!(!is_listed(&origins, other), "{other}");
        }
    }
}
