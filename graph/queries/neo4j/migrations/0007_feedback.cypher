// Showings are relationships from a person to a circle, found from the person; an exposure may have a `position`.
// The number of the schema says that `(User)-[:SHOWN]->(Circle)` may be there.
