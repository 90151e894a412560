"""What `circles evaluate --task links` is to find: new links, and pairs of people with a label.

The same readers and checks as for loading where there is a table of the interchange form; `test/link_pairs`
is for evaluation alone.
"""

from functools import partial
from pathlib import Path
from typing import Any

from graph.errors import InputError
from graph.policy.values import Policy
from graph.schema import SCENES
from loaders.interchange import reading
from loaders.readers import batches

LinkPair = tuple[str, str, int, str]
_COLUMNS = ("user_id", "other_user_id", "label", "kind")


def read_links(
    source: str, *, mapping: Path | None = None, policy: Policy, cut: int | None
) -> list[tuple[str, str]]:
    """New links: those under `test/`, or those that begin at the cut or later.

    Raises:
        InputError: there is no such table, or a cut but no dates.
    """
    folder = source if cut is not None else str(Path(source) / "test")
    if cut is None and not Path(folder).is_dir():
        raise InputError(f"{source!r} has no folder `test` with answers; name a moment with --cut")
    with reading(folder, mapping, policy) as files:
        read = files.table("links")
    rows = list(zip(read["user_id"], read["other_user_id"], read["since"], strict=True))
    if cut is None:
        return [(one, other) for one, other, _ in rows]
    if not any(since is not None for *_, since in rows):
        raise InputError(f"{source!r}: no link has a `since`, so nothing can be cut by date")
    return [(one, other) for one, other, since in rows if since is not None and since >= cut]


def read_link_pairs(source: str) -> list[LinkPair]:
    """Pairs of `test/link_pairs` (Parquet, CSV or JSON lines): user, other, label, kind; none if absent.

    Raises:
        InputError: a column is missing, or the file cannot be read.
    """
    found = sorted(Path(source).glob("test/link_pairs.*"))
    if not found:
        return []
    table = _read(found[0])
    if missing := [name for name in _COLUMNS if name not in table]:
        raise InputError(f"{found[0].name}: column {missing[0]!r} is missing; expected {', '.join(_COLUMNS)}")
    rows = zip(*(table[name] for name in _COLUMNS), strict=True)
    try:
        return [(str(one), str(other), int(label), str(kind)) for one, other, label, kind in rows]
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{found[0].name}: a label is not a number; expected 1 for a link, else 0"
        ) from error


def read_adults(source: str, *, mapping: Path | None = None, policy: Policy) -> dict[str, tuple[bool, bool]]:
    """User id -> verified, adult; unknown is no. Empty without a users table: everybody counts as both."""
    with reading(source, mapping, policy) as files:
        read = files.table("users")
    known = zip(read["user_id"], read["verified"], read["adult"], strict=True)
    return {user: (verified is True, adult is True) for user, verified, adult in known}


def read_scenes(source: str, *, mapping: Path | None = None, policy: Policy) -> dict[str, int]:
    """Merchant id -> scene, where a folder has scenes of its own, numbered from `len(SCENES)`; else empty.

    Loading passes over scenes that are not ours. How far links reach across parts of life can still be asked
    of public data by its own parts.
    """
    own: dict[str, str] = {}
    with reading(source, mapping, policy) as files:
        for file in files.files:
            if file.table == "merchants":
                for batch in batches(file):
                    if "scene" in batch.columns:
                        ids, scenes = (batch.columns[name].to_pylist() for name in ("merchant_id", "scene"))
                        own |= {m: s for m, s in zip(ids, scenes, strict=True) if s and s not in SCENES}
    number_of = {scene: len(SCENES) + i for i, scene in enumerate(sorted(set(own.values())))}
    return {merchant: number_of[scene] for merchant, scene in own.items()}


def _read(path: Path) -> dict[str, list[Any]]:
    import pyarrow as pa
    from pyarrow import csv, json, parquet

    # Ids are text, also where they look like numbers: 007 is not 7.
    text = csv.ConvertOptions(column_types=dict.fromkeys(("user_id", "other_user_id"), pa.string()))
    readers = {
        ".parquet": parquet.read_table,
        ".csv": partial(csv.read_csv, convert_options=text),
        ".jsonl": json.read_json,
    }
    if path.suffix not in readers:
        raise InputError(f"{path.name}: expected Parquet (.parquet), CSV (.csv) or JSON lines (.jsonl)")
    try:
        return dict(readers[path.suffix](path).to_pydict())
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path.name} cannot be read as {path.suffix[1:]}; is it damaged?") from error
