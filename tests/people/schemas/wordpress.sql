-- What the maps `wordpress` and `buddypress` read, as the two installations make it: Jack asked Susan, who said yes; Lee's question is open;
-- of two groups Susan is in one, and thrown out of the other.
CREATE TABLE wp_users (
  ID bigint(20) unsigned NOT NULL auto_increment,
  user_login varchar(60) NOT NULL default '',
  user_pass varchar(255) NOT NULL default '',
  user_nicename varchar(50) NOT NULL default '',
  user_email varchar(100) NOT NULL default '',
  user_url varchar(100) NOT NULL default '',
  user_registered datetime NOT NULL default '2026-01-01 00:00:00',
  user_activation_key varchar(255) NOT NULL default '',
  user_status int(11) NOT NULL default '0',
  display_name varchar(250) NOT NULL default '',
  PRIMARY KEY (ID),
  KEY user_login_key (user_login),
  KEY user_nicename (user_nicename),
  KEY user_email (user_email)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

CREATE TABLE wp_options (
  option_id bigint(20) unsigned NOT NULL auto_increment,
  option_name varchar(191) NOT NULL default '',
  option_value longtext NOT NULL,
  autoload varchar(20) NOT NULL default 'yes',
  PRIMARY KEY (option_id),
  UNIQUE KEY option_name (option_name)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

CREATE TABLE wp_bp_friends (
  id bigint(20) NOT NULL AUTO_INCREMENT PRIMARY KEY,
  initiator_user_id bigint(20) NOT NULL,
  friend_user_id bigint(20) NOT NULL,
  is_confirmed tinyint(1) DEFAULT '0',
  is_limited tinyint(1) DEFAULT '0',
  date_created datetime NOT NULL,
  KEY initiator_user_id (initiator_user_id),
  KEY friend_user_id (friend_user_id)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

CREATE TABLE wp_bp_groups (
  id bigint(20) NOT NULL AUTO_INCREMENT PRIMARY KEY,
  creator_id bigint(20) NOT NULL,
  name varchar(100) NOT NULL,
  slug varchar(200) NOT NULL,
  description longtext NOT NULL,
  status varchar(10) NOT NULL DEFAULT 'public',
  parent_id bigint(20) NOT NULL DEFAULT 0,
  enable_forum tinyint(1) NOT NULL DEFAULT '1',
  date_created datetime NOT NULL,
  KEY creator_id (creator_id),
  KEY status (status)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

CREATE TABLE wp_bp_groups_members (
  id bigint(20) NOT NULL AUTO_INCREMENT PRIMARY KEY,
  group_id bigint(20) NOT NULL,
  user_id bigint(20) NOT NULL,
  inviter_id bigint(20) NOT NULL,
  is_admin tinyint(1) NOT NULL DEFAULT '0',
  is_mod tinyint(1) NOT NULL DEFAULT '0',
  user_title varchar(100) NOT NULL,
  date_modified datetime NOT NULL,
  comments longtext NOT NULL,
  is_confirmed tinyint(1) NOT NULL DEFAULT '0',
  is_banned tinyint(1) NOT NULL DEFAULT '0',
  invite_sent tinyint(1) NOT NULL DEFAULT '0',
  KEY group_id (group_id),
  KEY user_id (user_id)
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;

INSERT INTO wp_options (option_name, option_value) VALUES ('siteurl', 'https://www.example.com'), ('show_avatars', '1');
INSERT INTO wp_users (ID, user_login, user_nicename, user_email, display_name) VALUES
  (1, 'susan', 'susan', 'susan@example.com', 'Susan'), (2, 'jack', 'jack', 'jack@example.com', 'Jack'),
  (3, 'lee', 'lee', 'lee@example.com', 'Lee'), (4, 'nora', 'nora', 'nora@example.com', 'Nora');
INSERT INTO wp_bp_friends (initiator_user_id, friend_user_id, is_confirmed, date_created) VALUES
  (2, 1, 1, '2026-01-01'), (3, 1, 0, '2026-01-01');
INSERT INTO wp_bp_groups (id, creator_id, name, slug, description, date_created) VALUES
  (10, 1, 'Rope &amp; Sail', 'rope-sail', '', '2026-01-01'), (11, 2, 'Out', 'out', '', '2026-01-01');
INSERT INTO wp_bp_groups_members (group_id, user_id, inviter_id, user_title, date_modified, comments, is_confirmed, is_banned) VALUES
  (10, 1, 0, '', '2026-01-01', '', 1, 0), (11, 1, 0, '', '2026-01-01', '', 1, 1), (10, 4, 0, '', '2026-01-01', '', 0, 0);
