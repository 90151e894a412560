// name: components
CALL dbms.components() YIELD versions, edition RETURN versions[0] AS version, edition;

// name: clock
RETURN timestamp();

// name: has_nodes
MATCH (n) RETURN count(n) > 0 AS found;

// name: await_indexes
CALL db.awaitIndexes(300);

// name: make_counters
UNWIND ['user', 'merchant', 'product', 'circle', 'seq', 'circles', 'lock'] AS name
MERGE (c:Counter {name: name}) ON CREATE SET c.value = 0;

// name: make_meta
MERGE (m:Meta {key: $key}) ON CREATE SET m.value = $value;

// name: lock
// The first thing that every write does: writes come one after the other, in the order of `seq`, and
// cannot deadlock. The node is for this alone: a server that sees others wait for a node calls it a deadlock
// when the transaction that holds it writes to it once more (seen on 5.26.30, in two of three writes).
MATCH (c:Counter {name: 'lock'}) SET c.value = c.value + 1;

// name: ping
MATCH (c:Counter {name: 'seq'}) RETURN c.value;

// name: counter
MATCH (c:Counter {name: $name}) RETURN c.value;

// name: set_counter
MATCH (c:Counter {name: $name}) SET c.value = $value;

// name: meta
MATCH (m:Meta {key: $key}) RETURN m.value;

// name: set_meta
MERGE (m:Meta {key: $key}) SET m.value = $value;

// name: change
MATCH (c:Counter {name: 'seq'}) SET c.value = c.value + 1
WITH c.value AS seq
CREATE (:Change {seq: seq, at: $at, kind: $what, user: $user, circle: $circle})
WITH seq UNWIND CASE $touched WHEN [] THEN [-1] ELSE $touched END AS idx
OPTIONAL MATCH (u:User {idx: idx}) USING INDEX u:User(idx)
SET u.changed = seq
RETURN max(seq);

// name: changes
MATCH (n:Change) WHERE n.seq > $after
RETURN n.seq, n.at, n.kind, n.user, n.circle ORDER BY n.seq LIMIT $limit;

// name: stats
MATCH (n:User) WITH count(n.idx) AS number RETURN 'User' AS name, number
UNION ALL
MATCH (n:Merchant) WITH count(n.idx) AS number RETURN 'Merchant' AS name, number
UNION ALL
MATCH (n:Product) WITH count(n.idx) AS number RETURN 'Product' AS name, number
UNION ALL
MATCH (n:Circle) WITH count(n.idx) AS number RETURN 'Circle' AS name, number
UNION ALL
MATCH ()-[r:PAID]->() WITH count(r) AS number RETURN 'PAID' AS name, number
UNION ALL
MATCH ()-[r:BOUGHT]->() WITH count(r) AS number RETURN 'BOUGHT' AS name, number
UNION ALL
MATCH ()-[r:SELLS]->() WITH count(r) AS number RETURN 'SELLS' AS name, number
UNION ALL
MATCH ()-[r:RUNS]->() WITH count(r) AS number RETURN 'RUNS' AS name, number
UNION ALL
MATCH ()-[r:ABOUT]->() WITH count(r) AS number RETURN 'ABOUT' AS name, number
UNION ALL
MATCH (u:User)-[:MEMBER_OF]->(c) WITH count(DISTINCT [elementId(u), elementId(c)]) AS number RETURN 'MEMBER_OF' AS name, number
UNION ALL
MATCH ()-[r:DISMISSED]->() WITH count(r) AS number RETURN 'DISMISSED' AS name, number
UNION ALL
MATCH ()-[r:BLOCKED]->() WITH count(r) AS number RETURN 'BLOCKED' AS name, number
UNION ALL
MATCH ()-[r:CONNECTED]->() WITH count(r) AS number RETURN 'CONNECTED' AS name, number
UNION ALL
MATCH ()-[r:SUGGESTED]->() WITH count(r) AS number RETURN 'SUGGESTED' AS name, number
UNION ALL
MATCH ()-[r:LINKED]->() WITH count(r) AS number RETURN 'LINKED' AS name, number
UNION ALL
MATCH ()-[r:MUTED]->() WITH count(r) AS number RETURN 'MUTED' AS name, number
UNION ALL
MATCH ()-[r:MUTED_OWNER]->() WITH count(r) AS number RETURN 'MUTED_OWNER' AS name, number
UNION ALL
MATCH (n:PaymentMute) WITH count(n) AS number RETURN 'payment_mutes' AS name, number
UNION ALL
MATCH (n:Relay) WITH count(n) AS number RETURN 'relays' AS name, number
UNION ALL
MATCH (n:Audience) WITH count(n) AS number RETURN 'Audience' AS name, number
UNION ALL
MATCH ()-[r:HOLDS]->() WITH count(r) AS number RETURN 'HOLDS' AS name, number
UNION ALL
MATCH ()-[r:INVITED]->() WITH count(r) AS number RETURN 'INVITED' AS name, number
UNION ALL
MATCH ()-[r:SHOWN]->() WITH count(r) AS number RETURN 'SHOWN' AS name, number
UNION ALL
MATCH (n:Payment {moved: false}) WITH count(n) AS number RETURN 'inbox' AS name, number
UNION ALL
MATCH (n:Load) WITH count(n) AS number RETURN 'loads' AS name, number
UNION ALL
MATCH (n:Release) WITH count(n) AS number RETURN 'releases' AS name, number
UNION ALL
MATCH (n:Event) WITH count(n) AS number RETURN 'events' AS name, number
UNION ALL
MATCH (n:Circle) WITH count(n.revision) AS number RETURN 'circle_lives' AS name, number
UNION ALL
MATCH (n:Event) WITH count(n.upheld) AS number RETURN 'verdicts' AS name, number
UNION ALL
MATCH (n:Counter {name: 'seq'}) WITH max(n.value) AS number RETURN 'seq' AS name, number;

// name: overtaken_counters
MATCH (c:Counter)
WITH c, CASE c.name
    WHEN 'user' THEN COLLECT { MATCH (n:User) RETURN max(n.idx) }
    WHEN 'merchant' THEN COLLECT { MATCH (n:Merchant) RETURN max(n.idx) }
    WHEN 'product' THEN COLLECT { MATCH (n:Product) RETURN max(n.idx) }
    WHEN 'circle' THEN COLLECT { MATCH (n:Circle) RETURN max(n.idx) }
    WHEN 'seq' THEN COLLECT { MATCH (n:Change) RETURN max(n.seq) - 1 }
    ELSE [] END AS newest
WHERE newest[0] >= c.value
RETURN c.name ORDER BY c.name;

// name: lost_themes
MATCH (c:Circle)-[:ABOUT]->(t:Merchant|Product) WHERE t.idx IS NULL
RETURN labels(t)[0] AS label, count(*), min(c.id), min(t.id) ORDER BY label;

// name: neighbours
MATCH (:User {idx: $user})-[:BLOCKED|CONNECTED]-(o:User) RETURN DISTINCT o.idx;

// name: export_blocks
MATCH (u:User)-[r:BLOCKED]->(o:User) RETURN u.idx AS user, o.idx AS other, r.at AS at ORDER BY user, other;

// name: export_links
MATCH (u:User)-[r:CONNECTED]->(o:User) RETURN u.idx AS user, o.idx AS other, r.since AS since ORDER BY user, other;

// name: export_dismissals
MATCH (u:User)-[r:DISMISSED]->(c:Circle) RETURN u.idx AS user, c.idx AS circle, r.at AS at ORDER BY user, circle;

// name: export_consents
MATCH (u:User)-[r:DECIDED]->(p:Purpose)
RETURN u.idx AS user, p.id AS purpose, r.granted AS granted, r.at AS at, r.door AS door ORDER BY user, purpose, at;

// name: export_events
MATCH (u:User)-[:DID]->(e:Event)
RETURN e.event_id AS event_id, e.kind AS kind, u.idx AS user, e.circle AS circle, e.rec_id AS rec_id, e.at AS at,
    e.position AS position
ORDER BY at, event_id;

// name: export_changes
MATCH (n:Change) RETURN n.seq AS seq, n.at AS at, n.kind AS kind, n.user AS user, n.circle AS circle ORDER BY seq;

// name: export_inbox
MATCH (n:Payment)
RETURN n.payment AS payment, n.user AS user, n.merchant AS merchant, n.product AS product, n.quantity AS quantity,
    n.band AS band, n.scene AS scene, n.paid_at AS paid_at, n.refund AS refund, n.walled AS walled,
    n.taken_at AS taken_at, n.moved AS moved
ORDER BY payment;

// name: export_loads
MATCH (n:Load)
RETURN n.load_id AS load_id, n.source AS source, n.fingerprint AS fingerprint, n.state AS state, n.at AS at,
    n.report AS report
ORDER BY at, load_id;

// name: forget_paid
MATCH (:User {idx: $user})-[r:PAID]->() DELETE r RETURN count(*);

// name: forget_bought
MATCH (:User {idx: $user})-[r:BOUGHT]->() DELETE r RETURN count(*);

// name: forget_memberships
MATCH (:User {idx: $user})-[r:MEMBER_OF|WAS_MEMBER_OF]->() DELETE r RETURN count(*);

// name: forget_dismissals
MATCH (:User {idx: $user})-[r:DISMISSED]->() DELETE r RETURN count(*);

// name: forget_blocks
MATCH (:User {idx: $user})-[r:BLOCKED]-() DELETE r RETURN count(*);

// name: forget_links
MATCH (:User {idx: $user})-[r:CONNECTED]-() DELETE r RETURN count(*);

// name: forget_consents
MATCH (:User {idx: $user})-[r:DECIDED]->() DELETE r RETURN count(*);

// name: forget_inbox
MATCH (n:Payment {user: $user}) DELETE n RETURN count(*);

// name: forget_events
MATCH (:User {idx: $user})-[:DID]->(e:Event) DETACH DELETE e RETURN count(*);

// name: forget_changes
MATCH (n:Change {user: $user}) DELETE n RETURN count(*);

// name: forget_users
MATCH (u:User {idx: $user}) DETACH DELETE u RETURN count(*);

// name: export_meta
MATCH (m:Meta) WHERE m.key <> 'schema_version' RETURN m.key AS key, m.value AS value ORDER BY key;

// name: export_counters
MATCH (c:Counter) WHERE c.name <> 'lock' RETURN c.name AS name, c.value AS value ORDER BY name;

// name: export_touched
MATCH (u:User) WHERE u.idx IS NOT NULL RETURN u.idx AS user, coalesce(u.changed, 0) AS changed ORDER BY user;
