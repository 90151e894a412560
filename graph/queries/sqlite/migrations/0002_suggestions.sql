-- Whom a person was suggested: the newest period of it, and what they answered, whatever the other one did.
-- times: periods in which it was shown since the last answer.
CREATE TABLE suggestion (
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    other_idx INTEGER NOT NULL REFERENCES user (idx),
    period INTEGER NOT NULL,
    times INTEGER NOT NULL,
    answer TEXT,
    answered_at INTEGER,
    PRIMARY KEY (user_idx, other_idx),
    CHECK (user_idx <> other_idx)
) STRICT, WITHOUT ROWID;

CREATE INDEX suggestion_by_other ON suggestion (other_idx);
