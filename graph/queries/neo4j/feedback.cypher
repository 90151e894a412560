// name: show_circle
MATCH (u:User {idx: $user}) MATCH (c:Circle {idx: $circle})
MERGE (u)-[s:SHOWN]->(c) ON CREATE SET s.times = 0, s.last_at = $at
SET s.times = s.times + 1, s.last_at = CASE WHEN $at > s.last_at THEN $at ELSE s.last_at END;

// name: answer_circle
MATCH (:User {idx: $user})-[s:SHOWN]->(:Circle {idx: $circle}) DELETE s;

// name: showings
MATCH (u:User) WHERE $start <= u.idx < $end
MATCH (u)-[s:SHOWN]->(c:Circle) RETURN collect(u.idx), collect(c.idx), collect(s.times), collect(s.last_at);

// name: exposures
MATCH (u:User)-[:DID]->(e:Event {kind: 'exposure'}) WHERE e.circle IS NOT NULL
RETURN u.idx, e.circle, e.position, e.rec_id, e.at ORDER BY e.at, e.event_id;

// name: outcomes
MATCH (u:User)-[:DID]->(e:Event) WHERE e.kind <> 'exposure' AND e.circle IS NOT NULL
RETURN u.idx, e.circle, e.kind, e.rec_id, e.at ORDER BY e.at, e.event_id;

// name: events_of
MATCH (:User {idx: $user})-[:DID]->(e:Event {rec_id: $rec_id}) WHERE e.circle IS NOT NULL
RETURN e.circle, e.kind, e.position, e.at ORDER BY e.at, e.event_id;

// name: accepted_invitations
MATCH (u:User) WHERE $start <= u.idx < $end
MATCH (u)<-[i:INVITED {answer: 'accept'}]-(c:Circle) RETURN collect(u.idx), collect(c.idx), collect(i.answered_at);

// name: export_showings
MATCH (u:User)-[s:SHOWN]->(c:Circle)
RETURN u.idx AS user, c.idx AS circle, s.times AS times, s.last_at AS last_at ORDER BY user, circle;

// name: forget_showings
MATCH (:User {idx: $user})-[s:SHOWN]->() DELETE s RETURN count(*);
