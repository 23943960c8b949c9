-- What the map `phpbb` reads of a phpBB 3 on MySQL, as its installation makes it: Susan and Jack have each other, Lee has Susan, and she not
-- him; 5 is a robot.
CREATE TABLE phpbb_users (
  user_id mediumint(8) unsigned NOT NULL auto_increment,
  user_type tinyint(2) DEFAULT '0' NOT NULL,
  group_id mediumint(8) UNSIGNED DEFAULT '3' NOT NULL,
  username varchar(255) DEFAULT '' NOT NULL,
  username_clean varchar(255) DEFAULT '' NOT NULL,
  user_email varchar(100) DEFAULT '' NOT NULL,
  user_avatar varchar(255) DEFAULT '' NOT NULL,
  user_avatar_type varchar(255) DEFAULT '' NOT NULL,
  user_avatar_width smallint(4) UNSIGNED DEFAULT '0' NOT NULL,
  PRIMARY KEY (user_id),
  KEY user_type (user_type)
) CHARACTER SET utf8 COLLATE utf8_bin;

CREATE TABLE phpbb_zebra (
  user_id mediumint(8) UNSIGNED DEFAULT '0' NOT NULL,
  zebra_id mediumint(8) UNSIGNED DEFAULT '0' NOT NULL,
  friend tinyint(1) UNSIGNED DEFAULT '0' NOT NULL,
  foe tinyint(1) UNSIGNED DEFAULT '0' NOT NULL,
  PRIMARY KEY (user_id,zebra_id)
) CHARACTER SET utf8 COLLATE utf8_bin;

CREATE TABLE phpbb_groups (
  group_id mediumint(8) UNSIGNED NOT NULL auto_increment,
  group_type tinyint(4) DEFAULT '1' NOT NULL,
  group_name varchar(255) DEFAULT '' NOT NULL,
  PRIMARY KEY (group_id)
) CHARACTER SET utf8 COLLATE utf8_bin;

CREATE TABLE phpbb_user_group (
  group_id mediumint(8) UNSIGNED DEFAULT '0' NOT NULL,
  user_id mediumint(8) UNSIGNED DEFAULT '0' NOT NULL,
  group_leader tinyint(1) UNSIGNED DEFAULT '0' NOT NULL,
  user_pending tinyint(1) UNSIGNED DEFAULT '1' NOT NULL,
  KEY group_id (group_id),
  KEY user_id (user_id)
) CHARACTER SET utf8 COLLATE utf8_bin;

INSERT INTO phpbb_users (user_id, user_type, username, user_avatar, user_avatar_type) VALUES
  (1, 3, 'Susan', '1_9.png', 'avatar.driver.upload'), (2, 0, 'Jack', '', ''), (3, 0, 'Lee &amp; &quot;Wen&quot;', '', ''),
  (4, 0, 'Nora', '', ''), (5, 2, 'Robot', '', '');
INSERT INTO phpbb_zebra (user_id, zebra_id, friend, foe) VALUES (1, 2, 1, 0), (2, 1, 1, 0), (3, 1, 1, 0), (1, 4, 0, 1);
INSERT INTO phpbb_groups (group_id, group_type, group_name) VALUES (2, 3, 'REGISTERED'), (10, 0, 'Harbour'), (11, 1, 'Waiting');
INSERT INTO phpbb_user_group (group_id, user_id, user_pending) VALUES (2, 1, 0), (10, 1, 0), (11, 1, 1);
