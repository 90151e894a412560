-- name: insert
insert into jobs (job_id, kind, state, owner, params, created_at) values (?, ?, 'queued', ?, ?, ?);

-- name: find
select job_id, kind, state, owner, params, created_at, started_at, ended_at, result, problem
from jobs where job_id = ?;

-- name: unfinished
select job_id, kind, state, owner, params, created_at, started_at, ended_at, result, problem
from jobs where state in ('queued', 'running') order by created_at, job_id;

-- name: counts
select kind, state, count(*) from jobs group by kind, state order by kind, state;

-- name: start
update jobs set state = 'running', started_at = ? where job_id = ? and state in ('queued', 'running');

-- name: empty
update jobs set params = '{}' where job_id = ?;

-- name: end
update jobs set state = ?, ended_at = ?, result = ?, problem = ?, params = '{}'
where job_id = ? and state in ('queued', 'running');

-- name: erased
update jobs set result = :result, params = '{}', owner = case when owner like 'token\_%' escape '\' then null else owner end
where kind = 'forget' and state in ('queued', 'running') and params = :params;

-- name: unname
update jobs set params = cast(replace(cast(params as text), :name, '""') as blob)
where kind = 'lists' and state in ('queued', 'running') and instr(cast(params as text), :name) > 0;
