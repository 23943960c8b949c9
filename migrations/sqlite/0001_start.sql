-- The first schema. `site` leads every key: two sites never share a row, an index range or a number.
-- Numbers are the store's; ids are the site's own texts. Times are milliseconds since 1970.

CREATE TABLE sites (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL UNIQUE,
    token_secret BLOB NOT NULL,
    epoch TEXT NOT NULL,
    directory_complete INTEGER NOT NULL,
    head INTEGER NOT NULL DEFAULT 0          -- seq of the newest entry of this site's log
) STRICT;

CREATE TABLE users (
    site INTEGER NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    nick TEXT NOT NULL,
    picture_url TEXT NOT NULL,
    url TEXT NOT NULL,
    show TEXT NOT NULL DEFAULT 'available',
    status TEXT NOT NULL DEFAULT '',
    status_at_ms INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,    -- highest seq confirmed by any session of this user
    read_through INTEGER NOT NULL DEFAULT 0, -- highest seq confirmed by a client that cannot say what was read
    PRIMARY KEY (site, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_id ON users (site, id);

-- An edge of the friendship graph stands twice, once for each side, with that side's group.
CREATE TABLE buddies (
    site INTEGER NOT NULL,
    user INTEGER NOT NULL,
    buddy INTEGER NOT NULL,
    buddy_group TEXT NOT NULL,
    PRIMARY KEY (site, user, buddy)
) STRICT, WITHOUT ROWID;

CREATE TABLE rooms (
    site INTEGER NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    nick TEXT NOT NULL,
    picture_url TEXT NOT NULL,
    url TEXT NOT NULL,
    open INTEGER NOT NULL,
    all_count INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (site, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX rooms_by_id ON rooms (site, id);

-- Membership and block are intervals of seq: after < seq <= through, without an end while they last.
CREATE TABLE memberships (
    site INTEGER NOT NULL,
    user INTEGER NOT NULL,
    room INTEGER NOT NULL,
    after INTEGER NOT NULL,
    through INTEGER,
    PRIMARY KEY (site, user, room, after)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_room ON memberships (site, room, user) WHERE through IS NULL;

CREATE TABLE room_blocks (
    site INTEGER NOT NULL,
    user INTEGER NOT NULL,
    room INTEGER NOT NULL,
    after INTEGER NOT NULL,
    through INTEGER,
    PRIMARY KEY (site, user, room, after)
) STRICT, WITHOUT ROWID;

-- The log. kind: 0 message, 1 joined, 2 left, 3 blocked, 4 unblocked. target: a user's number, or minus a room's number.
-- Numbers missing below the head were erased after both sides had cleared them.
CREATE TABLE log (
    site INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    sender INTEGER NOT NULL,
    target INTEGER NOT NULL,
    hidden INTEGER NOT NULL,                 -- 0, or a number that no flipped bit makes of it
    origin INTEGER,                          -- the session that sent it
    nick TEXT NOT NULL,
    style TEXT NOT NULL,
    body TEXT NOT NULL,
    cid TEXT,
    cid_hash INTEGER,
    sum INTEGER NOT NULL,                    -- CRC-32 of the row, see src/store/sqlite/sums.rs
    PRIMARY KEY (site, seq)
) STRICT, WITHOUT ROWID;
-- What is for somebody, or in a room.
CREATE INDEX log_inbox ON log (site, target, seq) WHERE kind = 0;
-- What one person said to another: two ranges of it are a conversation, all of a sender's are their other tabs' echo.
CREATE INDEX log_said ON log (site, sender, target, seq) WHERE kind = 0 AND target > 0;
-- Repeats; the full cid is compared in the row.
CREATE INDEX log_cid ON log (site, sender, cid_hash) WHERE cid IS NOT NULL;

-- How far a user has cleared and read a conversation; peer is a target as in the log. Everybody who ever wrote to a user has
-- a row here: these are the conversations in which something can be unread.
CREATE TABLE marks (
    site INTEGER NOT NULL,
    user INTEGER NOT NULL,
    peer INTEGER NOT NULL,
    cleared INTEGER NOT NULL DEFAULT 0,
    read INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (site, user, peer)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    site INTEGER NOT NULL,
    user INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,                     -- JSON
    PRIMARY KEY (site, user, name)
) STRICT, WITHOUT ROWID;

-- Tickets that are live, by digest: the ticket itself is nowhere.
CREATE TABLE sessions (
    site INTEGER NOT NULL,
    digest BLOB NOT NULL,
    number INTEGER NOT NULL,
    user INTEGER NOT NULL,
    dialect TEXT NOT NULL,
    cursor INTEGER NOT NULL,
    strangers TEXT NOT NULL,                 -- user numbers, comma-separated
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (site, digest)
) STRICT, WITHOUT ROWID;

-- Written to when somebody asks whether this store can write.
CREATE TABLE heartbeat (
    site INTEGER NOT NULL,                   -- 0: no site's
    beats INTEGER NOT NULL,
    PRIMARY KEY (site)
) STRICT, WITHOUT ROWID;
INSERT INTO heartbeat (site, beats) VALUES (0, 0);
