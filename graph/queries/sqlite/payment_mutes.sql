-- name: mute_payments
INSERT INTO payment_mute (user_idx, kind, thing, at, seq, merchants)
VALUES (:user, :kind, :thing, :at, :seq, :merchants)
ON CONFLICT DO NOTHING;

-- name: unmute_payments
DELETE FROM payment_mute WHERE user_idx = :user AND kind = :kind AND thing = :thing;

-- name: payment_mutes
SELECT user_idx, kind, thing, at, seq, merchants FROM payment_mute ORDER BY user_idx, kind, thing;

-- name: payment_mutes_of
SELECT m.user_idx, m.kind, m.thing, m.at, m.seq, m.merchants
FROM wanted AS w CROSS JOIN payment_mute AS m ON m.user_idx = w.value ORDER BY m.user_idx, m.kind, m.thing;

-- name: inbox_of
-- Those that were moved too: the caller may have read the log before they came there.
SELECT payment, user_idx, merchant_idx, product_idx, quantity, band, scene, paid_at, refund, walled
FROM inbox WHERE user_idx = ?;

-- name: categories_of
SELECT w.value, t.category FROM wanted AS w CROSS JOIN {table} AS t ON t.idx = w.value;

-- name: has_category
SELECT EXISTS (SELECT 1 FROM merchant WHERE category = :category)
    OR EXISTS (SELECT 1 FROM product WHERE category = :category);

-- name: known_users
SELECT w.value FROM wanted AS w CROSS JOIN user AS u ON u.idx = w.value ORDER BY w.value;

-- name: export_payment_mutes
SELECT user_idx AS user, kind, thing, at, seq, merchants FROM payment_mute ORDER BY user_idx, kind, thing;

-- name: fill_payment_mutes
INSERT INTO payment_mute (user_idx, kind, thing, at, seq, merchants)
VALUES (:user, :kind, :thing, :at, :seq, :merchants);

-- name: forget_payment_mutes
DELETE FROM payment_mute WHERE user_idx = :user;
