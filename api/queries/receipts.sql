-- name: insert
-- a journal that was moved and not yet removed is moved again
insert into receipts (rec_id, user_id, version, snapshot_id, policy_id, at, content)
values (?, ?, ?, ?, ?, ?, ?)
on conflict do nothing;

-- name: find
select rec_id, user_id, version, snapshot_id, policy_id, at, content from receipts where rec_id = ?;

-- name: forget
update receipts set user_id = '', version = '', snapshot_id = null, policy_id = '', at = 0, content = '{}'
where user_id = ?;

-- name: versions
select distinct version from receipts where at >= ?;

-- name: counts
select kind, count(*) from (
    select
        coalesce(json_extract(cast(content as text), '$.kind'), 'circles') as kind,
        json_extract(cast(content as text), '$.personalised') as personal
    from receipts where user_id = :user and at >= :since
) where kind <> 'circles' or personal = 1 group by kind;
