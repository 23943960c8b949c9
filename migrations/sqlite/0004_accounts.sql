-- Members who sign in with a password that is kept here.

CREATE TABLE accounts (
    site INTEGER NOT NULL,
    user INTEGER NOT NULL,
    hash TEXT NOT NULL,                      -- argon2id, as a PHC string
    changed_at_ms INTEGER NOT NULL,          -- rises with each password; tokens name it
    PRIMARY KEY (site, user)
) STRICT, WITHOUT ROWID;
