//! Ready-made maps: where well-known site software keeps its people, as SQL. Addresses are relative to the site, and laid under its
//! `site_url` afterwards (`rows`). `{p}` is what stands before a table's name, `{id}` the member's id as a number.
//!
//! Friendship has two sides here, so each query gives the same friends from both: where a site's own friendship is one-sided, those who
//! have each other.

use super::settings::{From, Queries};

/// Site software whose tables are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Map {
    /// Discuz! X: friends of the home, groups as rooms.
    Discuz,
    /// UCHome 2.0: friends, and groups (mtag) as rooms.
    Uchome,
    /// WordPress alone: who somebody is.
    Wordpress,
    /// WordPress with BuddyPress: friends, and groups as rooms.
    Buddypress,
    /// phpBB 3: friends who have each other, and groups as rooms.
    Phpbb,
}

impl Map {
    /// Their names in the configuration.
    pub const ALL: [(&'static str, Self); 5] = [
        ("discuz", Self::Discuz),
        ("uchome", Self::Uchome),
        ("wordpress", Self::Wordpress),
        ("buddypress", Self::Buddypress),
        ("phpbb", Self::Phpbb),
    ];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, map)| *map == self).map_or("", |(name, _)| name)
    }

    /// Whether the software keeps its tables there.
    pub fn is_for(self, from: From) -> bool {
        from == From::Mysql || self == Self::Phpbb
    }

    /// What the software is installed with.
    fn usual_prefix(self) -> &'static str {
        match self {
            Self::Discuz => "pre_",
            Self::Uchome => "uchome_",
            Self::Wordpress | Self::Buddypress => "wp_",
            Self::Phpbb => "phpbb_",
        }
    }

    /// The queries, for tables with a prefix.
    pub fn queries(self, from: From, prefix: Option<&str>) -> Queries {
        let (profile, buddies, rooms) = match self {
            Self::Discuz => (DISCUZ_PROFILE, Some(DISCUZ_BUDDIES), Some(DISCUZ_ROOMS)),
            Self::Uchome => (UCHOME_PROFILE, Some(UCHOME_BUDDIES), Some(UCHOME_ROOMS)),
            Self::Wordpress => (WORDPRESS_PROFILE, None, None),
            Self::Buddypress => (BUDDYPRESS_PROFILE, Some(BUDDYPRESS_BUDDIES), Some(BUDDYPRESS_ROOMS)),
            Self::Phpbb => (PHPBB_PROFILE, Some(PHPBB_BUDDIES), Some(PHPBB_ROOMS)),
        };
        let id = match from {
            From::Mysql => "CAST(? AS UNSIGNED)",
            From::Postgres => "$1::bigint",
            From::Http => return Queries::default(),
        };
        let prefix = prefix.unwrap_or(self.usual_prefix());
        let filled = |query: &str| query.replace("{p}", prefix).replace("{id}", id);
        Queries { profile: filled(profile), buddies: buddies.map(filled), rooms: rooms.map(filled) }
    }
}

const DISCUZ_PROFILE: &str = "
SELECT CONCAT(m.uid, '') AS id, m.username AS nick,
       CONCAT('uc_server/avatar.php?uid=', m.uid, '&size=small') AS avatar,
       CONCAT('home.php?mod=space&uid=', m.uid) AS url
FROM {p}common_member m
WHERE m.uid = {id}";

/// The groups are those that Discuz! begins with; names that a member gave theirs are kept as PHP has them, and stay there.
const DISCUZ_BUDDIES: &str = "
SELECT CONCAT(m.uid, '') AS id, m.username AS nick,
       CONCAT('uc_server/avatar.php?uid=', m.uid, '&size=small') AS avatar,
       CONCAT('home.php?mod=space&uid=', m.uid) AS url,
       CASE f.gid WHEN 1 THEN '通过本站认识' WHEN 2 THEN '通过活动认识' WHEN 3 THEN '通过朋友认识' WHEN 4 THEN '亲人'
                  WHEN 5 THEN '同事' WHEN 6 THEN '同学' WHEN 7 THEN '不认识' ELSE '其他' END AS `group`
FROM {p}home_friend f JOIN {p}common_member m ON m.uid = f.fuid
WHERE f.uid = {id}
ORDER BY f.num DESC, f.dateline DESC
LIMIT 2001";

/// Level 0 waits to be let in; status 3 of a forum is a group.
const DISCUZ_ROOMS: &str = "
SELECT CONCAT(g.fid, '') AS id, g.name AS nick,
       CASE WHEN d.icon <> '' THEN CONCAT('data/attachment/group/', d.icon) ELSE '' END AS avatar,
       CONCAT('forum.php?mod=group&fid=', g.fid) AS url
FROM {p}forum_groupuser u JOIN {p}forum_forum g ON g.fid = u.fid
LEFT JOIN {p}forum_forumfield d ON d.fid = g.fid
WHERE u.uid = {id} AND u.level > 0 AND g.status = 3
ORDER BY u.lastupdate DESC
LIMIT 501";

const UCHOME_PROFILE: &str = "
SELECT CONCAT(s.uid, '') AS id, CASE WHEN s.namestatus = 1 AND s.name <> '' THEN s.name ELSE s.username END AS nick,
       CONCAT('ucenter/avatar.php?uid=', s.uid, '&size=small&type=virtual') AS avatar,
       CONCAT('space.php?uid=', s.uid) AS url
FROM {p}space s
WHERE s.uid = {id}";

/// A friendship that is asked for has status 0.
const UCHOME_BUDDIES: &str = "
SELECT CONCAT(s.uid, '') AS id, CASE WHEN s.namestatus = 1 AND s.name <> '' THEN s.name ELSE s.username END AS nick,
       CONCAT('ucenter/avatar.php?uid=', s.uid, '&size=small&type=virtual') AS avatar,
       CONCAT('space.php?uid=', s.uid) AS url,
       CASE f.gid WHEN 1 THEN '通过本站认识' WHEN 2 THEN '通过活动认识' WHEN 3 THEN '通过朋友认识' WHEN 4 THEN '亲人'
                  WHEN 5 THEN '同事' WHEN 6 THEN '同学' WHEN 7 THEN '不认识' ELSE '其他' END AS `group`
FROM {p}friend f JOIN {p}space s ON s.uid = f.fuid
WHERE f.uid = {id} AND f.status = 1
ORDER BY f.num DESC, f.dateline DESC
LIMIT 2001";

/// A grade below 0 waits to be let in, or must be silent.
const UCHOME_ROOMS: &str = "
SELECT CONCAT(t.tagid, '') AS id, t.tagname AS nick, t.pic AS avatar,
       CONCAT('space.php?do=mtag&tagid=', t.tagid) AS url
FROM {p}tagspace m JOIN {p}mtag t ON t.tagid = m.tagid
WHERE m.uid = {id} AND m.grade >= 0 AND t.close = 0
ORDER BY t.membernum DESC, t.tagid
LIMIT 501";

/// Some software keeps names as HTML.
macro_rules! plain {
    ($column:literal) => {
        concat!(
            "REPLACE(REPLACE(REPLACE(REPLACE(",
            $column,
            ", '&lt;', '<'), '&gt;', '>'), '&quot;', '\"'), '&amp;', '&')"
        )
    };
}

/// The picture that WordPress itself would show, if it is set to show any.
macro_rules! gravatar {
    () => {
        "CASE WHEN (SELECT o.option_value FROM {p}options o WHERE o.option_name = 'show_avatars') = '1'
            THEN CONCAT('https://secure.gravatar.com/avatar/', MD5(LOWER(TRIM(u.user_email))), '?s=96&d=mm') ELSE '' END AS avatar"
    };
}

const WORDPRESS_PROFILE: &str = concat!(
    "
SELECT CONCAT(u.ID, '') AS id, u.display_name AS nick,
       ",
    gravatar!(),
    ",
       CONCAT('?author=', u.ID) AS url
FROM {p}users u
WHERE u.ID = {id}"
);

const BUDDYPRESS_PROFILE: &str = concat!(
    "
SELECT CONCAT(u.ID, '') AS id, u.display_name AS nick,
       ",
    gravatar!(),
    ",
       CONCAT('members/', u.user_nicename, '/') AS url
FROM {p}users u
WHERE u.ID = {id}"
);

/// One row for both sides, whoever asked whom.
const BUDDYPRESS_BUDDIES: &str = concat!(
    "
SELECT CONCAT(u.ID, '') AS id, u.display_name AS nick,
       ",
    gravatar!(),
    ",
       CONCAT('members/', u.user_nicename, '/') AS url
FROM (SELECT f.friend_user_id AS friend FROM {p}bp_friends f WHERE f.initiator_user_id = {id} AND f.is_confirmed = 1
      UNION
      SELECT f.initiator_user_id FROM {p}bp_friends f WHERE f.friend_user_id = {id} AND f.is_confirmed = 1) b
JOIN {p}users u ON u.ID = b.friend
ORDER BY u.ID
LIMIT 2001"
);

const BUDDYPRESS_ROOMS: &str = concat!(
    "
SELECT CONCAT(g.id, '') AS id, ",
    plain!("g.name"),
    " AS nick, CONCAT('groups/', g.slug, '/') AS url
FROM {p}bp_groups_members m JOIN {p}bp_groups g ON g.id = m.group_id
WHERE m.user_id = {id} AND m.is_confirmed = 1 AND m.is_banned = 0
ORDER BY g.id
LIMIT 501"
);

/// 3.0 has numbers for the kinds of pictures, later ones names.
macro_rules! phpbb_person {
    () => {
        concat!(
            "
SELECT CONCAT(u.user_id, '') AS id, ",
            plain!("u.username"),
            " AS nick,
       CASE WHEN CONCAT(u.user_avatar_type, '') IN ('avatar.driver.upload', '1') THEN CONCAT('download/file.php?avatar=', u.user_avatar)
            WHEN CONCAT(u.user_avatar_type, '') IN ('avatar.driver.remote', '2') THEN u.user_avatar
            WHEN CONCAT(u.user_avatar_type, '') IN ('avatar.driver.local', '3')
                THEN CONCAT('images/avatars/gallery/', u.user_avatar)
            ELSE '' END AS avatar,
       CONCAT('memberlist.php?mode=viewprofile&u=', u.user_id) AS url
"
        )
    };
}

/// Types 0 and 3 are members and founders; the others are robots, and members who are switched off.
const PHPBB_PROFILE: &str =
    concat!(phpbb_person!(), "FROM {p}users u\nWHERE u.user_id = {id} AND u.user_type IN (0, 3)");

const PHPBB_BUDDIES: &str = concat!(
    phpbb_person!(),
    "FROM {p}zebra z JOIN {p}zebra back ON back.user_id = z.zebra_id AND back.zebra_id = z.user_id AND back.friend = 1
JOIN {p}users u ON u.user_id = z.zebra_id
WHERE z.user_id = {id} AND z.friend = 1 AND u.user_type IN (0, 3)
ORDER BY u.user_id
LIMIT 2001"
);

/// Groups of type 3 come with the software, and everybody is in one of them.
const PHPBB_ROOMS: &str = concat!(
    "
SELECT CONCAT(g.group_id, '') AS id, ",
    plain!("g.group_name"),
    " AS nick,
       CONCAT('memberlist.php?mode=group&g=', g.group_id) AS url
FROM {p}user_group m JOIN {p}groups g ON g.group_id = m.group_id
WHERE m.user_id = {id} AND m.user_pending = 0 AND g.group_type <> 3
ORDER BY g.group_id
LIMIT 501"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_map_is_filled_in_and_read_only() {
        for (name, map) in Map::ALL {
            assert_eq!(map.name(), name);
            for from in [From::Mysql, From::Postgres] {
                let Queries { profile, buddies, rooms } = map.queries(from, Some("x9_"));
                for query in [Some(profile), buddies, rooms].into_iter().flatten() {
                    assert!(query.trim_start().starts_with("SELECT "), "{query}");
                    // Names of characters, which some software stores, are texts in the query.
                    let bare = ["&lt;", "&gt;", "&quot;", "&amp;", "&#39;", "&#039;"];
                    let bare = bare.iter().fold(query.clone(), |query, entity| query.replace(entity, ""));
                    assert!(query.contains("x9_") && !bare.contains(['{', '}', ';']), "{query}");
                    let parameter = if from == From::Mysql { "?" } else { "$1" };
                    assert!(query.contains(parameter), "{query}");
                }
            }
        }
        let usual = Map::Discuz.queries(From::Mysql, None).profile;
        assert!(usual.contains("FROM pre_common_member m"), "{usual}");
        assert!(Map::Phpbb.is_for(From::Postgres) && !Map::Discuz.is_for(From::Postgres));
    }

    #[test]
    fn the_maps_read_one_row_more_than_is_taken() {
        use crate::people::{BUDDIES_MAX, ROOMS_MAX};
        for (_, map) in Map::ALL {
            let Queries { buddies, rooms, .. } = map.queries(From::Mysql, None);
            for (query, most) in [(buddies, BUDDIES_MAX), (rooms, ROOMS_MAX)] {
                assert!(query.is_none_or(|query| query.ends_with(&format!("LIMIT {}", most + 1))), "{map:?}");
            }
        }
    }
}
