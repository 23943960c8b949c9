//! The chat bar's files, as browsers of any site load them.

use crate::support::sites::{ONE, add, serve};
use crate::support::{Answer, Ask, Server};

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    let ask = headers.iter().fold(Ask::get(path), |ask, (name, value)| ask.header(name, value));
    server.connect().await.ask(&ask).await.expect("an answer")
}

/// The bar's address, as the loader names it.
fn bar_in(loader: &Answer) -> String {
    let text = loader.text();
    let at = text.find("widget/").expect("the loader names the bar");
    text[at..].split('"').next().expect("a text").to_owned()
}

/// Negative controls: let `origin::readable` name the reader; answer the loader as if it never changed.
#[tokio::test]
async fn any_page_loads_them_and_keeps_what_never_changes() {
    let server = serve().await;
    add(&server, ONE, &[("origins", "https://www.one.example")]).await;
    for origin in ["https://www.one.example", "https://elsewhere.example"] {
        let loader = get(&server, "/nextim.js", &[("Origin", origin)]).await;
        assert_eq!((loader.status, loader.header("cache-control")), (200, Some("no-cache")));
        assert_eq!(loader.header("content-type"), Some("text/javascript; charset=utf-8"));
        let bar = get(&server, &format!("/{}", bar_in(&loader)), &[("Origin", origin)]).await;
        assert_eq!((bar.status, bar.header("cache-control")), (200, Some("public, max-age=31536000, immutable")));
        for answer in [&loader, &bar] {
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{origin}");
            assert_eq!(answer.header("vary"), Some("accept-encoding"));
            assert_eq!(answer.header("cross-origin-resource-policy"), Some("cross-origin"));
            assert!(answer.text().is_ascii());
        }
    }
    assert_eq!(get(&server, "/widget/0.0.0/bar.000000000000.js", &[]).await.status, 404);
    let put = server.connect().await.ask(&Ask::post("/nextim.js", "a=b")).await.expect("an answer");
    assert_eq!(put.status, 405);
}

#[tokio::test]
async fn they_are_compressed_as_the_browser_likes_and_not_sent_twice() {
    let server = serve().await;
    let plain = get(&server, "/nextim.js", &[]).await;
    assert_eq!(plain.header("content-encoding"), None);
    for (accepted, coding) in [
        ("gzip, deflate, br", Some("br")),
        ("gzip", Some("gzip")),
        ("gzip;q=1.0, br;q=0", Some("gzip")),
        ("br;q=0", None),
        ("identity", None),
    ] {
        let answer = get(&server, "/nextim.js", &[("Accept-Encoding", accepted)]).await;
        assert_eq!(answer.header("content-encoding"), coding, "{accepted}");
    }
    let etag = plain.header("etag").expect("a version").to_owned();
    for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}")] {
        let again = get(&server, "/nextim.js", &[("If-None-Match", &known)]).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{known}");
    }
    assert_eq!(get(&server, "/nextim.js", &[("If-None-Match", "\"other\"")]).await.status, 200);
}
