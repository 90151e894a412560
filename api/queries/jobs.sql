-- name: insert
insert into jobs (job_id, kind, state, owner, params, created_at) values (?, ?, 'queued', ?, ?, ?);

-- name: find
select job_id, kind, state, owner, params, created_at, started_at, ended_at, result, problem
from jobs where job_id = ?;

-- name: unfinished
select job_id, kind, state, owner, params, created_at, started_at, ended_at, result, problem
from jobs where state in ('queued', 'running') order by created_at, job_id;

-- name: start
update jobs set state = 'running', started_at = ? where job_id = ?;

-- name: empty
update jobs set params = '{}' where job_id = ?;

-- name: end
update jobs set state = ?, ended_at = ?, result = ?, problem = ?, params = '{}' where job_id = ?;
