-- name: circle_link
SELECT * FROM circle_link_now WHERE link_id = ?;

-- name: live_circle_link
SELECT * FROM circle_link_now WHERE source_idx = :source AND target_idx = :target AND closed_at IS NULL;

-- name: new_circle_link
-- The two circles, for a link that is not there yet.
SELECT s.owner_idx, t.owner_idx, s.state, t.state
FROM circle AS s CROSS JOIN circle AS t WHERE s.idx = :source AND t.idx = :target;

-- name: put_circle_link
INSERT INTO circle_link VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
    source_accepted_by = excluded.source_accepted_by,
    target_accepted_by = excluded.target_accepted_by,
    opened_at = excluded.opened_at,
    closed_at = excluded.closed_at;

-- name: circle_links
SELECT * FROM circle_link_now ORDER BY proposed_at, link_id;

-- name: circle_links_of
SELECT * FROM circle_link_now
WHERE source_idx IN (SELECT value FROM wanted) OR target_idx IN (SELECT value FROM wanted)
ORDER BY proposed_at, link_id;

-- name: relay
SELECT * FROM relay WHERE relay_id = ?;

-- name: sent_between
SELECT r.at FROM circle_link AS l JOIN relay AS r ON r.link_id = l.link_id AND r.at > :since
WHERE l.source_idx = :source AND l.target_idx = :target;

-- name: put_relay
INSERT INTO relay VALUES (?, ?, ?, ?, ?);

-- name: relays_of
SELECT * FROM relay WHERE link_id = ? ORDER BY at DESC, relay_id;

-- name: relays_for
SELECT r.*, l.*
FROM membership AS m
JOIN circle_link_now AS l ON l.target_idx = m.circle_idx AND l.closed_at IS NULL
JOIN relay AS r ON r.link_id = l.link_id AND r.at >= :since
WHERE m.user_idx = :user
  AND m.left_at IS NULL
  AND EXISTS (SELECT 1 FROM consent_now WHERE user_idx = :user AND purpose = :purpose)
  AND NOT EXISTS (
      SELECT 1 FROM circle_mute WHERE user_idx = :user AND circle_idx IN (l.source_idx, l.target_idx)
  )
  AND NOT EXISTS (
      SELECT 1 FROM owner_mute WHERE user_idx = :user AND merchant_idx IN (l.source_owner, l.target_owner)
  )
GROUP BY r.relay_id
ORDER BY r.at DESC, r.relay_id;

-- name: mute_circle
INSERT INTO circle_mute (user_idx, circle_idx, at) VALUES (:user, :thing, :at) ON CONFLICT DO NOTHING;

-- name: unmute_circle
DELETE FROM circle_mute WHERE user_idx = :user AND circle_idx = :thing;

-- name: mute_owner
INSERT INTO owner_mute (user_idx, merchant_idx, at) VALUES (:user, :thing, :at) ON CONFLICT DO NOTHING;

-- name: unmute_owner
DELETE FROM owner_mute WHERE user_idx = :user AND merchant_idx = :thing;

-- name: muted_circles
SELECT circle_idx FROM circle_mute WHERE user_idx = ?;

-- name: muted_owners
SELECT merchant_idx FROM owner_mute WHERE user_idx = ?;

-- name: memberships_in
SELECT user_idx, circle_idx, joined_at, COALESCE(left_at, -1)
FROM membership WHERE circle_idx IN (SELECT value FROM wanted) ORDER BY user_idx, circle_idx, joined_at;

-- name: unaccepted_circle_links
SELECT link_id FROM circle_link
WHERE opened_at IS NOT NULL AND (source_accepted_by IS NULL OR target_accepted_by IS NULL)
ORDER BY link_id;

-- name: export_circle_links
SELECT
    link_id, source_idx AS source, target_idx AS target, topics, per_week, proposed_at, source_accepted_by,
    target_accepted_by, opened_at, closed_at
FROM circle_link ORDER BY link_id;

-- name: export_relays
SELECT relay_id, link_id, topic, message_ref, at FROM relay ORDER BY relay_id;

-- name: export_circle_mutes
SELECT user_idx AS user, circle_idx AS circle, at FROM circle_mute ORDER BY user_idx, circle_idx;

-- name: export_owner_mutes
SELECT user_idx AS user, merchant_idx AS merchant, at FROM owner_mute ORDER BY user_idx, merchant_idx;

-- name: forget_circle_mutes
DELETE FROM circle_mute WHERE user_idx = :user;

-- name: forget_owner_mutes
DELETE FROM owner_mute WHERE user_idx = :user;
