-- name: insert
insert into keys (key_id, role, subject, label, secret_hash, created_at, expires_at) values (?, ?, ?, ?, ?, ?, ?);

-- name: find
select role, subject, secret_hash, expires_at, revoked_at from keys where key_id = ?;

-- name: list
select key_id, role, label, subject, created_at, expires_at, revoked_at from keys order by created_at, key_id;

-- name: revoke
update keys set revoked_at = coalesce(revoked_at, ?) where key_id = ?;

-- name: revoke_subject
update keys set revoked_at = coalesce(revoked_at, ?), subject = null where role = 'member' and subject = ?;
