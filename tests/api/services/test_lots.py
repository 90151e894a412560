"""Lots: the same all week, another one for everybody and every week."""

from api.services.lots import Lots

WEEK_S = 7 * 86_400
KEY = b"k" * 32


def test_a_lot_stays_all_week_and_is_drawn_anew_in_the_next():
    lots, monday = Lots(KEY), 4 * 86_400
    assert lots.of("u", monday)("slot 9") == lots.of("u", monday + WEEK_S - 1)("slot 9")
    assert lots.of("u", monday)("slot 9") != lots.of("u", monday + WEEK_S)("slot 9")


def test_nobody_else_has_the_same_lot():
    names = [(key, user, what) for key in (KEY, b"l" * 32) for user in "uv" for what in ("whether", "slot 9")]
    assert len({Lots(key).of(user, 0)(what) for key, user, what in names}) == len(names)


def test_lots_are_even():
    lots = [Lots(KEY).of(f"user {i}", 0)("whether") for i in range(2_000)]
    assert min(lots) >= 0
    assert max(lots) < 1
    assert abs(sum(lots) / len(lots) - 0.5) < 0.03  # five standard deviations
