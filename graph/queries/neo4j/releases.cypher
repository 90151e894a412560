// name: kept_release
MATCH (r:Release {owner: $owner, key: $key}) RETURN r.payload;

// name: release_spent
MATCH (r:Release {owner: $owner, period: $period}) RETURN coalesce(sum(r.cost), 0.0);

// name: put_release
CREATE (:Release {owner: $owner, period: $period, key: $key, cost: $cost, payload: $payload});

// name: release_costs
MATCH (r:Release) WHERE r.period = $period RETURN r.owner, sum(r.cost);

// name: known_releases
UNWIND $rows AS row
OPTIONAL MATCH (kept:Release {owner: row.owner, key: row.key})
OPTIONAL MATCH (other:Release {owner: row.owner, period: row.period})
WITH row, kept, sum(other.cost) AS spent
RETURN row.owner, row.key, kept IS NOT NULL, coalesce(spent, 0.0);

// name: put_releases
UNWIND $rows AS row
CREATE (:Release {owner: row.owner, period: row.period, key: row.key, cost: row.cost, payload: row.payload});

// name: releases
MATCH (r:Release) WHERE $owner IS NULL OR r.owner = $owner
RETURN r.owner, r.period, r.key, r.cost, r.payload ORDER BY r.owner, r.period, r.key;

// name: export_releases
MATCH (r:Release)
RETURN r.owner AS owner, r.period AS period, r.key AS key, r.cost AS cost, r.payload AS payload
ORDER BY owner, period, key;
