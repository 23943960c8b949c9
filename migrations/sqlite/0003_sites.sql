-- Sites of their own: keys that can be replaced, settings, people who block each other, visitors who become members.

ALTER TABLE sites ADD COLUMN suspended INTEGER NOT NULL DEFAULT 0;
-- Numbers up to here were given to users: that of somebody who was erased is not given again.
ALTER TABLE sites ADD COLUMN users_through INTEGER NOT NULL DEFAULT 0;
-- The same of sites.
CREATE TABLE removed_sites (
    site INTEGER NOT NULL,
    PRIMARY KEY (site)
) STRICT, WITHOUT ROWID;

-- kind: server (SHA-256 of a key that the site's server shows) or token (a secret that signs sign-in tokens, as it is printed).
-- At most two of each kind, while one replaces the other.
CREATE TABLE site_keys (
    site INTEGER NOT NULL,
    kind TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (site, kind, value)
) STRICT, WITHOUT ROWID;
INSERT INTO site_keys (site, kind, made_at_ms, value) SELECT number, 'token', 0, CAST(lower(hex(token_secret)) AS BLOB) FROM sites;
ALTER TABLE sites DROP COLUMN token_secret;

-- Settings that are not the defaults, as texts (chat/site_options.rs).
CREATE TABLE site_options (
    site INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (site, name)
) STRICT, WITHOUT ROWID;

-- Who does not want to know of whom: after < seq <= through, without an end while it lasts. What it means is the same for both.
CREATE TABLE user_blocks (
    site INTEGER NOT NULL,
    user INTEGER NOT NULL,
    peer INTEGER NOT NULL,
    after INTEGER NOT NULL,
    through INTEGER,
    PRIMARY KEY (site, user, peer, after)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_blocks_by_peer ON user_blocks (site, peer, user);

-- A visitor who signed in: everything said to the visitor is the member's.
ALTER TABLE users ADD COLUMN merged_into INTEGER;
CREATE INDEX users_by_member ON users (site, merged_into) WHERE merged_into IS NOT NULL;
