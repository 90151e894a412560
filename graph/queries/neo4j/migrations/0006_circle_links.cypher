// `(Circle)-[:LINKED]->(Circle)` carries messages from a circle to the members of another one; a `Relay` is one
// message, by reference. `(User)-[:MUTED]->(Circle)` and `(User)-[:MUTED_OWNER]->(Merchant)` want none.
CREATE CONSTRAINT linked_id IF NOT EXISTS FOR ()-[r:LINKED]-() REQUIRE r.link_id IS UNIQUE;
CREATE CONSTRAINT relay_id IF NOT EXISTS FOR (n:Relay) REQUIRE n.relay_id IS UNIQUE;
CREATE INDEX relay_link IF NOT EXISTS FOR (n:Relay) ON (n.link_id, n.at);
