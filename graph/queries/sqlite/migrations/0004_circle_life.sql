-- The life of circles that owners make or change, and of those that were closed or kept apart.
-- words: JSON list. request: hash of what made the circle. state_before: what it was before a quarantine.
CREATE TABLE circle_life (
    circle_idx INTEGER PRIMARY KEY REFERENCES circle (idx),
    revision INTEGER NOT NULL,
    edited_at INTEGER,
    eligibility TEXT,
    words TEXT,
    request TEXT,
    state_before TEXT,
    reason TEXT
) STRICT;

-- What the operator decided about a report; a report is an event.
CREATE TABLE verdict (
    event_id TEXT NOT NULL PRIMARY KEY REFERENCES event (event_id),
    upheld INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX event_reports ON event (circle_idx) WHERE kind = 'report';
