-- name: count
select count from windows where name = ? and expires_at > ?;

-- name: add
insert into windows (name, count, expires_at) values (:name, :amount, :expires_at)
on conflict (name) do update set
  count = case when expires_at > :now then count + :amount else :amount end,
  expires_at = case when expires_at > :now then expires_at else :expires_at end
returning count;

-- name: expiry
select expires_at from windows where name = ?;

-- name: drop_old
delete from windows where expires_at <= ?;

-- name: drop
delete from windows where name = ?;

-- name: drop_all
delete from windows;
