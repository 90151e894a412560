-- name: insert
insert into erasures (user_id, user_index) values (?, ?)
on conflict (user_id) do update set user_index = excluded.user_index;

-- name: find
select user_index from erasures where user_id = ?;

-- name: delete
delete from erasures where user_id = ?;
