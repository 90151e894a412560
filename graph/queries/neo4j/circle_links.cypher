// name: circle_link
MATCH (s:Circle)-[l:LINKED {link_id: $link_id}]->(t:Circle)
OPTIONAL MATCH (sm:Merchant)-[:RUNS]->(s)
OPTIONAL MATCH (tm:Merchant)-[:RUNS]->(t)
RETURN l.link_id, s.idx, t.idx, l.topics, l.per_week, l.proposed_at, l.source_accepted_by, l.target_accepted_by,
    l.opened_at, l.closed_at, sm.idx, tm.idx, s.state, t.state;

// name: live_circle_link
MATCH (s:Circle {idx: $source})-[l:LINKED]->(t:Circle {idx: $target}) WHERE l.closed_at IS NULL
OPTIONAL MATCH (sm:Merchant)-[:RUNS]->(s)
OPTIONAL MATCH (tm:Merchant)-[:RUNS]->(t)
RETURN l.link_id, s.idx, t.idx, l.topics, l.per_week, l.proposed_at, l.source_accepted_by, l.target_accepted_by,
    l.opened_at, l.closed_at, sm.idx, tm.idx, s.state, t.state;

// name: new_circle_link
// The two circles, for a link that is not there yet.
MATCH (s:Circle {idx: $source}) MATCH (t:Circle {idx: $target})
OPTIONAL MATCH (sm:Merchant)-[:RUNS]->(s)
OPTIONAL MATCH (tm:Merchant)-[:RUNS]->(t)
RETURN sm.idx, tm.idx, s.state, t.state;

// name: put_circle_link
MATCH (s:Circle {idx: $source}) MATCH (t:Circle {idx: $target})
MERGE (s)-[l:LINKED {link_id: $row.link_id}]->(t) SET l += $row;

// name: circle_links
MATCH (s:Circle)-[l:LINKED]->(t:Circle)
OPTIONAL MATCH (sm:Merchant)-[:RUNS]->(s)
OPTIONAL MATCH (tm:Merchant)-[:RUNS]->(t)
RETURN l.link_id, s.idx, t.idx, l.topics, l.per_week, l.proposed_at, l.source_accepted_by, l.target_accepted_by,
    l.opened_at, l.closed_at, sm.idx, tm.idx, s.state, t.state
ORDER BY l.proposed_at, l.link_id;

// name: circle_links_of
UNWIND $circles AS idx
MATCH (c:Circle {idx: idx}) USING INDEX c:Circle(idx)
MATCH (c)-[l:LINKED]-(:Circle)
WITH DISTINCT l, startNode(l) AS s, endNode(l) AS t
OPTIONAL MATCH (sm:Merchant)-[:RUNS]->(s)
OPTIONAL MATCH (tm:Merchant)-[:RUNS]->(t)
RETURN l.link_id, s.idx, t.idx, l.topics, l.per_week, l.proposed_at, l.source_accepted_by, l.target_accepted_by,
    l.opened_at, l.closed_at, sm.idx, tm.idx, s.state, t.state
ORDER BY l.proposed_at, l.link_id;

// name: relay
MATCH (r:Relay {relay_id: $relay_id}) RETURN r.relay_id, r.link_id, r.topic, r.message_ref, r.at;

// name: sent_between
MATCH (:Circle {idx: $source})-[l:LINKED]->(:Circle {idx: $target})
MATCH (r:Relay {link_id: l.link_id}) WHERE r.at > $since
RETURN r.at;

// name: put_relay
CREATE (r:Relay) SET r += $row;

// name: relays_of
MATCH (r:Relay {link_id: $link_id})
RETURN r.relay_id, r.link_id, r.topic, r.message_ref, r.at ORDER BY r.at DESC, r.relay_id;

// name: relays_for
MATCH (u:User {idx: $user})
WHERE COLLECT { MATCH (u)-[d:DECIDED]->(:Purpose {id: $purpose}) RETURN d.granted ORDER BY d.at DESC LIMIT 1 } = [true]
MATCH (u)-[:MEMBER_OF]->(t:Circle)<-[l:LINKED]-(s:Circle)
WHERE l.closed_at IS NULL
  AND NOT EXISTS { (u)-[:MUTED]->(t) }
  AND NOT EXISTS { (u)-[:MUTED]->(s) }
  AND NOT EXISTS { (u)-[:MUTED_OWNER]->(:Merchant)-[:RUNS]->(t) }
  AND NOT EXISTS { (u)-[:MUTED_OWNER]->(:Merchant)-[:RUNS]->(s) }
WITH DISTINCT l, s, t
MATCH (r:Relay {link_id: l.link_id}) WHERE r.at >= $since
OPTIONAL MATCH (sm:Merchant)-[:RUNS]->(s)
OPTIONAL MATCH (tm:Merchant)-[:RUNS]->(t)
RETURN r.relay_id, r.link_id, r.topic, r.message_ref, r.at,
    l.link_id, s.idx, t.idx, l.topics, l.per_week, l.proposed_at, l.source_accepted_by, l.target_accepted_by,
    l.opened_at, l.closed_at, sm.idx, tm.idx, s.state, t.state
ORDER BY r.at DESC, r.relay_id;

// name: mute_circle
MATCH (u:User {idx: $user}) MATCH (c:Circle {idx: $thing})
WITH u, c, NOT EXISTS { (u)-[:MUTED]->(c) } AS is_new
FOREACH (once IN CASE WHEN is_new THEN [1] ELSE [] END | CREATE (u)-[:MUTED {at: $at}]->(c))
RETURN is_new;

// name: unmute_circle
MATCH (:User {idx: $user})-[r:MUTED]->(:Circle {idx: $thing})
WITH collect(r) AS mutes
FOREACH (r IN mutes | DELETE r)
RETURN size(mutes) > 0;

// name: mute_owner
MATCH (u:User {idx: $user}) MATCH (m:Merchant {idx: $thing})
WITH u, m, NOT EXISTS { (u)-[:MUTED_OWNER]->(m) } AS is_new
FOREACH (once IN CASE WHEN is_new THEN [1] ELSE [] END | CREATE (u)-[:MUTED_OWNER {at: $at}]->(m))
RETURN is_new;

// name: unmute_owner
MATCH (:User {idx: $user})-[r:MUTED_OWNER]->(:Merchant {idx: $thing})
WITH collect(r) AS mutes
FOREACH (r IN mutes | DELETE r)
RETURN size(mutes) > 0;

// name: mutes_of
OPTIONAL MATCH (u:User {idx: $user})
RETURN COLLECT { MATCH (u)-[:MUTED]->(c:Circle) RETURN c.idx },
    COLLECT { MATCH (u)-[:MUTED_OWNER]->(m:Merchant) RETURN m.idx };

// name: memberships_in
UNWIND $circles AS idx
MATCH (c:Circle {idx: idx}) USING INDEX c:Circle(idx)
MATCH (u:User)-[r:MEMBER_OF|WAS_MEMBER_OF]->(c)
RETURN collect([u.idx, c.idx, r.joined_at, coalesce(r.left_at, -1)]);

// name: unaccepted_circle_links
MATCH (:Circle)-[l:LINKED]->(:Circle)
WHERE l.opened_at IS NOT NULL AND (l.source_accepted_by IS NULL OR l.target_accepted_by IS NULL)
RETURN l.link_id ORDER BY l.link_id;

// name: lost_relays
MATCH (r:Relay) WHERE NOT EXISTS { MATCH (:Circle)-[l:LINKED]->(:Circle) WHERE l.link_id = r.link_id }
RETURN count(r);

// name: export_circle_links
MATCH (s:Circle)-[l:LINKED]->(t:Circle)
RETURN l.link_id AS link_id, s.idx AS source, t.idx AS target, l.topics AS topics, l.per_week AS per_week,
    l.proposed_at AS proposed_at, l.source_accepted_by AS source_accepted_by,
    l.target_accepted_by AS target_accepted_by, l.opened_at AS opened_at, l.closed_at AS closed_at
ORDER BY link_id;

// name: export_relays
MATCH (r:Relay)
RETURN r.relay_id AS relay_id, r.link_id AS link_id, r.topic AS topic, r.message_ref AS message_ref, r.at AS at
ORDER BY relay_id;

// name: export_circle_mutes
MATCH (u:User)-[r:MUTED]->(c:Circle) RETURN u.idx AS user, c.idx AS circle, r.at AS at ORDER BY user, circle;

// name: export_owner_mutes
MATCH (u:User)-[r:MUTED_OWNER]->(m:Merchant) RETURN u.idx AS user, m.idx AS merchant, r.at AS at ORDER BY user, merchant;

// name: forget_circle_mutes
MATCH (:User {idx: $user})-[r:MUTED]->() DELETE r RETURN count(*);

// name: forget_owner_mutes
MATCH (:User {idx: $user})-[r:MUTED_OWNER]->() DELETE r RETURN count(*);
