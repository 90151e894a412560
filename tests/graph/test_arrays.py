"""Arrays of files are mapped, whatever else the process does meanwhile."""

import numpy as np
import pytest

from graph.arrays import mapped, mapped_to_change

SAVED = np.array([(3, 0.5), (7, 0.25)], dtype=[("user", "<i8"), ("weight", "<f4")])


@pytest.fixture
def path(tmp_path):
    np.save(tmp_path / "saved.npy", SAVED)
    return tmp_path / "saved.npy"


def test_what_is_changed_in_one_map_is_seen_in_the_other(path):
    read, write = mapped(path), mapped_to_change(path)
    assert read.tolist() == SAVED.tolist()
    assert type(read) is np.ndarray  # not a memmap, each index of which costs several times as much
    write["user"][0] = 4
    assert read["user"].tolist() == [4, 7]
    with pytest.raises(ValueError, match="read-only"):
        read["user"][0] = 5


def test_what_threads_do_to_each_other_in_the_parser_is_no_failure(path, monkeypatch):
    real, said = np.load, [SystemError("AST constructor recursion depth mismatch (before=24, after=37)")] * 3

    def disturbed(*arguments, **more):
        if said:
            raise said.pop()
        return real(*arguments, **more)

    monkeypatch.setattr(np, "load", disturbed)
    assert mapped(path).tolist() == SAVED.tolist()


def test_a_damaged_file_is_a_failure(path):
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ValueError, match="EOF"):
        mapped(path)
