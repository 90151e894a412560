-- What the service keeps beside the graph: keys, receipts, jobs and unfinished erasures.
create table keys (
    key_id      text primary key,
    role        text not null,
    subject     text,              -- merchant id, or the pseudonym of a member
    label       text,              -- what the key is for, for people
    secret_hash blob not null,     -- SHA-256; the key itself is never kept
    created_at  integer not null,
    expires_at  integer,
    revoked_at  integer
) without rowid;

create table receipts (
    rec_id      text primary key,
    user_id     text not null,     -- pseudonym
    version     text not null,
    snapshot_id text,
    policy_id   text not null,
    at          integer not null,
    content     blob not null      -- JSON: items with scores, candidates by source, what was asked
) without rowid;
create index receipts_of_user on receipts (user_id);

create table jobs (
    job_id     text primary key,
    kind       text not null,
    state      text not null,      -- queued, running, done, failed
    owner      text,               -- id of the key that asked
    params     blob not null,      -- JSON; emptied when the job ends, since it may name a person
    created_at integer not null,
    started_at integer,
    ended_at   integer,
    result     blob,               -- JSON
    problem    text
) without rowid;

create table erasures (
    user_id    text primary key,   -- pseudonym; the row goes when the erasure is complete
    user_index integer not null
) without rowid;
