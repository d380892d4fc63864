"""Reconciliation with hostile data and stores, and with people who don't have access."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import text

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, SemanticError, UnknownName
from semantic.query.query import Condition, Operator
from semantic.services.process import Live
from semantic.services.reconciling.work import ReconcilingWork, reconciled
from semantic.store.upkeep.backup import back_up, restore
from tests.semantic.reconciliation.made_platform import MONTHS
from tests.semantic.services.reconciling.world import DOLLARS, SETUP, THEIRS, log, open_world, person, whole

VALUED = replace(
    SETUP,
    metric="value",
    theirs="reported_value",
    conversions=replace(SETUP.conversions, value="sale_value"),
    their_rules=replace(SETUP.their_rules, currency="USD", rate=Fraction(2)),
)


def work(live: Live, who: str = "stew") -> ReconcilingWork:
    return ReconcilingWork(live, person(live, who))


@pytest.fixture
def own(tmp_path: Path, empty_store: Path) -> Iterator[Live]:
    opened = open_world(tmp_path, empty_store, missing=2)
    yield opened
    opened.close()


@pytest.fixture
def edited(tmp_path: Path, empty_store: Path) -> Iterator[Callable[..., Live]]:
    """A company whose tables are changed after they are filled."""
    opened: list[Live] = []

    def open_edited(*statements: str) -> Live:
        opened.append(open_world(tmp_path, empty_store, statements=statements))
        return opened[-1]

    yield open_edited
    for live in opened:
        live.close()


# Other people


def test_no_one_finds_another_persons_reconciliation(own: Live) -> None:
    id_ = work(own).make(SETUP)
    for who in ("mark", "vera", "nora"):
        with pytest.raises(NotAllowed) as hidden:
            work(own, who).find(id_)
        with pytest.raises(NotAllowed) as missing:
            work(own, who).find("0" * 16)
        assert str(hidden.value) == str(missing.value)
    kept = work(own).find(id_)
    with pytest.raises(NotAllowed):
        work(own, "mark").remove(kept)
    with pytest.raises(NotAllowed):
        work(own, "mark").change(kept, SETUP)
    assert work(own, "mark").history(kept) == []


@pytest.mark.parametrize("id_", ["", "é" * 8, "' OR 1=1 --", "a" * 500])
def test_an_invalid_id_finds_nothing(own: Live, id_: str) -> None:
    with pytest.raises(NotAllowed):
        work(own).find(id_)


def test_a_filter_by_a_hidden_breakdown_hides_the_reconciliation(own: Live) -> None:
    """Its values would reveal something about rows, even if nothing else in it does."""
    id_ = work(own).make(replace(SETUP, where=Condition("sale_value", Operator.IN, ("7",)), theirs_where=None))
    with pytest.raises(NotAllowed):
        work(own, "olga").find(id_)
    with pytest.raises(UnknownName):
        work(own, "olga").compare(work(own).find(id_).setup, MONTHS)
    assert work(own, "olga").compare(SETUP, MONTHS).whole.own == 0


def test_masked_people_cannot_be_matched(own: Live) -> None:
    with pytest.raises(InvalidQuery, match="Buyer are hidden from you"):
        work(own, "mia").compare(SETUP, MONTHS)
    with pytest.raises(InvalidQuery, match="Buyer are hidden from you"):
        work(own, "mia").make(SETUP)


def test_reconciliation_is_refused_under_a_minimum_group_size(own: Live) -> None:
    with pytest.raises(SemanticError):
        work(own, "gil").compare(SETUP, MONTHS)


# Data


def test_a_value_that_is_not_a_number_is_refused(edited: Callable[..., Live]) -> None:
    live = edited("UPDATE sales SET share = 'nan' WHERE id = (SELECT min(id) FROM sales)")
    shares = replace(SETUP, conversions=replace(SETUP.conversions, value="sale_share"))
    with pytest.raises(InvalidQuery, match="aren't numbers"):
        work(live).compare(shares, MONTHS)


def test_totals_that_are_not_numbers_are_refused(edited: Callable[..., Live]) -> None:
    live = edited("UPDATE report SET amount = 'infinity' WHERE month = '2026-09-01'")
    with pytest.raises(InvalidQuery, match="isn't a number"):
        work(live).compare(VALUED, MONTHS)


def test_unsuitable_values_and_days_are_refused(own: Live) -> None:
    for changed, says in (
        ({"conversions": replace(SETUP.conversions, value="sale_order")}, "isn't a number"),
        ({"touches": replace(SETUP.touches, at="day")}, "days only"),
        ({"metric": "value", "theirs": "reported"}, "Choose the breakdown with a conversion's value"),
        ({"theirs": "reported_value"}, "same kind"),
        ({"metric": "buyers"}, "can't be added up"),
        ({"metric": "value", "theirs": "reported_value", "conversions": VALUED.conversions}, "is in USD, not in EUR"),
    ):
        for ask in (work(own).make, lambda setup: work(own).compare(setup, MONTHS)):
            with pytest.raises(InvalidQuery, match=says):
                ask(replace(SETUP, **changed))


def test_negative_totals_and_empty_months_are_handled(edited: Callable[..., Live]) -> None:
    live = edited(
        "UPDATE report SET conversions = -3 WHERE month = '2026-08-01' AND campaign = 'Brand'",
        "DELETE FROM report WHERE month = '2026-09-01'",
    )
    compared = work(live).compare(SETUP, MONTHS)
    truth = THEIRS.totals(log())
    splits = compared.splits
    assert splits[MONTHS[0]].unexplained == -3 - truth[MONTHS[0], "Brand"]
    september = whole({cell: value for cell, value in truth.items() if cell[0] == MONTHS[1]})
    assert (splits[MONTHS[1]].theirs, splits[MONTHS[1]].unexplained, splits[MONTHS[1]].off) == (0, -september, None)
    for split in (*splits.values(), *compared.cells.values(), compared.whole):
        assert split.gap == sum((value for _, value in split.parts), Fraction(0)) + split.own + split.unexplained
    assert not compared.is_reconciled
    assert compared.outside == MONTHS[:2]


def test_differences_that_cancel_are_still_differences(edited: Callable[..., Live]) -> None:
    live = edited(
        "UPDATE report SET conversions = conversions + 40 WHERE month = '2026-08-01' AND campaign = 'Brand'",
        "UPDATE report SET conversions = conversions - 40 WHERE month = '2026-09-01' AND campaign = 'Brand'",
    )
    compared = work(live).compare(SETUP, MONTHS)
    assert compared.whole.unexplained == 0
    assert compared.outside == MONTHS[:2]
    assert not compared.is_reconciled


def test_campaigns_that_only_the_platform_knows_are_listed(edited: Callable[..., Live]) -> None:
    live = edited(
        "UPDATE report SET campaign = 'BRAND ' WHERE campaign = 'Brand'",
        "UPDATE credited SET campaign = 'Brand' WHERE campaign = 'Brand'",
    )
    compared = work(live).compare(SETUP, MONTHS)
    assert compared.unmatched == ("BRAND ",)
    assert compared.whole.unexplained == 0  # only their names differ
    assert sum((split.gap for split in compared.cells.values()), Fraction(0)) == compared.whole.gap


def test_cells_that_only_the_platforms_rules_count_are_listed(edited: Callable[..., Live]) -> None:
    """A campaign has no credited conversion and no totals, but it has conversions under the platform's rules."""
    live = edited("DELETE FROM report WHERE campaign = 'Social'", "DELETE FROM credited WHERE campaign = 'Social'")
    # Under our rules, no click is recent enough to count.
    setup = replace(SETUP, our_rules=replace(SETUP.our_rules, click_days=1, view_days=0))
    compared = work(live).compare(setup, MONTHS)
    for side in ("ours", "theirs", "own", "unexplained"):
        added = sum((getattr(split, side) for split in compared.cells.values()), Fraction(0))
        assert added == getattr(compared.whole, side)
    social = [split for (_, group), split in compared.cells.items() if group == "Social"]
    truth = whole({cell: value for cell, value in THEIRS.totals(log()).items() if cell[1] == "Social"})
    assert sum(split.unexplained for split in social) == -truth


def test_days_missing_from_daily_totals_are_reported(edited: Callable[..., Live]) -> None:
    live = edited(
        "DELETE FROM report",
        "INSERT INTO report SELECT unnest(generate_series(DATE '2026-09-01', DATE '2026-09-30', INTERVAL 1 DAY)), "
        "'Brand', 2, 4.0",
        "DELETE FROM report WHERE month IN ('2026-09-07', '2026-09-08')",
    )
    compared = work(live).compare(SETUP, MONTHS[1:2])
    assert compared.gaps == ("Conversions (Meta) has no row for 2 days of Sep 2026.",)
    assert not compared.notes
    assert compared.whole.theirs == 56


def test_months_that_are_not_over_are_left_out(own: Live) -> None:
    this = own.workspace().today().replace(day=1)
    with pytest.raises(InvalidQuery, match="months that have ended"):
        work(own).compare(SETUP, [this])


# Money


def test_rates_can_differ_by_month(own: Live) -> None:
    """By hand: the platform reports its count of value in dollars, at the month's rate."""
    rates = {month: Fraction(rate, 10) for month, rate in zip(MONTHS, (10, 12, 15), strict=True)}
    setup = replace(VALUED, their_rules=replace(VALUED.their_rules, rate=Fraction(1), rates=tuple(rates.items())))
    compared = work(own).compare(setup, MONTHS)
    value = THEIRS.totals(log(valued=True))
    for month in MONTHS:
        euros = whole({cell: each for cell, each in value.items() if cell[0] == month})
        split = compared.splits[month]
        assert split.theirs - split.unexplained == euros * rates[month]
        assert split.own == 0
    kept = work(own).find(work(own).make(setup))
    assert kept.setup == setup


def test_rates_can_come_from_the_model(own: Live) -> None:
    """The model's rate is 1 dollar = 0.5 euros in August and 0.8 from September on, so a euro is worth 2 dollars or
    1.25.
    """
    setup = replace(VALUED, model_rates=True)
    compared = work(own).compare(setup, MONTHS)
    assert compared.setup.their_rules.rates == (
        (MONTHS[0], Fraction(2)),
        (MONTHS[1], Fraction(5, 4)),
        (MONTHS[2], Fraction(5, 4)),
    )
    assert compared.whole.unexplained == 0  # the report is in dollars at these rates
    assert compared.whole.theirs == sum(
        value * DOLLARS[month] for (month, _), value in THEIRS.totals(log(valued=True)).items()
    )
    steward = work(own)
    kept = steward.find(steward.make(setup))
    steward.keep(kept, compared)
    assert [each.unexplained for each in steward.history(kept)] == [0, 0, 0]


def test_a_currency_without_rates_is_refused(own: Live) -> None:
    setup = replace(VALUED, model_rates=True, their_rules=replace(VALUED.their_rules, currency="JPY"))
    with pytest.raises(SemanticError):
        work(own).compare(setup, MONTHS)


# The store


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reconciliations SET made_at = 'yesterday'",
        "UPDATE reconciliations SET changed_at = 12",
        "UPDATE reconciliations SET content = '{}'",
        "UPDATE reconciliations SET content = replace(content, '\"1/50\"', '\"99/100\"')",
        "UPDATE reconciliations SET owner = 'x', seal = 'é'",
        "UPDATE reconciliations SET metric = 'reported'",
        "UPDATE reconciliation_results SET month = 'soon' WHERE month = '2026-10-01'",
        "UPDATE reconciliation_results SET month = '2026-11-01' WHERE month = '2026-10-01'",
        "UPDATE reconciliation_results SET seal = 'é'",
        "UPDATE reconciliation_results SET content = replace(content, '-2', '0')",
    ],
)
def test_a_row_changed_in_the_store_counts_for_nothing(own: Live, statement: str) -> None:
    steward = work(own)
    kept = steward.find(steward.make(SETUP))
    steward.keep(kept, steward.compare(SETUP, MONTHS))
    found = reconciled(own, "conversions")
    assert found is not None
    assert found.month == MONTHS[-1]
    with own.store.engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0
    found = reconciled(own, "conversions")
    assert found is None or found.month < MONTHS[-1]
    for each in steward.all():
        assert all(result.month < MONTHS[-1] for result in steward.history(each)) or not each.is_sealed


def test_a_comparison_of_changed_data_is_not_saved(own: Live) -> None:
    steward = work(own)
    kept = steward.find(steward.make(SETUP))
    compared = steward.compare(SETUP, MONTHS)
    steward.change(kept, replace(SETUP, tolerance=Fraction(1, 4)))
    with pytest.raises(ChangedMeanwhile):
        steward.keep(kept, compared)
    kept = steward.find(kept.id)
    steward.remove(kept)
    with pytest.raises(ChangedMeanwhile):
        steward.keep(kept, replace(compared, asked=kept.setup))
    with own.store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM reconciliation_results")).scalar_one() == 0


def test_a_backup_does_not_restore_a_removed_reconciliation(own: Live, tmp_path: Path) -> None:
    steward = work(own)
    removed, stays = (steward.find(steward.make(replace(SETUP, label=label))) for label in ("Removed", "Stays"))
    for kept in (removed, stays):
        steward.keep(kept, steward.compare(kept.setup, MONTHS))
    back_up(own.store, tmp_path / "copy.sqlite")
    steward.remove(removed)
    restore(own.store, own.keys, tmp_path / "copy.sqlite", actor=person(own, "stew"), force=True)
    assert [kept.id for kept in steward.all()] == [stays.id]
    with pytest.raises(NotAllowed):
        steward.find(removed.id)
    assert len(steward.history(steward.find(stays.id))) == len(MONTHS)
    with own.store.read() as connection:
        left = connection.execute(text("SELECT DISTINCT reconciliation FROM reconciliation_results")).scalars().all()
    assert left == [stays.id]


def test_the_platform_beyond_its_tolerance_counts(own: Live) -> None:
    """A platform within a wide tolerance must not hide another one that is off by less, but beyond its own
    tolerance.
    """
    steward = work(own)
    off = abs(steward.compare(SETUP, MONTHS).splits[MONTHS[-1]].off or 0)
    assert 0 < off < Fraction(1, 2)
    wide = replace(SETUP, label="Wide", tolerance=Fraction(1, 2), their_rules=replace(SETUP.their_rules, click_days=6))
    narrow = replace(SETUP, label="Narrow", tolerance=off / 2)
    for setup in (wide, narrow):
        kept = steward.find(steward.make(setup))
        steward.keep(kept, steward.compare(setup, MONTHS))
    found = reconciled(own, "conversions")
    assert found is not None
    assert not found.is_within
    assert found.tolerance == off / 2


def test_a_platforms_metric_that_changed_counts_for_nothing(own: Live, tmp_path: Path) -> None:
    steward = work(own)
    kept = steward.find(steward.make(SETUP))
    steward.keep(kept, steward.compare(SETUP, MONTHS))
    assert reconciled(own, "conversions") is not None
    model = tmp_path / "model/shop.yml"
    before = model.read_text()
    model.write_text(
        before.replace("name: reported, agg: sum, sql: conversions", "name: reported, agg: sum, sql: conversions + 1")
    )
    assert model.read_text() != before
    reopened = Live.open(own.settings)
    try:
        assert reconciled(reopened, "conversions") is None
        work(reopened).keep(kept, work(reopened).compare(SETUP, MONTHS))
        assert reconciled(reopened, "conversions") is not None
    finally:
        reopened.close()
