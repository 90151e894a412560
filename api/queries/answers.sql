-- name: claim
insert into answers (owner, key, request, headers, at) values (?, ?, ?, ?, ?) on conflict (owner, key) do nothing;

-- name: find
select request, status, headers, body, at from answers where owner = ? and key = ?;

-- name: take_over
update answers set headers = ?, at = ? where owner = ? and key = ? and status is null and headers = ?;

-- name: about
update answers set subject = ? where owner = ? and key = ? and status is null and headers = ?;

-- name: keep
update answers set status = ?, headers = ?, body = ? where owner = ? and key = ? and status is null and headers = ?;

-- name: release
delete from answers where owner = ? and key = ? and status is null and headers = ?;

-- name: forget
delete from answers where subject = ?;

-- name: trim
delete from answers where at < ?;
