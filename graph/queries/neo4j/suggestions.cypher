// name: show_suggestions
MATCH (u:User {idx: $user})
UNWIND $others AS idx
MATCH (o:User {idx: idx}) USING INDEX o:User(idx)
OPTIONAL MATCH (u)-[old:SUGGESTED]->(o)
WITH u, o, old WHERE old IS NULL OR old.period < $period
MERGE (u)-[s:SUGGESTED]->(o)
SET s.period = $period, s.times = coalesce(s.times, 0) + 1
RETURN count(s);

// name: meetings
// Every part is asked for every person, also for one who does not exist: no answer is quicker than another.
UNWIND $others AS idx
OPTIONAL MATCH (v:User {idx: $viewer})
OPTIONAL MATCH (o:User {idx: idx})
RETURN o IS NOT NULL,
    COLLECT { MATCH (v)-[r:DECIDED]->(:Purpose {id: $purpose}) RETURN r.granted ORDER BY r.at DESC LIMIT 1 } = [true],
    COLLECT { MATCH (o)-[r:DECIDED]->(:Purpose {id: $purpose}) RETURN r.granted ORDER BY r.at DESC LIMIT 1 } = [true],
    coalesce(v.adult, false),
    coalesce(o.adult, false),
    EXISTS { (v)-[:BLOCKED]-(o) },
    EXISTS { (o)-[:BLOCKED]->(v) },
    COLLECT { MATCH (v)-[s:SUGGESTED]->(o) RETURN [s.answer, s.answered_at] },
    COLLECT { MATCH (o)-[s:SUGGESTED]->(v) RETURN [s.answer, s.answered_at] },
    EXISTS { (v)-[:CONNECTED]-(o) };

// name: put_answer
MATCH (u:User {idx: $user}) MATCH (o:User {idx: $other})
MERGE (u)-[s:SUGGESTED]->(o) ON CREATE SET s.period = $period
SET s.times = 0, s.answer = $answer, s.answered_at = $at;

// name: remove_link
MATCH (:User {idx: $user})-[r:CONNECTED]-(:User {idx: $other}) DELETE r;

// name: links_of
MATCH (:User {idx: $user})-[:CONNECTED]-(o:User) RETURN DISTINCT o.idx ORDER BY o.idx;

// name: suggestions
MATCH (u:User) WHERE $start <= u.idx < $end
MATCH (u)-[s:SUGGESTED]->(o:User)
RETURN collect(u.idx), collect(o.idx), collect(s.period), collect(s.times), collect(coalesce(s.answer, '')),
    collect(coalesce(s.answered_at, -1));

// name: blocks
MATCH (u:User) WHERE $start <= u.idx < $end
MATCH (u)-[r:BLOCKED]->(o:User) RETURN collect(u.idx), collect(o.idx), collect(r.at);

// name: trim_suggestions
MATCH (u:User) WHERE $start <= u.idx < $end
MATCH (u)-[s:SUGGESTED]->(:User) WHERE s.period < $before AND coalesce(s.answer, 'accept') = 'accept'
DELETE s;

// name: export_suggestions
MATCH (u:User)-[s:SUGGESTED]->(o:User)
RETURN u.idx AS user, o.idx AS other, s.period AS period, s.times AS times, s.answer AS answer,
    s.answered_at AS answered_at
ORDER BY user, other;

// name: forget_suggestions
MATCH (:User {idx: $user})-[s:SUGGESTED]-() DELETE s RETURN count(*);
