"""An auditor's file: every changed bit is found without the house, and nothing in it leads to a person."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.audit import BEGINNING, Action, Audit, Verdict
from api.audit_file import about_of, checked, export, verify
from graph.errors import InputError, StoreError

ANNA = "a" * 32
ABOUT = {"policy_id": "p1", "register": [], "fairness": {"lines": []}}


@pytest.fixture
def audit(db):
    made = Audit(db)
    for at, circle in enumerate(("drinkers", "climbers", "bakers")):
        made.append(Action.CIRCLE_QUARANTINED, at=at, object=circle)
    made.append(Action.CONSENT_GRANTED, at=9, object="links", person=ANNA)
    return made


@pytest.fixture
def file(audit, tmp_path):
    export(tmp_path / "audit.txt", audit.entries(), ABOUT)
    return tmp_path / "audit.txt"


def problem(content: bytes) -> str | None:
    """What is wrong with a file of this content."""
    try:
        return checked(content).problem
    except InputError as error:
        return str(error)


def test_a_whole_file_is_what_the_log_is(audit, file):
    assert verify(file) == audit.verify()
    assert about_of(file) == ABOUT
    assert file.stat().st_mode & 0o777 == 0o600


def test_every_changed_bit_is_found(file):
    content = file.read_bytes()
    for place in range(len(content)):
        for bit in range(8):
            turned = content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :]
            assert problem(turned), (place, bit)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_cut_put_in_or_moved_is_found(file, data):
    content = file.read_bytes()
    one, other = sorted(data.draw(st.tuples(*2 * [st.integers(0, len(content))])))
    new = content[:one] + data.draw(st.binary(max_size=20)) + content[other:]
    assert (problem(new) is None) is (new == content)


def test_entries_in_another_order_are_found_though_the_digest_is_made_anew(audit, tmp_path):
    entries = list(audit.entries())
    for wrong in (entries[1:], entries[:1] + entries[2:], [entries[0], entries[2], entries[1], entries[3]]):
        export(tmp_path / "wrong.txt", wrong, ABOUT)
        assert "is not what was written" in verify(tmp_path / "wrong.txt").problem


def test_an_end_cut_off_before_the_export_is_found_by_a_noted_head(audit, file, tmp_path):
    noted = audit.verify().head
    assert verify(file, head=noted).problem is None
    export(tmp_path / "short.txt", list(audit.entries())[:-1], ABOUT)
    assert verify(tmp_path / "short.txt").problem is None
    assert "noted head" in verify(tmp_path / "short.txt", head=noted).problem


def test_nothing_in_it_leads_to_a_person_and_nothing_opens_an_entry(audit, db, file):
    ((secret,),) = db.read("audit.secret", (ANNA,))
    content = file.read_bytes()
    assert not any(part in content for part in (ANNA.encode(), secret, secret.hex().encode(), b'"links"'))


def test_an_empty_log_and_other_files(audit, tmp_path):
    export(tmp_path / "empty.txt", [], ABOUT)
    assert verify(tmp_path / "empty.txt") == Verdict(0, BEGINNING.hex(), None)
    (tmp_path / "else.txt").write_text("something else")
    for name in ("else.txt", "nothing.txt"):
        with pytest.raises(InputError):
            verify(tmp_path / name)
    with pytest.raises(StoreError, match="cannot be written"):
        export(tmp_path / "no" / "folder.txt", [], ABOUT)
