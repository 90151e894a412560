-- name: append
insert into audit (number, entry, hash) values (?, ?, ?);

-- name: last
select number, hash from audit order by number desc limit 1;

-- name: after
select number, entry, hash from audit where number > ? order by number limit ?;

-- name: before
select number, entry, hash from audit where number < ? order by number desc limit ?;

-- name: secret
select secret from audit_people where user_id = ?;

-- name: add_person
insert into audit_people (user_id, secret) values (?, ?);

-- name: left
select 1 from erasing where user_id = :person
union all
select 1 from refused_tokens where member = :hash and before >= :at;

-- name: forget_person
delete from audit_people where user_id = ?;

-- name: note_about
insert into audit_about (user_id, number) values (?, ?);

-- name: about
select here.number, here.entry, here.hash, before.hash
from audit_about
join audit as here on here.number = audit_about.number
left join audit as before on before.number = here.number - 1
where audit_about.user_id = ?
order by here.number;

-- name: forget_about
delete from audit_about where user_id = ?;
