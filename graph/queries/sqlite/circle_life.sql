-- name: begin_life
INSERT INTO circle_life (circle_idx, revision, edited_at, eligibility, words, request)
VALUES (:circle, 1, :at, :eligibility, :words, :request);

-- name: made_by
SELECT circle.idx, circle_life.request
FROM circle LEFT JOIN circle_life ON circle_life.circle_idx = circle.idx WHERE circle.id = ?;

-- name: fill_circle
UPDATE circle
SET name = :name, description = :description, scene = :scene, created_at = :at, state = :state,
    owner_idx = (SELECT idx FROM merchant WHERE id = :owner_id)
WHERE idx = :circle;

-- name: circle_now
SELECT c.name, c.description, c.scene, COALESCE(c.state, 'open'), COALESCE(l.revision, 0), l.eligibility, l.words,
       l.state_before
FROM circle AS c LEFT JOIN circle_life AS l ON l.circle_idx = c.idx
WHERE c.idx = ?;

-- name: rewrite_circle
UPDATE circle SET name = :name, description = :description, scene = :scene WHERE idx = :circle;

-- name: put_state
UPDATE circle SET state = :state WHERE idx = :circle;

-- name: put_life
INSERT INTO circle_life (circle_idx, revision, edited_at, eligibility, words)
VALUES (:circle, :revision, :at, :eligibility, :words)
ON CONFLICT DO UPDATE SET
    revision = excluded.revision,
    edited_at = excluded.edited_at,
    eligibility = excluded.eligibility,
    words = excluded.words;

-- name: put_apart
INSERT INTO circle_life (circle_idx, revision, edited_at, state_before, reason)
VALUES (:circle, :revision, :edited_at, :before, :reason)
ON CONFLICT DO UPDATE SET
    revision = excluded.revision,
    edited_at = COALESCE(excluded.edited_at, edited_at),
    state_before = excluded.state_before,
    reason = excluded.reason;

-- name: circle_lives
SELECT circle_idx, revision, edited_at, state_before, reason FROM circle_life ORDER BY circle_idx;

-- name: reports
SELECT e.event_id, e.user_idx, e.circle_idx, e.at, v.upheld, v.at
FROM event AS e LEFT JOIN verdict AS v ON v.event_id = e.event_id
WHERE e.kind = 'report' AND e.circle_idx IS NOT NULL
ORDER BY e.at, e.event_id;

-- name: report_verdict
SELECT v.upheld FROM event AS e LEFT JOIN verdict AS v ON v.event_id = e.event_id
WHERE e.event_id = ? AND e.kind = 'report' AND e.circle_idx IS NOT NULL;

-- name: put_verdict
INSERT INTO verdict (event_id, upheld, at) VALUES (?, ?, ?);

-- name: join_sources
SELECT user_idx, circle_idx, at, rec_id FROM event WHERE kind = 'join' ORDER BY at, event_id;

-- name: export_circle_life
SELECT circle_idx AS circle, revision, edited_at, eligibility, words, request, state_before, reason
FROM circle_life ORDER BY circle_idx;

-- name: export_verdicts
SELECT event_id, upheld, at FROM verdict ORDER BY event_id;

-- name: forget_verdicts
DELETE FROM verdict WHERE event_id IN (SELECT event_id FROM event WHERE user_idx = :user);
