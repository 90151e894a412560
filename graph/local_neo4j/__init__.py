"""A real Neo4j on this machine, without Docker: fetched, started, stopped and filled by us."""
