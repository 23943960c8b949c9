//! Histories page by page.

use crate::support::member::bodies;
use crate::support::{Member, Server};
use serde_json::{Value, json};

/// One page of what susan and mary said to each other.
async fn page(member: &mut Member, other: &str, before: Option<u64>, limit: usize) -> Vec<Value> {
    let before = before.map_or_else(String::new, |before| format!("&before={before}"));
    let list = member.read("history", &format!("type=unicast&id={other}&limit={limit}{before}")).await;
    list.as_array().expect("a list").clone()
}

/// Negative control: let the endpoint forget `before`.
#[tokio::test]
async fn pages_lead_back_to_the_first_message() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "client=native").await;
    let mut mary = server.page("mary", "").await;
    let mut all: Vec<String> = (0..35).map(|count| count.to_string()).collect();
    for (index, body) in all.iter().enumerate() {
        if index % 3 == 0 {
            mary.says("susan", body).await;
        } else {
            susan.says("mary", body).await;
        }
    }
    for limit in [1, 10, 34, 35, 200] {
        let (mut read, mut before) = (Vec::new(), None);
        let newest = all.last().cloned();
        loop {
            let part = page(&mut susan, "mary", before, limit).await;
            assert!(part.len() <= limit);
            let Some(first) = part.first() else { break };
            assert!(read.len() <= all.len(), "there is no end to it");
            before = first["seq"].as_u64();
            read.splice(0..0, bodies(&Value::Array(part)));
            mary.says("susan", &format!("meanwhile {limit}")).await;
        }
        assert_eq!(read.last(), newest.as_ref());
        assert_eq!(read, all, "in pages of {limit}");
        all = page(&mut mary, "susan", None, 200)
            .await
            .iter()
            .map(|item| item["body"].as_str().unwrap().into())
            .collect();
    }
    let map = susan.read("histories", "ids=mary,jack&type=unicast&limit=2").await;
    assert_eq!(bodies(&map["mary"]), all[all.len() - 2..]);
    assert_eq!(bodies(&map["jack"]).len(), 2);
    assert_eq!(susan.read("histories", "ids=mary&type=unicast&before=1").await, json!({"mary": []}));
    assert_eq!(page(&mut susan, "mary", Some(u64::MAX), 200).await.len(), all.len());
    assert_eq!(bodies(&susan.read("history", "id=mary&type=unicast&before=&limit=").await).len(), 30, "as ever");
}

#[tokio::test]
async fn others_conversations_have_no_pages() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    susan.says("jack", "not for mary").await;
    susan.does("message", "type=multicast&to=room2&body=not for mary").await;
    let mut mary = server.page("mary", "client=native").await;
    for of in ["id=jack&type=unicast", "id=susan&type=unicast", "id=room2&type=multicast", "id=room2", "id=room9"] {
        for part in ["before=1000&limit=200", "limit=1", "before=18446744073709551615"] {
            let list = mary.read("history", &format!("{of}&{part}")).await;
            assert!(!list.to_string().contains("not for mary"), "{of}&{part}: {list}");
            assert!(!of.contains("room") || list == json!([]), "{of}&{part}: {list}");
        }
    }
    let map = mary.read("histories", "ids=jack,susan,room2&before=1000&limit=200").await;
    assert!(!map.to_string().contains("not for mary") && map.get("room2").is_none(), "{map}");
}
