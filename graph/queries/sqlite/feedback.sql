-- name: show_circle
INSERT INTO showing (user_idx, circle_idx, times, last_at) VALUES (:user, :circle, 1, :at)
ON CONFLICT DO UPDATE SET times = times + 1, last_at = MAX(last_at, excluded.last_at);

-- name: answer_circle
DELETE FROM showing WHERE user_idx = :user AND circle_idx = :circle;

-- name: showings
SELECT user_idx, circle_idx, times, last_at FROM showing ORDER BY user_idx, circle_idx;

-- name: exposures
SELECT user_idx, circle_idx, position, rec_id, at FROM event
WHERE kind = 'exposure' AND circle_idx IS NOT NULL ORDER BY at, event_id;

-- name: outcomes
SELECT user_idx, circle_idx, kind, rec_id, at FROM event
WHERE kind <> 'exposure' AND circle_idx IS NOT NULL ORDER BY at, event_id;

-- name: events_of
SELECT circle_idx, kind, position, at FROM event
WHERE user_idx = :user AND rec_id = :rec_id AND circle_idx IS NOT NULL ORDER BY at, event_id;

-- name: accepted_invitations
SELECT user_idx, circle_idx, answered_at FROM invitation
WHERE answer = 'accept' ORDER BY user_idx, circle_idx, answered_at;

-- name: export_showings
SELECT user_idx AS user, circle_idx AS circle, times, last_at FROM showing ORDER BY user_idx, circle_idx;

-- name: forget_showings
DELETE FROM showing WHERE user_idx = :user;
