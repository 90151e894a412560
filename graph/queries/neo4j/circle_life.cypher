// name: made_by
MATCH (c:Circle {id: $id}) WHERE c.idx IS NOT NULL RETURN c.idx, c.request;

// name: circle_now
MATCH (c:Circle {idx: $circle})
RETURN c.name, c.description, c.scene, coalesce(c.state, 'open'), coalesce(c.revision, 0), c.eligibility, c.words,
    c.state_before;

// name: put_circle
MATCH (c:Circle {idx: $circle}) SET c += $values;

// name: circle_lives
MATCH (c:Circle) WHERE c.revision IS NOT NULL
RETURN c.idx, c.revision, c.edited_at, c.state_before, c.reason ORDER BY c.idx;

// name: reports
MATCH (u:User)-[:DID]->(e:Event {kind: 'report'}) WHERE e.circle IS NOT NULL
RETURN e.event_id, u.idx, e.circle, e.at, e.upheld, e.judged_at ORDER BY e.at, e.event_id;

// name: report_verdict
MATCH (e:Event {event_id: $event_id}) WHERE e.kind = 'report' AND e.circle IS NOT NULL RETURN e.upheld;

// name: put_verdict
MATCH (e:Event {event_id: $event_id}) SET e.upheld = $upheld, e.judged_at = $at;

// name: join_sources
MATCH (u:User)-[:DID]->(e:Event {kind: 'join'})
RETURN u.idx, e.circle, e.at, e.rec_id ORDER BY e.at, e.event_id;

// name: export_circle_life
MATCH (c:Circle) WHERE c.revision IS NOT NULL
RETURN c.idx AS circle, c.revision AS revision, c.edited_at AS edited_at, c.eligibility AS eligibility,
    c.words AS words, c.request AS request, c.state_before AS state_before, c.reason AS reason
ORDER BY circle;

// name: export_verdicts
MATCH (e:Event) WHERE e.upheld IS NOT NULL
RETURN e.event_id AS event_id, e.upheld AS upheld, e.judged_at AS at ORDER BY event_id;

// name: forget_verdicts
MATCH (:User {idx: $user})-[:DID]->(e:Event) WHERE e.upheld IS NOT NULL
REMOVE e.upheld, e.judged_at RETURN count(*);
