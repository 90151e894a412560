-- name: put_edges
INSERT INTO {table} (user_idx, edges, changed)
SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM user WHERE idx = ?)
ON CONFLICT (user_idx) DO UPDATE SET edges = excluded.edges, changed = excluded.changed
WHERE edges <> excluded.edges;

-- name: drop_edges
DELETE FROM {table} WHERE user_idx = ?;

-- name: edges
SELECT user_idx, edges FROM {table} ORDER BY user_idx;

-- name: edges_after
SELECT user_idx, edges FROM {table} WHERE user_idx > ? ORDER BY user_idx LIMIT ?;

-- name: edges_of
SELECT edges FROM {table} WHERE user_idx = ?;

-- name: edges_of_wanted
SELECT w.value, e.edges FROM wanted AS w CROSS JOIN {table} AS e ON e.user_idx = w.value ORDER BY w.pos;

-- name: put_payment
INSERT INTO inbox (payment, user_idx, merchant_idx, product_idx, quantity, band, scene, paid_at, refund, walled, taken_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (payment) DO NOTHING;

-- name: inbox
SELECT payment, user_idx, merchant_idx, product_idx, quantity, band, scene, paid_at, refund, walled
FROM inbox WHERE moved = 0 ORDER BY payment;

-- name: move_payment
UPDATE inbox SET moved = 1 WHERE payment = ? AND moved = 0;

-- name: trim_inbox
DELETE FROM inbox WHERE moved = 1 AND taken_at < ?;

-- name: put_load
INSERT INTO load (load_id, source, fingerprint, state, at, report) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (load_id) DO UPDATE SET
    source = excluded.source, fingerprint = excluded.fingerprint, state = excluded.state,
    at = excluded.at, report = excluded.report;

-- name: loads
SELECT load_id, source, fingerprint, state, at, report FROM load
WHERE :state IS NULL OR state = :state ORDER BY at, rowid;

-- name: find_load
SELECT load_id, source, fingerprint, state, at, report FROM load
WHERE fingerprint = ? AND state = 'done' ORDER BY at DESC, rowid DESC LIMIT 1;
