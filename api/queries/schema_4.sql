-- What narrows a key, what was last done with it, and a log of deeds that can only be added to.
alter table keys add column scopes text;        -- such as 'circles:read users:read'; null: all that its role may
alter table keys add column last_used integer;  -- written once an hour at most
alter table keys add column replaces text;      -- the key in whose place a rotation put this one
alter table keys add column first text;         -- the first of a line of rotations; null: this one

create table audit (
    number integer primary key, -- 1, 2, 3, ...
    entry  blob not null,       -- canonical JSON
    hash   blob not null        -- SHA-256 of the hash before and the entry
) strict;
create trigger audit_is_not_changed before update on audit begin
    select raise(abort, 'the audit log can only be added to');
end;
create trigger audit_is_not_removed before delete on audit begin
    select raise(abort, 'the audit log can only be added to');
end;

create table audit_people (     -- what the log says of a person is sealed with their secret
    user_id text primary key,   -- pseudonym; the row goes when they are forgotten, and nobody can read it any more
    secret  blob not null
) strict, without rowid;

create table refused_tokens (   -- tokens of erased people, until the last of them has expired
    member blob primary key,    -- SHA-256 of the pseudonym
    before integer not null     -- one that was issued by then is refused
) strict, without rowid;
