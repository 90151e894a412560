-- How much was asked for in windows of time; nothing here is missed when it is lost.
create table if not exists windows (
    name       text primary key,
    count      integer not null,
    expires_at real not null
) without rowid;
create index if not exists windows_by_expiry on windows (expires_at);
