//! What every store backend must do: one suite, run over each of them. A further backend is one more line at the end of this
//! file.

mod accounts;
mod appending;
mod clearing;
mod clocks;
mod directory;
mod exporting;
mod histories;
mod merging;
mod notifications;
mod owning;
mod pages;
mod paging;
mod people;
mod reading;
mod reopening;
mod rooms;
mod searching;
mod seats_in_memory;
mod sessions;
mod settings;
mod site_role;
mod sites;
mod sqlite;
mod streams;
mod world;

use async_trait::async_trait;
use nextim::chat::entry::Seq;
use nextim::chat::id::SiteNumber;
use nextim::store::{CommitObserver, Store, Stored};
use std::path::Path;
use std::sync::Arc;

/// A backend as the suite needs it.
#[async_trait]
trait Backend: Copy + Send + Sync + 'static {
    /// Opens the store in `folder`.
    async fn open(self, folder: &Path, observer: CommitObserver) -> Stored<Arc<dyn Store>>;

    /// The messages of a site's log, by seq, as somebody sees them who does not belong to this store: what is not committed
    /// is not there.
    async fn seen_from_outside(self, folder: &Path, site: SiteNumber) -> Vec<(Seq, String)>;

    /// Puts into `image` what a loss of power would leave of a store that is open and has nothing to write.
    async fn crash_image(self, folder: &Path, image: &Path);

    /// Makes the data look as if a version from the future had written it, or as it was.
    async fn set_schema_version(self, folder: &Path, version: u32) -> u32;
}

/// Every test of the suite as a test over one backend.
macro_rules! suite {
    ($name:ident: $backend:expr) => {
        mod $name {
            use super::*;
            suite!(@tests $backend;
                sites::two_sites_never_see_each_other,
                sites::what_one_site_does_leaves_the_other_as_it_was,
                sites::a_site_is_made_once,
                appending::seq_is_contiguous_under_concurrent_writers,
                appending::an_answer_comes_after_the_commit,
                appending::the_observer_hears_everything_in_order_before_the_answer,
                appending::a_repeat_is_stored_once,
                appending::a_repeat_is_answered_whatever_has_changed_since,
                appending::concurrent_repeats_are_stored_once,
                appending::the_same_cid_for_another_message_is_a_conflict,
                appending::bad_writes_take_no_good_ones_with_them,
                appending::a_refused_message_leaves_nothing_behind,
                appending::after_the_close_nothing_is_written,
                rooms::a_room_row_is_for_those_who_were_there_and_listening,
                rooms::joining_twice_is_joining_once,
                rooms::only_members_write_and_read_and_count,
                rooms::what_is_left_while_silenced_is_silenced_no_more,
                rooms::a_room_of_members_is_made_once_and_with_its_maker_in_it,
                rooms::who_is_put_into_a_room_is_told_apart_from_who_was_there,
                streams::own_rows_come_to_the_other_sessions_only,
                streams::rows_that_are_not_for_a_session_hide_none_that_are,
                streams::any_portions_give_exactly_what_was_addressed,
                histories::the_newest_rows_of_both_sides_oldest_first,
                histories::room_histories_are_for_members,
                paging::pages_give_every_message_once_while_new_ones_come,
                paging::pages_and_a_writer_at_the_same_time,
                paging::a_page_is_bounded_by_its_text,
                paging::an_end_before_the_beginning_or_past_the_head,
                reading::what_others_said_after_the_mark_is_unread,
                reading::marks_move_forward_and_not_past_the_head,
                reading::foreign_conversations_have_no_mark,
                reading::cleared_and_delivered_to_old_clients_is_read,
                reading::counts_end_where_the_page_ends,
                reading::counts_and_conversations_have_an_end,
                reading::equal_ids_do_not_meet,
                reading::counts_are_what_the_rows_say,
                searching::words_are_found_in_own_conversations_newest_first,
                searching::others_conversations_are_not_searched,
                searching::a_search_sees_what_histories_show,
                searching::a_call_looks_at_a_bounded_part_and_says_where_to_go_on,
                searching::long_messages_count_more,
                searching::a_silenced_room_is_searched_like_its_history,
                clearing::a_mark_hides_for_one_side_and_never_moves_back,
                clearing::marks_do_not_touch_delivery,
                clearing::rows_go_when_both_sides_cleared_and_received,
                clearing::a_tail_reads_over_the_hole,
                clearing::a_hole_at_the_head_is_no_gap_and_no_number_comes_twice,
                pages::a_page_cuts_the_log_once,
                pages::the_oldest_five_hundred_come_first,
                pages::own_later_rows_come_along_and_history_ends_before_the_first_new_row,
                pages::a_room_gives_its_newest_thirty,
                pages::all_rooms_together_give_their_newest_two_hundred,
                pages::silenced_rows_do_not_push_out_the_heard_ones,
                pages::what_was_heard_before_silencing_is_still_new,
                pages::what_was_said_before_leaving_is_still_new,
                pages::the_people_of_a_page,
                sessions::sessions_come_back_as_they_were,
                sessions::strangers_are_replaced_for_good,
                sessions::cursors_only_move_forward,
                sessions::ended_and_expired_sessions_are_gone,
                site_role::whom_a_site_names_exists_and_has_the_name_it_says,
                site_role::a_site_speaks_where_and_to_whom_it_likes,
                site_role::a_room_row_is_for_the_sessions_that_list_the_room,
                site_role::what_sessions_list_outlives_the_process,
                site_role::a_session_begins_where_messages_are_young,
                site_role::a_page_is_not_told_what_its_person_had_or_said,
                site_role::rows_of_a_site_that_keeps_them_itself_go_after_a_while,
                site_role::what_is_said_to_everybody_is_one_row_for_each,
                settings::settings_merge_and_others_survive,
                settings::too_many_settings_change_nothing,
                settings::moods_are_kept,
                directory::a_second_description_replaces_the_first,
                directory::friendship_has_two_sides,
                directory::friendship_ends_on_both_sides,
                directory::changes_are_all_or_none,
                directory::unknown_receivers_are_refused_or_become_bare_users,
                directory::people_are_given_in_the_order_asked_for,
                people::people_are_found_by_a_part_of_their_name_friends_first,
                notifications::notifications_wait_for_their_members_alone,
                notifications::what_was_given_is_marked_once_and_goes_by_its_time,
                notifications::the_newest_are_kept_and_no_number_comes_twice,
                clocks::timestamps_never_decrease,
                reopening::everything_is_there_after_reopening,
                reopening::what_was_answered_is_there_after_a_crash,
                reopening::a_folder_is_opened_once_and_the_refusal_names_the_holder,
                reopening::data_of_a_newer_version_is_refused_and_left_alone,
                seats_in_memory::memory_and_store_agree_about_seats,
                owning::two_keys_of_a_kind_are_good_the_newest_first,
                owning::settings_and_suspension_outlive_the_process,
                owning::nothing_is_left_of_a_site_that_was_removed,
                owning::nothing_is_left_of_a_person_who_was_erased,
                accounts::an_account_is_made_once_and_kept,
                accounts::sessions_go_with_the_password,
                exporting::a_site_is_taken_away_with_everything_and_nothing_of_another,
                exporting::a_member_takes_away_what_they_may_know,
                exporting::each_row_comes_once_while_more_is_said,
                exporting::a_part_is_bounded_by_its_text,
                exporting::what_came_later_is_not_in_it,
                exporting::a_visitor_who_became_a_member_is_theirs,
                merging::what_a_visitor_said_and_heard_is_the_members,
                merging::what_a_visitor_had_is_the_members_beside_their_own,
                merging::what_is_said_to_a_visitor_later_reaches_the_member,
                merging::a_visitor_becomes_one_member_once,
                merging::a_repeat_is_known_whoever_its_receiver_has_become,
                merging::erasing_and_merging_on_one_site_leave_the_other_as_it_was,
            );
        }
    };
    (@tests $backend:expr; $($file:ident::$test:ident,)+) => {
        $(
            #[tokio::test]
            async fn $test() {
                $file::$test($backend).await;
            }
        )+
    };
}

suite!(over_sqlite: sqlite::Sqlite);
