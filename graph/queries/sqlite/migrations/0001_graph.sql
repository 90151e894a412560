-- Nodes have a dense index (`idx`) that is given once, from `counter`, and never again.
-- Times are epoch seconds, UTC. Edges from payments are one packed row for each user, see graph/edges.py.

CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Next index of each label; `seq`: newest change; `circles`: newest change of any circle.
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counter (name, value) VALUES
    ('user', 0), ('merchant', 0), ('product', 0), ('circle', 0), ('seq', 0), ('circles', 0);

-- changed: the newest change that touches the user's answers, but for those of paid and bought.
CREATE TABLE user (
    idx INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    verified INTEGER,
    adult INTEGER,
    city TEXT,
    changed INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE merchant (
    idx INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT,
    kind TEXT,
    category TEXT,
    scene TEXT,
    city TEXT,
    sensitive INTEGER
) STRICT;

CREATE TABLE product (
    idx INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT,
    category TEXT,
    merchant_idx INTEGER REFERENCES merchant (idx),
    sensitive INTEGER
) STRICT;

CREATE TABLE circle (
    idx INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT,
    description TEXT,
    owner_idx INTEGER REFERENCES merchant (idx),
    scene TEXT,
    created_at INTEGER,
    state TEXT
) STRICT;

-- Nodes as they are shown: the merchant that sells or runs something by its id.
CREATE VIEW node_user AS
SELECT idx AS "index", id, verified, adult, city FROM user;

CREATE VIEW node_merchant AS
SELECT idx AS "index", id, name, kind, category, scene, city, sensitive FROM merchant;

CREATE VIEW node_product AS
SELECT
    idx AS "index", id, name, category,
    (SELECT merchant.id FROM merchant WHERE merchant.idx = product.merchant_idx) AS merchant_id,
    sensitive
FROM product;

CREATE VIEW node_circle AS
SELECT
    idx AS "index", id, name, description,
    (SELECT merchant.id FROM merchant WHERE merchant.idx = circle.owner_idx) AS owner_id,
    scene, created_at, COALESCE(state, 'open') AS state
FROM circle;

CREATE TABLE paid (
    user_idx INTEGER PRIMARY KEY REFERENCES user (idx),
    edges BLOB NOT NULL,
    changed INTEGER NOT NULL
) STRICT;

CREATE TABLE bought (
    user_idx INTEGER PRIMARY KEY REFERENCES user (idx),
    edges BLOB NOT NULL,
    changed INTEGER NOT NULL
) STRICT;

CREATE TABLE theme (
    circle_idx INTEGER NOT NULL REFERENCES circle (idx),
    kind TEXT NOT NULL,
    target_id TEXT NOT NULL,
    weight REAL NOT NULL,
    PRIMARY KEY (circle_idx, kind, target_id)
) STRICT, WITHOUT ROWID;

-- One row for each time somebody was a member. joined_at -1: unknown. left_at NULL: still a member.
CREATE TABLE membership (
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    circle_idx INTEGER NOT NULL REFERENCES circle (idx),
    joined_at INTEGER NOT NULL,
    left_at INTEGER,
    PRIMARY KEY (user_idx, circle_idx, joined_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX membership_by_circle ON membership (circle_idx, user_idx) WHERE left_at IS NULL;

CREATE TABLE dismissal (
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    circle_idx INTEGER NOT NULL REFERENCES circle (idx),
    at INTEGER NOT NULL,
    PRIMARY KEY (user_idx, circle_idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE block (
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    other_idx INTEGER NOT NULL REFERENCES user (idx),
    at INTEGER NOT NULL,
    PRIMARY KEY (user_idx, other_idx)
) STRICT, WITHOUT ROWID;

CREATE INDEX block_by_other ON block (other_idx);

-- People who accepted each other, once a pair. since -1: unknown.
CREATE TABLE link (
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    other_idx INTEGER NOT NULL REFERENCES user (idx),
    since INTEGER NOT NULL,
    PRIMARY KEY (user_idx, other_idx),
    CHECK (user_idx < other_idx)
) STRICT, WITHOUT ROWID;

CREATE INDEX link_by_other ON link (other_idx);

-- Every decision is kept; the newest one of a purpose holds.
CREATE TABLE consent (
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    purpose TEXT NOT NULL,
    at INTEGER NOT NULL,
    granted INTEGER NOT NULL,
    PRIMARY KEY (user_idx, purpose, at)
) STRICT, WITHOUT ROWID;

CREATE VIEW consent_now AS
SELECT user_idx, purpose
FROM consent AS c
WHERE granted = 1
  AND NOT EXISTS (
      SELECT 1 FROM consent AS later
      WHERE later.user_idx = c.user_idx AND later.purpose = c.purpose AND later.at > c.at
  );

-- payment: the 64-bit hash as a signed number. moved: already in the payment log, kept to know duplicates.
CREATE TABLE inbox (
    payment INTEGER PRIMARY KEY,
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    merchant_idx INTEGER NOT NULL REFERENCES merchant (idx),
    product_idx INTEGER REFERENCES product (idx),
    quantity INTEGER,
    band INTEGER NOT NULL,
    scene INTEGER NOT NULL,
    paid_at INTEGER NOT NULL,
    refund INTEGER NOT NULL,
    walled INTEGER NOT NULL,
    taken_at INTEGER NOT NULL,
    moved INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX inbox_waiting ON inbox (payment) WHERE moved = 0;

CREATE TABLE load (
    load_id TEXT NOT NULL PRIMARY KEY,
    source TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    state TEXT NOT NULL,
    at INTEGER NOT NULL,
    report TEXT NOT NULL
) STRICT;

CREATE INDEX load_by_fingerprint ON load (fingerprint);

CREATE TABLE event (
    event_id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    user_idx INTEGER NOT NULL REFERENCES user (idx),
    circle_idx INTEGER REFERENCES circle (idx),
    rec_id TEXT,
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX event_by_user ON event (user_idx);

CREATE TABLE change (
    seq INTEGER PRIMARY KEY,
    at INTEGER,
    kind TEXT NOT NULL,
    user_idx INTEGER REFERENCES user (idx),
    circle_idx INTEGER REFERENCES circle (idx)
) STRICT;

CREATE INDEX change_by_user ON change (user_idx);
