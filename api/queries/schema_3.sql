-- Answers of requests that carried an Idempotency-Key: sent again, they get the same one.
create table answers (
    owner   text not null,         -- id of the key that asked, or the pseudonym of a member with a token
    key     text not null,         -- as the caller sent it
    request blob not null,         -- SHA-256 of method, path and body
    status  integer,               -- null while it is being answered
    headers text,                  -- JSON
    body    blob,
    subject text,                  -- pseudonym of whom the answer speaks; the row goes when they are forgotten
    at      integer not null,
    primary key (owner, key)
) without rowid;
create index answers_of_subject on answers (subject);
create index answers_by_age on answers (at);
