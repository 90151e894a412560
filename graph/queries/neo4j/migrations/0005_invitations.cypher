// `(Audience)-[:FOR]->(Circle)`, `(Audience)-[:HOLDS]->(User)`, `(Circle)-[:INVITED]->(User)`.
CREATE CONSTRAINT audience_id IF NOT EXISTS FOR (n:Audience) REQUIRE n.audience_id IS UNIQUE;
CREATE CONSTRAINT invited_id IF NOT EXISTS FOR ()-[r:INVITED]-() REQUIRE r.invitation_id IS UNIQUE;
