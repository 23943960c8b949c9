-- What the later clients of the family and the site plugins need.

-- A room that a member made for some others; it has no page and is its members' alone.
ALTER TABLE rooms ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0;

-- What a site wants a member to notice, until it is read. given_at_ms: when a page was first given it, 0 if none was.
CREATE TABLE notifications (
    site INTEGER NOT NULL,
    user INTEGER NOT NULL,
    number INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    sender TEXT NOT NULL,
    text TEXT NOT NULL,
    link TEXT NOT NULL,
    given_at_ms INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (site, user, number)
) STRICT, WITHOUT ROWID;

-- Of a session that a site opened by its API: revision;floor;opened; and the rooms it listed, with the stretches of the log in which it
-- did, as room:after-through, comma-separated, without an end while it lasts (chat/listed.rs). NULL for a page that its member opened.
ALTER TABLE sessions ADD COLUMN listed TEXT;

-- Rows of the log that belong to a site which keeps its own history: they are here to be delivered, and go after a day.
CREATE TABLE passing (
    site INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (site, seq)
) STRICT, WITHOUT ROWID;
