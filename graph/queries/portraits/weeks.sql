-- name: schema
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE labels (labels_id TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE portraits (merchant_id TEXT PRIMARY KEY, body TEXT NOT NULL, peers TEXT) WITHOUT ROWID;
CREATE TABLE tried (merchant_id TEXT PRIMARY KEY, week INTEGER NOT NULL) WITHOUT ROWID;

-- name: format
SELECT value FROM about WHERE key = 'format';

-- name: check
PRAGMA quick_check(1);

-- name: about
SELECT key, value FROM about;

-- name: body
SELECT body FROM portraits WHERE merchant_id = ?;

-- name: peers
SELECT peers FROM portraits WHERE merchant_id = ?;

-- name: labels
SELECT content FROM labels WHERE labels_id = ?;

-- name: merchants
SELECT merchant_id FROM portraits ORDER BY merchant_id;

-- name: ends
SELECT merchant_id, json_extract(body, '$.end') FROM portraits;

-- name: tried
SELECT merchant_id, week FROM tried;

-- name: put_about
INSERT INTO about VALUES (?, ?);

-- name: put_labels
INSERT INTO labels VALUES (?, ?);

-- name: put_portrait
INSERT INTO portraits VALUES (?, ?, ?);

-- name: put_tried
INSERT INTO tried VALUES (?, ?);
