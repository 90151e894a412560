// Answers to owners' repeated questions, once a question, with what each cost of a period's budget.
// They hold noisy counts of groups; nobody in particular is in them.
CREATE CONSTRAINT release_key IF NOT EXISTS FOR (n:Release) REQUIRE (n.owner, n.key) IS UNIQUE;
CREATE INDEX release_period IF NOT EXISTS FOR (n:Release) ON (n.owner, n.period);
