-- The same of a phpBB 3 on PostgreSQL.
CREATE SEQUENCE phpbb_users_seq;
CREATE TABLE phpbb_users (
  user_id INT4 DEFAULT nextval('phpbb_users_seq'),
  user_type INT2 DEFAULT '0' NOT NULL,
  group_id INT4 DEFAULT '3' NOT NULL CHECK (group_id >= 0),
  username varchar(255) DEFAULT '' NOT NULL,
  username_clean varchar(255) DEFAULT '' NOT NULL,
  user_email varchar(100) DEFAULT '' NOT NULL,
  user_avatar varchar(255) DEFAULT '' NOT NULL,
  user_avatar_type varchar(255) DEFAULT '' NOT NULL,
  PRIMARY KEY (user_id)
);
CREATE TABLE phpbb_zebra (
  user_id INT4 DEFAULT '0' NOT NULL CHECK (user_id >= 0),
  zebra_id INT4 DEFAULT '0' NOT NULL CHECK (zebra_id >= 0),
  friend INT2 DEFAULT '0' NOT NULL CHECK (friend >= 0),
  foe INT2 DEFAULT '0' NOT NULL CHECK (foe >= 0),
  PRIMARY KEY (user_id, zebra_id)
);
CREATE SEQUENCE phpbb_groups_seq;
CREATE TABLE phpbb_groups (
  group_id INT4 DEFAULT nextval('phpbb_groups_seq'),
  group_type INT2 DEFAULT '1' NOT NULL,
  group_name varchar(255) DEFAULT '' NOT NULL,
  PRIMARY KEY (group_id)
);
CREATE TABLE phpbb_user_group (
  group_id INT4 DEFAULT '0' NOT NULL CHECK (group_id >= 0),
  user_id INT4 DEFAULT '0' NOT NULL CHECK (user_id >= 0),
  group_leader INT2 DEFAULT '0' NOT NULL CHECK (group_leader >= 0),
  user_pending INT2 DEFAULT '1' NOT NULL CHECK (user_pending >= 0)
);

INSERT INTO phpbb_users (user_id, user_type, username, user_avatar, user_avatar_type) VALUES
  (1, 3, 'Susan', '1_9.png', 'avatar.driver.upload'), (2, 0, 'Jack', '', ''), (3, 0, 'Lee &amp; &quot;Wen&quot;', '', ''),
  (4, 0, 'Nora', '', ''), (5, 2, 'Robot', '', '');
INSERT INTO phpbb_zebra (user_id, zebra_id, friend, foe) VALUES (1, 2, 1, 0), (2, 1, 1, 0), (3, 1, 1, 0), (1, 4, 0, 1);
INSERT INTO phpbb_groups (group_id, group_type, group_name) VALUES (2, 3, 'REGISTERED'), (10, 0, 'Harbour'), (11, 1, 'Waiting');
INSERT INTO phpbb_user_group (group_id, user_id, user_pending) VALUES (2, 1, 0), (10, 1, 0), (11, 1, 1);
