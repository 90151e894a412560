-- Whom a circle would invite. owner: id of the merchant it was made for. The texts are JSON and name nobody.
CREATE TABLE audience (
    audience_id TEXT NOT NULL PRIMARY KEY,
    circle_idx INTEGER NOT NULL REFERENCES circle (idx),
    owner TEXT,
    state TEXT NOT NULL,
    topics TEXT NOT NULL,
    asked TEXT NOT NULL,
    certificate TEXT,
    funnel TEXT,
    sending TEXT,
    problem TEXT,
    created_at INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT;

CREATE INDEX audience_by_circle ON audience (circle_idx);

-- arm: invited, pilot or holdout. state: waiting, sent, or skipped for good.
CREATE TABLE audience_person (
    audience_id TEXT NOT NULL REFERENCES audience (audience_id),
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    arm TEXT NOT NULL,
    score REAL NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (audience_id, user_idx)
) STRICT, WITHOUT ROWID;

CREATE INDEX audience_person_by_user ON audience_person (user_idx);

CREATE TABLE invitation (
    invitation_id TEXT NOT NULL PRIMARY KEY,
    audience_id TEXT NOT NULL REFERENCES audience (audience_id),
    circle_idx INTEGER NOT NULL REFERENCES circle (idx),
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    sent_at INTEGER NOT NULL,
    answer TEXT,
    answered_at INTEGER,
    UNIQUE (audience_id, user_idx)
) STRICT, WITHOUT ROWID;

CREATE INDEX invitation_by_user ON invitation (user_idx);
