// `(User)-[:DECIDED {at, granted, door}]->(Purpose)`: by which door a decision came, one of `schema.DOORS`; absent
// for one of before doors were kept. Found from its person, it needs no index.
