"""A version appears whole or not at all, and the pointer always names a whole one."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from embeddings.fit import Fitted
from embeddings.publish import publish
from embeddings.registry import Registry
from graph.errors import InputError
from graph.schema import Purpose

PUBLISHER = """
import pathlib, pickle, sys
from embeddings.publish import publish
from graph.policy.values import read_policy
fitted, snapshot, policy = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())
print("ready", flush=True)
while True:
    publish(fitted, snapshot, pathlib.Path(sys.argv[2]), policy=read_policy(pathlib.Path(policy)))
"""


def test_a_version_says_what_it_was_made_of(planted, fitted, policy, tmp_path):
    name = publish(fitted, planted, tmp_path, policy=policy, store_id="store-1")
    manifest = Registry(tmp_path).open(name).manifest
    assert manifest["version"] == name
    assert manifest["snapshot_id"] == planted.content_id
    assert manifest["policy_id"] == policy.policy_id
    assert manifest["store_id"] == "store-1"
    assert manifest["state"] == "unpromoted"
    assert manifest["metrics"]["circles"] > manifest["metrics"]["popularity"]
    assert set(manifest["model"]["weights"]) >= {"members", "popularity"}


def test_lists_leave_out_what_was_joined_or_dismissed(planted, fitted, policy, tmp_path):
    first = publish(fitted, planted, tmp_path, policy=policy)
    version = Registry(tmp_path).open(first)
    user = 7
    best = int(version.list_of(planted.users[user])[0][0])
    pair = {"indptr": np.repeat([0, 1], [user + 1, 300 - user]), "indices": np.array([best], np.int32)}
    dismissing = replace(planted, dismissed=replace(planted.dismissed, **pair))
    fitted_again = replace(fitted, snapshot_id=dismissing.content_id)
    version = Registry(tmp_path).open(publish(fitted_again, dismissing, tmp_path, policy=policy))
    rows, scores = version.list_of(planted.users[user])
    assert best not in rows.tolist()
    assert not set(rows.tolist()) & set(planted.members.row(user).tolist())
    assert (np.diff(scores) <= 0).all()


def test_who_does_not_consent_has_no_list(planted, fitted, policy, tmp_path):
    consents = {p.value: np.arange(300) > 0 for p in Purpose}
    snapshot = replace(planted, consents=consents)
    name = publish(replace(fitted, snapshot_id=snapshot.content_id), snapshot, tmp_path, policy=policy)
    version = Registry(tmp_path).open(name)
    assert version.list_of(planted.users[0]) is None
    assert version.list_of(planted.users[1]) is not None
    assert bytes.fromhex(planted.users[1]) in (version.folder / "lists.npy").read_bytes()


def test_closed_circles_are_in_no_list(planted, fitted, policy, tmp_path):
    states = np.zeros(len(planted.circles), np.int8)
    states[3:] = 3  # only three are left proposed
    snapshot = replace(planted, circle_state=states)
    name = publish(replace(fitted, snapshot_id=snapshot.content_id), snapshot, tmp_path, policy=policy)
    rows, _ = Registry(tmp_path).open(name).list_of(planted.users[5])
    assert set(rows.tolist()) <= {0, 1, 2}


def test_a_model_of_another_snapshot_is_refused(planted, fitted, policy, tmp_path):
    with pytest.raises(InputError, match="another snapshot"):
        publish(replace(fitted, snapshot_id="0" * 16), planted, tmp_path, policy=policy)
    assert not list(tmp_path.iterdir())


def test_an_unpromoted_version_is_served_until_one_is_promoted(planted, fitted, policy, tmp_path):
    registry = Registry(tmp_path)
    one = publish(fitted, planted, tmp_path, policy=policy)
    two = publish(fitted, planted, tmp_path, policy=policy)
    assert registry.current_name() == two
    registry.promote(one)
    publish(fitted, planted, tmp_path, policy=policy)
    assert registry.current_name() == one
    four = publish(fitted, planted, tmp_path, policy=policy, promote=True)
    assert registry.current_name() == four


def test_a_failing_write_leaves_nothing(planted, fitted, policy, tmp_path, monkeypatch):
    monkeypatch.setattr("embeddings.publish.write_manifest", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publish(fitted, planted, tmp_path, policy=policy)
    assert not list(tmp_path.iterdir())


def test_a_killed_publisher_leaves_only_whole_versions(planted, fitted: Fitted, policy, tmp_path):
    from graph.settings import PROJECT

    given, versions = tmp_path / "given.pkl", tmp_path / "versions"
    given.write_bytes(pickle.dumps((fitted, planted, str(PROJECT / "policy.toml"))))
    for wait in (0.0, 0.05, 0.11, 0.23):
        command = [sys.executable, "-c", PUBLISHER, str(given), str(versions)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as publisher:
            assert publisher.stdout.readline() == b"ready\n"
            time.sleep(wait)
            os.kill(publisher.pid, signal.SIGKILL)
    registry = Registry(versions)
    for manifest in registry.list():
        version = registry.open(manifest["version"])
        assert version.list_of(planted.users[3]) is not None
    publish(fitted, planted, versions, policy=policy)
    assert registry.current().list_of(planted.users[3]) is not None
    assert not list(versions.glob(".staging-*"))  # what the killed left behind is gone


def test_manifests_are_plain_json(planted, fitted_gnn, policy, tmp_path):
    folder = tmp_path / publish(fitted_gnn, planted, tmp_path, policy=policy)
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    assert json.loads(text)["format"] == 1
    assert planted.users[3] not in text
