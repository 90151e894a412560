-- name: insert
insert into receipts (rec_id, user_id, version, snapshot_id, policy_id, at, content)
values (?, ?, ?, ?, ?, ?, ?);

-- name: find
select rec_id, user_id, version, snapshot_id, policy_id, at, content from receipts where rec_id = ?;

-- name: forget
delete from receipts where user_id = ?;
