// name: user_state
MATCH (u:User {id: $id}) WHERE u.idx IS NOT NULL
RETURN u.idx, u.id, u.verified, u.adult, u.city, coalesce(u.changed, 0),
    COLLECT { MATCH (u)-[r:DECIDED]->(p:Purpose) RETURN [p.id, r.at, r.granted] },
    coalesce(u.paid, ''), coalesce(u.bought, ''),
    COLLECT { MATCH (u)-[:MEMBER_OF]->(c:Circle) RETURN DISTINCT c.idx },
    COLLECT { MATCH (u)-[:DISMISSED]->(c:Circle) RETURN DISTINCT c.idx },
    COLLECT { MATCH (u)-[:WAS_MEMBER_OF]->(c:Circle) RETURN DISTINCT c.idx },
    COLLECT { MATCH (u)-[s:SHOWN]->(c:Circle) RETURN [c.idx, s.times, s.last_at] };

// name: memberships_open
MATCH (u:User) WHERE $start <= u.idx < $end
MATCH (u)-[r:MEMBER_OF]->(c:Circle) RETURN collect(u.idx), collect(c.idx), collect(r.joined_at);

// name: memberships_ended
MATCH (u:User) WHERE $start <= u.idx < $end
MATCH (u)-[r:WAS_MEMBER_OF]->(c:Circle)
RETURN collect(u.idx), collect(c.idx), collect(r.joined_at), collect(r.left_at);

// name: memberships_between
UNWIND $pairs AS pair
MATCH (u:User {idx: pair[0]}) USING INDEX u:User(idx)
MATCH (c:Circle {idx: pair[1]}) USING INDEX c:Circle(idx)
WITH u, c
MATCH (u)-[r:MEMBER_OF|WAS_MEMBER_OF]->(c)
RETURN collect([u.idx, c.idx, r.joined_at, r.left_at]);

// name: open_memberships
UNWIND $rows AS row
MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
MATCH (c:Circle {idx: row[1]}) USING INDEX c:Circle(idx)
CREATE (u)-[:MEMBER_OF {joined_at: row[2]}]->(c);

// name: end_memberships
UNWIND $rows AS row
MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
MATCH (c:Circle {idx: row[1]}) USING INDEX c:Circle(idx)
OPTIONAL MATCH (u)-[old:MEMBER_OF|WAS_MEMBER_OF {joined_at: row[2]}]->(c)
DELETE old
CREATE (u)-[:WAS_MEMBER_OF {joined_at: row[2], left_at: row[3]}]->(c);

// name: join
MATCH (u:User {idx: $user}) MATCH (c:Circle {idx: $circle})
WITH u, c, NOT EXISTS { (u)-[:MEMBER_OF]->(c) } AS outside
OPTIONAL MATCH (u)-[old:WAS_MEMBER_OF {joined_at: $at}]->(c) WHERE outside
DELETE old
WITH u, c, outside
FOREACH (once IN CASE WHEN outside THEN [1] ELSE [] END | CREATE (u)-[:MEMBER_OF {joined_at: $at}]->(c))
RETURN outside;

// name: leave
MATCH (u:User {idx: $user}) MATCH (c:Circle {idx: $circle})
OPTIONAL MATCH (u)-[r:MEMBER_OF]->(c)
WITH u, c, collect(r) AS open, collect(r.joined_at) AS joined
FOREACH (r IN open | DELETE r)
FOREACH (at IN joined |
    CREATE (u)-[:WAS_MEMBER_OF {joined_at: at, left_at: CASE WHEN $at > at THEN $at ELSE at END}]->(c))
RETURN size(joined) > 0;

// name: dismiss
MATCH (u:User {idx: $user}) MATCH (c:Circle {idx: $circle})
WITH u, c, NOT EXISTS { (u)-[:DISMISSED]->(c) } AS is_new
FOREACH (once IN CASE WHEN is_new THEN [1] ELSE [] END | CREATE (u)-[:DISMISSED {at: $at}]->(c))
RETURN is_new;

// name: dismissals
MATCH (u:User) WHERE $start <= u.idx < $end
MATCH (u)-[r:DISMISSED]->(c:Circle) RETURN collect(u.idx), collect(c.idx), collect(r.at);

// name: block
MATCH (u:User {idx: $user}) MATCH (o:User {idx: $other})
WITH u, o, NOT EXISTS { (u)-[:BLOCKED]->(o) } AS is_new
FOREACH (once IN CASE WHEN is_new THEN [1] ELSE [] END | CREATE (u)-[:BLOCKED {at: $at}]->(o))
RETURN is_new;

// name: unblock
MATCH (:User {idx: $user})-[r:BLOCKED]->(:User {idx: $other})
WITH collect(r) AS blocks
FOREACH (r IN blocks | DELETE r)
RETURN size(blocks) > 0;

// name: links_between
UNWIND $pairs AS pair
MATCH (u:User {idx: pair[0]}) USING INDEX u:User(idx)
MATCH (o:User {idx: pair[1]}) USING INDEX o:User(idx)
WITH u, o
MATCH (u)-[r:CONNECTED]->(o)
RETURN collect([u.idx, o.idx, r.since]);

// name: put_links
UNWIND $rows AS row
MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
MATCH (o:User {idx: row[1]}) USING INDEX o:User(idx)
MERGE (u)-[r:CONNECTED]->(o) SET r.since = row[2];

// name: links
MATCH (u:User) WHERE $start <= u.idx < $end
MATCH (u)-[r:CONNECTED]->(o:User) RETURN collect(u.idx), collect(o.idx), collect(r.since);

// name: decisions_of
UNWIND $users AS idx
MATCH (u:User {idx: idx})-[r:DECIDED]->(p:Purpose) USING INDEX u:User(idx)
RETURN collect([u.idx, p.id, r.at, r.granted]);

// name: put_decisions
UNWIND $rows AS row
MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
MERGE (p:Purpose {id: row[1]})
MERGE (u)-[r:DECIDED {at: row[2]}]->(p) SET r.granted = row[3], r.door = row[4];

// name: consent_history
MATCH (:User {idx: $user})-[r:DECIDED]->(p:Purpose)
RETURN p.id AS purpose, r.granted, r.at AS at, r.door ORDER BY purpose, at;

// name: decisions_about
MATCH (u:User) WHERE $start <= u.idx < $end
MATCH (u)-[r:DECIDED]->(:Purpose {id: $purpose}) RETURN collect(u.idx), collect(r.at), collect(r.granted);

// name: visible
UNWIND $others AS idx
MATCH (o:User {idx: idx}) USING INDEX o:User(idx)
WHERE COLLECT { MATCH (o)-[r:DECIDED]->(:Purpose {id: $purpose}) RETURN r.granted ORDER BY r.at DESC LIMIT 1 } = [true]
  AND NOT EXISTS { (o)-[:BLOCKED]-(:User {idx: $viewer}) }
RETURN collect(o.idx);

// name: put_event
MATCH (u:User {idx: $user})
CREATE (u)-[:DID]->(e:Event {event_id: $event_id, kind: $what, circle: $circle, rec_id: $rec_id, at: $at,
    position: $position})
RETURN count(*);

// name: find_event
MATCH (e:Event {event_id: $event_id}) RETURN count(e) > 0;
