-- name: show_suggestion
INSERT INTO suggestion (user_idx, other_idx, period, times)
SELECT :user, :other, :period, 1
WHERE EXISTS (SELECT 1 FROM user WHERE idx = :user) AND EXISTS (SELECT 1 FROM user WHERE idx = :other)
ON CONFLICT DO UPDATE SET period = excluded.period, times = times + 1 WHERE excluded.period > period;

-- name: meetings
-- Every part is asked for every person, also for one who does not exist: no answer is quicker than another.
SELECT
    EXISTS (SELECT 1 FROM user WHERE idx = w.value),
    (SELECT COUNT(*) FROM consent_now WHERE user_idx IN (:viewer, w.value) AND purpose = :purpose),
    (SELECT COUNT(*) FROM user WHERE idx IN (:viewer, w.value) AND adult = 1),
    (SELECT COUNT(*) FROM block WHERE user_idx = :viewer AND other_idx = w.value)
        + (SELECT COUNT(*) FROM block WHERE user_idx = w.value AND other_idx = :viewer),
    (SELECT COUNT(*) FROM block WHERE user_idx = w.value AND other_idx = :viewer),
    mine.answer,
    mine.answered_at,
    theirs.answer,
    theirs.answered_at,
    EXISTS (
        SELECT 1 FROM link
        WHERE user_idx = MIN(:viewer, w.value) AND other_idx = MAX(:viewer, w.value)
    )
FROM wanted AS w
LEFT JOIN suggestion AS mine ON mine.user_idx = :viewer AND mine.other_idx = w.value
LEFT JOIN suggestion AS theirs ON theirs.user_idx = w.value AND theirs.other_idx = :viewer
ORDER BY w.pos;

-- name: put_answer
INSERT INTO suggestion (user_idx, other_idx, period, times, answer, answered_at)
VALUES (:user, :other, :period, 0, :answer, :at)
ON CONFLICT DO UPDATE SET times = 0, answer = excluded.answer, answered_at = excluded.answered_at;

-- name: remove_link
DELETE FROM link WHERE user_idx = MIN(:user, :other) AND other_idx = MAX(:user, :other);

-- name: links_of
SELECT other_idx FROM link WHERE user_idx = :user
UNION SELECT user_idx FROM link WHERE other_idx = :user
ORDER BY 1;

-- name: write_nothing
UPDATE counter SET value = value WHERE name = 'seq';

-- name: suggestions
SELECT user_idx, other_idx, period, times, COALESCE(answer, ''), COALESCE(answered_at, -1)
FROM suggestion ORDER BY user_idx, other_idx;

-- name: blocks
SELECT user_idx, other_idx, at FROM block ORDER BY user_idx, other_idx;

-- name: trim_suggestions
DELETE FROM suggestion WHERE period < ? AND (answer IS NULL OR answer = 'accept');

-- name: export_suggestions
SELECT user_idx AS user, other_idx AS other, period, times, answer, answered_at
FROM suggestion ORDER BY user_idx, other_idx;

-- name: forget_suggestions
DELETE FROM suggestion WHERE user_idx = :user OR other_idx = :user;
