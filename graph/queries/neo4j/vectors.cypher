// name: vector_index
CREATE VECTOR INDEX {kind} IF NOT EXISTS FOR (n:{label}) ON n.embedding
OPTIONS {indexConfig: {`vector.dimensions`: toInteger($dimensions), `vector.similarity_function`: 'cosine'}};

// name: drop_vector_index
DROP INDEX {kind} IF EXISTS;

// name: put_vectors
UNWIND $rows AS row
MATCH (n:{label} {idx: row[0]})
SET n.embedding_version = $version
WITH n, row
CALL db.create.setNodeVectorProperty(n, 'embedding', row[1])
RETURN count(*);

// name: drop_old_vectors
MATCH (n:{label}) WHERE n.embedding_version IS NOT NULL AND n.embedding_version <> $version
WITH n LIMIT $limit
REMOVE n.embedding, n.embedding_version
RETURN count(*);

// name: index_dimensions
SHOW VECTOR INDEXES YIELD name, options WHERE name = $name RETURN options['indexConfig']['vector.dimensions'];
