-- name: insert
insert into sessions (token_hash, key_id, merchant_id, created_at, last_seen, expires_at) values (?, ?, ?, ?, ?, ?);

-- name: find
select s.key_id, coalesce(k.subject, s.merchant_id), s.last_seen
from sessions as s left join keys as k on k.key_id = s.key_id
where s.token_hash = :token_hash and s.expires_at > :now and s.last_seen > :now - :idle_s
  and (s.key_id is null
       or (k.role = 'merchant' and k.revoked_at is null and (k.expires_at is null or k.expires_at > :now)));

-- name: touch
update sessions set last_seen = max(last_seen, ?) where token_hash = ?;

-- name: delete
delete from sessions where token_hash = ?;

-- name: delete_ended
delete from sessions where expires_at <= :now or last_seen <= :now - :idle_s;

-- name: delete_oldest
delete from sessions where key_id is :key_id and token_hash not in
  (select token_hash from sessions where key_id is :key_id order by last_seen desc, created_at desc limit :kept);
