-- name: begin_read
BEGIN;

-- name: begin_write
BEGIN IMMEDIATE;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- name: make_wanted
CREATE TEMP TABLE wanted (pos INTEGER PRIMARY KEY, value);

-- name: neighbours
SELECT other_idx FROM block WHERE user_idx = :user
UNION SELECT user_idx FROM block WHERE other_idx = :user
UNION SELECT other_idx FROM link WHERE user_idx = :user
UNION SELECT user_idx FROM link WHERE other_idx = :user;

-- name: clear_wanted
DELETE FROM wanted;

-- name: want
INSERT INTO wanted (pos, value) VALUES (?, ?);

-- name: table_names
SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name;

-- name: ping
SELECT value FROM counter WHERE name = 'seq';

-- name: counter
SELECT value FROM counter WHERE name = ?;

-- name: set_counter
UPDATE counter SET value = ? WHERE name = ?;

-- name: meta
SELECT value FROM meta WHERE key = ?;

-- name: set_meta
INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: put_change
INSERT INTO change (seq, at, kind, user_idx, circle_idx) VALUES (?, ?, ?, ?, ?);

-- name: touch_user
UPDATE user SET changed = ? WHERE idx = ?;

-- name: changes
SELECT seq, at, kind, user_idx, circle_idx FROM change WHERE seq > ? ORDER BY seq LIMIT ?;

-- name: stats
SELECT 'User' AS name, COUNT(*) AS number FROM user
UNION ALL SELECT 'Merchant', COUNT(*) FROM merchant
UNION ALL SELECT 'Product', COUNT(*) FROM product
UNION ALL SELECT 'Circle', COUNT(*) FROM circle
UNION ALL SELECT 'PAID', COALESCE(SUM(length(edges)), 0) / :paid FROM paid
UNION ALL SELECT 'BOUGHT', COALESCE(SUM(length(edges)), 0) / :bought FROM bought
UNION ALL SELECT 'SELLS', COUNT(merchant_idx) FROM product
UNION ALL SELECT 'RUNS', COUNT(owner_idx) FROM circle
UNION ALL SELECT 'ABOUT', COUNT(*) FROM theme
UNION ALL SELECT 'MEMBER_OF', COUNT(*) FROM (SELECT DISTINCT circle_idx, user_idx FROM membership WHERE left_at IS NULL)
UNION ALL SELECT 'DISMISSED', COUNT(*) FROM dismissal
UNION ALL SELECT 'BLOCKED', COUNT(*) FROM block
UNION ALL SELECT 'CONNECTED', COUNT(*) FROM link
UNION ALL SELECT 'SUGGESTED', COUNT(*) FROM suggestion
UNION ALL SELECT 'LINKED', COUNT(*) FROM circle_link
UNION ALL SELECT 'MUTED', COUNT(*) FROM circle_mute
UNION ALL SELECT 'MUTED_OWNER', COUNT(*) FROM owner_mute
UNION ALL SELECT 'payment_mutes', COUNT(*) FROM payment_mute
UNION ALL SELECT 'relays', COUNT(*) FROM relay
UNION ALL SELECT 'Audience', COUNT(*) FROM audience
UNION ALL SELECT 'HOLDS', COUNT(*) FROM audience_person
UNION ALL SELECT 'INVITED', COUNT(*) FROM invitation
UNION ALL SELECT 'SHOWN', COUNT(*) FROM showing
UNION ALL SELECT 'inbox', COUNT(*) FROM inbox WHERE moved = 0
UNION ALL SELECT 'loads', COUNT(*) FROM load
UNION ALL SELECT 'releases', COUNT(*) FROM release
UNION ALL SELECT 'events', COUNT(*) FROM event
UNION ALL SELECT 'circle_lives', COUNT(*) FROM circle_life
UNION ALL SELECT 'verdicts', COUNT(*) FROM verdict
UNION ALL SELECT 'seq', value FROM counter WHERE name = 'seq';

-- name: integrity_check
PRAGMA integrity_check(20);

-- name: foreign_key_check
PRAGMA foreign_key_check;

-- name: overtaken_counters
SELECT c.name
FROM counter AS c
JOIN (
    SELECT 'user' AS name, MAX(idx) AS newest FROM user
    UNION ALL SELECT 'merchant', MAX(idx) FROM merchant
    UNION ALL SELECT 'product', MAX(idx) FROM product
    UNION ALL SELECT 'circle', MAX(idx) FROM circle
    UNION ALL SELECT 'seq', MAX(seq) - 1 FROM change
) AS t ON t.name = c.name
WHERE t.newest >= c.value;

-- name: lost_themes
SELECT t.kind, COUNT(*), c.id, MIN(t.target_id)
FROM theme AS t
JOIN circle AS c ON c.idx = t.circle_idx
WHERE (t.kind = 'merchant' AND NOT EXISTS (SELECT 1 FROM merchant WHERE id = t.target_id))
   OR (t.kind = 'product' AND NOT EXISTS (SELECT 1 FROM product WHERE id = t.target_id))
GROUP BY t.kind
ORDER BY t.kind;

-- name: rewrite
VACUUM;

-- name: checkpoint
PRAGMA wal_checkpoint(TRUNCATE);

-- name: export_themes
SELECT circle_idx AS circle, kind, target_id, weight FROM theme ORDER BY circle_idx, kind, target_id;

-- name: export_memberships
SELECT user_idx AS user, circle_idx AS circle, joined_at, left_at
FROM membership ORDER BY user_idx, circle_idx, joined_at;

-- name: export_dismissals
SELECT user_idx AS user, circle_idx AS circle, at FROM dismissal ORDER BY user_idx, circle_idx;

-- name: export_blocks
SELECT user_idx AS user, other_idx AS other, at FROM block ORDER BY user_idx, other_idx;

-- name: export_links
SELECT user_idx AS user, other_idx AS other, since FROM link ORDER BY user_idx, other_idx;

-- name: export_consents
SELECT user_idx AS user, purpose, granted, at, door FROM consent ORDER BY user_idx, purpose, at;

-- name: export_events
SELECT event_id, kind, user_idx AS user, circle_idx AS circle, rec_id, at, position FROM event ORDER BY at, event_id;

-- name: export_changes
SELECT seq, at, kind, user_idx AS user, circle_idx AS circle FROM change ORDER BY seq;

-- name: export_inbox
SELECT payment, user_idx AS user, merchant_idx AS merchant, product_idx AS product, quantity, band, scene,
       paid_at, refund, walled, taken_at, moved
FROM inbox ORDER BY payment;

-- name: export_loads
SELECT load_id, source, fingerprint, state, at, report FROM load ORDER BY at, load_id;

-- name: export_meta
SELECT key, value FROM meta ORDER BY key;

-- name: export_counters
SELECT name, value FROM counter ORDER BY name;

-- name: export_touched
SELECT idx AS user, MAX(
    changed,
    COALESCE((SELECT paid.changed FROM paid WHERE paid.user_idx = user.idx), 0),
    COALESCE((SELECT bought.changed FROM bought WHERE bought.user_idx = user.idx), 0)
) AS changed
FROM user ORDER BY idx;
