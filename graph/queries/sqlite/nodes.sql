-- name: find_nodes
SELECT COALESCE(n.idx, -1) FROM wanted AS w LEFT JOIN {table} AS n ON n.id = w.value ORDER BY w.pos;

-- name: node_ids
SELECT w.pos, n.id FROM wanted AS w CROSS JOIN {table} AS n ON n.idx = w.value;

-- name: insert_node
INSERT INTO {table} (idx, id) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: upsert_user
INSERT INTO user (idx, id, verified, adult, city, changed) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (idx) DO UPDATE SET
    verified = COALESCE(excluded.verified, verified),
    adult = COALESCE(excluded.adult, adult),
    city = COALESCE(excluded.city, city),
    changed = excluded.changed
WHERE verified IS NOT COALESCE(excluded.verified, verified)
   OR adult IS NOT COALESCE(excluded.adult, adult)
   OR city IS NOT COALESCE(excluded.city, city);

-- name: upsert_merchant
INSERT INTO merchant (idx, id, name, kind, category, scene, city, sensitive) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (idx) DO UPDATE SET
    name = COALESCE(excluded.name, name),
    kind = COALESCE(excluded.kind, kind),
    category = COALESCE(excluded.category, category),
    scene = COALESCE(excluded.scene, scene),
    city = COALESCE(excluded.city, city),
    sensitive = COALESCE(excluded.sensitive, sensitive)
WHERE name IS NOT COALESCE(excluded.name, name)
   OR kind IS NOT COALESCE(excluded.kind, kind)
   OR category IS NOT COALESCE(excluded.category, category)
   OR scene IS NOT COALESCE(excluded.scene, scene)
   OR city IS NOT COALESCE(excluded.city, city)
   OR sensitive IS NOT COALESCE(excluded.sensitive, sensitive);

-- name: upsert_product
INSERT INTO product (idx, id, name, category, merchant_idx, sensitive) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (idx) DO UPDATE SET
    name = COALESCE(excluded.name, name),
    category = COALESCE(excluded.category, category),
    merchant_idx = COALESCE(excluded.merchant_idx, merchant_idx),
    sensitive = COALESCE(excluded.sensitive, sensitive)
WHERE name IS NOT COALESCE(excluded.name, name)
   OR category IS NOT COALESCE(excluded.category, category)
   OR merchant_idx IS NOT COALESCE(excluded.merchant_idx, merchant_idx)
   OR sensitive IS NOT COALESCE(excluded.sensitive, sensitive);

-- name: upsert_circle
INSERT INTO circle (idx, id, name, description, owner_idx, scene, created_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (idx) DO UPDATE SET
    name = COALESCE(excluded.name, name),
    description = COALESCE(excluded.description, description),
    owner_idx = COALESCE(excluded.owner_idx, owner_idx),
    scene = COALESCE(excluded.scene, scene),
    created_at = COALESCE(excluded.created_at, created_at),
    state = COALESCE(excluded.state, state)
WHERE name IS NOT COALESCE(excluded.name, name)
   OR description IS NOT COALESCE(excluded.description, description)
   OR owner_idx IS NOT COALESCE(excluded.owner_idx, owner_idx)
   OR scene IS NOT COALESCE(excluded.scene, scene)
   OR created_at IS NOT COALESCE(excluded.created_at, created_at)
   OR state IS NOT COALESCE(excluded.state, state);

-- name: nodes
SELECT * FROM node_{table} ORDER BY "index";

-- name: describe
SELECT w.pos, n.* FROM wanted AS w CROSS JOIN node_{table} AS n ON n.id = w.value;

-- name: user
SELECT idx, id, verified, adult, city, MAX(
    changed,
    COALESCE((SELECT paid.changed FROM paid WHERE paid.user_idx = user.idx), 0),
    COALESCE((SELECT bought.changed FROM bought WHERE bought.user_idx = user.idx), 0)
)
FROM user WHERE id = ?;

-- name: circle
SELECT n.*, l.revision, l.eligibility, l.words
FROM node_circle AS n LEFT JOIN circle_life AS l ON l.circle_idx = n."index"
WHERE n.id = ?;

-- name: circles
SELECT n.*, l.revision, l.eligibility, l.words
FROM node_circle AS n LEFT JOIN circle_life AS l ON l.circle_idx = n."index"
ORDER BY n."index";

-- name: member_counts
SELECT circle_idx, COUNT(DISTINCT user_idx) FROM membership WHERE left_at IS NULL GROUP BY circle_idx;

-- name: member_count
SELECT circle_idx, COUNT(DISTINCT user_idx) FROM membership
WHERE left_at IS NULL AND circle_idx = ? GROUP BY circle_idx;

-- name: circle_members
SELECT DISTINCT user_idx FROM membership WHERE left_at IS NULL AND circle_idx = ? ORDER BY user_idx;

-- name: themes
SELECT circle_idx, kind, target_id, weight FROM theme ORDER BY circle_idx, kind, target_id;

-- name: theme
SELECT circle_idx, kind, target_id, weight FROM theme WHERE circle_idx = ? ORDER BY kind, target_id;

-- name: clear_theme
DELETE FROM theme WHERE circle_idx = ?;

-- name: put_theme
INSERT INTO theme (circle_idx, kind, target_id, weight) VALUES (?, ?, ?, ?);

-- name: set_circle_state
UPDATE circle SET state = :state WHERE idx = :circle AND COALESCE(state, 'open') <> :state;
