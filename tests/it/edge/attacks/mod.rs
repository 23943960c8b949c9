//! What each door answers to each attack on it: the table of the security specification. The index says which test shows a line,
//! here or elsewhere (`tests/parts/tidy/attacks.rs` looks whether they exist), or in a word why none does.
//!
//! | door | attack | tests |
//! |---|---|---|
//! | all | two lengths, length and chunks, folded lines, bad chunks | `what_a_proxy_may_understand_otherwise_is_refused_and_the_connection_closed`, `a_length_given_in_two_ways_ends_the_connection`, `what_is_framed_oddly_ends_the_connection` |
//! | all | a line end without its carriage return | none: in a head it is a line end, as RFC 9112, 2.2, allows; in chunks `what_is_framed_oddly_ends_the_connection` |
//! | all | a whole address and another `Host` | `an_address_of_one_host_and_a_header_of_another_are_refused`, `a_foreign_host_is_refused_everywhere` |
//! | all | TRACE, unknown methods | `other_methods_are_refused_with_what_is_allowed`, `what_is_not_served_is_said_with_what_is` |
//! | all | repeated parameters, wrong types, NUL, bad UTF-8 | `a_message_must_be_whole_and_addressed`, `ids_are_named_checked_and_counted`, `places_limits_and_questions_are_checked`, `a_nul_is_refused_wherever_it_stands` |
//! | all | what was sent comes back, stacks, SQL | `a_refusal_tells_nothing_of_what_was_sent_and_nothing_of_what_is_inside`, `a_refusal_is_not_kept_and_tells_nothing` |
//! | all | kept or guessed at by a browser | `every_answer_says_that_it_is_not_to_be_kept_or_guessed_at` |
//! | all | sizes of request lines, headers, bodies | `what_is_not_http_is_refused_and_closed`, `bodies_over_the_limit_and_of_other_kinds_are_refused`, `bodies_have_the_limits_of_their_version` |
//! | all | requests that do not end, answers that nobody takes | `a_request_that_does_not_end_is_given_up`, `an_answer_that_nobody_takes_is_given_up` |
//! | all | Strict-Transport-Security | `http_1_and_polls_go_over_tls` |
//! | packets | `callback` that is more than a name | `an_illegal_callback_is_refused_and_not_reflected`, `the_refusal_of_an_illegal_callback_is_text` |
//! | packets | `callback` that is a program in letters | `an_illegal_callback_is_refused_and_not_reflected`, `legal_callbacks_are_called_and_are_scripts_of_their_own` |
//! | packets | included by a foreign page without a ticket | `the_stream_ignores_cookies` |
//! | packets | a ticket of another site | `two_sites_with_the_same_ids_never_meet`, `a_page_is_on_one_site` |
//! | packets | a ticket that has ended, or is cut off | `a_dead_ticket_gets_null_and_after_five_times_not_found`, `an_ended_ticket_stays_ended` |
//! | packets | guessed tickets | `a_thousand_guesses_are_answered_alike`, `who_guesses_on_is_told_that_there_is_nothing_and_nobody_else_is` |
//! | packets | scripts are switched off | `a_site_without_scripts_gives_none` |
//! | packets | a page of an origin that is not listed | `a_ticket_is_no_use_on_a_foreign_page` |
//! | packets | `</script>`, U+2028 in a body | `part_1_0_answers_are_ascii`, `round_trips_as_plain_ascii` |
//! | websocket, events | a page of an origin that is not listed | `a_stream_is_opened_for_listed_pages_alone` |
//! | websocket | no first words, or wrong ones | `who_says_nothing_is_sent_away_after_five_seconds`, `first_words_that_are_not_understood_or_name_no_live_ticket_end_it` |
//! | websocket | unmasked, oversize, bad UTF-8, parts and pings without end | `bytes_that_may_not_be_end_it_with_the_right_code` |
//! | online | by the cookie, from a foreign page | `a_cookie_from_another_sites_page_is_refused`, `a_script_with_a_cookie_must_come_from_our_own_page` |
//! | online | forged, stale and foreign tokens | `whatever_is_wrong_with_a_token_the_browser_hears_the_same`, `every_fault_says_what_to_do`, `a_published_key_is_not_taken_for_a_secret` |
//! | online | too often | `what_a_member_types_and_opens_is_bounded`, `those_whom_nobody_knows_are_bounded_by_address` |
//! | online | more ids than there may be | `ids_are_named_checked_and_counted` |
//! | online | somebody of another site, or who is not to be seen | `nothing_of_another_site_is_there_for_a_page`, `nothing_that_others_are_answered_tells_invisible_from_offline` |
//! | site API | wrong keys and domains | `the_key_is_the_only_way_in_and_leads_to_one_site`, `part_3_4_authentication_and_errors`, `whatever_is_wrong_with_a_key_the_answer_is_the_same`, `wrong_keys_are_bounded_by_address` |
//! | site API | a key from a browser | `the_key_is_refused_from_browsers`, `a_key_that_comes_from_a_browser_does_nothing` |
//! | offline, refresh | GET that does something | `part_1_3_offline_and_refresh_end_one_ticket`, `a_foreign_page_does_nothing_by_cookie` |
//! | message | a forged sender | `the_sender_is_who_holds_the_ticket_whatever_the_form_says`, `part_1_7_no_echo_no_forgery_and_offline_is_a_hint` |
//! | message | a room that one is not in | `a_message_must_be_whole_and_addressed` |
//! | message | somebody who blocks | `who_is_blocked_sees_somebody_who_is_offline_and_silent` |
//! | message | somebody of another site | `nothing_of_another_site_is_there_for_a_page`, `nothing_of_another_site_is_there_for_a_server` |
//! | message | a `cid` that is repeated, or used for something else | `a_repeated_message_is_stored_once_and_answered_the_same`, `the_same_cid_with_another_message_is_refused` |
//! | message | styles that do something | `a_style_that_was_stored_as_it_came_is_cut_down_when_it_is_read`, `whatever_leads_into_markup_is_harmless_in_every_generation` |
//! | message | names and links that are markup | `whatever_leads_into_markup_is_harmless_in_every_generation`, `what_opens_a_page_is_harmless_in_every_generation` |
//! | message | events of clients | `events_of_browsers_are_refused_unless_the_site_wants_them`, `an_event_is_refused_before_it_does_anything` |
//! | message | one byte too many | `a_message_must_be_whole_and_addressed`, `the_longest_message_arrives_whole` |
//! | message | too often | `one_members_messages_are_bounded_and_nobody_elses`, `a_site_bounds_the_messages_of_all_its_members_together` |
//! | message | the disk is full | `a_write_that_fails_is_refused_and_leaves_nothing`, `while_nothing_can_be_written_all_else_goes_on_and_then_everything` |
//! | status, presence | other words, nobody | `signals_states_and_settings_have_limits` |
//! | presences | ids of others | `nothing_of_another_site_is_there_for_a_server`, `what_is_another_sites_is_nowhere` |
//! | members, join, leave | not a member, a closed room, odd ids | `unknown_people_and_rooms_are_as_if_absent`, `who_may_not_invite_is_told_why`, `hostile_ids_of_rooms`, `a_room_may_be_called_anything` |
//! | history | of others, without end, from nowhere | `others_conversations_have_no_pages`, `others_conversations_are_not_found`, `places_limits_and_questions_are_checked` |
//! | download | of others, formulas, markup | `only_ones_own_conversations_and_the_newest_thousand`, `a_table_without_formulas`, `a_page_in_which_everything_said_is_text` |
//! | clear_history | by the cookie, from a foreign page | `a_foreign_page_does_nothing_by_cookie` |
//! | clear_history | the other side's view | `part_1_6_clearing` |
//! | setting | too much, `__proto__` | `signals_states_and_settings_have_limits`, `part_1_9_what_is_no_setting` |
//! | boot | read by a foreign page | `a_foreign_page_learns_nothing_about_the_member` |
//! | REST | ids of another site | `every_documented_call_is_made_with_a_foreign_id`, `what_is_another_sites_is_nowhere`, `what_is_done_to_the_same_ids_is_done_on_one_site_alone` |
//! | metrics | from the members' listener | `figures_say_who_is_here_and_what_was_refused`, `what_old_servers_had_for_anybody_is_not_here` |
//! | CORS | `null`, reflected origins | `pages_of_listed_origins_read_the_answer_and_others_are_refused`, `browsers_are_told_before_they_ask` |
//! | crossdomain.xml | read by Flash | `what_old_servers_had_for_anybody_is_not_here` |
//! | proxies | addresses that a client invents | `only_what_our_own_proxies_wrote_counts`, `the_address_that_a_proxy_names_makes_nobody_of_anybody` |
//! | widget | framed by a foreign site | none: it is a script in the page and no frame |
//! | uploads | markup, archives, paths | none: there are none |
//! | outgoing calls | addresses inside, redirections | `nothing_inside_is_reached`, `what_leads_elsewhere_or_is_too_much_is_a_fault`, `an_address_inside_is_not_asked_unless_the_operator_allows_it`, `a_site_that_says_nothing_is_late` |
//! | outgoing calls | another site's cookies | `a_site_is_shown_no_cookies_that_came_under_another_host`, `a_cookie_speaks_for_pages_that_its_site_lists_and_no_others` |
//! | HTTP/2 | silence, a poll that is given up | `a_connection_that_says_nothing_ends`, `a_page_that_does_not_acknowledge_is_told_to_poll_by_http_1` |
//! | HTTP/2 | answers that are not taken | `answers_that_are_not_taken_end_the_connection` |
//! | NATS | forged hints | none: one node |
//! | login | stuffing, enumeration | `passwords_are_not_tried_on`, `no_account_and_a_wrong_password_are_the_same`, `a_flood_of_sign_ins_costs_no_more_than_the_cores`, `passwords_come_in_the_form_of_a_post_and_nowhere_else` |

mod answers;
mod foreign_pages;
mod foreign_servers;
mod guesses;

use crate::support::sites::{ONE, Own, Page, TWO, add, enters, serve};
use crate::support::{Ask, Server};
use serde_json::{Value, json};

/// How ids end that are in site one alone.
const FOREIGN: &str = "-one";
/// The same, and of those that are nowhere.
const SUFFIXES: [&str; 2] = [FOREIGN, "-nil"];
/// Stands in everything that is said and called something on site one.
const HIDDEN: &str = "Hidden";

/// Two sites: one with people who talk, and one where nobody is yet.
struct Neighbours {
    server: Server,
    one: Own,
    two: Own,
    ann: Page,
    bob: Page,
}

impl Neighbours {
    async fn meet() -> Self {
        let server = serve().await;
        let (one, two) = (add(&server, ONE, &[]).await, add(&server, TWO, &[]).await);
        for (method, path, body) in [
            ("PUT", "users/ann-one", json!({"name": "Hidden Ann"})),
            ("PUT", "users/bob-one", json!({"name": "Hidden Bob"})),
            ("PUT", "users/ann-one/buddies/bob-one", json!({"group": "Hidden"})),
            ("PUT", "rooms/hall-one", json!({"name": "Hidden hall", "open": true})),
            ("POST", "rooms/hall-one/members", json!({"ids": ["ann-one", "bob-one"]})),
        ] {
            rest(&server, &one, method, path, &body).await;
        }
        let (ann, bob) = (enters(&server, &one, "ann-one").await, enters(&server, &one, "bob-one").await);
        ann.says("bob-one", "Hidden words").await;
        assert_eq!(bob.hears().await, ["Hidden words"]);
        let said = bob.post("message", "type=multicast&to=hall-one&body=Hidden+words&style=").await;
        assert_eq!((said.status, said.text().as_str()), (200, "ok"));
        assert_eq!(ann.hears().await, ["Hidden words"]);
        for page in [&ann, &bob] {
            page.poll().await;
        }
        Self { server, one, two, ann, bob }
    }
}

/// What a site's own server says of its people.
async fn rest(server: &Server, site: &Own, method: &str, path: &str, body: &Value) {
    let ask = Ask::new(method, &format!("/api/v1/{path}")).header("Content-Type", "application/json");
    let ask = ask.header("Authorization", &format!("Bearer {}", site.secret_key)).body(body.to_string());
    let mut http = server.connect().await;
    http.send(&ask).await.expect("sent");
    let answer = http.head().await.expect("a head"); // a 204 has no length
    assert!(matches!(answer.status, 200 | 204), "{method} {path}: {}", answer.status);
}
