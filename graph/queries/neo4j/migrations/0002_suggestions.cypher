// Suggestions are relationships between people, found from the two: they need no index of their own.
// The number of the schema says that `(User)-[:SUGGESTED]->(User)` may be there.
