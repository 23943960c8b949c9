//! Scenes on a server that runs already: where it is, and how its community is put back in order before each scene.

use crate::support::Member;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;
use tokio::time::sleep;

/// Members and the rooms they belong in.
const MEMBERS: [(&str, &[&str]); 6] = [
    ("susan", &["room1", "room2"]),
    ("jack", &["room1", "room2"]),
    ("mary", &["room1"]),
    ("josh", &["room1"]),
    ("lee", &[]),
    ("nora", &[]),
];

/// A running server, and how long its graces take.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) address: SocketAddr,
    pub(super) graces: Duration,
}

impl Target {
    /// The one that the environment names, if any.
    pub(super) fn from_environment() -> Option<Self> {
        let url = std::env::var("NEXTIM_SCENES_TARGET").ok()?;
        let authority = url.trim_start_matches("http://").trim_end_matches('/');
        let address = authority.to_socket_addrs().expect("host:port").next().expect("an address");
        let graces = std::env::var("NEXTIM_SCENES_GRACES_MS").ok().map(|text| text.parse().expect("milliseconds"));
        Some(Self { address, graces: Duration::from_millis(graces.unwrap_or(16_500)) })
    }

    /// Everybody takes what waits for them, is available, sits in their rooms and listens, and goes offline.
    pub(super) async fn put_in_order(&self) {
        for (id, rooms) in MEMBERS {
            let mut member = Member::sign_in(self.address, id).await;
            while member.online("").await["new_messages"].as_array().is_some_and(|waiting| !waiting.is_empty()) {
                member.read("buddies", "ids=wei").await;
                member.does("offline", "").await;
            }
            member.does("presence", "show=available&status=").await;
            for room in ["room1", "room2"] {
                if rooms.contains(&room) {
                    member.read("join", &format!("id={room}")).await;
                    member.does("unblock", &format!("id={room}")).await;
                } else {
                    member.does("leave", &format!("id={room}")).await;
                }
            }
            member.does("offline", "").await;
        }
        sleep(self.graces).await;
    }
}
