-- Fill an empty file with the tables of `GraphStore.export`; columns are named as they are there.

-- name: fill_users
INSERT INTO user (idx, id, verified, adult, city) VALUES (:index, :id, :verified, :adult, :city);

-- name: fill_merchants
INSERT INTO merchant (idx, id, name, kind, category, scene, city, sensitive)
VALUES (:index, :id, :name, :kind, :category, :scene, :city, :sensitive);

-- name: fill_products
INSERT INTO product (idx, id, name, category, merchant_idx, sensitive)
VALUES (:index, :id, :name, :category, (SELECT idx FROM merchant WHERE id = :merchant_id), :sensitive);

-- name: fill_circles
INSERT INTO circle (idx, id, name, description, owner_idx, scene, created_at, state)
VALUES (:index, :id, :name, :description, (SELECT idx FROM merchant WHERE id = :owner_id), :scene, :created_at, :state);

-- name: fill_themes
INSERT INTO theme (circle_idx, kind, target_id, weight) VALUES (:circle, :kind, :target_id, :weight);

-- name: fill_memberships
INSERT INTO membership (user_idx, circle_idx, joined_at, left_at) VALUES (:user, :circle, :joined_at, :left_at);

-- name: fill_dismissals
INSERT INTO dismissal (user_idx, circle_idx, at) VALUES (:user, :circle, :at);

-- name: fill_blocks
INSERT INTO block (user_idx, other_idx, at) VALUES (:user, :other, :at);

-- name: fill_links
INSERT INTO link (user_idx, other_idx, since) VALUES (:user, :other, :since);

-- name: fill_suggestions
INSERT INTO suggestion (user_idx, other_idx, period, times, answer, answered_at)
VALUES (:user, :other, :period, :times, :answer, :answered_at);

-- name: fill_circle_links
INSERT INTO circle_link
    (link_id, source_idx, target_idx, topics, per_week, proposed_at, source_accepted_by, target_accepted_by,
     opened_at, closed_at)
VALUES
    (:link_id, :source, :target, :topics, :per_week, :proposed_at, :source_accepted_by, :target_accepted_by,
     :opened_at, :closed_at);

-- name: fill_relays
INSERT INTO relay (relay_id, link_id, topic, message_ref, at)
VALUES (:relay_id, :link_id, :topic, :message_ref, :at);

-- name: fill_circle_mutes
INSERT INTO circle_mute (user_idx, circle_idx, at) VALUES (:user, :circle, :at);

-- name: fill_owner_mutes
INSERT INTO owner_mute (user_idx, merchant_idx, at) VALUES (:user, :merchant, :at);

-- name: fill_audiences
INSERT INTO audience
    (audience_id, circle_idx, owner, state, topics, asked, certificate, funnel, sending, problem, created_at,
     valid_until, revision)
VALUES
    (:audience_id, :circle, :owner, :state, :topics, :asked, :certificate, :funnel, :sending, :problem, :created_at,
     :valid_until, :revision);

-- name: fill_audience_people
INSERT INTO audience_person (audience_id, user_idx, arm, score, state)
VALUES (:audience_id, :user, :arm, :score, :state);

-- name: fill_invitations
INSERT INTO invitation (invitation_id, audience_id, circle_idx, user_idx, sent_at, answer, answered_at)
VALUES (:invitation_id, :audience_id, :circle, :user, :sent_at, :answer, :answered_at);

-- name: fill_consents
INSERT INTO consent (user_idx, purpose, at, granted, door) VALUES (:user, :purpose, :at, :granted, :door);

-- name: fill_events
INSERT INTO event (event_id, kind, user_idx, circle_idx, rec_id, at, position)
VALUES (:event_id, :kind, :user, :circle, :rec_id, :at, :position);

-- name: fill_showings
INSERT INTO showing (user_idx, circle_idx, times, last_at) VALUES (:user, :circle, :times, :last_at);

-- name: fill_changes
INSERT INTO change (seq, at, kind, user_idx, circle_idx) VALUES (:seq, :at, :kind, :user, :circle);

-- name: fill_inbox
INSERT INTO inbox
    (payment, user_idx, merchant_idx, product_idx, quantity, band, scene, paid_at, refund, walled, taken_at, moved)
VALUES
    (:payment, :user, :merchant, :product, :quantity, :band, :scene, :paid_at, :refund, :walled, :taken_at, :moved);

-- name: fill_loads
INSERT INTO load (load_id, source, fingerprint, state, at, report)
VALUES (:load_id, :source, :fingerprint, :state, :at, :report);

-- name: fill_releases
INSERT INTO release (owner, key, period, cost, payload) VALUES (:owner, :key, :period, :cost, :payload);

-- name: fill_meta
INSERT OR REPLACE INTO meta (key, value) VALUES (:key, :value);

-- name: fill_counters
INSERT OR REPLACE INTO counter (name, value) VALUES (:name, :value);

-- name: fill_touched
UPDATE user SET changed = :changed WHERE idx = :user;

-- name: fill_circle_life
INSERT INTO circle_life (circle_idx, revision, edited_at, eligibility, words, request, state_before, reason)
VALUES (:circle, :revision, :edited_at, :eligibility, :words, :request, :state_before, :reason);

-- name: fill_verdicts
INSERT INTO verdict (event_id, upheld, at) VALUES (:event_id, :upheld, :at);

-- name: fill_edges
INSERT INTO {table} (user_idx, edges, changed) VALUES (?, ?, 0);
