"""One-time handles."""

import re

from graph.links.handles import Handles, place_of

KEY = b"k" * 32


def test_a_handle_is_stable_and_belongs_to_viewer_other_and_week():
    handles = Handles(KEY)
    made = [
        handles.of(viewer, [other], week)[0] for viewer in (1, 2) for other in (11, 12) for week in (3, 4)
    ]
    assert len(set(made)) == 8
    assert handles.of(1, [11, 12], 3) == Handles(KEY).of(1, [11, 12], 3)
    assert all(re.fullmatch("[0-9a-f]{32}", handle) for handle in made)


def test_another_key_gives_other_handles_and_digits_do_not_run_together():
    assert Handles(KEY).of(1, [2], 3) != Handles(b"x" * 32).of(1, [2], 3)
    assert Handles(KEY).of(1, [11], 3) != Handles(KEY).of(11, [1], 3)


def test_only_a_known_handle_has_a_place():
    made = Handles(KEY).of(1, [5, 6, 7], 3)
    assert [place_of(handle, made) for handle in made] == [0, 1, 2]
    assert place_of("0" * 32, made) == place_of("", made) == place_of("ü", made) == -1
