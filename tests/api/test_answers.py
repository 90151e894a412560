"""Claims and kept answers of keyed requests, with workers that live and die."""

import subprocess
import sys

import pytest

from api.answers import LEASE_S, Answer, Answers, Claim, InProgress, forget
from api.service_db import ServiceDb
from graph.errors import KeyReused
from graph.stores.once import KEPT_S

DONE = Answer(201, {"Content-Type": "application/json"}, b'{"a": 1}')
NOW = 1_790_000_000


@pytest.fixture
def answers(db, tmp_path):
    return Answers(db, tmp_path)


def test_the_second_request_gets_the_answer_of_the_first(answers):
    claim = answers.claim("me", "k", b"request", now=NOW)
    answers.keep(claim, DONE)
    assert answers.claim("me", "k", b"request", now=NOW + 1) == DONE
    assert isinstance(answers.claim("you", "k", b"request", now=NOW), Claim)


def test_a_key_belongs_to_one_request(answers):
    answers.claim("me", "k", b"request", now=NOW)
    with pytest.raises(KeyReused):
        answers.claim("me", "k", b"another", now=NOW)


def test_while_it_is_answered_nobody_else_answers_it(answers, db, tmp_path):
    claim = answers.claim("me", "k", b"request", now=NOW)
    for worker in (answers, Answers(db, tmp_path)):
        with pytest.raises(InProgress):
            worker.claim("me", "k", b"request", now=NOW + 1)
    answers.release(claim)
    assert isinstance(answers.claim("me", "k", b"request", now=NOW + 2), Claim)


DYING = """
import os, sys
from pathlib import Path
from api.answers import Answers
from api.service_db import ServiceDb
folder = Path(sys.argv[1])
Answers(ServiceDb(folder / "service.db"), folder).claim("me", "k", b"request", now=int(sys.argv[2]))
os.kill(os.getpid(), 9)
"""


def test_the_claim_of_a_killed_worker_is_taken_over_at_once(answers, tmp_path):
    killed = subprocess.run([sys.executable, "-c", DYING, str(tmp_path), str(NOW)], check=False)
    assert killed.returncode == -9
    claim = answers.claim("me", "k", b"request", now=NOW + 1)
    assert claim.is_again
    answers.keep(claim, DONE)
    assert answers.claim("me", "k", b"request", now=NOW + 2) == DONE


def test_files_of_dead_workers_are_removed_and_those_of_living_ones_stay(answers, db, tmp_path):
    subprocess.run([sys.executable, "-c", DYING, str(tmp_path), str(NOW)], check=False)
    assert len(list(tmp_path.glob("answering-*.lock"))) == 2
    another = Answers(db, tmp_path)
    assert len(list(tmp_path.glob("answering-*.lock"))) == 2
    answers.claim("me", "other", b"request", now=NOW)
    with pytest.raises(InProgress):
        another.claim("me", "other", b"request", now=NOW)


def test_a_claim_that_could_not_be_given_back_ends_with_its_lease(answers):
    answers.claim("me", "k", b"request", now=NOW)
    assert answers.claim("me", "k", b"request", now=NOW + LEASE_S).is_again


def test_after_a_day_a_key_is_free_again(answers):
    answers.keep(answers.claim("me", "k", b"request", now=NOW), DONE)
    assert isinstance(answers.claim("me", "k", b"another", now=NOW + KEPT_S + 1), Claim)


def test_a_forgotten_person_leaves_no_answer_not_even_one_on_its_way(answers, db):
    kept, late = (answers.claim("me", key, b"request", now=NOW) for key in ("kept", "late"))
    for claim in (kept, late):
        answers.about(claim, "somebody")
    answers.keep(kept, DONE)
    assert forget(db, "somebody") == 2
    answers.keep(late, DONE)
    assert isinstance(answers.claim("me", "late", b"request", now=NOW), Claim)


def test_an_answer_outlives_its_worker(answers, db, tmp_path):
    answers.keep(answers.claim("me", "k", b"request", now=NOW), DONE)
    again = ServiceDb(db.path)
    assert Answers(again, tmp_path).claim("me", "k", b"request", now=NOW) == DONE
    again.close()
