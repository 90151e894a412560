"""What was asked for, checked: sizes, seed, period, and the constants that shape the payments.

Every constant says which real set it was fitted on; `tests/benchmarks/bench_generate.py` prints the
comparison.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from graph.errors import InputError

FORMATS = ("parquet", "csv", "jsonl")
LEAST = {"users": 10, "payments": 10, "merchants": 40, "products": 50, "circles": 2, "days": 1}
MOST = {"users": 200_000_000, "payments": 10**11 - 1, "merchants": 10**8, "products": 10**8, "circles": 10**7}

RETAIL_SHARE = 0.80  # of the lines are products in baskets; the others are visits without a product
REFUND_SHARE = 0.01
BRAND_SHARE, STORE_SHARE = 0.10, 0.12  # of the merchants: makers of products, stores; the rest are services
MEMBERS_SHARE = 0.80  # of the users are in a circle
THEME_ONLY_SHARE = 0.18  # of the circles outside the largest fifth show no member outside test/
TEST_SHARE = 0.20  # of the other memberships, and of the links, are under test/


@dataclass(frozen=True)
class Plan:
    """Checked sizes; the period is [start, start + days) in UTC."""

    users: int
    payments: int
    merchants: int
    products: int
    circles: int
    seed: int
    start: date
    days: int
    table_format: str

    @property
    def retail_lines(self) -> int:
        """Lines with a product; every user has at least one."""
        return max(self.users, round(self.payments * RETAIL_SHARE))

    @property
    def service_lines(self) -> int:
        return self.payments - self.retail_lines

    @property
    def brands(self) -> int:
        return round(self.merchants * BRAND_SHARE)

    @property
    def stores(self) -> int:
        return round(self.merchants * STORE_SHARE)

    @property
    def services(self) -> int:
        return self.merchants - self.brands - self.stores

    @property
    def tastes(self) -> int:
        """About six circles share a taste."""
        return int(np.clip(round(self.circles / 6), 2, 100))

    @property
    def cities(self) -> int:
        """One for about 4,000 users, and at least 4 stores each."""
        return int(np.clip(min(self.users // 4_000, self.stores // 4), 1, 60))

    def random(self, *stage: int) -> np.random.Generator:
        """The generator of random numbers of one stage; independent of all other stages."""
        return np.random.default_rng([self.seed, *stage])


def checked_plan(
    *,
    users: int,
    payments: int,
    merchants: int | None,
    products: int | None,
    circles: int | None,
    seed: int,
    start: date,
    days: int,
    table_format: str,
) -> Plan:
    """Choose what was left open and refuse what cannot be.

    Defaults: merchants grow with the square root of the users, products with that of the payments (as many
    as Complete Journey lists for its lines), a circle for 30 users.

    Raises:
        InputError: a size is too small, too large or does not fit another one; the message names both.
    """
    sizes = {
        "users": users,
        "payments": payments,
        "merchants": max(60, round(40 * max(users, 0) ** 0.5)) if merchants is None else merchants,
        "products": max(100, round(76 * max(payments, 0) ** 0.5)) if products is None else products,
        "circles": int(np.clip(users // 30, 8, 20_000)) if circles is None else circles,
    }
    for name, value in {**sizes, "days": days}.items():
        _check_size(name, value)
    if payments < users:
        raise InputError(f"payments is {payments:,} for {users:,} users; expected at least one for each user")
    if seed < 0:
        raise InputError(f"seed is {seed}; expected 0 or more")
    if table_format not in FORMATS:
        raise InputError(f"table format is {table_format!r}; expected one of {', '.join(FORMATS)}")
    _check_period(start, days)
    return Plan(**sizes, seed=seed, start=start, days=days, table_format=table_format)


def _check_size(name: str, value: int) -> None:
    most = MOST.get(name, 36_500)
    if not LEAST[name] <= value <= most:
        raise InputError(f"{name} is {value:,}; expected {LEAST[name]:,} to {most:,}")


def _check_period(start: date, days: int) -> None:
    # A moment is kept as unsigned 32-bit seconds everywhere, which ends in February 2106.
    if start < date(1970, 1, 1) or start.toordinal() + days > date(2106, 1, 1).toordinal():
        raise InputError(f"{days:,} days from {start} leave the years 1970 to 2105; choose another start")


def check_target(folder: Path) -> None:
    """Raises InputError where `folder` is a file or holds anything."""
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{str(folder)!r} is not empty; name a new or empty folder")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{str(folder)!r} is a file; name a new or empty folder")


def parameters(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values, so that anyone can make the same folder again."""
    return {**vars(plan), "start": plan.start.isoformat()}
