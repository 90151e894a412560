// A `PaymentMute {user, kind, thing, at, seq, merchants}` is one thing that a person wants unused: its payments are in
// no edge of theirs.
CREATE INDEX payment_mute_user IF NOT EXISTS FOR (n:PaymentMute) ON (n.user);
CREATE INDEX payment_user IF NOT EXISTS FOR (n:Payment) ON (n.user);
