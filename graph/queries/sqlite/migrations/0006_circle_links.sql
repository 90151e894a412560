-- Links that carry messages from a circle to the members of another one. accepted_by: the merchant that
-- accepted for that side; it counts while that merchant runs the circle.
CREATE TABLE circle_link (
    link_id TEXT NOT NULL PRIMARY KEY,
    source_idx INTEGER NOT NULL REFERENCES circle (idx),
    target_idx INTEGER NOT NULL REFERENCES circle (idx),
    topics TEXT NOT NULL,
    per_week INTEGER NOT NULL,
    proposed_at INTEGER NOT NULL,
    source_accepted_by INTEGER REFERENCES merchant (idx),
    target_accepted_by INTEGER REFERENCES merchant (idx),
    opened_at INTEGER,
    closed_at INTEGER,
    CHECK (source_idx <> target_idx)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX circle_link_live ON circle_link (source_idx, target_idx) WHERE closed_at IS NULL;
CREATE INDEX circle_link_by_source ON circle_link (source_idx, target_idx);
CREATE INDEX circle_link_by_target ON circle_link (target_idx);

-- A link together with its two circles as they are now.
CREATE VIEW circle_link_now AS
SELECT
    l.link_id, l.source_idx, l.target_idx, l.topics, l.per_week, l.proposed_at, l.source_accepted_by,
    l.target_accepted_by, l.opened_at, l.closed_at,
    s.owner_idx AS source_owner, t.owner_idx AS target_owner, s.state AS source_state, t.state AS target_state
FROM circle_link AS l
JOIN circle AS s ON s.idx = l.source_idx
JOIN circle AS t ON t.idx = l.target_idx;

-- Messages passed on, by reference. Who may read one is decided when they ask.
CREATE TABLE relay (
    relay_id TEXT NOT NULL PRIMARY KEY,
    link_id TEXT NOT NULL REFERENCES circle_link (link_id),
    topic TEXT NOT NULL,
    message_ref TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX relay_by_link ON relay (link_id, at);

CREATE TABLE circle_mute (
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    circle_idx INTEGER NOT NULL REFERENCES circle (idx),
    at INTEGER NOT NULL,
    PRIMARY KEY (user_idx, circle_idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE owner_mute (
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    merchant_idx INTEGER NOT NULL REFERENCES merchant (idx),
    at INTEGER NOT NULL,
    PRIMARY KEY (user_idx, merchant_idx)
) STRICT, WITHOUT ROWID;

-- Past members of a circle too, for flows and retention.
CREATE INDEX membership_of_circle ON membership (circle_idx, user_idx, joined_at, left_at);
