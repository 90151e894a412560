// Fill an empty database over the wire. Without `Meta` it belongs to no store; `Filling` says that it is ours.

// name: is_half_filled
RETURN EXISTS { (:Filling) } AND NOT EXISTS { (:Meta) };

// name: wipe
MATCH (n) WHERE NOT n:Filling CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS;

// name: begin_filling
MERGE (f:Filling {name: 'filling'})
WITH f MATCH (n:Meta|Counter) DELETE n;

// name: end_filling
UNWIND $rows AS row
CREATE (m:Meta) SET m = row
WITH count(*) AS metas MATCH (f:Filling) DELETE f;

// name: fill_nodes
UNWIND $rows AS row CREATE (n:{label}) SET n = row;

// name: fill_relationships
UNWIND $rows AS row
MATCH (a:{label} {_number: row[0]})
MATCH (b:{other} {_number: row[1]})
CREATE (a)-[r:{kind}]->(b) SET r = row[2];

// name: index_numbers
CREATE INDEX numbers_{label} IF NOT EXISTS FOR (n:{label}) ON (n._number);

// name: drop_index_of_numbers
DROP INDEX numbers_{label} IF EXISTS;

// name: drop_numbers
MATCH (n:{label}) CALL (n) { REMOVE n._number } IN TRANSACTIONS OF 10000 ROWS;
