-- name: put_audience
INSERT INTO audience (
    audience_id, circle_idx, owner, state, topics, asked, certificate, funnel, sending, problem,
    created_at, valid_until, revision
) VALUES (
    :audience_id, :circle, :owner, :state, :topics, :asked, :certificate, :funnel, :sending, :problem,
    :created_at, :valid_until, :revision
) ON CONFLICT DO NOTHING;

-- name: asked_at
SELECT created_at FROM audience WHERE owner IS :owner;

-- name: audience
SELECT audience_id, circle_idx, owner, state, topics, asked, certificate, funnel, sending, problem,
    created_at, valid_until, revision
FROM audience WHERE audience_id = ?;

-- name: audiences
SELECT audience_id, circle_idx, owner, state, topics, asked, certificate, funnel, sending, problem,
    created_at, valid_until, revision
FROM audience WHERE :circle IS NULL OR circle_idx = :circle ORDER BY created_at, audience_id;

-- name: set_audience
UPDATE audience SET
    state = :state, certificate = :certificate, funnel = :funnel, sending = :sending, problem = :problem,
    valid_until = :valid_until, revision = revision + 1
WHERE audience_id = :audience_id;

-- name: put_audience_person
INSERT INTO audience_person (audience_id, user_idx, arm, score, state)
SELECT :audience_id, :user, :arm, :score, 'waiting'
WHERE EXISTS (SELECT 1 FROM user WHERE idx = :user)
ON CONFLICT DO NOTHING;

-- name: audience_people
SELECT user_idx, arm, score, state FROM audience_person
WHERE audience_id = ? ORDER BY score DESC, user_idx;

-- name: circle_door
SELECT COALESCE(c.state, 'open'), (SELECT id FROM merchant WHERE idx = c.owner_idx), l.eligibility
FROM circle AS c LEFT JOIN circle_life AS l ON l.circle_idx = c.idx WHERE c.idx = ?;

-- name: settle_person
UPDATE audience_person SET state = :state
WHERE audience_id = :audience_id AND user_idx = :user AND state = 'waiting';

-- name: put_invitation
INSERT INTO invitation (invitation_id, audience_id, circle_idx, user_idx, sent_at)
VALUES (:invitation_id, :audience_id, :circle, :user, :at);

-- name: waiting_people
-- All audiences that are being sent and wait for any of these people; whether they have muted payments since.
SELECT p.user_idx, a.circle_idx, a.audience_id, a.topics, p.score,
    (SELECT COUNT(DISTINCT user_idx) FROM membership WHERE circle_idx = a.circle_idx AND left_at IS NULL),
    EXISTS (
        SELECT 1 FROM payment_mute
        WHERE user_idx = p.user_idx AND at >= a.created_at AND merchants <> '[]'
    )
FROM json_each(:users) AS w
JOIN audience_person AS p ON p.user_idx = w.value AND p.state = 'waiting' AND p.arm <> 'holdout'
JOIN audience AS a ON a.audience_id = p.audience_id AND a.state = 'sending' AND a.valid_until > :at
JOIN circle AS c ON c.idx = a.circle_idx AND COALESCE(c.state, 'open') IN ('open', 'proposed');

-- name: standings
-- For pairs of user and circle; people who do not exist are left out.
SELECT u.idx, w.circle, u.id, COALESCE(u.verified, 0), COALESCE(u.adult, 0), u.city,
    EXISTS (SELECT 1 FROM consent_now WHERE user_idx = u.idx AND purpose = :purpose),
    EXISTS (SELECT 1 FROM membership WHERE user_idx = u.idx AND circle_idx = w.circle AND left_at IS NULL),
    EXISTS (SELECT 1 FROM membership WHERE user_idx = u.idx AND circle_idx = w.circle AND left_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM dismissal WHERE user_idx = u.idx AND circle_idx = w.circle)
        OR EXISTS (SELECT 1 FROM event WHERE user_idx = u.idx AND circle_idx = w.circle AND kind = 'report'),
    EXISTS (SELECT 1 FROM circle_mute WHERE user_idx = u.idx AND circle_idx = w.circle)
        OR EXISTS (
            SELECT 1 FROM owner_mute AS o JOIN circle AS c ON c.owner_idx = o.merchant_idx
            WHERE o.user_idx = u.idx AND c.idx = w.circle
        ),
    EXISTS (
        SELECT 1 FROM audience_person AS p JOIN audience AS a ON a.audience_id = p.audience_id
        WHERE p.user_idx = u.idx AND p.arm = 'holdout' AND a.circle_idx = w.circle AND a.valid_until > :at
    )
FROM (
    SELECT key, json_extract(value, '$[0]') AS user, json_extract(value, '$[1]') AS circle
    FROM json_each(:pairs)
) AS w
JOIN user AS u ON u.idx = w.user
ORDER BY w.key;

-- name: past_invitations
SELECT i.user_idx, i.circle_idx, i.sent_at, i.answer, i.answered_at, a.topics
FROM json_each(:users) AS w
JOIN invitation AS i ON i.user_idx = w.value
JOIN audience AS a ON a.audience_id = i.audience_id
ORDER BY i.user_idx, i.sent_at, i.invitation_id;

-- name: invitations_of
SELECT i.invitation_id, i.audience_id, i.circle_idx, i.user_idx, i.sent_at, i.answer, i.answered_at
FROM invitation AS i WHERE i.user_idx = ? ORDER BY i.sent_at, i.invitation_id;

-- name: invitation
SELECT invitation_id, audience_id, circle_idx, user_idx, sent_at, answer, answered_at
FROM invitation WHERE invitation_id = ?;

-- name: offer
SELECT i.circle_idx, i.sent_at, i.answer, COALESCE(c.state, 'open'),
    EXISTS (SELECT 1 FROM consent_now WHERE user_idx = i.user_idx AND purpose = :purpose)
FROM invitation AS i JOIN circle AS c ON c.idx = i.circle_idx
WHERE i.invitation_id = :invitation_id AND i.user_idx = :user;

-- name: put_reply
UPDATE invitation SET answer = :answer, answered_at = :at WHERE invitation_id = :invitation_id;

-- name: audience_outcomes
-- Joined: since the first invitation of the audience went out, for those kept back too.
SELECT p.arm, COUNT(*), COALESCE(SUM(p.state = 'sent'), 0), COALESCE(SUM(p.state = 'waiting'), 0),
    COALESCE(SUM(i.answer = 'decline'), 0),
    COALESCE(SUM(EXISTS (
        SELECT 1 FROM membership AS m
        WHERE m.user_idx = p.user_idx AND m.circle_idx = a.circle_idx
          AND m.joined_at >= (SELECT MIN(sent_at) FROM invitation WHERE audience_id = a.audience_id)
    )), 0)
FROM audience_person AS p
JOIN audience AS a ON a.audience_id = p.audience_id
LEFT JOIN invitation AS i ON i.audience_id = p.audience_id AND i.user_idx = p.user_idx
WHERE p.audience_id = ?
GROUP BY p.arm ORDER BY p.arm;

-- name: invitations_without_a_place
SELECT COUNT(*) FROM invitation AS i WHERE NOT EXISTS (
    SELECT 1 FROM audience_person AS p
    WHERE p.audience_id = i.audience_id AND p.user_idx = i.user_idx AND p.state = 'sent' AND p.arm <> 'holdout'
);

-- name: export_audiences
SELECT audience_id, circle_idx AS circle, owner, state, topics, asked, certificate, funnel, sending, problem,
    created_at, valid_until, revision
FROM audience ORDER BY audience_id;

-- name: export_audience_people
SELECT audience_id, user_idx AS user, arm, score, state FROM audience_person ORDER BY audience_id, user_idx;

-- name: export_invitations
SELECT invitation_id, audience_id, circle_idx AS circle, user_idx AS user, sent_at, answer, answered_at
FROM invitation ORDER BY invitation_id;

-- name: forget_audience_people
DELETE FROM audience_person WHERE user_idx = :user;

-- name: forget_invitations
DELETE FROM invitation WHERE user_idx = :user;
