//! Ids that look like paths, tickets or markup through the plugins: any text without a comma is somebody.

use super::{Visitor, nick, start};
use crate::conformance::bad::IDS;
use crate::support::clients::plugin::{Plugin, Version};

/// As the name of a person: they come, are seen, are written to and write, and go.
#[tokio::test]
async fn hostile_ids_of_people() {
    let server = start().await;
    for version in Version::ALL {
        let ann = Visitor::open(&server, version, "ann", &[], &[]).await;
        for id in IDS {
            let visitor = Visitor::open(&server, version, id, &["ann"], &[]).await;
            assert!(visitor.opened.presences.contains_key("ann"), "{version:?} {id}");
            if version != Version::V4 {
                let there = ann.plugin.presences(ann.ticket(), &[id]).await.expect("presences");
                assert_eq!(there.get(id).map(String::as_str), Some("available"), "{version:?} {id}");
            }
            ann.says(false, id, "to you").await;
            let heard = visitor.next("messages").await;
            assert_eq!((&heard["to"], &heard["body"]), (&id.into(), &"to you".into()), "{version:?}");
            visitor.says(false, "ann", "to ann").await;
            assert_eq!(ann.next("messages").await["from"], id, "{version:?}");
            visitor.plugin.offline(visitor.ticket()).await.expect("gone");
        }
        ann.plugin.offline(ann.ticket()).await.expect("gone");
    }
}

/// As the name of a room, which the libraries put into a path as it is.
#[tokio::test]
async fn hostile_ids_of_rooms() {
    let server = start().await;
    for version in Version::ALL {
        for id in IDS {
            let ann = Visitor::open(&server, version, "ann", &[], &[id]).await;
            let bob = Visitor::open(&server, version, "bob", &[], &[]).await;
            bob.plugin
                .joins(bob.ticket(), &nick("bob"), id)
                .await
                .unwrap_or_else(|why| panic!("{version:?} {id}: {why}"));
            let mut members = bob.plugin.members(bob.ticket(), id).await.expect("members");
            members.sort();
            assert_eq!(members, ["ann", "bob"], "{version:?} {id}");
            ann.says(true, id, "to all").await;
            assert_eq!(bob.next("messages").await["to"], id, "{version:?}");
            bob.plugin.leaves(bob.ticket(), &nick("bob"), id).await.expect("left");
            for visitor in [ann, bob] {
                visitor.plugin.offline(visitor.ticket()).await.expect("gone");
            }
        }
    }
}

/// What is no id at all is refused, and takes nothing with it.
#[tokio::test]
async fn what_is_no_id() {
    let server = start().await;
    for version in Version::ALL {
        let plugin = Plugin::new(server.address, version);
        for id in ["", " ", "a,b", "a\u{1}b", &"x".repeat(191)] {
            let answer = plugin.raw(false, "/presences/online", &[("name", id), ("nick", "N")]).await;
            assert_eq!(answer.status, 400, "{version:?} {id:?}: {}", answer.text());
        }
        let ann = Visitor::open(&server, version, "ann", &[], &[]).await;
        ann.plugin.offline(ann.ticket()).await.expect("gone");
    }
}
