//! The contract with the released clients, row by row: for each a request as that client sends it, and the answer that it
//! needs. Tests are named after the part and the row.

mod bad;
mod generations;
mod histories;
mod later;
mod messages;
mod ok_forms;
mod online;
mod rooms;
mod settings;
mod site_api;
mod stream;
mod timings;

use crate::support::clients::wire::{Browser, Got};
use crate::support::clients::{Action, Generation, Me};
use crate::support::{Answer, Server};
use serde_json::Value;

/// What every page opens with here.
const ONLINE: Action<'static> =
    Action::Online { windows: &["jack"], rooms: &["room1"], strangers: &[], show: "available" };

/// A member's client, call by call.
struct Client {
    browser: Browser,
    me: Me,
    /// The answer of `online`.
    opened: Value,
}

impl Client {
    /// Signs a member in who opens a page.
    async fn open(server: &Server, generation: Generation, id: &str) -> Self {
        Self::with(Browser::sign_in(server.address, generation, id).await, id, &ONLINE).await
    }

    async fn with(browser: Browser, id: &str, online: &Action<'_>) -> Self {
        let mut client = Self { browser, me: Me { id: id.into(), ..Me::default() }, opened: Value::Null };
        client.opened = client.reads(online).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        client.me.nick = text(&client.opened["user"]["nick"]);
        client.me.ticket = text(&client.opened["connection"]["ticket"]);
        client
    }

    /// What the client is told.
    async fn does(&self, action: &Action<'_>) -> Got {
        let call = self.browser.generation.call(action, &self.me).expect("something that this client does");
        self.browser.call(&call).await
    }

    /// What the client reads, which asked for JSON.
    #[track_caller]
    fn reads(&self, action: &Action<'_>) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let got = self.does(action).await;
            got.json().unwrap_or_else(|| panic!("{:?} cannot read {got:?}, at {caller}", self.browser.generation))
        }
    }

    /// The answer as it came, with the function that it should have called.
    async fn answer(&self, action: &Action<'_>) -> (Answer, Option<String>) {
        let call = self.browser.generation.call(action, &self.me).expect("something that this client does");
        let (ask, callback) = self.browser.request(&call);
        (self.browser.ask(&ask).await.expect("an answer"), callback)
    }
}

/// Every one of these fields is a text.
#[track_caller]
fn assert_texts(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(value[*field].is_string(), "{field} is no text in {value}");
    }
}

/// The items of a list.
#[track_caller]
fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}"))
}
