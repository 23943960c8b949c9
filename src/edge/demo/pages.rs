//! The pages of Harbour, the demonstration community: ordinary server-rendered pages that a chat is added to.

use super::community::{Card, Page, RoomCard};
use super::people::{POSTS, Post, WATER};
use maud::{DOCTYPE, Markup, html};

/// The way in: what this is, and whom to be.
pub fn front(members: &[Card]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head("Harbour", None))
            body .front {
                main .front-main #main {
                    (front_intro())
                    ul .front-cards {
                        @for card in members { (front_card(card)) }
                    }
                    p .front-tip {
                        "Open two members in two tabs and let them talk. "
                        "Each tab keeps its own member, even in one browser."
                    }
                }
            }
        }
    }
}

fn front_intro() -> Markup {
    html! {
        header .front-hero {
            img .scene src=(picture("harbour")) alt="" width="960" height="240";
            div .front-words {
                p .brand { img src=(picture("favicon")) alt="" width="32" height="32"; "Harbour" }
                h1 { "People to talk to, on every page." }
                p {
                    "Harbour is a small pretend community that shows what chat feels like once it is part of a website. "
                    "Its pages, members and friendships belong to the site; the conversations come from NextIM."
                }
            }
        }
    }
}

fn front_card(card: &Card) -> Markup {
    html! {
        li .front-card {
            img .face-picture src=(picture(card.id)) alt="" width="64" height="64";
            div {
                h2 { (card.nick) @if card.stranger { " " span .tag { "Newcomer" } } }
                p { (card.about) }
                a .button href={ "/demo/as/" (card.id) } { "Talk as " (first_name(card)) }
            }
        }
    }
}

/// The notice board, the first page of a member.
pub fn home(page: &Page) -> Markup {
    layout(
        page,
        "",
        "Notice board",
        &html! {
            div .hero {
                img .scene src=(picture("harbour")) alt="" width="960" height="240";
                div .hero-words {
                    h1 { "Welcome back, " (first_name(page.me)) }
                    p { "Calm water until noon. The boathouse is open until nine." }
                }
            }
            section .board aria-label="Notice board" {
                @for post in POSTS { (post_card(page, post)) }
            }
        },
    )
}

fn post_card(page: &Page, post: &Post) -> Markup {
    html! {
        @if let Some(by) = page.member(post.by) {
            article .post data-member=(by.id) {
                header .post-head data-nextim-stranger=[page.as_stranger(by)] {
                    a .face-link href=(page.path(&format!("members/{}", by.id))) { (face(page, by, 40)) }
                    div .post-by {
                        a href=(page.path(&format!("members/{}", by.id))) { (by.nick) }
                        p .quiet { (post.when) }
                    }
                    span .tag { (post.topic) }
                }
                h2 { (post.title) }
                p { (post.text) }
                @if by.id != page.me.id {
                    p .post-foot { (chat_button(by, "link-button", "Reply in chat")) }
                }
            }
        }
    }
}

/// The page of one member, as another member sees it.
pub fn profile(page: &Page, who: &Card) -> Markup {
    let own = who.id == page.me.id;
    layout(
        page,
        &format!("members/{}", who.id),
        who.nick,
        &html! {
            section .profile data-member=(who.id) data-nextim-stranger=[page.as_stranger(who)] {
                img .scene src=(picture("harbour")) alt="" width="960" height="240";
                div .profile-body {
                    (face(page, who, 96))
                    div .profile-words {
                        h1 { (who.nick) }
                        @if own { p .quiet { "This is how others see you." } }
                        @else { p .presence-line data-presence-word { "offline" } }
                    }
                    @if !own { (chat_button(who, "button", &format!("Chat with {}", first_name(who)))) }
                }
                p .lead { (who.about) }
                (profile_rooms(page, who))
            }
            section .board aria-label={ "Notes by " (who.nick) } {
                @for post in POSTS.iter().filter(|post| post.by == who.id) { (post_card(page, post)) }
            }
        },
    )
}

fn profile_rooms(page: &Page, who: &Card) -> Markup {
    let rooms: Vec<_> = page.rooms.iter().filter(|room| room.members.contains(&who.id)).collect();
    html! {
        @if rooms.is_empty() {
            p .quiet { "Not in any room yet. A friendly line is a good start." }
        } @else {
            ul .chips {
                @for room in rooms {
                    li {
                        a .chip href=(page.path(&format!("rooms/{}", room.id))) {
                            img src=(picture(room.id)) alt="" width="22" height="22";
                            (room.nick)
                        }
                    }
                }
            }
        }
    }
}

/// The page of one room.
pub fn room(page: &Page, room: &RoomCard) -> Markup {
    layout(
        page,
        &format!("rooms/{}", room.id),
        room.nick,
        &html! {
            section .room {
                div .room-head {
                    img .room-picture src=(picture(room.id)) alt="" width="88" height="88";
                    div {
                        h1 { (room.nick) }
                        p .lead { (room.about) }
                    }
                    button .button.plain type="button" data-open-room=(room.id) { "Take it along" }
                }
                div .room-chat data-nextim-room=(room.id) {}
                h2 { "Members" }
                ul .tiles {
                    @for who in room.members.iter().filter_map(|id| page.member(id)) { (tile(page, who)) }
                }
            }
        },
    )
}

/// The page with people nobody is friends with yet.
pub fn visitors(page: &Page) -> Markup {
    let strangers = page.members.iter().filter(|who| who.stranger && who.id != page.me.id);
    layout(
        page,
        "visitors",
        "Newcomers",
        &html! {
            header .page-head {
                h1 { "Newcomers" }
                p .lead { "They found their way to the harbour and know nobody yet. You do not have to be friends to say hello." }
            }
            ul .tiles .wide {
                @for who in strangers { (tile(page, who)) }
            }
        },
    )
}

/// The answer to an address that leads nowhere.
pub fn not_found() -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head("Not found", None))
            body .front {
                main .front-main .lost #main {
                    img src=(picture("favicon")) alt="" width="72" height="72";
                    h1 { "Nothing moored here" }
                    p { "This page does not exist, or its member has moved." }
                    a .button href="/demo/" { "Back to the harbour" }
                }
            }
        }
    }
}

fn layout(page: &Page, here: &str, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{title} · Harbour"), Some(page)))
            body {
                a .skip href={ (page.path(here)) "#main" } { "Skip to content" }
                (top(page, title))
                div .columns {
                    main #main { (content) }
                    aside .side aria-label="Friends and rooms" { (friend_list(page)) (room_list(page)) }
                    aside .water aria-label="On the water today" { (water()) }
                }
            }
        }
    }
}

fn head(title: &str, page: Option<&Page>) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            // Addresses in the directory are relative to their reader's pages, so that each tab keeps its member.
            @if let Some(page) = page { base href=(page.path("")); }
            meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content";
            meta name="color-scheme" content="light dark";
            title { (title) }
            link rel="icon" type="image/svg+xml" href=(picture("favicon"));
            link rel="stylesheet" href="/demo/assets/demo.css";
            @if let Some(page) = page { (chat(page)) }
        }
    }
}

/// All that it takes to have the chat bar, and what the pages do with what it tells them.
fn chat(page: &Page) -> Markup {
    html! {
        script async src="/nextim.js" data-site=(page.site) data-token=(page.token) {}
        script type="module" src="/demo/assets/demo.js" {}
    }
}

fn top(page: &Page, title: &str) -> Markup {
    html! {
        header .top {
            a .brand href=(page.path("")) { img src=(picture("favicon")) alt="" width="30" height="30"; "Harbour" }
            nav aria-label="Pages" {
                (nav_link(&page.path(""), "Notice board", title))
                (nav_link(&page.path("visitors"), "Newcomers", title))
            }
            a .me href=(page.path(&format!("members/{}", page.me.id))) {
                img .face-picture src=(picture(page.me.id)) alt="" width="30" height="30";
                span { (page.me.nick) }
            }
            a .switch href="/demo/" { "Switch member" }
        }
    }
}

fn nav_link(href: &str, label: &str, title: &str) -> Markup {
    html! { a href=(href) aria-current=[(label == title).then_some("page")] { (label) } }
}

fn friend_list(page: &Page) -> Markup {
    let friends: Vec<_> = page.members.iter().filter(|who| page.friend(who)).collect();
    html! {
        section .panel aria-labelledby="friends" {
            h2 #friends { "Friends" }
            @if friends.is_empty() {
                p .quiet { "No friends here yet. Open a profile and say hello." }
            }
            ul .rows {
                @for who in friends { (friend_row(page, who)) }
            }
        }
    }
}

fn friend_row(page: &Page, who: &Card) -> Markup {
    html! {
        li .row data-member=(who.id) {
            a .row-link href=(page.path(&format!("members/{}", who.id))) {
                (face(page, who, 34))
                span .row-text { b { (who.nick) } small data-presence-word { "offline" } }
            }
            (chat_button(who, "link-button", "Chat"))
        }
    }
}

fn room_list(page: &Page) -> Markup {
    html! {
        section .panel aria-labelledby="rooms" {
            h2 #rooms { "Rooms" }
            ul .rows {
                @for room in page.rooms {
                    li .row {
                        a .row-link href=(page.path(&format!("rooms/{}", room.id))) {
                            img .room-picture src=(picture(room.id)) alt="" width="34" height="34";
                            span .row-text { b { (room.nick) } small { (room.about) } }
                        }
                        button .link-button type="button" data-open-room=(room.id) aria-label={ "Open " (room.nick) } { "Open" }
                    }
                }
            }
        }
    }
}

fn water() -> Markup {
    html! {
        section .panel {
            h2 { "On the water" }
            dl .facts {
                @for (what, value, note) in WATER {
                    div { dt { (what) } dd { (value) " " small { (note) } } }
                }
            }
        }
    }
}

fn tile(page: &Page, who: &Card) -> Markup {
    html! {
        li .tile data-member=(who.id) data-nextim-stranger=[page.as_stranger(who)] {
            a .tile-link href=(page.path(&format!("members/{}", who.id))) {
                (face(page, who, 56))
                span .row-text {
                    b { (who.nick) }
                    @if who.id == page.me.id { small { "you" } } @else { small data-presence-word { "offline" } }
                }
            }
            p { (who.about) }
            @if who.id != page.me.id { (chat_button(who, "button plain", &format!("Chat with {}", first_name(who)))) }
        }
    }
}

/// A portrait; with a presence dot unless it is the member's own.
fn face(page: &Page, who: &Card, size: u8) -> Markup {
    html! {
        span .face {
            img .face-picture src=(picture(who.id)) alt="" width=(size) height=(size);
            @if who.id != page.me.id { span .dot {} }
        }
    }
}

fn chat_button(who: &Card, class: &str, label: &str) -> Markup {
    html! {
        button class=(class) type="button" data-nextim-chat=(who.id) aria-label=[(!label.contains(first_name(who))).then(|| format!("{label}: {}", who.nick))] {
            (label)
        }
    }
}

fn first_name(card: &Card) -> &'static str {
    card.nick.split_whitespace().next().unwrap_or(card.nick)
}

fn picture(id: &str) -> String {
    format!("/demo/assets/pictures/{id}.svg")
}
