-- position: where in its list an exposure was seen, 1 is the first.
ALTER TABLE event ADD COLUMN position INTEGER;

-- Showings of a circle to a person since their last answer to it. Exposures of earlier schemas named no list that
-- is known, so that they begin no count.
CREATE TABLE showing (
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    circle_idx INTEGER NOT NULL REFERENCES circle (idx),
    times INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (user_idx, circle_idx)
) STRICT, WITHOUT ROWID;
