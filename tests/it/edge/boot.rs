//! The script that pages of the later generations begin with.

use crate::support::{Answer, Ask, Member, Server};
use nextim::chat::site::SiteOptions;
use serde_json::{Value, json};

/// The value of `window._IMC` and what follows it.
fn read(answer: &Answer) -> (Value, String) {
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/javascript; charset=utf-8")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let text = answer.text();
    assert!(text.is_ascii() && !text.contains(['<', '>', '&']), "safe on a page of any charset: {text}");
    let (json, rest) = text.strip_prefix("window._IMC=").and_then(|rest| rest.split_once(";\n")).expect("one value");
    (serde_json::from_str(json).expect("JSON"), rest.to_owned())
}

async fn boot(member: &mut Member, target: &str, headers: &[(&str, &str)]) -> Value {
    let ask = headers.iter().fold(Ask::get(target), |ask, (name, value)| ask.header(name, value));
    read(&member.ask(ask).await).0
}

#[tokio::test]
async fn a_page_of_ours_is_told_who_is_signed_in() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    susan.does("setting", "data={\"play_sound\":false,\"blocked_rooms\":[]}").await;
    susan.does("block", "id=room2").await;
    let page = format!("http://{}/demo/susan/", server.address);
    for target in ["/webim/boot", "/webim/custom.js.php?platform=uchome", "/custom.js.php", "/index.php?action=boot"] {
        for header in [("Sec-Fetch-Site", "same-origin"), ("Referer", page.as_str())] {
            let imc = boot(&mut susan, target, &[header]).await;
            assert_eq!((&imc["is_login"], &imc["is_visitor"]), (&"1".into(), &false.into()), "{target} {header:?}");
            assert_eq!((&imc["user"]["id"], &imc["user"]["show"]), (&"susan".into(), &"unavailable".into()));
            assert_eq!(
                imc["setting"],
                json!({"play_sound": false, "blocked_rooms": ["room2"]}),
                "what is silenced now"
            );
        }
    }
}

/// A script can be included by any page. Negative control: let `boot` ask for the caller as other calls do.
#[tokio::test]
async fn a_foreign_page_learns_nothing_about_the_member() {
    let server = Server::start().await;
    let mut susan = server.page("susan", "").await;
    for headers in [
        &[][..],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Referer", "https://evil.example/")],
        &[("Sec-Fetch-Site", "same-origin"), ("Origin", "https://evil.example")],
    ] {
        let imc = boot(&mut susan, "/webim/boot", headers).await;
        assert_eq!((&imc["is_login"], imc.get("user"), imc.get("setting")), (&"0".into(), None, None), "{headers:?}");
        assert!(!imc.to_string().contains("susan") && !imc.to_string().contains("Vale"), "{imc}");
    }
    let nobody = server.connect().await.ask(&Ask::get("/webim/boot?token=wrong")).await.expect("an answer");
    assert_eq!(read(&nobody).0["is_login"], "0", "never an error");
}

#[tokio::test]
async fn it_says_where_everything_is_and_loads_the_sites_client() {
    let files = ["/webim/static/webim.css", "/webim/static/webim.all.min.js"].map(String::from).to_vec();
    let options = SiteOptions { old_client: files, ..SiteOptions::default() };
    let server = Server::start_with(|config| drop(config.sites.insert("localhost".into(), options.written()))).await;
    let mut http = server.connect().await;
    let (imc, rest) =
        read(&http.ask(&Ask::get("/webim/boot?theme=dark&local=en&opacity=%22")).await.expect("an answer"));
    let base = format!("http://{}/webim/", server.address);
    assert_eq!((&imc["path"], &imc["urls"]["online"]), (&base.as_str().into(), &format!("{base}online").into()));
    for key in [
        "offline",
        "deactivate",
        "message",
        "presence",
        "status",
        "setting",
        "history",
        "clear",
        "download",
        "join",
        "leave",
        "members",
        "block",
        "unblock",
        "buddies",
        "search",
        "notifications",
        "logmsg",
    ] {
        let url = imc["urls"][key].as_str().unwrap_or_else(|| panic!("no address of {key}"));
        let path = url.strip_prefix(&format!("http://{}", server.address)).expect("of this server");
        let answer = http.ask(&Ask::get(path)).await.expect("an answer");
        assert_ne!(answer.status, 404, "{key}: {}", answer.text());
    }
    assert_eq!((&imc["theme"], &imc["local"], &imc["opacity"]), (&"dark".into(), &"en".into(), &"80".into()));
    assert_eq!((&imc["product"], &imc["login_options"], &imc["jsonp"]), (&"nextim".into(), &json!({}), &false.into()));
    let tags: String = serde_json::from_str(
        rest.strip_prefix("document.write(").and_then(|rest| rest.strip_suffix(");\n")).expect("a call"),
    )
    .expect("a text");
    assert_eq!(
        tags,
        "<link rel=\"stylesheet\" type=\"text/css\" href=\"/webim/static/webim.css\">\
         <script type=\"text/javascript\" charset=\"utf-8\" src=\"/webim/static/webim.all.min.js\"></script>"
    );
    let other = Server::start().await;
    let plain = other.connect().await.ask(&Ask::get("/webim/boot")).await.expect("an answer");
    assert_eq!(read(&plain).1, "", "none unless the site names some");
}
