-- name: insert
insert into keys (key_id, role, subject, label, secret_hash, created_at, expires_at, scopes, replaces, first)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, (select coalesce(first, key_id) from keys where key_id = ?));

-- name: find
select role, subject, secret_hash, expires_at, revoked_at, scopes, last_used, coalesce(first, key_id)
from keys where key_id = ?;

-- name: list
select key_id, role, label, subject, created_at, expires_at, revoked_at, scopes, last_used, replaces
from keys order by created_at, key_id;

-- name: one
select role, subject, label, created_at, expires_at, revoked_at, scopes from keys where key_id = ?;

-- name: used
update keys set last_used = max(coalesce(last_used, 0), ?) where key_id = ?;

-- name: end_by
update keys set expires_at = min(coalesce(expires_at, :at), :at) where key_id = :key_id;

-- name: ended
select key_id, expires_at, revoked_at from keys where expires_at is not null or revoked_at is not null;

-- name: end_as
update keys set revoked_at = coalesce(revoked_at, :revoked_at),
    expires_at = min(coalesce(expires_at, :expires_at), coalesce(:expires_at, expires_at))
where key_id = :key_id
    and ((revoked_at is null and :revoked_at is not null)
        or (:expires_at is not null and (expires_at is null or expires_at > :expires_at)));

-- name: revoke
update keys set revoked_at = coalesce(revoked_at, ?) where key_id = ?;

-- name: revoke_subject
update keys set revoked_at = coalesce(revoked_at, ?), subject = null where role = 'member' and subject = ?;

-- name: refuse_tokens
insert into refused_tokens (member, before) values (:member, :now)
on conflict (member) do update set before = max(before, excluded.before);

-- name: tokens_refused
select before from refused_tokens where member = ?;

-- name: drop_refused_tokens
delete from refused_tokens where before < ?;
