-- name: add_membership
INSERT INTO membership (user_idx, circle_idx, joined_at, left_at) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET left_at = MAX(excluded.left_at, COALESCE(left_at, excluded.left_at))
WHERE excluded.left_at > COALESCE(left_at, excluded.left_at - 1);

-- name: memberships
SELECT user_idx, circle_idx, joined_at, COALESCE(left_at, -1)
FROM membership ORDER BY user_idx, circle_idx, joined_at;

-- name: person
-- One statement costs half of two, and is of one moment by itself. Lists are texts: circle and whether it was
-- not left; circle; circle, times and when; purpose.
SELECT idx, id, verified, adult, city, MAX(
    user.changed, COALESCE(paid.changed, 0), COALESCE(bought.changed, 0)
), paid.edges, bought.edges, (SELECT value FROM counter WHERE name = 'circles'), (
    SELECT group_concat(circle_idx || ' ' || (left_at IS NULL)) FROM membership WHERE user_idx = user.idx
), (
    SELECT group_concat(circle_idx) FROM dismissal WHERE user_idx = user.idx
), (
    SELECT group_concat(circle_idx || ' ' || times || ' ' || last_at) FROM showing WHERE user_idx = user.idx
), (
    SELECT group_concat(purpose) FROM consent_now WHERE user_idx = user.idx
)
FROM user
LEFT JOIN paid ON paid.user_idx = user.idx
LEFT JOIN bought ON bought.user_idx = user.idx
WHERE id = ?;

-- name: join
INSERT INTO membership (user_idx, circle_idx, joined_at, left_at)
SELECT :user, :circle, :at, NULL
WHERE NOT EXISTS (
    SELECT 1 FROM membership WHERE user_idx = :user AND circle_idx = :circle AND left_at IS NULL
)
ON CONFLICT DO UPDATE SET left_at = NULL;

-- name: leave
UPDATE membership SET left_at = MAX(:at, joined_at)
WHERE user_idx = :user AND circle_idx = :circle AND left_at IS NULL;

-- name: dismiss
INSERT INTO dismissal (user_idx, circle_idx, at) VALUES (:user, :circle, :at) ON CONFLICT DO NOTHING;

-- name: dismissals
SELECT user_idx, circle_idx, at FROM dismissal ORDER BY user_idx, circle_idx;

-- name: block
INSERT INTO block (user_idx, other_idx, at) VALUES (:user, :other, :at) ON CONFLICT DO NOTHING;

-- name: unblock
DELETE FROM block WHERE user_idx = :user AND other_idx = :other;

-- name: add_link
INSERT INTO link (user_idx, other_idx, since) VALUES (?, ?, ?)
ON CONFLICT DO UPDATE SET since = excluded.since
WHERE excluded.since >= 0 AND (since < 0 OR excluded.since < since);

-- name: links
SELECT user_idx, other_idx, since FROM link ORDER BY user_idx, other_idx;

-- name: put_consent
INSERT INTO consent (user_idx, purpose, at, granted, door) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET granted = excluded.granted, door = excluded.door WHERE granted <> excluded.granted;

-- name: decisions_of
SELECT purpose, granted, at, door FROM consent WHERE user_idx = ? ORDER BY purpose, at;

-- name: consenting
SELECT user_idx FROM consent_now WHERE purpose = ? ORDER BY user_idx;

-- name: visible
SELECT w.pos
FROM wanted AS w
WHERE EXISTS (SELECT 1 FROM consent_now WHERE user_idx = w.value AND purpose = :purpose)
  AND NOT EXISTS (SELECT 1 FROM block WHERE user_idx = :viewer AND other_idx = w.value)
  AND NOT EXISTS (SELECT 1 FROM block WHERE user_idx = w.value AND other_idx = :viewer);

-- name: put_event
INSERT INTO event (event_id, kind, user_idx, circle_idx, rec_id, at, position) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING;

-- name: forget_paid
DELETE FROM paid WHERE user_idx = :user;

-- name: forget_bought
DELETE FROM bought WHERE user_idx = :user;

-- name: forget_memberships
DELETE FROM membership WHERE user_idx = :user;

-- name: forget_dismissals
DELETE FROM dismissal WHERE user_idx = :user;

-- name: forget_blocks
DELETE FROM block WHERE user_idx = :user OR other_idx = :user;

-- name: forget_links
DELETE FROM link WHERE user_idx = :user OR other_idx = :user;

-- name: forget_consents
DELETE FROM consent WHERE user_idx = :user;

-- name: forget_inbox
DELETE FROM inbox WHERE user_idx = :user;

-- name: forget_events
DELETE FROM event WHERE user_idx = :user;

-- name: forget_changes
DELETE FROM change WHERE user_idx = :user;

-- name: forget_users
DELETE FROM user WHERE idx = :user;
