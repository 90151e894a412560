-- name: find_once
SELECT said, result FROM once WHERE token = ?;

-- name: put_once
INSERT INTO once (token, said, result, at) VALUES (?, ?, ?, ?);

-- name: trim_once
DELETE FROM once WHERE at < ?;
