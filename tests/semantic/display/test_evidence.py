"""The data behind a number: intervals compared with published values and with brute force, marks, ranks, and access."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import mean, variance

import pytest

from semantic.compile import compile_query
from semantic.config.settings import MARKETING_MODEL
from semantic.display.evidence import Evidence, evidence, mean_interval, unranked, wilson
from semantic.errors import ModelError
from semantic.model.definitions import Enough, Interval, NumberFormat
from semantic.model.loading.load import load_model, parse_model, read_folder
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.results.result import ColumnSupport, Result
from semantic.sql.dialects.table import DUCKDB
from tests.copies import copy_shop
from tests.semantic.made_results import CHANNEL, MONTHS, ROAS, result
from tests.shop import SHOP, ShopWorkspace, open_shop

RATE = replace(ROAS, name="rate", label="Rate", format=NumberFormat.SHARE)

# Intervals


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I: the score method.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_of_a_share_is_the_published_one(part: int, whole: int, low: float, high: float) -> None:
    interval = wilson(part, whole)
    assert interval is not None
    assert (round(interval[0], 4), round(interval[1], 4)) == (low, high)


def test_the_interval_of_a_share_contains_the_true_shares_that_a_score_test_accepts() -> None:
    """This is the definition, tested by trial: every true share p for which the observed share is within 1.96
    deviations.
    """
    for part, whole in ((0, 1), (3, 7), (7, 7), (40, 1000)):
        interval = wilson(part, whole)
        assert interval is not None
        grid = [step / 20_000 for step in range(20_001)]
        kept = [p for p in grid if abs(part / whole - p) <= 1.959963984540054 * math.sqrt(p * (1 - p) / whole) + 1e-12]
        assert interval == pytest.approx((kept[0], kept[-1]), abs=1 / 20_000)


@pytest.mark.parametrize(("part", "whole"), [(3, 2), (-1, 5), (0, 0), (1, -4)])
def test_a_number_that_is_not_a_proportion_has_no_interval(part: float, whole: float) -> None:
    assert wilson(part, whole) is None


def test_the_interval_of_a_mean_covers_it_about_95_times_in_100() -> None:
    chance, inside = random.Random("means"), 0
    for _ in range(2_000):
        drawn = [chance.gauss(10, 3) for _ in range(8)]
        interval = mean_interval(mean(drawn), variance(drawn), len(drawn))
        assert interval is not None
        inside += interval[0] <= 10 <= interval[1]
    assert 0.935 < inside / 2_000 < 0.965


@pytest.mark.parametrize(("spread", "count"), [(None, 1), (4, 1), (4, 0), (math.nan, 3)])
def test_fewer_than_two_values_have_no_interval(spread: float | None, count: float) -> None:
    assert mean_interval(10, spread, count) is None


# Marks


def rates(parts: list[tuple[float | None, float]], interval: Interval = Interval.WILSON, at_least: int = 30) -> Result:
    """Return a rate by channel, from (numerator, denominator)."""
    rows = [(f"c{place}", None if part is None else part / whole) for place, (part, whole) in enumerate(parts)]
    behind = ColumnSupport(
        need=Enough(at_least, interval),
        is_enough=tuple(whole >= at_least for _, whole in parts),
        what="sessions",
        counts=tuple(whole for _, whole in parts),
        beside=tuple(part for part, _ in parts),
    )
    return result([CHANNEL, RATE], rows, support={"rate": behind})


def test_a_number_based_on_too_little_data_states_how_much() -> None:
    few, enough, nothing = evidence(rates([(3, 12), (300, 1240), (None, 0)]))["rate"]
    assert few is not None
    assert enough is not None
    assert (few.is_enough, few.count, few.words) == (False, 12, "12 of at least 30 sessions")
    assert (enough.is_enough, enough.count, enough.words) == (True, 1240, "1,240 sessions")
    assert (few.low, few.high) == wilson(3, 12)
    assert nothing is None


def test_a_ratio_of_money_is_marked_and_has_no_interval() -> None:
    (few,) = evidence(rates([(480, 12)], Interval.NONE))["rate"]
    assert few == Evidence(False, 12, None, None, "12 of at least 30 sessions")


def test_exactly_the_required_amount_of_data_is_enough() -> None:
    (one, other) = evidence(rates([(1, 30), (1, 29)]))["rate"]
    assert one is not None
    assert other is not None
    assert (one.is_enough, other.is_enough) == (True, False)


def test_without_access_to_the_counts_only_the_mark_is_shown() -> None:
    shown = rates([(3, 12), (300, 1240)])
    bare = replace(shown.support["rate"], what="", counts=None, beside=None)
    few, enough = evidence(replace(shown, support={"rate": bare}))["rate"]
    assert few == Evidence(False, None, words="Too little data")
    assert enough == Evidence(True, None)


# Ranks


def ends(one: Evidence) -> tuple[float, float]:
    assert one.low is not None
    assert one.high is not None
    return one.low, one.high


def test_neighbours_whose_intervals_overlap_cannot_be_ranked() -> None:
    # 50 % and 49 % of a thousand overlap, 10 % and 9 % too, the two pairs do not.
    assert unranked(rates([(90, 1000), (500, 1000), (490, 1000), (100, 1000)]), "rate") == ((1, 2), (3, 0))


def test_a_middle_row_can_be_indistinct_from_both_neighbours_while_they_differ() -> None:
    shown = rates([(300, 1000), (262, 1000), (225, 1000)])
    spans = [ends(each_evidence) for each_evidence in evidence(shown)["rate"] if each_evidence]
    assert spans[0][0] > spans[2][1], "the first and the last are apart"
    assert unranked(shown, "rate") == ((0, 1), (1, 2))


def test_groups_equal_those_from_comparing_every_pair() -> None:
    chance = random.Random("ranks")
    for _ in range(200):
        shown = rates([(chance.randint(0, 60), chance.randint(60, 90)) for _ in range(chance.randint(1, 7))])
        spans = [ends(each_evidence) for each_evidence in evidence(shown)["rate"] if each_evidence]
        values = shown.table.column("rate").to_pylist()
        order = sorted(range(len(values)), key=lambda row: (-values[row], row))
        runs = [order[a:b] for a in range(len(order)) for b in range(a + 2, len(order) + 1)]
        overlapping = [
            run
            for run in runs
            if all(spans[a][0] <= spans[b][1] and spans[b][0] <= spans[a][1] for a in run for b in run)
        ]
        longest = [run for run in overlapping if not any(set(run) < set(other) for other in overlapping)]
        assert {frozenset(one) for one in unranked(shown, "rate")} == {frozenset(order) for order in longest}


def test_totals_other_and_periods_are_not_ranked() -> None:
    shown = rates([(500, 1000), (490, 1000), (495, 1000)])
    beside = replace(shown, table=shown.table.set_column(2, "bucket", [["member", "member", "total"]]))
    assert unranked(beside, "rate") == ((0, 1),)
    assert unranked(replace(shown, columns=(MONTHS, RATE)), "rate") == ()
    assert unranked(shown, "channel") == ()


# Access


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> ShopWorkspace:
    return open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))


def test_a_hidden_denominator_is_not_revealed(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Orders are hidden from Noa. Her average order value is marked, but nothing reveals the number of orders."""
    files = read_folder(SHOP)
    changed = {name: text.replace("metrics: [cost]}", "metrics: [cost, order_count]}") for name, text in files.items()}
    assert changed != files
    folder = tmp_path_factory.mktemp("model")
    for name, text in changed.items():
        (folder / Path(name).name).write_text(text, encoding="utf-8")
    data = copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb")
    workspace = ShopWorkspace.open(replace(open_shop(data).settings, model=folder))
    asked = query_from_data({"metrics": ["aov", "mean_order", "ctr"], "by": ["channel"]})
    hidden, shown = (workspace.ask(asked, workspace.people[text]) for text in ("noa", "steward"))
    assert hidden.table.equals(shown.table)
    for name in ("aov", "mean_order"):  # mean_order uses the rows that order_count counts
        assert (hidden.support[name].counts, hidden.support[name].beside, hidden.support[name].what) == (None, None, "")
        assert hidden.support[name].is_enough == shown.support[name].is_enough
        assert shown.support[name].counts is not None
    assert hidden.support["ctr"] == shown.support["ctr"]


def test_words_name_what_was_counted(shop: ShopWorkspace) -> None:
    asked = query_from_data({"metrics": ["aov", "mean_order"], "by": ["channel"], "order": [{"by": "channel"}]})
    evidence_by_column = evidence(shop.ask(asked, shop.people["steward"]))
    search = [
        each_evidence.words
        for each_evidence in (evidence_by_column["aov"][3], evidence_by_column["mean_order"][3])
        if each_evidence
    ]
    assert search == ["4 order count", "4 orders"]


# The model


@pytest.mark.parametrize(
    ("name", "enough", "says"),
    [
        ("profit", "denominator: 30", "not valid for the derived metric 'profit'"),
        ("revenue", "rows: 30", "is not a mean"),
        ("revenue", "denominator: 30", "not valid for the simple metric 'revenue'"),
        ("roas", "rows: 30", "not valid for the ratio metric 'roas'"),
        ("roas", "denominator: 30, interval: wilson", "which this metric is not"),
        ("cpc", "denominator: 30, interval: wilson", "which this metric is not"),
        ("largest_order", "rows: 30", "is not a mean"),
        ("roas", "denominator: 0", "must be at least 1"),
        ("roas", "{}", "is not valid"),
    ],
)
def test_the_required_amount_of_data_is_checked_when_the_model_loads(name: str, enough: str, says: str) -> None:
    files = read_folder(SHOP)
    (file,) = (each_name for each_name, text in files.items() if f"{{name: {name}," in text)
    lines = files[file].split("\n")
    place = next(at for at, line in enumerate(lines) if f"  - {{name: {name}," in line)
    lines[place] = lines[place][:-1] + f", enough: {{{enough.strip('{}')}}}}}"
    with pytest.raises(ModelError, match=says):
        parse_model(files | {file: "\n".join(lines)})


def test_the_mean_of_the_model_language_has_no_variance() -> None:
    files = read_folder(SHOP)
    changed = {
        name: text.replace("{name: mean_amount, agg: avg", "{name: mean_amount, agg: variance")
        for name, text in files.items()
    }
    with pytest.raises(ModelError):
        parse_model(changed)


def test_a_ratio_counts_the_data_behind_both_sides() -> None:
    model = load_model(MARKETING_MODEL)
    asked = query_from_data({"metrics": ["ctr"], "by": ["platform"], "totals": ["grand"]})
    compiled = compile_query(model, asked, Actor(id="a", roles=frozenset({"steward"})), DUCKDB, today=date(2026, 7, 1))
    assert [support.part for support in compiled.plan.support] == ["numerator", "denominator"]
