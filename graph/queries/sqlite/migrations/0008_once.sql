-- What keyed requests did, written in the transaction that did it; rows of the last day. Nobody is named in them.
-- token: a keyed digest of who asked and their key. said: JSON of whoever asked. result: JSON list of numbers.
CREATE TABLE once (
    token TEXT PRIMARY KEY,
    said TEXT NOT NULL,
    result TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX once_by_age ON once (at);
