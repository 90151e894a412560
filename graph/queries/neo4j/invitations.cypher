// name: put_audience
MATCH (c:Circle {idx: $circle})
MERGE (a:Audience {audience_id: $audience_id})
ON CREATE SET a.owner = $owner, a.state = $state, a.topics = $topics, a.asked = $asked,
    a.certificate = $certificate, a.funnel = $funnel, a.sending = $sending, a.problem = $problem,
    a.created_at = $created_at, a.valid_until = $valid_until, a.revision = $revision, a.fresh = true
MERGE (a)-[:FOR]->(c)
WITH a, coalesce(a.fresh, false) AS fresh
REMOVE a.fresh
RETURN fresh;

// name: asked_at
MATCH (a:Audience) WHERE a.owner = $owner OR ($owner IS NULL AND a.owner IS NULL)
RETURN a.created_at;

// name: audience
MATCH (a:Audience {audience_id: $audience_id})-[:FOR]->(c:Circle)
RETURN a.audience_id, c.idx, a.owner, a.state, a.topics, a.asked, a.certificate, a.funnel, a.sending, a.problem,
    a.created_at, a.valid_until, a.revision;

// name: audiences
MATCH (a:Audience)-[:FOR]->(c:Circle) WHERE $circle IS NULL OR c.idx = $circle
RETURN a.audience_id, c.idx, a.owner, a.state, a.topics, a.asked, a.certificate, a.funnel, a.sending, a.problem,
    a.created_at, a.valid_until, a.revision
ORDER BY a.created_at, a.audience_id;

// name: set_audience
MATCH (a:Audience {audience_id: $audience_id})
SET a.state = $state, a.certificate = $certificate, a.funnel = $funnel, a.sending = $sending,
    a.problem = $problem, a.valid_until = $valid_until, a.revision = a.revision + 1;

// name: put_audience_people
MATCH (a:Audience {audience_id: $audience_id})
UNWIND $rows AS row
MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
MERGE (a)-[h:HOLDS]->(u)
ON CREATE SET h.arm = row[1], h.score = row[2], h.state = 'waiting';

// name: audience_people
MATCH (:Audience {audience_id: $audience_id})-[h:HOLDS]->(u:User)
RETURN u.idx, h.arm, h.score, h.state ORDER BY h.score DESC, u.idx;

// name: circle_door
MATCH (c:Circle {idx: $circle})
RETURN coalesce(c.state, 'open'), COLLECT { MATCH (m:Merchant)-[:RUNS]->(c) RETURN m.id LIMIT 1 }[0], c.eligibility;

// name: settle_people
MATCH (a:Audience {audience_id: $audience_id})
UNWIND $users AS idx
MATCH (u:User {idx: idx}) USING INDEX u:User(idx)
MATCH (a)-[h:HOLDS {state: 'waiting'}]->(u)
SET h.state = $state;

// name: put_invitations
MATCH (:Audience {audience_id: $audience_id})-[:FOR]->(c:Circle)
UNWIND $rows AS row
MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
CREATE (c)-[:INVITED {invitation_id: row[1], audience_id: $audience_id, sent_at: $at}]->(u);

// name: waiting_people
// All audiences that are being sent and wait for any of these people; whether they have muted payments since.
UNWIND $users AS idx
MATCH (u:User {idx: idx}) USING INDEX u:User(idx)
MATCH (u)<-[h:HOLDS]-(a:Audience)-[:FOR]->(c:Circle)
WHERE h.state = 'waiting' AND h.arm <> 'holdout' AND a.state = 'sending' AND a.valid_until > $at
    AND coalesce(c.state, 'open') IN ['open', 'proposed']
RETURN u.idx, c.idx, a.audience_id, a.topics, h.score,
    COUNT { MATCH (m:User)-[:MEMBER_OF]->(c) RETURN DISTINCT m },
    EXISTS { MATCH (m:PaymentMute {user: u.idx}) WHERE m.at >= a.created_at AND m.merchants <> '[]' };

// name: standings
// For pairs of user and circle; people who do not exist are left out.
UNWIND range(0, size($pairs) - 1) AS place
WITH place, $pairs[place][0] AS user, $pairs[place][1] AS circle
MATCH (u:User {idx: user}) USING INDEX u:User(idx)
MATCH (c:Circle {idx: circle}) USING INDEX c:Circle(idx)
RETURN u.idx, c.idx, u.id, coalesce(u.verified, false), coalesce(u.adult, false), u.city,
    COLLECT { MATCH (u)-[r:DECIDED]->(:Purpose {id: $purpose}) RETURN r.granted ORDER BY r.at DESC LIMIT 1 } = [true],
    EXISTS { (u)-[:MEMBER_OF]->(c) },
    EXISTS { (u)-[:WAS_MEMBER_OF|DISMISSED]->(c) }
        OR EXISTS { MATCH (u)-[:DID]->(e:Event) WHERE e.kind = 'report' AND e.circle = c.idx },
    EXISTS { (u)-[:MUTED]->(c) } OR EXISTS { (u)-[:MUTED_OWNER]->(:Merchant)-[:RUNS]->(c) },
    EXISTS { MATCH (u)<-[h:HOLDS]-(a:Audience)-[:FOR]->(c) WHERE h.arm = 'holdout' AND a.valid_until > $at }
ORDER BY place;

// name: past_invitations
UNWIND $users AS idx
MATCH (u:User {idx: idx}) USING INDEX u:User(idx)
MATCH (u)<-[i:INVITED]-(c:Circle)
MATCH (a:Audience {audience_id: i.audience_id})
RETURN u.idx, c.idx, i.sent_at, i.answer, i.answered_at, a.topics
ORDER BY u.idx, i.sent_at, i.invitation_id;

// name: invitations_of
MATCH (u:User {idx: $user})<-[i:INVITED]-(c:Circle)
RETURN i.invitation_id, i.audience_id, c.idx, u.idx, i.sent_at, i.answer, i.answered_at
ORDER BY i.sent_at, i.invitation_id;

// name: invitation
MATCH (c:Circle)-[i:INVITED {invitation_id: $invitation_id}]->(u:User)
RETURN i.invitation_id, i.audience_id, c.idx, u.idx, i.sent_at, i.answer, i.answered_at;

// name: offer
MATCH (u:User {idx: $user})<-[i:INVITED {invitation_id: $invitation_id}]-(c:Circle)
RETURN c.idx, i.sent_at, i.answer, coalesce(c.state, 'open'),
    COLLECT { MATCH (u)-[r:DECIDED]->(:Purpose {id: $purpose}) RETURN r.granted ORDER BY r.at DESC LIMIT 1 } = [true];

// name: put_reply
MATCH (:User {idx: $user})<-[i:INVITED {invitation_id: $invitation_id}]-(:Circle)
SET i.answer = $answer, i.answered_at = $at;

// name: audience_outcomes
// Joined: since the first invitation of the audience went out, for those kept back too.
MATCH (a:Audience {audience_id: $audience_id})-[:FOR]->(c:Circle)
WITH a, c, COLLECT {
    MATCH (c)-[i:INVITED {audience_id: a.audience_id}]->() RETURN min(i.sent_at)
}[0] AS since
MATCH (a)-[h:HOLDS]->(u:User)
WITH h, EXISTS { MATCH (u)<-[i:INVITED]-(c) WHERE i.audience_id = $audience_id AND i.answer = 'decline' } AS declined,
    EXISTS { MATCH (u)-[m:MEMBER_OF|WAS_MEMBER_OF]->(c) WHERE m.joined_at >= since } AS joined
RETURN h.arm AS arm, count(*), sum(CASE h.state WHEN 'sent' THEN 1 ELSE 0 END),
    sum(CASE h.state WHEN 'waiting' THEN 1 ELSE 0 END), sum(CASE WHEN declined THEN 1 ELSE 0 END),
    sum(CASE WHEN joined THEN 1 ELSE 0 END)
ORDER BY arm;

// name: invitations_without_a_place
MATCH (:Circle)-[i:INVITED]->(u:User)
WHERE NOT EXISTS {
    MATCH (u)<-[h:HOLDS]-(:Audience {audience_id: i.audience_id}) WHERE h.state = 'sent' AND h.arm <> 'holdout'
}
RETURN count(i);

// name: export_audiences
MATCH (a:Audience)-[:FOR]->(c:Circle)
RETURN a.audience_id AS audience_id, c.idx AS circle, a.owner AS owner, a.state AS state, a.topics AS topics,
    a.asked AS asked, a.certificate AS certificate, a.funnel AS funnel, a.sending AS sending,
    a.problem AS problem, a.created_at AS created_at, a.valid_until AS valid_until, a.revision AS revision
ORDER BY audience_id;

// name: export_audience_people
MATCH (a:Audience)-[h:HOLDS]->(u:User)
RETURN a.audience_id AS audience_id, u.idx AS user, h.arm AS arm, h.score AS score, h.state AS state
ORDER BY audience_id, user;

// name: export_invitations
MATCH (c:Circle)-[i:INVITED]->(u:User)
RETURN i.invitation_id AS invitation_id, i.audience_id AS audience_id, c.idx AS circle, u.idx AS user,
    i.sent_at AS sent_at, i.answer AS answer, i.answered_at AS answered_at
ORDER BY invitation_id;

// name: forget_audience_people
MATCH (:User {idx: $user})<-[h:HOLDS]-(:Audience) DELETE h RETURN count(*);

// name: forget_invitations
MATCH (:User {idx: $user})<-[i:INVITED]-(:Circle) DELETE i RETURN count(*);
