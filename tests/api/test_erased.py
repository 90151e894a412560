"""The list of erasures tells whom to erase again, and nobody who they were."""

import pytest

from api.erased import NAME, erased_since, note, read
from graph.errors import InputError

ANN, BOB = "a" * 32, "b" * 32


def test_it_names_nobody_and_is_for_its_owner_only(tmp_path):
    note(tmp_path, ANN, now=5)
    assert ANN not in (tmp_path / NAME).read_text()
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("moment", "again"), [(4, [ANN]), (5, [ANN]), (6, [])])
def test_whoever_was_erased_since_a_moment_is_found(tmp_path, moment, again):
    note(tmp_path, ANN, now=5)
    assert erased_since(read(tmp_path / NAME), [ANN, BOB], moment) == again


def test_the_newest_erasure_of_somebody_counts(tmp_path):
    for moment in (9, 3):
        note(tmp_path, ANN, now=moment)
    assert erased_since(read(tmp_path / NAME), [ANN], 8) == [ANN]


def test_a_line_that_a_power_cut_left_unfinished_is_passed_over(tmp_path):
    note(tmp_path, ANN, now=5)
    with (tmp_path / NAME).open("a") as file:
        file.write("6 abc")
    assert len(read(tmp_path / NAME)) == 1


def test_another_file_is_refused_by_its_line(tmp_path):
    (tmp_path / NAME).write_text("somebody\n")
    with pytest.raises(InputError, match=r"erased\.list:1"):
        read(tmp_path / NAME)
