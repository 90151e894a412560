-- Which payments a person wants unused. kind: `merchants`, `categories`, `scenes` or `payments`. thing: index of the
-- merchant, category, scene, or payment hash as hexadecimal digits. seq: the change that muted it. merchants: JSON
-- list of where the payments were made that it took out then.
CREATE TABLE payment_mute (
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    kind TEXT NOT NULL,
    thing TEXT NOT NULL,
    at INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    merchants TEXT NOT NULL,
    PRIMARY KEY (user_idx, kind, thing)
) STRICT, WITHOUT ROWID;

CREATE INDEX inbox_by_user ON inbox (user_idx);
