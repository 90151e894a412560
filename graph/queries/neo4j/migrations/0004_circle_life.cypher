// Circles that owners make have `revision`, `edited_at`, `eligibility`, `words` (JSON list), `request`,
// `state_before` and `reason`; events that are judged reports have `upheld` and `judged_at`.
CREATE INDEX event_kind IF NOT EXISTS FOR (n:Event) ON (n.kind);
