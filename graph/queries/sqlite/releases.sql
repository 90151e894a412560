-- name: kept_release
SELECT payload FROM release WHERE owner = :owner AND key = :key;

-- name: release_spent
SELECT COALESCE(SUM(cost), 0.0) FROM release WHERE owner = :owner AND period = :period;

-- name: put_release
INSERT INTO release (owner, period, key, cost, payload) VALUES (:owner, :period, :key, :cost, :payload);

-- name: release_costs
SELECT owner, SUM(cost) FROM release WHERE period = :period GROUP BY owner;

-- name: releases
SELECT owner, period, key, cost, payload FROM release
WHERE :owner IS NULL OR owner = :owner ORDER BY owner, period, key;

-- name: export_releases
SELECT owner, period, key, cost, payload FROM release ORDER BY owner, period, key;
