-- What the map `discuz` reads of a Discuz! X, as its installation makes it, with four people in it: 1 Susan and 2 Jack are friends, 3 Lee has
-- asked for nothing, 4 Nora waits to be let into the group Harbour.
CREATE TABLE pre_common_member (
  uid mediumint(8) unsigned NOT NULL AUTO_INCREMENT,
  email char(40) NOT NULL DEFAULT '',
  username char(15) NOT NULL DEFAULT '',
  password char(32) NOT NULL DEFAULT '',
  status tinyint(1) NOT NULL DEFAULT '0',
  emailstatus tinyint(1) NOT NULL DEFAULT '0',
  avatarstatus tinyint(1) NOT NULL DEFAULT '0',
  adminid tinyint(1) NOT NULL DEFAULT '0',
  groupid smallint(6) unsigned NOT NULL DEFAULT '0',
  regdate int(10) unsigned NOT NULL DEFAULT '0',
  credits int(10) NOT NULL DEFAULT '0',
  PRIMARY KEY (uid),
  UNIQUE KEY username (username)
) ENGINE=MyISAM DEFAULT CHARSET=gbk;

CREATE TABLE pre_home_friend (
  uid mediumint(8) unsigned NOT NULL DEFAULT '0',
  fuid mediumint(8) unsigned NOT NULL DEFAULT '0',
  fusername varchar(15) NOT NULL DEFAULT '',
  gid smallint(6) unsigned NOT NULL DEFAULT '0',
  num mediumint(8) unsigned NOT NULL DEFAULT '0',
  dateline int(10) unsigned NOT NULL DEFAULT '0',
  note varchar(255) NOT NULL DEFAULT '',
  PRIMARY KEY (uid,fuid),
  KEY fuid (fuid),
  KEY uid (uid,num,dateline)
) ENGINE=MyISAM DEFAULT CHARSET=gbk;

CREATE TABLE pre_forum_forum (
  fid mediumint(8) unsigned NOT NULL AUTO_INCREMENT,
  fup mediumint(8) unsigned NOT NULL DEFAULT '0',
  `type` enum('group','forum','sub') NOT NULL DEFAULT 'forum',
  name char(50) NOT NULL DEFAULT '',
  status tinyint(1) NOT NULL DEFAULT '0',
  displayorder smallint(6) NOT NULL DEFAULT '0',
  PRIMARY KEY (fid)
) ENGINE=MyISAM DEFAULT CHARSET=gbk;

CREATE TABLE pre_forum_forumfield (
  fid mediumint(8) unsigned NOT NULL DEFAULT '0',
  description text NOT NULL,
  password varchar(12) NOT NULL DEFAULT '',
  icon varchar(255) NOT NULL DEFAULT '',
  PRIMARY KEY (fid)
) ENGINE=MyISAM DEFAULT CHARSET=gbk;

CREATE TABLE pre_forum_groupuser (
  fid mediumint(8) unsigned NOT NULL DEFAULT '0',
  uid mediumint(8) unsigned NOT NULL DEFAULT '0',
  username char(15) NOT NULL,
  `level` tinyint(3) unsigned NOT NULL DEFAULT '0',
  threads mediumint(8) unsigned NOT NULL DEFAULT '0',
  replies mediumint(8) unsigned NOT NULL DEFAULT '0',
  joindateline int(10) unsigned NOT NULL DEFAULT '0',
  lastupdate int(10) unsigned NOT NULL DEFAULT '0',
  privacy tinyint(1) unsigned NOT NULL DEFAULT '0',
  PRIMARY KEY (fid,uid),
  KEY uid_lastupdate (uid,lastupdate)
) ENGINE=MyISAM DEFAULT CHARSET=gbk;

INSERT INTO pre_common_member (uid, username) VALUES (1, '苏珊'), (2, 'Jack'), (3, 'Lee'), (4, 'Nora');
INSERT INTO pre_home_friend (uid, fuid, fusername, gid) VALUES (1, 2, 'Jack', 6), (2, 1, '苏珊', 5);
INSERT INTO pre_forum_forum (fid, `type`, name, status) VALUES (10, 'sub', 'Harbour', 3), (11, 'forum', 'News', 1);
INSERT INTO pre_forum_forumfield (fid, description, icon) VALUES (10, '', 'ab/harbour.jpg'), (11, '', '');
INSERT INTO pre_forum_groupuser (fid, uid, username, `level`) VALUES (10, 1, '苏珊', 1), (10, 4, 'Nora', 0), (11, 1, '苏珊', 4);
