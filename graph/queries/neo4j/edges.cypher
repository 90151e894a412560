// The edges of a user stand twice: as relationships, for people who ask in Cypher, and packed on the user
// (base64 of the records of graph/edges.py), for reading all of them: six properties of a relationship cost
// the server more than the whole of a packed edge. Both are written in one transaction; check compares them.

// name: packed_edges
MATCH (u:User) WHERE $start <= u.idx < $end AND u.{kind} IS NOT NULL
RETURN collect(u.idx), collect(u.{kind});

// name: packed_edges_of
UNWIND $users AS idx MATCH (u:User {idx: idx}) USING INDEX u:User(idx)
RETURN collect(u.idx), collect(coalesce(u.{kind}, ''));

// name: put_packed_edges
UNWIND $rows AS row MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
SET u.{kind} = row[1], u.changed = coalesce($seq, u.changed);

// name: edges_paid
MATCH (u:User) WHERE $start <= u.idx < $end
MATCH (u)-[r:PAID]->(t:Merchant)
RETURN collect(u.idx), collect(t.idx), collect(r.payments), collect(r.days), collect(r.scene), collect(r.band),
    collect(r.first_at), collect(r.last_at);

// name: edges_bought
MATCH (u:User) WHERE $start <= u.idx < $end
MATCH (u)-[r:BOUGHT]->(t:Product)
RETURN collect(u.idx), collect(t.idx), collect(r.payments), collect(r.quantity), collect(r.last_at);

// name: create_paid
UNWIND $rows AS row
MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
UNWIND row[1] AS e
MATCH (t:Merchant {idx: e[0]}) USING INDEX t:Merchant(idx)
CREATE (u)-[:PAID {payments: e[1], days: e[2], scene: e[3], band: e[4], first_at: e[5], last_at: e[6]}]->(t)
RETURN count(*);

// name: create_bought
UNWIND $rows AS row
MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
UNWIND row[1] AS e
MATCH (t:Product {idx: e[0]}) USING INDEX t:Product(idx)
CREATE (u)-[:BOUGHT {payments: e[1], quantity: e[2], last_at: e[3]}]->(t)
RETURN count(*);

// name: change_paid
UNWIND $rows AS row
MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
UNWIND row[1] AS e
MATCH (t:Merchant {idx: e[0]}) USING INDEX t:Merchant(idx)
WITH u, t, e
MATCH (u)-[r:PAID {scene: e[3]}]->(t)
SET r.payments = e[1], r.days = e[2], r.band = e[4], r.first_at = e[5], r.last_at = e[6]
RETURN count(*);

// name: change_bought
UNWIND $rows AS row
MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
UNWIND row[1] AS e
MATCH (t:Product {idx: e[0]}) USING INDEX t:Product(idx)
WITH u, t, e
MATCH (u)-[r:BOUGHT]->(t)
SET r.payments = e[1], r.quantity = e[2], r.last_at = e[3]
RETURN count(*);

// name: remove_paid
UNWIND $rows AS row
MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
UNWIND row[1] AS e
MATCH (t:Merchant {idx: e[0]}) USING INDEX t:Merchant(idx)
WITH u, t, e
MATCH (u)-[r:PAID {scene: e[3]}]->(t)
DELETE r;

// name: remove_bought
UNWIND $rows AS row
MATCH (u:User {idx: row[0]}) USING INDEX u:User(idx)
UNWIND row[1] AS e
MATCH (t:Product {idx: e[0]}) USING INDEX t:Product(idx)
WITH u, t, e
MATCH (u)-[r:BOUGHT]->(t)
DELETE r;

// name: merchant_fans
MATCH (:Merchant {idx: $merchant})<-[:PAID]-(u:User)
WITH DISTINCT u.idx AS idx ORDER BY idx LIMIT $limit RETURN collect(idx);

// name: put_load
MERGE (n:Load {load_id: $load_id})
ON CREATE SET n.number = $number
SET n.source = $source, n.fingerprint = $fingerprint, n.state = $state, n.at = $at, n.report = $report;

// name: num_loads
MATCH (n:Load) RETURN count(n);

// name: loads
MATCH (n:Load) WHERE $state IS NULL OR n.state = $state
RETURN n.load_id, n.source, n.fingerprint, n.state, n.at, n.report ORDER BY n.at, n.number;

// name: find_load
MATCH (n:Load {fingerprint: $fingerprint, state: 'done'})
RETURN n.load_id, n.source, n.fingerprint, n.state, n.at, n.report ORDER BY n.at DESC, n.number DESC LIMIT 1;

// name: known_payments
UNWIND $payments AS payment MATCH (n:Payment {payment: payment}) USING INDEX n:Payment(payment) RETURN collect(n.payment);

// name: put_payments
UNWIND $rows AS row
CREATE (:Payment {payment: row[0], user: row[1], merchant: row[2], product: row[3], quantity: row[4], band: row[5],
    scene: row[6], paid_at: row[7], refund: row[8], walled: row[9], taken_at: $at, moved: false});

// name: inbox
MATCH (n:Payment {moved: false})
RETURN n.payment, n.user, n.merchant, n.product, n.quantity, n.band, n.scene, n.paid_at, n.refund, n.walled
ORDER BY n.payment;

// name: move_payments
UNWIND $payments AS payment MATCH (n:Payment {payment: payment}) USING INDEX n:Payment(payment) SET n.moved = true;

// name: trim_inbox
MATCH (n:Payment {moved: true}) WHERE n.taken_at < $before WITH n LIMIT $limit DELETE n RETURN count(*);
