"""What payments add up to, as one dataframe expression over the rows of the payment log.

Written in Ibis, so that the same expression runs on DuckDB here and on Spark on a cluster. Rules:

- A walled payment is in no edge.
- PAID, one per user, merchant and scene: `payments` = purchases less refunds, and no edge at zero; `days` =
  distinct UTC days with a purchase, at most `payments`; `first_at`, `last_at` over the purchases; `band` =
  lower median of the purchases' amount bands.
- BOUGHT, one per user and product: `payments` likewise; `quantity` = sum of quantities (1 where unknown),
  refunds negative, never below zero; `last_at` over the purchases.
"""

import ibis
import ibis.expr.types as ir

KEYS = {"paid": ("user", "merchant", "scene"), "bought": ("user", "product")}
SCHEMA = ibis.schema(
    {
        "user": "!uint32",
        "merchant": "!uint32",
        "product": "uint32",
        "quantity": "uint32",
        "paid_at": "!uint32",
        "band": "!uint8",
        "scene": "!uint8",
        "refund": "!boolean",
        "walled": "!boolean",
    }
)
_DAY_S = 86_400


def edges(kind: str, rows: ir.Table, *, num_bands: int, until: int | None = None) -> ir.Table:
    """Edges of a kind (`paid`, `bought`) from a table of log rows.

    Args:
        num_bands: bands in `rows` are 0 to `num_bands`.
        until: epoch seconds; later payments are left out.
    """
    rows = rows.filter(~rows.walled)
    if until is not None:
        rows = rows.filter(rows.paid_at <= until)
    return paid(rows, num_bands) if kind == "paid" else bought(rows)


def of_touched(rows: ir.Table, touched: ir.Table) -> ir.Table:
    """Rows that agree with a row of `touched`: a column `user`, and perhaps `merchant` or `product`."""
    return rows.semi_join(touched, list(touched.columns))


def paid(rows: ir.Table, num_bands: int) -> ir.Table:
    """PAID edges of rows without walled ones.

    Days and refunds are added up apart and joined: distinct counts and conditions inside one large
    aggregation cost DuckDB almost twice as much.
    """
    keys = KEYS["paid"]
    purchases = rows.filter(~rows.refund)
    # Up to each band, how many purchases: bounded state for a group, where a list for the median is not.
    up_to = {f"up_to_{band}": purchases.count(where=purchases.band <= band) for band in range(num_bands)}
    sums = purchases.group_by(keys).agg(
        purchases=purchases.count(),
        first_at=purchases.paid_at.min(),
        last_at=purchases.paid_at.max(),
        **up_to,
    )
    daily = purchases.select(*keys, day=purchases.paid_at // _DAY_S).distinct()
    days = daily.group_by(keys).agg(days=daily.count())
    given_back = rows.filter(rows.refund)
    refunds = given_back.group_by(keys).agg(refunds=given_back.count())
    sums = sums.inner_join(days, keys).left_join(refunds, keys)
    sums = sums.mutate(payments=sums.purchases - sums.refunds.fill_null(0))
    sums = sums.filter(sums.payments > 0)
    below_median = [(sums[name] * 2 < sums.purchases).cast("uint8") for name in up_to]
    band = sum(below_median[1:], below_median[0]) if below_median else ibis.literal(0)
    return sums.select(
        *keys,
        "payments",
        "first_at",
        "last_at",
        days=ibis.least(sums.days, sums.payments, 2**16 - 1),
        band=band,
    )


def bought(rows: ir.Table) -> ir.Table:
    """BOUGHT edges of rows without walled ones."""
    rows = rows.filter(rows.product.notnull())
    quantity = rows.quantity.fill_null(1).cast("int64")
    sums = rows.group_by(KEYS["bought"]).agg(
        payments=rows.count(where=~rows.refund) - rows.count(where=rows.refund),
        quantity=ibis.ifelse(rows.refund, -quantity, quantity).sum(),
        last_at=rows.paid_at.max(where=~rows.refund),
    )
    sums = sums.filter(sums.payments > 0)
    return sums.mutate(quantity=ibis.least(ibis.greatest(sums.quantity, 0), 2**32 - 1))
