-- Answers to owners' repeated questions, once a question, with what each cost of a period's budget.
-- They hold noisy counts of groups; nobody in particular is in them.
CREATE TABLE release (
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    period TEXT NOT NULL,
    cost REAL NOT NULL CHECK (cost > 0),
    payload TEXT NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX release_by_period ON release (owner, period);
