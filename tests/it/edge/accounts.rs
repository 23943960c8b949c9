//! Members who sign in with a password that is kept here, through real sockets: what opens a page, what does not, and what a change of the
//! password ends.

mod command;

use crate::support::sites::{
    ONE, Own, TWO, add, assert_refused, get, online, opens, order, post, serve, set, text, try_order,
};
use crate::support::{Answer, Ask, Server, urls};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nextim::actions::hashing::{cores, most_at_once};
use nextim::app::control::{Order, Secret};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse & battery";
const OTHER: &str = "wrong horse & battery";

/// A site with accounts.
async fn site(server: &Server, name: &str) -> Own {
    add(server, name, &[("accounts", "true")]).await
}

fn account(site: &str, user: &str, password: &str) -> Order {
    let (name, password) = (Some(format!("Name {user}")), Secret(password.into()));
    Order::AddAccount { site: site.into(), user: user.into(), name, password }
}

fn form(site: &str, user: &str, password: &str) -> String {
    format!("domain={}&user={}&password={}", urls::encode(site), urls::encode(user), urls::encode(password))
}

async fn sign_in(server: &Server, site: &str, user: &str, password: &str) -> Answer {
    post(server, "/webim/sign_in", &form(site, user, password)).await
}

/// Signs somebody in who can; gives the token.
async fn token(server: &Server, site: &str, user: &str, password: &str) -> String {
    let answer = sign_in(server, site, user, password).await;
    assert_eq!(answer.status, 200, "{user}: {}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    let answer = answer.json();
    assert_eq!(answer["status"], "ok");
    text(&answer["token"])
}

/// The claims of a token, unchecked.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a payload");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON")
}

/// Negative control: let `enter` believe whatever is given, or name another member.
#[tokio::test]
async fn whoever_knows_the_password_opens_a_page() {
    let server = serve().await;
    let one = site(&server, ONE).await;
    order(&server, account(ONE, "ann", PASSWORD)).await;
    for domain in [ONE, "One.Example", &one.public_key] {
        let token = token(&server, domain, "ann", PASSWORD).await;
        let claims = claims(&token);
        let (begins, ends) = (claims["iat"].as_u64().expect("a time"), claims["exp"].as_u64().expect("a time"));
        assert!(ends > begins && ends - begins <= 3_600, "{claims}");
        let page = opens(&server, &one.form(&token)).await;
        assert_eq!((page.id(), &page.opened["user"]["nick"]), ("ann", &json!("Name ann")));
    }
    // Where there is one site only, it need not be named.
    let form = format!("user=ann&password={}", urls::encode(PASSWORD));
    assert_eq!(post(&server, "/webim/sign_in", &form).await.status, 200);
}

/// Negative controls: answer `UnknownUser` where there is no account; compare only where there is one.
#[tokio::test]
async fn no_account_and_a_wrong_password_are_the_same() {
    let server = serve().await;
    site(&server, ONE).await;
    for user in ["ann", "bob"] {
        order(&server, account(ONE, user, PASSWORD)).await;
    }
    let usual = sign_in(&server, ONE, "ann", OTHER).await;
    assert_refused(&usual, 401, "wrong_password");
    let long = "x".repeat(600);
    for (user, password) in [
        ("ghost", PASSWORD),
        ("Ann", PASSWORD),
        ("ann ", PASSWORD),
        ("a,b", PASSWORD),
        ("vid:1", PASSWORD),
        ("ann", "correct horse & batterY"),
        ("ann", " correct horse & battery"),
        ("ann", &long),
    ] {
        let answer = sign_in(&server, ONE, user, password).await;
        assert_eq!((answer.status, answer.text()), (401, usual.text()), "{user}");
    }
    // The shortest of three, against the noise of a busy machine: without the comparison it is a hundredth.
    let mut took = [Duration::MAX; 2];
    for _ in 0..3 {
        for (took, user) in took.iter_mut().zip(["bob", "nobody"]) {
            let began = Instant::now();
            assert_eq!(sign_in(&server, ONE, user, OTHER).await.status, 401);
            *took = began.elapsed().min(*took);
        }
    }
    assert!(took[1] * 5 > took[0], "it shows who has an account: {took:?}");
}

/// Negative controls: read the merged parameters in `carry_out`; take its checks out one by one.
#[tokio::test]
async fn passwords_come_in_the_form_of_a_post_and_nowhere_else() {
    let server = serve().await;
    site(&server, ONE).await;
    order(&server, account(ONE, "ann", PASSWORD)).await;
    let good = form(ONE, "ann", PASSWORD);
    for path in ["/webim/sign_in", "/webim/password"] {
        let answer = get(&server, &format!("{path}?{good}")).await;
        assert_refused(&answer, 405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some("POST"));
        assert_refused(&get(&server, &format!("{path}?{good}&callback=cb")).await, 405, "method_not_allowed");
        let script = post(&server, &format!("{path}?callback=cb"), &good).await;
        assert_refused(&script, 400, "bad_request");
        assert_refused(&post(&server, path, &format!("{good}&x={}", "x".repeat(1_024))).await, 413, "too_large");
        let json = Ask::post(path, "{}").header("Content-Type", "application/json");
        assert_refused(&server.connect().await.ask(&json).await.expect("an answer"), 400, "bad_request");
    }
    let in_query = post(&server, &format!("/webim/sign_in?{good}"), "").await;
    assert_refused(&in_query, 400, "missing_parameter");
    assert_refused(&post(&server, "/webim/sign_in", &format!("domain={ONE}&user=ann")).await, 400, "missing_parameter");
    set(&server, ONE, &[("origins", "https://www.one.example")]).await;
    let from = |origin: &str| Ask::post("/webim/sign_in", &good).header("Origin", origin);
    let foreign = server.connect().await.ask(&from("https://evil.example")).await.expect("an answer");
    assert_refused(&foreign, 403, "foreign_origin");
    let own = server.connect().await.ask(&from("https://www.one.example")).await.expect("an answer");
    assert_eq!((own.status, own.header("access-control-allow-origin")), (200, Some("https://www.one.example")));
}

/// Negative controls: count by address alone; count nothing where the profile is open.
#[tokio::test]
async fn passwords_are_not_tried_on() {
    let server = serve().await;
    site(&server, ONE).await;
    for user in ["ann", "bob"] {
        order(&server, account(ONE, user, PASSWORD)).await;
    }
    for _ in 0..5 {
        assert_refused(&sign_in(&server, ONE, "ann", OTHER).await, 401, "wrong_password");
    }
    let late = sign_in(&server, ONE, "ann", PASSWORD).await;
    assert_refused(&late, 429, "too_many_requests");
    let after_s: u64 = late.header("retry-after").and_then(|seconds| seconds.parse().ok()).expect("seconds");
    assert!((1..=60).contains(&after_s), "{after_s}");
    token(&server, ONE, "bob", PASSWORD).await;
}

/// One counter for all tests of this process, so that none of them may break it.
///
/// Negative control: give `turns` of `hashing` more permits than there are cores.
#[tokio::test]
async fn a_flood_of_sign_ins_costs_no_more_than_the_cores() {
    let server = serve().await;
    site(&server, ONE).await;
    let mut all = tokio::task::JoinSet::new();
    for index in 0..20 {
        let (address, form) = (server.address, form(ONE, &format!("user{index}"), PASSWORD));
        all.spawn(async move {
            let mut http = crate::support::Http::open(address).await.expect("a connection");
            http.ask(&Ask::post("/webim/sign_in", &form)).await.expect("an answer").status
        });
    }
    assert_eq!(all.join_all().await, vec![401; 20]);
    let most = most_at_once();
    assert!((1..=cores()).contains(&most), "{most} hashes at once on {} cores", cores());
}

/// Negative controls: leave `sign_out_but` out of `change_password`, or `keep` out of it; leave `is_current` out of `by_token`.
#[tokio::test]
async fn a_new_password_ends_what_the_old_one_opened() {
    let mut server = serve().await;
    let one = site(&server, ONE).await;
    order(&server, account(ONE, "ann", PASSWORD)).await;
    let old = token(&server, ONE, "ann", PASSWORD).await;
    let (page, other) = (opens(&server, &one.form(&old)).await, opens(&server, &one.form(&old)).await);
    let change = |from: &str, to: &str| format!("old={}&new={}", urls::encode(from), urls::encode(to));
    assert_refused(&page.post("password", &change(OTHER, "another good one")).await, 401, "wrong_password");
    assert_refused(&page.post("password", &change(PASSWORD, "Password1")).await, 400, "weak_password");
    for still in [&page, &other] {
        assert!(still.poll().await["messages"].is_array(), "nothing has changed");
    }
    let changed = page.post("password", &change(PASSWORD, "another good one")).await;
    assert_eq!((changed.status, &changed.json()["status"]), (200, &json!("ok")), "{}", changed.text());
    assert_eq!(other.poll().await, Value::Null, "the other page is signed out");
    assert!(page.poll().await["messages"].is_array(), "the page that asked is not");
    assert_refused(&online(&server, &one.form(&old)).await, 401, "not_signed_in");
    let new = text(&changed.json()["token"]);
    assert_eq!(opens(&server, &one.form(&new)).await.id(), "ann");
    server.stop().await;
    server.start_again().await;
    assert_eq!(other.poll().await, Value::Null, "nor does a restart bring it back");
    assert!(page.poll().await["messages"].is_array());
    // By a token alone there is no page to keep.
    let form = format!("{}&token={}", change("another good one", "a third good one"), urls::encode(&new));
    let changed = post(&server, "/webim/password", &form).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(page.poll().await, Value::Null);
    assert_refused(&online(&server, &one.form(&new)).await, 401, "not_signed_in");
    token(&server, ONE, "ann", "a third good one").await;
    assert_refused(&sign_in(&server, ONE, "ann", "another good one").await, 401, "wrong_password");
    assert_refused(&post(&server, "/webim/password", &change("x", "y")).await, 401, "not_signed_in");
}

/// Negative control: leave the site out of `account` of the store, or let a token open any site.
#[tokio::test]
async fn one_sites_password_opens_one_site() {
    let server = serve().await;
    let (one, two) = (site(&server, ONE).await, site(&server, TWO).await);
    order(&server, account(ONE, "ann", PASSWORD)).await;
    assert_refused(&sign_in(&server, TWO, "ann", PASSWORD).await, 401, "wrong_password");
    let of_one = token(&server, ONE, "ann", PASSWORD).await;
    assert_refused(&online(&server, &two.form(&of_one)).await, 401, "not_signed_in");
    order(&server, account(TWO, "ann", "the second's password")).await;
    assert_refused(&sign_in(&server, ONE, "ann", "the second's password").await, 401, "wrong_password");
    assert_refused(&online(&server, &two.form(&of_one)).await, 401, "not_signed_in");
    let of_two = token(&server, TWO, "ann", "the second's password").await;
    let (in_one, in_two) = (opens(&server, &one.form(&of_one)).await, opens(&server, &two.form(&of_two)).await);
    assert_eq!((&*in_one.domain, &*in_two.domain), (ONE, TWO));
    order(&server, Order::RemoveAccount { site: TWO.into(), user: "ann".into() }).await;
    assert_eq!(in_two.poll().await, Value::Null);
    assert!(in_one.poll().await["messages"].is_array(), "of the other site");
    // With two sites, which one is meant must be said.
    let form = format!("user=ann&password={}", urls::encode(PASSWORD));
    assert_refused(&post(&server, "/webim/sign_in", &form).await, 403, "switched_off");
}

/// Negative control: look for an account whether the site has accounts or not.
#[tokio::test]
async fn a_site_without_accounts_takes_none() {
    let server = serve().await;
    let (one, _) = (add(&server, ONE, &[]).await, site(&server, TWO).await);
    let added = order(&server, account(ONE, "ann", PASSWORD)).await;
    assert_eq!(added["accounts"], false, "and its operator is told");
    let answer = sign_in(&server, ONE, "ann", PASSWORD).await;
    assert_refused(&answer, 403, "switched_off");
    let nowhere = sign_in(&server, "nowhere.example", "ann", PASSWORD).await;
    assert_eq!((nowhere.status, nowhere.text()), (403, answer.text()), "a site that is not there is one without");
    set(&server, ONE, &[("accounts", "true")]).await;
    let token = token(&server, ONE, "ann", PASSWORD).await;
    opens(&server, &one.form(&token)).await;
    set(&server, ONE, &[("accounts", "false")]).await;
    assert_refused(&online(&server, &one.form(&token)).await, 401, "not_signed_in");
    assert_eq!(
        online(&server, &one.form(&one.jwt("ann"))).await.status,
        200,
        "what its backend signs is another matter"
    );
}

/// Negative controls: let `add_account` of the actions go on where there is one; give a list its hashes.
#[tokio::test]
async fn the_operator_makes_changes_and_takes_away() {
    let server = serve().await;
    let one = site(&server, ONE).await;
    order(&server, account(ONE, "ann", PASSWORD)).await;
    let again = try_order(&server, account(ONE, "ann", OTHER)).await.expect_err("she has one");
    assert!(again.contains("already"), "{again}");
    for (user, password) in
        [("bob", "short"), ("bob", "Password1"), ("robert.meyer", "Robert.Meyer"), ("bob", &"x".repeat(257))]
    {
        let weak = try_order(&server, account(ONE, user, password)).await.expect_err("no password");
        assert!(weak.contains("8 to 256 bytes") && !weak.contains(password), "{weak}");
    }
    for user in ["vid:1", "a,b", ""] {
        try_order(&server, account(ONE, user, PASSWORD)).await.expect_err("no id of a member");
    }
    try_order(&server, account("nowhere.example", "bob", PASSWORD)).await.expect_err("no site");
    let list = order(&server, Order::ListAccounts { site: ONE.into() }).await;
    assert_eq!((list["users"].as_array().map(Vec::len), &list["users"][0]["user"]), (Some(1), &json!("ann")));
    assert!(!list.to_string().contains("argon2"), "{list}");
    let first = token(&server, ONE, "ann", PASSWORD).await;
    let page = opens(&server, &one.form(&first)).await;
    let set_to =
        |password: &str| Order::SetPassword { site: ONE.into(), user: "ann".into(), password: Secret(password.into()) };
    order(&server, set_to("another good one")).await;
    assert_eq!(page.poll().await, Value::Null);
    assert_refused(&online(&server, &one.form(&first)).await, 401, "not_signed_in");
    assert_refused(&sign_in(&server, ONE, "ann", PASSWORD).await, 401, "wrong_password");
    let second = token(&server, ONE, "ann", "another good one").await;
    let page = opens(&server, &one.form(&second)).await;
    order(&server, Order::RemoveAccount { site: ONE.into(), user: "ann".into() }).await;
    assert_eq!(page.poll().await, Value::Null);
    assert_refused(&online(&server, &one.form(&second)).await, 401, "not_signed_in");
    assert_refused(&sign_in(&server, ONE, "ann", "another good one").await, 401, "wrong_password");
    assert_eq!(online(&server, &one.form(&one.jwt("ann"))).await.status, 200, "she is a member all the same");
    try_order(&server, Order::RemoveAccount { site: ONE.into(), user: "ann".into() }).await.expect_err("there is none");
    try_order(&server, set_to(PASSWORD)).await.expect_err("there is none");
    let shown = format!("{:?}", account(ONE, "ann", PASSWORD));
    assert!(!shown.contains(PASSWORD), "{shown}");
}
