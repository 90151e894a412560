"""Real data with and without their sensitive payments: Complete Journey, and Foursquare's São Paulo.

Of the first, what the policy calls sensitive: pharmacy, tobacco, alcohol, baby and more. The categories of
the second have no names; the three that people go to most are declared sensitive.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from api.commands.common import Parts
from graph.policy.scenes import is_sensitive
from graph.policy.values import Policy, read_policy
from graph.settings import PROJECT
from loaders import completejourney
from tests.attacks.walled_town import Questions, loaded, parts_of

SAO_PAULO = PROJECT.parent / "shared" / "data" / "foursquare_saopaulo"
NUM_DECLARED = 3
NUM_ASKED = 5
OF_JOURNEY = Questions(
    users=(),
    owners=("maker-69", "maker-317", "store-367", "retailer"),
    circles={"campaign-18": "retailer", "campaign-13": "retailer"},
    words=("coffee", "tea", "pharmacy"),
    window="2017-11",
)


@dataclass(frozen=True)
class Houses:
    """with_, without: loaded homes. asked: what to ask them. walled, payments: how many there are."""

    with_: Parts
    without: Parts
    asked: Questions
    walled: int
    payments: int


def journey(folder: Path, gnn: bool = False) -> Houses:
    """Complete Journey."""
    policy = read_policy(PROJECT / "policy.toml")
    tables = {file.table: file.make() for file in completejourney.tables(policy) if file.make}
    products, payments = tables["products"], tables["payments"]
    categories = products["category"].to_pylist()
    bad = [bool(category) and is_sensitive(policy, category) for category in categories]
    walled = pc.is_in(payments["product_id"].cast(pa.string()), products["product_id"].filter(pa.array(bad)))
    asked = replace(OF_JOURNEY, users=tuple(_untouched(payments, walled)[:NUM_ASKED]))
    return _houses(folder, tables, walled, asked, PROJECT / "policy.toml")


def _untouched(payments: pa.Table, walled: pa.ChunkedArray) -> list[str]:
    """Who has no walled payment, busiest first: own ones may serve one's own circles, where one agreed."""
    users = payments["user_id"].cast(pa.string())
    others = payments.filter(pc.invert(pc.is_in(users, pc.unique(users.filter(walled)))))
    counts = others.group_by("user_id").aggregate([("payment_id", "count")])
    return [str(user) for user in counts.sort_by([("payment_id_count", "descending")])["user_id"].to_pylist()]


def sao_paulo(folder: Path, gnn: bool = False) -> Houses:
    """Foursquare check-ins in São Paulo with friendships."""
    tables = {
        name: pq.read_table(SAO_PAULO / f"{name}.parquet") for name in ("merchants", "payments", "links")
    }
    merchants, payments = tables["merchants"], tables["payments"]
    visits = payments.join(merchants.select(["merchant_id", "category"]), "merchant_id")
    counts = visits.group_by("category").aggregate([("payment_id", "count")])
    declared = counts.sort_by([("payment_id_count", "descending")])["category"].to_pylist()[:NUM_DECLARED]
    policy = _declaring(folder, declared)
    chosen = merchants.filter(pc.is_in(merchants["category"], pa.array(declared)))
    walled = pc.is_in(payments["merchant_id"], chosen["merchant_id"])
    busy = payments.filter(pc.invert(walled)).group_by("merchant_id").aggregate([("payment_id", "count")])
    owners = busy.sort_by([("payment_id_count", "descending")])["merchant_id"].to_pylist()[:3]
    users = pc.unique(payments["user_id"]).to_pylist()[::97]
    # Its categories have no names, so no scenes, and a link takes two: nobody is suggested to anybody.
    owners = (*owners, chosen["merchant_id"][0].as_py())
    asked = Questions(users, owners, {}, (), window="2026-08", suggests=False)
    return _houses(folder, tables, walled, asked, policy)


DATA: dict[str, Callable[[Path], Houses]] = {"journey": journey, "sao_paulo": sao_paulo}


def _declaring(folder: Path, categories: Sequence[str]) -> Path:
    """The project's policy with more sensitive categories."""
    folder.mkdir(parents=True, exist_ok=True)
    text = (PROJECT / "policy.toml").read_text(encoding="utf-8")
    listed = ", ".join(f'"{category.casefold()}"' for category in categories)
    path = folder / "policy.toml"
    path.write_text(text.replace("[sensitive]\n", f"[sensitive]\ndeclared = [{listed}]\n"), encoding="utf-8")
    policy: Policy = read_policy(path)
    assert all(is_sensitive(policy, category) for category in categories)
    return path


def _houses(
    folder: Path, tables: dict[str, pa.Table], walled: pa.ChunkedArray, asked: Questions, policy: Path
) -> Houses:
    payments, made = tables["payments"], []
    ordinary = payments.filter(pc.invert(walled))
    first = pa.concat_tables([payments.filter(walled), ordinary], promote_options="permissive")
    for name, rows in (("with", first), ("without", ordinary)):
        exports = folder / name / "exports"
        exports.mkdir(parents=True)
        for table, content in (tables | {"payments": rows}).items():
            pq.write_table(content, exports / f"{table}.parquet")
        made.append(parts_of(folder / name, policy=policy))
        loaded(made[-1], exports, assume_consent=True)
    return Houses(*made, asked, len(payments) - len(ordinary), len(payments))
