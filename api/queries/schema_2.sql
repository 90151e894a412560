-- Sessions of a merchant's page; one is bound to a key, or on public data to a merchant that anybody may try.
create table sessions (
    token_hash  blob primary key,  -- SHA-256; the token itself is only in the browser
    key_id      text,
    merchant_id text,
    created_at  integer not null,
    last_seen   integer not null,
    expires_at  integer not null,
    check ((key_id is null) <> (merchant_id is null))
) without rowid;
