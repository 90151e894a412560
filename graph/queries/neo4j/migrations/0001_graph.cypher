// Nodes have a dense index (`idx`) that is given once, from `Counter`, and never again. A node without
// one is named by a theme only. Times are epoch seconds, UTC. See graph/stores/neo4j/README.md.

CREATE CONSTRAINT user_id IF NOT EXISTS FOR (n:User) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT user_idx IF NOT EXISTS FOR (n:User) REQUIRE n.idx IS UNIQUE;
CREATE CONSTRAINT merchant_id IF NOT EXISTS FOR (n:Merchant) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT merchant_idx IF NOT EXISTS FOR (n:Merchant) REQUIRE n.idx IS UNIQUE;
CREATE CONSTRAINT product_id IF NOT EXISTS FOR (n:Product) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT product_idx IF NOT EXISTS FOR (n:Product) REQUIRE n.idx IS UNIQUE;
CREATE CONSTRAINT circle_id IF NOT EXISTS FOR (n:Circle) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT circle_idx IF NOT EXISTS FOR (n:Circle) REQUIRE n.idx IS UNIQUE;
CREATE CONSTRAINT category_id IF NOT EXISTS FOR (n:Category) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT scene_id IF NOT EXISTS FOR (n:Scene) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT purpose_id IF NOT EXISTS FOR (n:Purpose) REQUIRE n.id IS UNIQUE;
CREATE CONSTRAINT counter_name IF NOT EXISTS FOR (n:Counter) REQUIRE n.name IS UNIQUE;
CREATE CONSTRAINT meta_key IF NOT EXISTS FOR (n:Meta) REQUIRE n.key IS UNIQUE;
CREATE CONSTRAINT change_seq IF NOT EXISTS FOR (n:Change) REQUIRE n.seq IS UNIQUE;
CREATE CONSTRAINT payment_payment IF NOT EXISTS FOR (n:Payment) REQUIRE n.payment IS UNIQUE;
CREATE CONSTRAINT load_id IF NOT EXISTS FOR (n:Load) REQUIRE n.load_id IS UNIQUE;
CREATE CONSTRAINT event_id IF NOT EXISTS FOR (n:Event) REQUIRE n.event_id IS UNIQUE;
CREATE INDEX change_user IF NOT EXISTS FOR (n:Change) ON (n.user);
CREATE INDEX payment_user IF NOT EXISTS FOR (n:Payment) ON (n.user);
CREATE INDEX payment_moved IF NOT EXISTS FOR (n:Payment) ON (n.moved, n.taken_at);
CREATE INDEX load_fingerprint IF NOT EXISTS FOR (n:Load) ON (n.fingerprint);
CREATE INDEX merchant_category IF NOT EXISTS FOR (n:Merchant) ON (n.category);
CREATE INDEX product_category IF NOT EXISTS FOR (n:Product) ON (n.category);
