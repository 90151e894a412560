// name: kept_release
MATCH (r:Release {owner: $owner, key: $key}) RETURN r.payload;

// name: release_spent
MATCH (r:Release {owner: $owner, period: $period}) RETURN coalesce(sum(r.cost), 0.0);

// name: put_release
CREATE (:Release {owner: $owner, period: $period, key: $key, cost: $cost, payload: $payload});

// name: releases
MATCH (r:Release) WHERE $owner IS NULL OR r.owner = $owner
RETURN r.owner, r.period, r.key, r.cost, r.payload ORDER BY r.owner, r.period, r.key;

// name: export_releases
MATCH (r:Release)
RETURN r.owner AS owner, r.period AS period, r.key AS key, r.cost AS cost, r.payload AS payload
ORDER BY owner, period, key;
