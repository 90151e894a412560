-- What concerns a person in the log, and how far an erasure came; some databases of schema 4 have one or both.
create table if not exists audit_about ( -- which entries speak of a person; their rows go with their secret
    user_id text not null,      -- pseudonym
    number  integer not null,   -- of the entry
    primary key (user_id, number)
) strict, without rowid;

create table if not exists erasing ( -- how far an erasure came; the row goes with the last trace of the person
    user_id  text primary key,  -- pseudonym; '' is nobody: what was deleted may still lie in free space of this file
    asked_at integer not null,
    removed  text not null,     -- JSON: kind -> how many
    is_open  integer not null,  -- 1 while a process is at it
    cut_off  integer not null   -- how many processes died at it
) strict, without rowid;
