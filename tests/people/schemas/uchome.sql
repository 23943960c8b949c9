-- What the map `uchome` reads of a UCHome 2.0, as its installation makes it: 1 goes by her own name and is Jack's friend, Lee's friendship is
-- asked for only; of two groups one is closed.
CREATE TABLE uchome_space (
  uid mediumint(8) unsigned NOT NULL default '0',
  groupid smallint(6) unsigned NOT NULL default '0',
  credit int(10) NOT NULL default '0',
  experience int(10) NOT NULL default '0',
  username char(15) NOT NULL default '',
  `name` char(20) NOT NULL default '',
  namestatus tinyint(1) NOT NULL default '0',
  videostatus tinyint(1) NOT NULL default '0',
  domain char(15) NOT NULL default '',
  friendnum int(10) unsigned NOT NULL default '0',
  PRIMARY KEY (uid),
  KEY username (username)
) ENGINE=MyISAM DEFAULT CHARSET=utf8;

CREATE TABLE uchome_friend (
  uid mediumint(8) unsigned NOT NULL default '0',
  fuid mediumint(8) unsigned NOT NULL default '0',
  fusername varchar(15) NOT NULL default '',
  `status` tinyint(1) NOT NULL default '0',
  gid smallint(6) unsigned NOT NULL default '0',
  note varchar(50) NOT NULL default '',
  num mediumint(8) unsigned NOT NULL default '0',
  dateline int(10) unsigned NOT NULL default '0',
  PRIMARY KEY (uid,fuid),
  KEY fuid (fuid),
  KEY `status` (uid,`status`,num,dateline)
) ENGINE=MyISAM DEFAULT CHARSET=utf8;

CREATE TABLE uchome_mtag (
  tagid mediumint(8) unsigned NOT NULL auto_increment,
  tagname varchar(40) NOT NULL default '',
  fieldid smallint(6) NOT NULL default '0',
  membernum mediumint(8) unsigned NOT NULL default '0',
  threadnum mediumint(8) unsigned NOT NULL default '0',
  postnum mediumint(8) unsigned NOT NULL default '0',
  `close` tinyint(1) NOT NULL default '0',
  announcement text NOT NULL,
  pic varchar(150) NOT NULL default '',
  closeapply tinyint(1) NOT NULL default '0',
  joinperm tinyint(1) NOT NULL default '0',
  viewperm tinyint(1) NOT NULL default '0',
  moderator varchar(255) NOT NULL default '',
  PRIMARY KEY (tagid),
  KEY tagname (tagname)
) ENGINE=MyISAM DEFAULT CHARSET=utf8;

CREATE TABLE uchome_tagspace (
  tagid mediumint(8) unsigned NOT NULL default '0',
  uid mediumint(8) unsigned NOT NULL default '0',
  username char(15) NOT NULL default '',
  grade smallint(6) NOT NULL default '0',
  PRIMARY KEY (tagid,uid),
  KEY grade (tagid,grade),
  KEY uid (uid,grade)
) ENGINE=MyISAM DEFAULT CHARSET=utf8;

INSERT INTO uchome_space (uid, username, `name`, namestatus) VALUES
  (1, 'susan', 'Susan', 1), (2, 'Jack', '', 0), (3, 'Lee', 'Not shown', 0), (4, 'Nora', '', 0);
INSERT INTO uchome_friend (uid, fuid, fusername, `status`, gid) VALUES
  (1, 2, 'Jack', 1, 6), (2, 1, 'susan', 1, 5), (3, 1, 'susan', 0, 0), (1, 3, 'Lee', 0, 0);
INSERT INTO uchome_mtag (tagid, tagname, `close`, announcement, pic) VALUES
  (10, 'Harbour', 0, '', 'attachment/harbour.jpg'), (11, 'Closed', 1, '', '');
INSERT INTO uchome_tagspace (tagid, uid, username, grade) VALUES (10, 1, 'susan', 9), (11, 1, 'susan', 0), (10, 4, 'Nora', -2);
