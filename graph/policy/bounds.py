"""Every number of `policy.toml`: its section, its type, and between what it may lie."""

import math

# section -> key -> (type, smallest, largest)
Bounds = tuple[type, float, float]
NUMBERS: dict[str, dict[str, Bounds]] = {
    "circles": {
        "min_supporters": (int, 1, math.inf),
        "list_size": (int, 1, math.inf),
        "max_limit": (int, 1, math.inf),
        "default_limit": (int, 1, math.inf),
    },
    "disclosure": {
        "min_group_size": (int, 2, math.inf),
        "min_audience_size": (int, 2, math.inf),
        "dominance_share": (float, 0.01, 1.0),
        "epsilon": (float, 0.001, 10.0),
        "theme_epsilon": (float, 0.001, math.inf),
        "quarterly_budget": (float, 0.001, math.inf),
    },
    "invitations": {
        "per_person": (int, 0, 7),
        "window_days": (int, 7, 365),
        "circle_days": (int, 7, 3_650),
        "mute_refusals": (int, 1, 100),
        "mute_days": (int, 1, 3_650),
        "quiet_from": (int, 0, 23),
        "quiet_to": (int, 0, 23),
        "utc_offset_hours": (int, -12, 14),
        "open_days": (int, 1, 365),
        "small_circle": (int, 0, math.inf),
        "small_share": (float, 0.0, 1.0),
    },
    "audiences": {
        "window_days": (int, 7, 365),
        "stay_days": (int, 1, 365),
        "valid_days": (int, 1, 365),
        "max_valid_days": (int, 1, 365),
        "max_size": (int, 100, math.inf),
        "holdout": (float, 0.0, 0.5),
        "pilot_size": (int, 20, 1_000),
        "asks_per_week": (int, 1, math.inf),
    },
    "demonstration": {
        "category_circle_min_buyers": (int, 1, math.inf),
        "category_circle_max_share": (float, 0.0, 1.0),
    },
    "between": {
        "max_rate": (int, 1, 1_000),
        "relay_days": (int, 1, 3_650),
        "health_months": (int, 1, 24),
    },
    "half_life": {"behaviour_days": (float, 0.001, math.inf)},
    "links": {
        "list_size": (int, 1, 100),
        "daily_cap": (int, 1, 100),
        "unanswered_discount": (float, 0.01, 1.0),
        "weekly_share": (float, 0.01, 1.0),
    },
    "lifecycle": {"waiting_days": (int, 0, 365)},
    "alarm": {
        "window_days": (int, 1, 30),
        "past_days": (int, 7, 365),
        "min_newcomers": (int, 2, math.inf),
        "source_share": (float, 0.1, 1.0),
        "chance": (float, 1e-12, 0.1),
        "min_reports": (int, 1, math.inf),
        "owner_quiet_days": (int, 1, math.inf),
    },
    "feedback": {
        "exploration_share": (float, 0.0, 0.5),
        "steady_slots": (int, 0, 100),
        "small_share": (float, 0.0, 1.0),
        "small_members": (int, 1, math.inf),
        "free_showings": (float, 0.0, math.inf),
        "showing_half_life_days": (float, 0.001, math.inf),
        "induced_days": (float, 0.0, math.inf),
        "largest_weight": (float, 1.0, math.inf),
        "min_effective_size": (int, 100, math.inf),
    },
    "trust": {
        "population": (float, 1_000, math.inf),
        "rarity_floor": (float, 20, 1_000),
        "scene_cap": (float, 0.1, math.inf),
        "half_life_days": (float, 0.001, math.inf),
        "refusal_half_life_days": (float, 0.001, math.inf),
        "min_groups": (int, 3, math.inf),
        "min_scenes": (int, 1, math.inf),
        "min_evidence": (float, 2, math.inf),
        "own_habits": (float, 0, math.inf),
    },
}
