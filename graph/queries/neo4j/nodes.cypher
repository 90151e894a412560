// Every lookup in a list names its index: on a store that is still empty the planner would rather scan, and it
// keeps that plan while the store fills.

// name: find_nodes
UNWIND $ids AS id MATCH (n:{label} {id: id}) USING INDEX n:{label}(id) WHERE n.idx IS NOT NULL
RETURN collect(n.id), collect(n.idx);

// name: node_ids
UNWIND $indices AS idx MATCH (n:{label} {idx: idx}) USING INDEX n:{label}(idx) RETURN collect(n.idx), collect(n.id);

// name: known_nodes
UNWIND $indices AS idx MATCH (n:{label} {idx: idx}) USING INDEX n:{label}(idx) RETURN collect(n.idx);

// name: create_nodes
UNWIND $rows AS row MERGE (n:{label} {id: row[0]}) SET n.idx = row[1];

// name: node_properties
UNWIND $ids AS id MATCH (n:{label} {id: id}) USING INDEX n:{label}(id) WHERE n.idx IS NOT NULL
RETURN collect([n.id, n {.idx, .verified, .adult, .city, .name, .kind, .category, .scene, .sensitive, .description,
    .created_at, .state}]);

// name: set_properties
UNWIND $rows AS row MATCH (n:{label} {idx: row[0]}) USING INDEX n:{label}(idx) SET n += row[1];

// name: owners_of
UNWIND $ids AS id MATCH (n:{label} {id: id})<-[:{kind}]-(m:Merchant) USING INDEX n:{label}(id)
RETURN collect([n.id, m.idx]);

// name: set_owners
UNWIND $rows AS row
MATCH (n:{label} {idx: row[0]}) USING INDEX n:{label}(idx)
OPTIONAL MATCH (:Merchant)-[old:{kind}]->(n)
DELETE old
WITH n, row
MATCH (m:Merchant {idx: row[1]}) USING INDEX m:Merchant(idx)
CREATE (m)-[:{kind}]->(n);

// name: nodes_user
MATCH (n:User) WHERE $start <= n.idx < $end RETURN collect([n.idx, n.id, n.verified, n.adult, n.city]);

// name: nodes_merchant
MATCH (n:Merchant) WHERE $start <= n.idx < $end
RETURN collect([n.idx, n.id, n.name, n.kind, n.category, n.scene, n.city, n.sensitive]);

// name: nodes_product
MATCH (n:Product) WHERE $start <= n.idx < $end
OPTIONAL MATCH (m:Merchant)-[:SELLS]->(n)
RETURN collect([n.idx, n.id, n.name, n.category, m.id, n.sensitive]);

// name: nodes_circle
MATCH (n:Circle) WHERE $start <= n.idx < $end
OPTIONAL MATCH (m:Merchant)-[:RUNS]->(n)
RETURN collect([n.idx, n.id, n.name, n.description, m.id, n.scene, n.created_at, coalesce(n.state, 'open')]);

// name: user
MATCH (u:User {id: $id}) WHERE u.idx IS NOT NULL
RETURN u.idx, u.id, u.verified, u.adult, u.city, coalesce(u.changed, 0);

// name: circle
MATCH (n:Circle {id: $id}) WHERE n.idx IS NOT NULL
OPTIONAL MATCH (m:Merchant)-[:RUNS]->(n)
RETURN n.idx, n.id, n.name, n.description, m.id, n.scene, n.created_at, coalesce(n.state, 'open'), n.revision,
    n.eligibility, n.words,
    COUNT { MATCH (u:User)-[:MEMBER_OF]->(n) RETURN DISTINCT u };

// name: circles
MATCH (n:Circle) WHERE n.idx IS NOT NULL
OPTIONAL MATCH (m:Merchant)-[:RUNS]->(n)
RETURN n.idx, n.id, n.name, n.description, m.id, n.scene, n.created_at, coalesce(n.state, 'open'), n.revision,
    n.eligibility, n.words,
    COUNT { MATCH (u:User)-[:MEMBER_OF]->(n) RETURN DISTINCT u }
ORDER BY n.idx;

// name: circle_members
MATCH (:Circle {idx: $circle})<-[:MEMBER_OF]-(u:User) RETURN collect(DISTINCT u.idx);

// name: themes
MATCH (c:Circle) WHERE $start <= c.idx < $end
MATCH (c)-[r:ABOUT]->(t)
RETURN collect([c.idx, toLower(labels(t)[0]), t.id, r.weight]);

// name: themes_of
UNWIND $circles AS idx MATCH (c:Circle {idx: idx})-[r:ABOUT]->(t) USING INDEX c:Circle(idx)
RETURN collect([c.idx, toLower(labels(t)[0]), t.id, r.weight]);

// name: clear_themes
UNWIND $circles AS idx MATCH (c:Circle {idx: idx})-[r:ABOUT]->(t) USING INDEX c:Circle(idx)
DELETE r
WITH DISTINCT t WHERE t.idx IS NULL AND NOT EXISTS { (t)<-[:ABOUT]-() }
DELETE t;

// name: put_themes
UNWIND $rows AS row
MATCH (c:Circle {idx: row[0]}) USING INDEX c:Circle(idx)
MERGE (t:{label} {id: row[1]})
CREATE (c)-[:ABOUT {weight: row[2]}]->(t);

// name: set_circle_state
MATCH (c:Circle {idx: $circle}) WHERE coalesce(c.state, 'open') <> $state SET c.state = $state RETURN count(*);
