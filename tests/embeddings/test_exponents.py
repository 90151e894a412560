"""Exponents follow what is found on the validation parts."""

from embeddings.channels import default_exponents, ground_of
from embeddings.exponents import choose_exponents
from embeddings.touches import touches_of


def ground(snapshot):
    return ground_of(snapshot, touches_of(snapshot, half_life_days=180), min_supporters=1)


def test_nothing_to_choose_by_keeps_the_defaults(planted):
    assert choose_exponents("members", [(ground(planted), lambda *_: 0.0)]) == default_exponents("members")


def test_the_better_exponent_is_taken(planted):
    def prefers_small_sums(_name, matrix):
        return 1.0 / (1.0 + float(matrix.sum()))

    chosen = choose_exponents("merchants", [(ground(planted), prefers_small_sums)])
    assert chosen["source"] == 1.0
    assert chosen["target"] == 0.6
    assert chosen["a"] == 1.5


def test_noise_does_not_move_them(planted):
    figures = iter(range(10_000))

    def slightly_better_each_time(*_):
        return next(figures) * 1e-5

    chosen = choose_exponents("theme_near", [(ground(planted), slightly_better_each_time)])
    assert chosen == default_exponents("theme_near")
