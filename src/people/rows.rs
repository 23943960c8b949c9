//! From rows of a site's tables to what is asked for: columns are known by their names, whatever else there is is left alone.

use super::settings::Queries;
use super::{Asked, AskedBuddy, AskedRoom, BUDDIES_MAX, Described, ROOMS_MAX, SourceError};
use crate::chat::id::{RoomId, UserId};
use std::collections::HashSet;

/// One row: columns by name, each as text or nothing.
#[derive(Debug, Clone, Default)]
pub struct Row(pub Vec<(String, Option<String>)>);

impl Row {
    /// The text of a column, without blanks at its ends; nothing where there is no such column.
    fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(column, _)| column.eq_ignore_ascii_case(name));
        found.and_then(|(_, value)| value.as_deref()).map(str::trim)
    }

    fn described(&self, site_url: &str) -> Described {
        let address = |name: &str| self.text(name).map(|address| under(site_url, address));
        Described { nick: self.text("nick").map(str::to_owned), picture_url: address("avatar"), url: address("url") }
    }
}

/// An address where it belongs: one that is relative is relative to the site.
fn under(site_url: &str, address: &str) -> String {
    let before = address.split([':', '/', '?', '#']).next().unwrap_or_default();
    let has_scheme = !before.is_empty() && address[before.len()..].starts_with(':');
    if address.is_empty() || has_scheme || address.starts_with("//") {
        return address.to_owned();
    }
    format!("{site_url}/{}", address.trim_start_matches('/'))
}

/// What is asked for, in the order in which it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The member.
    Profile,
    /// Their friends.
    Buddies,
    /// Their rooms.
    Rooms,
}

impl Part {
    /// Its query's name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Buddies => "buddies",
            Self::Rooms => "rooms",
        }
    }

    /// Rows that are taken at most.
    pub fn rows_max(self) -> usize {
        match self {
            Self::Profile => 1,
            Self::Buddies => BUDDIES_MAX,
            Self::Rooms => ROOMS_MAX,
        }
    }

    /// Rows that are asked for at most: one more than are taken, to know whether there are more.
    pub fn rows_asked(self) -> usize {
        match self {
            Self::Profile => 1,
            Self::Buddies | Self::Rooms => self.rows_max() + 1,
        }
    }

    /// Those rows that are taken, and whether there are more.
    fn taken(self, rows: &[Row]) -> (&[Row], bool) {
        (&rows[..rows.len().min(self.rows_max())], rows.len() > self.rows_max())
    }

    /// The parts that a source speaks of, with their queries.
    pub fn all(queries: &Queries) -> impl Iterator<Item = (Self, &str)> {
        let others = [(Self::Buddies, &queries.buddies), (Self::Rooms, &queries.rooms)];
        let others = others.into_iter().filter_map(|(part, query)| Some((part, query.as_deref()?)));
        std::iter::once((Self::Profile, queries.profile.as_str())).chain(others)
    }

    /// Whether the columns of a query will do.
    pub fn check_columns<'c>(self, columns: impl Iterator<Item = &'c str>) -> Result<(), SourceError> {
        let columns: Vec<&str> = columns.collect();
        if columns.iter().any(|column| column.eq_ignore_ascii_case("id")) {
            return Ok(());
        }
        let what = format!("the query `{}` gives no column `id`, but {}", self.name(), columns.join(", "));
        Err(SourceError::lasting(what, "name its columns by AS: id, nick, avatar, url, and group for friends"))
    }
}

/// Whether the row of a profile is the member's: some databases take 7x for 7.
pub fn is_of(row: &Row, user: &UserId) -> bool {
    row.text("id") == Some(user.as_str())
}

/// The answer, from the rows of its parts.
pub fn asked(profile: &Row, buddies: Option<&[Row]>, rooms: Option<&[Row]>, user: &UserId, site_url: &str) -> Asked {
    let mut asked = Asked { profile: profile.described(site_url), ..Asked::default() };
    if let Some(rows) = buddies {
        let (rows, is_cut) = Part::Buddies.taken(rows);
        let mut seen = HashSet::new();
        let found = rows.iter().filter_map(|row| {
            let id = UserId::parse(row.text("id").unwrap_or_default()).ok().filter(|id| id != user)?;
            let group = row.text("group").map(str::to_owned);
            seen.insert(id.clone()).then(|| AskedBuddy { id, described: row.described(site_url), group })
        });
        let found: Vec<AskedBuddy> = found.collect();
        asked.skipped += rows.len() - found.len();
        (asked.buddies, asked.has_more_buddies) = (Some(found), is_cut);
    }
    if let Some(rows) = rooms {
        let (rows, is_cut) = Part::Rooms.taken(rows);
        let mut seen = HashSet::new();
        let found = rows.iter().filter_map(|row| {
            let id = RoomId::parse(row.text("id").unwrap_or_default()).ok()?;
            seen.insert(id.clone()).then(|| AskedRoom { id, described: row.described(site_url) })
        });
        let found: Vec<AskedRoom> = found.collect();
        asked.skipped += rows.len() - found.len();
        (asked.rooms, asked.has_more_rooms) = (Some(found), is_cut);
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[(&str, &str)]) -> Row {
        Row(columns.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect())
    }

    #[test]
    fn addresses_are_relative_to_the_site() {
        let site = "https://www.example.com/bbs";
        for (given, meant) in [
            ("home.php?uid=1", "https://www.example.com/bbs/home.php?uid=1"),
            ("/a.png", "https://www.example.com/bbs/a.png"),
            ("?author=1", "https://www.example.com/bbs/?author=1"),
            ("https://other.example/a", "https://other.example/a"),
            ("//other.example/a", "//other.example/a"),
            ("javascript:x", "javascript:x"),
            ("", ""),
        ] {
            assert_eq!(under(site, given), meant);
        }
        assert_eq!(under("", "sbounds.php?uid=7"), "/sbounds.php?uid=7");
    }

    #[test]
    fn rows_that_name_nobody_are_left_out_and_counted() {
        let me = UserId::parse("1").unwrap();
        let rows = [
            row(&[("ID", "2"), ("nick", " Ann "), ("group", "Rowing")]),
            row(&[("id", "a,b")]),
            row(&[("id", "")]),
            row(&[("nick", "nobody")]),
            row(&[("id", "2")]),
            row(&[("id", "1")]),
        ];
        let found = asked(&row(&[("id", "1"), ("nick", "Me")]), Some(&rows), None, &me, "");
        assert_eq!((found.skipped, &found.rooms), (5, &None));
        let buddies = found.buddies.unwrap();
        assert_eq!(buddies.len(), 1);
        assert_eq!(buddies[0].described, Described { nick: Some("Ann".into()), ..Described::default() });
        assert_eq!(buddies[0].group.as_deref(), Some("Rowing"));
        let rooms = asked(&Row::default(), None, Some(&[row(&[("id", "7")])]), &me, "").rooms.unwrap();
        assert_eq!(rooms[0].id.as_str(), "7");
    }

    /// Negative control: let `rows_asked` be `rows_max`.
    #[test]
    fn that_there_are_more_than_are_taken_is_known() {
        let me = UserId::parse("1").unwrap();
        let rows = |count: usize| (0..count).map(|n| row(&[("id", &format!("x{n}"))])).collect::<Vec<_>>();
        for (most, part) in [(BUDDIES_MAX, Part::Buddies), (ROOMS_MAX, Part::Rooms)] {
            assert_eq!((part.rows_max(), part.rows_asked()), (most, most + 1));
        }
        let found = asked(&Row::default(), Some(&rows(BUDDIES_MAX)), Some(&rows(ROOMS_MAX)), &me, "");
        assert!(!found.has_more_buddies && !found.has_more_rooms, "all of them are there");
        let found = asked(&Row::default(), Some(&rows(BUDDIES_MAX + 1)), Some(&rows(ROOMS_MAX + 1)), &me, "");
        assert!(found.has_more_buddies && found.has_more_rooms);
        assert_eq!((found.buddies.unwrap().len(), found.rooms.unwrap().len()), (BUDDIES_MAX, ROOMS_MAX));
    }

    #[test]
    fn a_profile_is_the_members_only_if_it_says_so() {
        let user = UserId::parse("1 OR 1=1").unwrap();
        assert!(!is_of(&row(&[("id", "1")]), &user) && is_of(&row(&[("id", "1 OR 1=1")]), &user));
    }

    #[test]
    fn a_query_without_ids_is_told_what_its_columns_should_be_called() {
        assert!(Part::Buddies.check_columns(["uid", "ID"].into_iter()).is_ok());
        let error = Part::Rooms.check_columns(["gid", "name"].into_iter()).unwrap_err();
        assert!(error.what.contains("`rooms`") && error.what.contains("gid, name"), "{error}");
    }
}
