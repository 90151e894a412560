-- A person may come back before their erasure is done, and leave again: each time is a row, under the
-- pseudonym and the index that they had in the store. Rows of before have the pseudonym alone.

-- name: insert
insert into erasures (user_id, user_index) values (?1 || ':' || ?2, ?2) on conflict (user_id) do nothing;

-- name: find
select distinct user_index from erasures where user_id = :user or user_id = :user || ':' || user_index
order by user_index;

-- name: delete
delete from erasures where user_index = :index and user_id in (:user, :user || ':' || :index);

-- name: pending
select substr(user_id, 1, instr(user_id || ':', ':') - 1), user_index from erasures;

-- name: covers
select 1 from erasing where user_id = ? and asked_at >= ?;

-- name: all
select distinct substr(user_id, 1, instr(user_id || ':', ':') - 1) from erasures order by 1;

-- name: ask
insert into erasing (user_id, asked_at, removed, is_open, cut_off) values (?, ?, '{}', 0, 0)
on conflict (user_id) do nothing;

-- name: take_up
update erasing set cut_off = cut_off + is_open, is_open = 1 where user_id = ?;

-- name: put_down
update erasing set is_open = 0 where user_id = ?;

-- name: progress
select asked_at, removed, cut_off from erasing where user_id = ?;

-- name: removed
update erasing set removed = ? where user_id = ?;

-- name: close
delete from erasing where user_id = ?;
