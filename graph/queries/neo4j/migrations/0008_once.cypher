// What keyed requests did, written in the transaction that did it; nodes of the last day. Nobody is named in them.
CREATE CONSTRAINT once_token IF NOT EXISTS FOR (n:Once) REQUIRE n.token IS UNIQUE;
CREATE INDEX once_at IF NOT EXISTS FOR (n:Once) ON (n.at);
