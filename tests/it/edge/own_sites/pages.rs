//! Whose pages may call for a site, and how: origins, scripts, versions of the plugins' API, and the addresses at which a server is
//! reached.

use crate::support::sites::{
    ONE, Own, TWO, add, assert_refused, call, enters, get, online, opens, post, serve, serve_with, set, text,
};
use crate::support::{Answer, Ask, Server, urls};

const PAGE: &str = "https://www.one.example";

async fn online_from(server: &Server, origin: &str, form: &str) -> Answer {
    let ask = Ask::post("/webim/online", form).header("Origin", origin);
    server.connect().await.ask(&ask).await.expect("an answer")
}

async fn two_sites(server: &Server) -> Own {
    add(server, TWO, &[("origins", "https://www.two.example")]).await;
    add(server, ONE, &[("origins", PAGE)]).await
}

/// Negative controls: compare origins by how they begin or end; leave `readable` out of `handle`; take any site's origin for this
/// one's.
#[tokio::test]
async fn pages_of_listed_origins_read_the_answer_and_others_are_refused() {
    let server = serve().await;
    let one = two_sites(&server).await;
    let form = one.form(&one.jwt("2"));
    let own = format!("http://{}", server.address);
    for (origin, may_read) in [(PAGE, true), ("https://WWW.one.example", true), (own.as_str(), false)] {
        let answer = online_from(&server, origin, &form).await;
        assert_eq!((answer.status, answer.header("vary")), (200, Some("origin")), "{origin}: {}", answer.text());
        assert_eq!(answer.header("access-control-allow-origin"), may_read.then_some(origin));
    }
    for foreign in [
        "https://evil.example",
        "null",
        "https://one.example",
        "https://www.one.example.evil.example",
        "https://evil-www.one.example",
        "https://www.one.example@evil.example",
        "https://www.one.example:444",
        "https://www.one.example/",
        "http://www.one.example",
        "https://www.two.example",
    ] {
        let answer = online_from(&server, foreign, &form).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_origin"), "{foreign}");
        let is_read_by = answer.header("access-control-allow-origin");
        assert_eq!(is_read_by, (foreign == "https://www.two.example").then_some(foreign));
    }
    let refused = online_from(&server, PAGE, "token=x").await;
    assert_refused(&refused, 401, "not_signed_in");
    assert_eq!(refused.header("access-control-allow-origin"), Some(PAGE), "refusals are read, too");
    assert_eq!(online(&server, &form).await.header("access-control-allow-origin"), None);
}

/// Negative control: leave `check_asker` out of `asker`, or of the poll.
#[tokio::test]
async fn a_ticket_is_no_use_on_a_foreign_page() {
    let server = serve().await;
    let one = two_sites(&server).await;
    let (page, other) = (enters(&server, &one, "2").await, enters(&server, &one, "3").await);
    let message =
        Ask::post("/webim/message", &format!("ticket={}&type=unicast&to=3&body=x", urls::encode(&page.ticket)));
    for ask in [&message, &page.poll_ask()] {
        for header in [("Origin", "https://evil.example"), ("Origin", "null"), ("Referer", "https://evil.example/page")]
        {
            let answer = page.ask(&ask.clone().header(header.0, header.1)).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_origin"), "{header:?} {ask:?}");
        }
    }
    let said = page.ask(&message.clone().header("Referer", &format!("{PAGE}/page?x=https://evil.example/"))).await;
    assert_eq!((said.status, said.text().as_str()), (200, "ok"));
    let heard = page.ask(&other.poll_ask().header("Origin", PAGE)).await;
    assert_eq!(heard.json()["messages"].as_array().map(Vec::len), Some(1), "said once: {}", heard.text());
    let headers = ["access-control-allow-origin", "vary"].map(|name| heard.header(name));
    assert_eq!(headers, [Some(PAGE), Some("origin")], "what waited outside hyper has them, too");
}

/// A site that lists none has not said whose pages are its own; still nobody reads an answer who is not listed.
#[tokio::test]
async fn a_site_without_origins_is_asked_from_anywhere_and_read_from_nowhere() {
    let server = serve().await;
    let one = add(&server, ONE, &[]).await;
    let answer = online_from(&server, PAGE, &one.form(&one.jwt("2"))).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None));
    set(&server, ONE, &[("origins", &format!("https://a.example {PAGE}"))]).await;
    let answer = online_from(&server, PAGE, &one.form(&one.jwt("2"))).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(PAGE)));
}

/// Negative control: leave `preflight` out of `handle`.
#[tokio::test]
async fn browsers_are_told_before_they_ask() {
    let server = serve().await;
    two_sites(&server).await;
    let ask = |origin: &str| {
        let ask = Ask::new("OPTIONS", "/webim/online").header("Origin", origin);
        ask.header("Access-Control-Request-Method", "POST").header("Access-Control-Request-Headers", "authorization")
    };
    let mut http = server.connect().await;
    http.send(&ask(PAGE)).await.expect("sent");
    let told = http.head().await.expect("a head"); // a 204 has no length
    let names = ["allow-origin", "allow-methods", "allow-headers"].map(|name| format!("access-control-{name}"));
    let headers = names.each_ref().map(|name| told.header(name).unwrap_or_default());
    assert_eq!(told.status, 204);
    assert_eq!(headers, [PAGE, "GET, POST", "authorization, content-type, last-event-id"]);
    assert_eq!(told.header("vary"), Some("origin"));
    assert_eq!(told.header("access-control-allow-credentials"), None, "cookies say nothing from there");
    for foreign in ["https://evil.example", "null", "https://www.one.example.evil.example"] {
        let answer = server.connect().await.ask(&ask(foreign)).await.expect("an answer");
        assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_origin"), "{foreign}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
}

/// Negative control: let `error::reply` wrap every refusal for a script.
#[tokio::test]
async fn a_site_without_scripts_gives_none() {
    let server = serve().await;
    let one = add(&server, ONE, &[("jsonp", "false")]).await;
    let page = enters(&server, &one, "2").await;
    let ticket = urls::encode(&page.ticket);
    let calls = [
        format!("/webim/online?{}", one.form(&one.jwt("2"))),
        format!("/webim/buddies?ids=2&ticket={ticket}"),
        format!("/webim/buddies?ids=2&{}", one.form(&one.jwt("2"))),
        format!("/packets?domain={ONE}&ticket={ticket}"),
    ];
    for target in &calls {
        let answer = get(&server, &format!("{target}&callback=cb")).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "switched_off"), "{target}");
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"), "{target}");
        assert_eq!(get(&server, target).await.status, 200, "without a script it goes: {target}");
    }
    set(&server, ONE, &[("jsonp", "true")]).await;
    for target in &calls {
        let answer = get(&server, &format!("{target}&callback=cb")).await;
        assert!(answer.script("cb")["code"].is_null(), "{target}: {}", answer.text());
    }
}

/// Negative control: let `carry_out` of the site's API look at the path alone.
#[tokio::test]
async fn a_site_is_called_by_the_versions_that_it_allows() {
    let server = serve().await;
    let one = add(&server, ONE, &[("site_api", "5")]).await;
    let calls = [
        ("2", "/presences/online", "name=2&nick=2"),
        ("3", "/presences/online", "version=3&name=2&nick=2"),
        ("4", "/v4/presences/online", "name=2&nick=2"),
        ("5", "/v5/presences/online", "name=2&nick=2"),
    ];
    for allowed in ["5", "3", "2 4", ""] {
        set(&server, ONE, &[("site_api", allowed)]).await;
        for (version, path, form) in calls {
            let answer = call(&server, &one, path, form).await;
            let status = if allowed.contains(version) { 200 } else { 403 };
            assert_eq!(answer.status, status, "{version} of {allowed:?}: {}", answer.text());
            let says = answer.text().contains("switched off") || answer.text().contains("\"ticket\"");
            assert!(says, "{version} of {allowed:?}: {}", answer.text());
        }
    }
    let guess = Own { secret_key: "sk_1".into(), ..one };
    assert_eq!(call(&server, &guess, "/presences/online", "version=3&name=2&nick=2").await.status, 401);
}

/// Negative control: let `online` ask for `base_url`.
#[tokio::test]
async fn each_site_says_where_its_pages_reach_the_server() {
    let server = serve().await;
    let one = add(&server, ONE, &[("public_url", "https://im.one.example/chat/")]).await;
    let two = add(&server, TWO, &[]).await;
    let opened = opens(&server, &format!("{}&client=native", one.form(&one.jwt("2")))).await.opened;
    let told = ["server", "websocket", "sse"].map(|what| text(&opened["connection"][what]));
    let below = |what: &str| format!("s://im.one.example/chat/{what}");
    let expected = [("http", "packets"), ("ws", "websocket"), ("http", "events")];
    assert_eq!(told, expected.map(|(scheme, what)| format!("{scheme}{}", below(what))));
    let answer = call(&server, &one, "/v5/presences/online", "name=2&nick=2").await.json();
    assert_eq!(answer["server"], "https://im.one.example/chat/v5/packets");
    let opened = enters(&server, &two, "2").await.opened;
    assert_eq!(text(&opened["connection"]["server"]), format!("http://{}/packets", server.address));
}

/// Negative control: let `route`, or `read` in `accept.rs`, take the path as it came.
#[tokio::test]
async fn a_server_below_a_path_is_reached_with_it_and_without() {
    let server = serve_with(|config| config.public_url = Some("http://127.0.0.1/im".into())).await;
    let one = add(&server, ONE, &[]).await;
    let long = format!("ids=2&x={}", "x".repeat(300_000)); // more than a page may send
    for base in ["/im", ""] {
        let answer = post(&server, &format!("{base}/webim/online"), &one.form(&one.jwt("2"))).await;
        let opened = answer.json();
        assert_eq!(text(&opened["connection"]["server"]), "http://127.0.0.1/im/packets", "{base}: {opened}");
        let ticket = urls::encode(&text(&opened["connection"]["ticket"]));
        let packet = get(&server, &format!("{base}/packets?domain={ONE}&ticket={ticket}")).await;
        assert_eq!(packet.json()["status"], "ok", "{base}: {}", packet.text());
        assert_eq!(call(&server, &one, &format!("{base}/v5/presences"), &long).await.status, 200, "{base}");
        assert_eq!(get(&server, &format!("{base}/healthz")).await.text(), "ok\n", "{base}");
    }
    for other in ["/imx/webim/online", "/im/im/webim/online", "/i/webim/online", "/imwebim/online", "/IM/webim/online"]
    {
        assert_eq!(post(&server, other, &one.form(&one.jwt("2"))).await.status, 404, "{other}");
    }
}

/// What stands there decides on rates and logs, never on who somebody is.
#[tokio::test]
async fn the_address_that_a_proxy_names_makes_nobody_of_anybody() {
    let server = serve().await;
    let one = add(&server, ONE, &[]).await;
    let page = enters(&server, &one, "2").await;
    for forwarded in ["6.6.6.6, 1.2.3.4", "unknown", "[2001:db8::1]:9, ,", "127.0.0.1", "2"] {
        let ask = Ask::post("/webim/online", &one.form(&one.jwt("2"))).header("X-Forwarded-For", forwarded);
        let opened = page.ask(&ask).await.json();
        assert_eq!(text(&opened["user"]["id"]), "2", "{forwarded}: {opened}");
        let ask = Ask::post("/webim/online", &format!("domain={ONE}")).header("X-Forwarded-For", forwarded);
        assert_refused(&page.ask(&ask).await, 401, "not_signed_in");
        let packet = page.ask(&page.poll_ask().header("X-Forwarded-For", forwarded)).await;
        assert_eq!(packet.json()["status"], "ok", "{forwarded}");
    }
}
