// name: mute_payments
MATCH (:User {idx: $user})
WITH EXISTS { (:PaymentMute {user: $user, kind: $what, thing: $thing}) } AS known
FOREACH (once IN CASE WHEN known THEN [] ELSE [1] END |
    CREATE (:PaymentMute {user: $user, kind: $what, thing: $thing, at: $at, seq: $seq, merchants: $merchants}))
RETURN NOT known;

// name: unmute_payments
MATCH (n:PaymentMute {user: $user, kind: $what, thing: $thing})
DELETE n RETURN count(*) > 0;

// name: payment_mutes
MATCH (n:PaymentMute)
RETURN n.user AS user, n.kind AS kind, n.thing AS thing, n.at, n.seq, n.merchants ORDER BY user, kind, thing;

// name: payment_mutes_of
UNWIND $users AS idx MATCH (n:PaymentMute {user: idx}) USING INDEX n:PaymentMute(user)
RETURN n.user AS user, n.kind AS kind, n.thing AS thing, n.at, n.seq, n.merchants ORDER BY user, kind, thing;

// name: inbox_of
MATCH (n:Payment {user: $user})
RETURN n.payment, n.user, n.merchant, n.product, n.quantity, n.band, n.scene, n.paid_at, n.refund, n.walled;

// name: categories_of
UNWIND $indices AS idx MATCH (n:{label} {idx: idx}) USING INDEX n:{label}(idx) RETURN collect([n.idx, n.category]);

// name: has_category
RETURN EXISTS { MATCH (m:Merchant {category: $category}) WHERE m.idx IS NOT NULL }
    OR EXISTS { MATCH (p:Product {category: $category}) WHERE p.idx IS NOT NULL };

// name: export_payment_mutes
MATCH (n:PaymentMute)
RETURN n.user AS user, n.kind AS kind, n.thing AS thing, n.at AS at, n.seq AS seq, n.merchants AS merchants
ORDER BY user, kind, thing;

// name: forget_payment_mutes
MATCH (n:PaymentMute {user: $user}) DELETE n RETURN count(*);
