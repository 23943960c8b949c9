//! What can be ordered, as it is written.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// An order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
pub enum Order {
    /// Make a site.
    AddSite {
        /// Its name.
        site: String,
        /// Settings that are not the defaults.
        options: Vec<(String, String)>,
    },
    /// All sites.
    ListSites,
    /// One site.
    ShowSite {
        /// Its name or public key.
        site: String,
    },
    /// Change settings.
    SetOptions {
        /// Of which site.
        site: String,
        /// Names and values.
        options: Vec<(String, String)>,
    },
    /// Make another key, or let go of the old one.
    Rotate {
        /// Of which site.
        site: String,
        /// Which kind.
        kind: Rotation,
        /// Whether only the newest is good from now on.
        finish: bool,
    },
    /// Switch a site off or on.
    Suspend {
        /// Which.
        site: String,
        /// Off.
        suspended: bool,
    },
    /// Erase a site.
    RemoveSite {
        /// Which.
        site: String,
    },
    /// Make a sign-in token, for trying out.
    MakeToken {
        /// Of which site.
        site: String,
        /// For whom.
        user: String,
        /// Their display name.
        name: Option<String>,
        /// Its life, in seconds.
        life_s: u64,
        /// In the form `id.hmac`.
        easy: bool,
    },
    /// Carry out a directory, which follows line by line (docs/rest.md, sync).
    Sync {
        /// Of which site.
        site: String,
        /// Skip lines through here.
        after_line: u64,
    },
    /// Say what a site's own source of people answers.
    AskPeople {
        /// Of which site.
        site: String,
        /// For whom.
        user: String,
    },
    /// Take a site away, or one of its members (docs/operations.md).
    Export {
        /// Which site.
        site: String,
        /// Which member; everybody if none is named.
        user: Option<String>,
    },
    /// Give somebody an account with a password.
    AddAccount {
        /// On which site.
        site: String,
        /// The site's id of them.
        user: String,
        /// Their display name.
        name: Option<String>,
        /// Their password.
        password: Secret,
    },
    /// Replace a password.
    SetPassword {
        /// On which site.
        site: String,
        /// Whose.
        user: String,
        /// The new one.
        password: Secret,
    },
    /// Take an account away; its member stays.
    RemoveAccount {
        /// On which site.
        site: String,
        /// Whose.
        user: String,
    },
    /// Who has an account.
    ListAccounts {
        /// On which site.
        site: String,
    },
    /// Say what a sign-in token is worth.
    CheckToken {
        /// Of which site, if the token does not say it.
        site: Option<String>,
        /// The token.
        token: String,
    },
}

/// A text that is not shown.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// What a site has two of while one replaces the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// The key of its own server.
    SecretKey,
    /// What signs sign-in tokens.
    TokenSecret,
}

impl Rotation {
    /// The name of such a key in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::SecretKey => "secret_key",
            Self::TokenSecret => "token_secret",
        }
    }
}

/// What became of an order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It goes on; so far it has come.
    Progress(Value),
    /// It gives this line.
    Line(Box<RawValue>),
    /// It is done.
    Done(Value),
    /// It is not, for this reason.
    Wrong(String),
}

impl Answer {
    pub(super) fn wrong(why: &str) -> Self {
        Self::Wrong(why.trim_end_matches('.').to_owned())
    }
}
