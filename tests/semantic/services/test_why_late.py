"""Late data in "Why did it change?": its own part, computed by hand, for readers with other rows, and where it isn't
known.

The company is in `tests/semantic/late_company.py`. The week from 12 January is compared with the one before, and the
newest load is from 19 January. A week earlier, the newest load was from 12 January, so rows loaded later count as late.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from semantic.api.responses import why_data
from semantic.display.words.how_to_read import why_sections
from semantic.display.words.why import LATE, change_sentence, explanation_text, late_row, late_sentence, part_rows
from semantic.errors import SemanticError
from semantic.model.definitions import Granularity
from semantic.query.query import Between, Condition, Last, Named, Operator, Previous, Query
from semantic.results.change import Late, Part, Parts
from semantic.results.late import NOT_OVER, OTHER_KIND, SMALL_GROUPS
from semantic.services.why import NOTHING_LATE, Why, explain
from tests import proof
from tests.semantic.late_company import MODEL, LateWorkspace, create_late, open_late

WEEK = Last(1, Granularity.WEEK)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LateWorkspace]:
    opened = open_late(tmp_path_factory.mktemp("late"))
    yield opened
    opened.close()


def question(metric: str = "revenue", **more: object) -> Query:
    return replace(Query(metrics=(metric,), time=WEEK, compare=(Previous(),)), **more)  # pyright: ignore[reportArgumentType]


def why(workspace: LateWorkspace, metric: str = "revenue", who: str = "ana", **more: object) -> Why:
    return explain(question(metric, **more), workspace, workspace.people[who])


def late_of(found: Why) -> Late:
    assert found.explanation.late is not None
    return found.explanation.late


def parts_of(found: Why, dim: str) -> Parts:
    return next(parts for parts in found.explanation.by if parts.dim == dim)


def numbers(parts: Parts) -> dict[object, tuple[Fraction | None, Fraction | None]]:
    return {part.value: (part.part, part.late) for part in parts.parts}


# By load times


def test_late_data_is_a_separate_part(workspace: LateWorkspace) -> None:
    """280 became 250. Of the 280, 90 were loaded from 13 January on, so 190 became 250: that's +60, and -90 is late."""
    found = why(workspace)
    assert (found.explanation.whole.before, found.explanation.whole.after, found.explanation.change) == (280, 250, -30)
    late = late_of(found)
    assert (late.part, late.low, late.high, late.loaded_to) == (-90, None, None, date(2026, 1, 12))
    assert (late.comparable.before, late.comparable.after) == (190, 250)
    assert numbers(parts_of(found, "channel")) == {"web": (40, -50), "mail": (20, -40)}
    assert numbers(parts_of(found, "market")) == {"FR": (50, -50), "DE": (10, -40)}
    assert found.late == ""


@pytest.mark.parametrize("metric", ["revenue", "orders", "gifts", "spend", "per_order", "return_on_ads", "margin"])
def test_contributions_and_late_data_add_up_to_the_change(workspace: LateWorkspace, metric: str) -> None:
    found = why(workspace, metric)
    assert found.explanation.by
    for parts in found.explanation.by:
        if parts.adds_up:
            assert sum(part.part or 0 for part in parts.parts) + late_of(found).part == found.explanation.change
            assert sum(part.late or 0 for part in parts.parts) == late_of(found).part
    for by_formula in [found.explanation.factors] if found.explanation.factors else []:
        assert sum(factor.part for factor in by_formula) + late_of(found).part == found.explanation.change


def test_late_data_is_found_for_a_count_and_a_filtered_sum(workspace: LateWorkspace) -> None:
    """Three of 16 orders were late.

    Of 80 in gifts, 70 were late: 20 from mail and 50 in France. Gifts are 10 + 20 now.
    """
    assert (late_of(why(workspace, "orders")).part, late_of(why(workspace, "gifts")).part) == (-3, -70)
    assert numbers(parts_of(why(workspace, "gifts"), "market")) == {"DE": (20, -20), "FR": (0, -50)}


def test_a_ratio_compares_two_equally_complete_ratios(workspace: LateWorkspace) -> None:
    """190 / 13 became 250 / 14. 280 / 16 is what the earlier week has by now."""
    found = why(workspace, "per_order")
    assert late_of(found).part == Fraction(190, 13) - Fraction(280, 16)
    germany = next(part for part in parts_of(found, "market").parts if part.value == "DE")
    assert germany.rate == (Fraction(12, 13) + Fraction(12, 14)) / 2 * (Fraction(150, 12) - Fraction(140, 12))
    assert [factor.part for factor in found.explanation.factors] == [
        60 * (Fraction(1, 13) + Fraction(1, 14)) / 2, Fraction(190 + 250, 2) * (Fraction(1, 14) - Fraction(1, 13)),
    ]  # fmt: skip


def test_a_number_without_parts_has_late_data_too(workspace: LateWorkspace) -> None:
    """Buyers 1 to 8 have bought by now.

    Without the late rows, 6 and 7 hadn't, so 6 became 7, which isn't a fall from 8.
    """
    found = why(workspace, "buyers")
    assert (found.explanation.change, late_of(found).part) == (-1, -2)
    assert {part.late for parts in found.explanation.by for part in parts.parts} == {None}


def test_readers_see_late_data_only_in_their_own_rows(workspace: LateWorkspace) -> None:
    """Dora sees Germany: 180 became 150, of which 40 was loaded late."""
    found = why(workspace, who="dora")
    assert (found.explanation.change, late_of(found).part) == (-30, -40)
    assert numbers(parts_of(found, "channel")) == {"mail": (20, -40), "web": (-10, 0)}


def test_filters_apply_to_late_data(workspace: LateWorkspace) -> None:
    where = Condition("channel", Operator.IN, ("mail",))
    assert late_of(why(workspace, where=where)).part == -40


def test_the_age_of_the_data_counts_and_not_the_period(workspace: LateWorkspace) -> None:
    """The 100 of 16 to 18 January are compared with the 130 of 9 to 11 January.

    All late rows of the earlier days count, because a week earlier the period had just ended, too. Rows of 5 to 7
    January were all present on 12 January, the fifth day after them.
    """
    three = why(workspace, time=Last(3, Granularity.DAY), compare=(Named(date(2026, 1, 9), date(2026, 1, 11)),))
    assert (three.explanation.change, late_of(three).part) == (100 - 130, -90)
    ended = why(workspace, time=Between(date(2026, 1, 12), date(2026, 1, 14)),
                compare=(Named(date(2026, 1, 5), date(2026, 1, 7)),))  # fmt: skip
    assert late_of(ended).part == 0
    assert ended.late == NOTHING_LATE


def test_an_older_period_compared_with_a_newer_one(workspace: LateWorkspace) -> None:
    """In this direction, the week from 5 January is the older one, and the late rows are missing from it."""
    found = why(workspace, time=Between(date(2026, 1, 5), date(2026, 1, 11)),
                compare=(Named(date(2026, 1, 12), date(2026, 1, 18)),))  # fmt: skip
    assert (found.explanation.change, late_of(found).part) == (30, 90)
    assert numbers(parts_of(found, "market")) == {"FR": (-50, 50), "DE": (-10, 40)}


# By a completeness


def test_days_that_are_not_final_are_estimated(workspace: LateWorkspace) -> None:
    """Germany has 19, which is 95%, 18, which is 80 to 100%, and 12, which is 50 to 70%. France has half as much.

    At the middle of each range, every day ends up with 20 in Germany and 10 in France, so 140 became 210. For the last
    three days, 73.5 are known: 28.5, 27 and 18. At the least, 28.5/0.95 + 27/1 + 18/0.7 are final, and at the most
    28.5/0.95 + 27/0.8 + 18/0.5.
    """
    found = why(workspace, "spend")
    late = late_of(found)
    known = Fraction("28.5") + 27 + 18
    assert (found.explanation.change, late.part) == (120 + known - 140, -(90 - known))
    assert late.low == -(30 + Fraction("33.75") + 36 - known)
    assert late.high == -(30 + 27 + Fraction(180, 7) - known)
    assert (late.loaded_to, late.open_days) == (None, (date(2026, 1, 16), date(2026, 1, 19)))
    assert numbers(parts_of(found, "market")) == {"DE": (70, -11), "FR": (0, Fraction("-5.5"))}


def test_days_of_both_periods_can_be_open(workspace: LateWorkspace) -> None:
    """18 January is compared with 17 January: 18 at 0.6 is 30, and 27 at 0.9 is 30.

    The change of -9 comes from late data alone.
    """
    found = why(workspace, "spend", time=Last(1, Granularity.DAY))
    late = late_of(found)
    assert (found.explanation.change, late.part) == (-9, -9)
    assert (late.comparable.before, late.comparable.after) == (30, 30)
    assert (late.low, late.high) == (-9 - (36 - 27), -9 - (Fraction(180, 7) - Fraction("33.75")))


def test_rows_and_days_can_be_late_together(workspace: LateWorkspace) -> None:
    """For revenue divided by spend, 190 / 140 became 250 / 210. The numbers shown are 250 / 193.5 and 280 / 140."""
    found = why(workspace, "return_on_ads")
    late = late_of(found)
    change = 250 / Fraction("193.5") - 2
    assert late.part == change - (Fraction(250, 210) - Fraction(190, 140))
    most, least = 120 + 30 + Fraction("33.75") + 36, 120 + 30 + 27 + Fraction(180, 7)
    assert late.low == change - (250 / least - Fraction(190, 140))
    assert late.high == change - (250 / most - Fraction(190, 140))
    margin = why(workspace, "margin")
    assert late_of(margin).part == -90 + Fraction("16.5")
    assert [factor.part for factor in margin.explanation.factors] == [60, -70]


def test_nothing_is_late_among_final_days(workspace: LateWorkspace) -> None:
    found = why(workspace, "spend", time=Between(date(2026, 1, 12), date(2026, 1, 14)))
    assert (found.explanation.late, found.late) == (None, NOTHING_LATE)


# Where nothing is known


@pytest.mark.parametrize(
    ("metric", "says"),
    [
        ("shown", "Late data can't be shown separately for Ads."),
        ("clicks", "The last 3 days of clicks can still change; how much isn't known."),
        ("recent", OTHER_KIND),
    ],
)
def test_without_load_times_there_is_a_reason_instead_of_late_data(
    workspace: LateWorkspace, metric: str, says: str
) -> None:
    found = why(workspace, metric)
    assert (found.explanation.late, found.late) == (None, says)


def test_small_groups_are_never_revealed_by_load_time(workspace: LateWorkspace) -> None:
    found = why(workspace, who="gus")
    assert (found.explanation.late, found.late) == (None, SMALL_GROUPS)
    assert numbers(parts_of(found, "channel")) == {"mail": (-20, None), "web": (-10, None)}


def test_a_day_that_is_not_over_is_not_compared_by_age(workspace: LateWorkspace) -> None:
    today = Between(date(2026, 1, 15), date(2026, 1, 19), complete=False)
    found = why(workspace, time=today)
    assert (found.explanation.late, found.late) == (None, NOT_OVER)


def test_load_times_count_only_if_rows_never_change(tmp_path: Path) -> None:
    opened = open_late(tmp_path, model=MODEL.replace(", append_only: true", ""))
    try:
        found = why(opened)
        assert (found.explanation.late, found.late) == (None, "Late data can't be shown separately for Orders.")
        assert numbers(parts_of(found, "market")) == {"DE": (-30, None), "FR": (0, None)}
    finally:
        opened.close()


def test_a_hidden_load_time_is_not_used(tmp_path: Path) -> None:
    """People who can't see a column's values learn nothing from it."""
    model = MODEL.replace(
        "      - {name: company, label: Company}\n",
        "      - {name: company, label: Company}\n      - {name: loaded, kind: time, sql: loaded_at}\n", 1,
    ).replace("    grant: {metrics: all, dimensions: all}\n    whole: all\n  - name: own_market",
              "    grant: {metrics: all, dimensions: all}\n    deny: {dimensions: [loaded]}\n    whole: all\n"
              "  - name: own_market")  # fmt: skip
    assert "deny:" in model
    opened = open_late(tmp_path, model=model)
    try:
        assert why(opened).explanation.late is None
        assert late_of(why(opened, who="dora")).part == -40
    finally:
        opened.close()


def test_sources_loaded_to_different_days_have_no_common_age(tmp_path: Path) -> None:
    model = MODEL.replace("append_only: true", "append_only: true, by: market")
    opened = open_late(tmp_path, "DELETE FROM orders WHERE market = 'FR' AND day > DATE '2026-01-16'", model=model)
    try:
        assert why(opened).late == "Late data can't be shown separately for Orders."
    finally:
        opened.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE orders SET amount = amount * 7, loaded_at = loaded_at - INTERVAL 9 DAY WHERE market = 'FR'",
        "UPDATE orders SET loaded_at = '2026-01-19 02:00:00+01' WHERE market = 'FR'",
        "DELETE FROM orders WHERE market = 'FR'; UPDATE ads SET cost = 900 WHERE market = 'FR'",
        "INSERT INTO orders SELECT n, 0, '2026-01-11', 'FR', 'mail', 5, 3, true, '2026-01-16 03:00:00+01'"
        " FROM range(500, 540) AS t(n)",
    ],
)
def test_late_data_does_not_change_with_hidden_rows(workspace: LateWorkspace, tmp_path: Path, change: str) -> None:
    """Dora sees Germany, so nothing depends on what is loaded for France, or when."""
    twin = open_late(tmp_path, change)
    try:
        for metric in ("revenue", "buyers", "margin"):
            one, other = why(workspace, metric, "dora"), why(twin, metric, "dora")
            assert one.explanation == other.explanation
            assert (one.late, one.left_out) == (other.late, other.left_out)
    finally:
        twin.close()


# In words


def test_the_sentence_states_the_late_part_and_the_rest(workspace: LateWorkspace) -> None:
    found = why(workspace)
    assert change_sentence(found.explanation, found.column, found.keys).startswith("Revenue fell 11% to €250.")
    assert late_sentence(found.explanation, found.column) == (
        "Late data contributed −€90 to a change of −€30. Part of the older period was loaded only after 12 Jan 2026, "
        "at an age that the newer one hasn't reached yet. Without it, revenue rose 32%."
    )
    found = why(workspace, "spend")
    assert late_sentence(found.explanation, found.column) == (
        "Late data contributed an estimated −€16 to a change of +€54, between −€26 and −€9. 16 – 18 Jan 2026 aren't "
        "final yet. Without it, spend rose about 50%."
    )


def test_text_lists_late_data_below_the_members(workspace: LateWorkspace) -> None:
    found = why(workspace)
    text = "\n".join(explanation_text(found.explanation, found.column, found.keys))
    channels = text.split("\n\n")[1].splitlines()
    assert channels[-1].split() == ["Late", "data", "−€90", "300%"]
    assert [row.note.partition(". ")[2] for row in part_rows(
        parts_of(found, "channel"), found.explanation, found.column, found.keys["channel"]
    )] == ["Late data: −€50", "Late data: −€40"]  # fmt: skip
    row = late_row(found.explanation, found.column, parts_of(found, "channel"))
    assert row is not None
    assert (row.member, row.part, row.share, row.note, row.length) == (LATE, "−€90", "300%", "", -90 / 40)
    assert any("Late data has a separate row" in line for section in why_sections(found.explanation, "Revenue")
               for line in section.sentences)  # fmt: skip


def test_scripts_get_late_data_with_its_range(workspace: LateWorkspace) -> None:
    data = json.loads(json.dumps(why_data(why(workspace))))
    assert data["late_data"] == {
        "contribution": -90, "low": None, "high": None, "is_exact": True, "loaded_to": "2026-01-12", "not_final": None,
        "before": 190, "after": 250,
    }  # fmt: skip
    (channel,) = [one for one in data["breakdowns"] if one["dimension"] == "channel"]
    assert sum(part["contribution"] for part in channel["parts"]) + data["late_data"]["contribution"] == data["change"]
    assert [part["late"] for part in channel["parts"]] == [-50, -40]
    spend = why_data(why(workspace, "spend"))["late_data"]
    assert (spend["is_exact"], spend["contribution"], spend["not_final"]) == (
        False, -16.5, ["2026-01-16", "2026-01-18"],
    )  # fmt: skip
    assert why_data(why(workspace, "clicks"))["late_data"] is None


# An independent count


COMPANIES = 600
METRICS = ("revenue", "gifts", "orders", "spend", "per_order", "return_on_ads", "margin")
SHARES = {1: ("0.5", "0.7"), 2: ("0.8", "1"), 3: ("0.95", "0.95")}
LOAD = date(2026, 1, 19)
"""The day of the newest load, which is the first day that isn't known."""

Order = tuple[date, str, str, Fraction, bool, date | None]  # day, market, channel, amount, gift, the day of its load
Ad = tuple[date, str, str, Fraction]


def company_rows(chance: random.Random) -> tuple[list[Order], list[Ad]]:
    orders: list[Order] = []
    for _ in range(chance.randint(0, 60)):
        day = LOAD - timedelta(days=chance.randint(1, 25))
        late = chance.choice((1, 1, 1, 2, 3, 5, 8, 14))
        loaded = None if chance.random() < 0.05 else min(LOAD, day + timedelta(days=late))
        amount = Fraction(chance.randint(-300, 2000), 100)
        orders.append(
            (day, chance.choice(("DE", "FR")), chance.choice(("web", "mail")), amount, chance.random() < 0.3, loaded)
        )
    ads: list[Ad] = [
        (day, market, channel, Fraction(chance.randint(1, 900), 100))
        for day in (LOAD - timedelta(days=back) for back in range(1, 26))
        for market in ("DE", "FR")
        for channel in ("web", "mail")
        if chance.random() < 0.6
    ]
    return orders, ads


def inserted(companies: list[tuple[list[Order], list[Ad]]]) -> Iterator[str]:
    """Yield SQL that inserts the rows. A load is at 19:30 in Berlin, which is a different hour in UTC."""
    orders = [
        f"(0, {company}, '{day}', '{market}', '{channel}', 1, {float(amount):.2f}, {is_gift}, "
        + (f"'{loaded} 19:30:00+01')" if loaded else "NULL)")
        for company, (rows, _) in enumerate(companies, start=1)
        for day, market, channel, amount, is_gift, loaded in rows
    ]
    ads = [
        f"({company}, '{day}', '{market}', '{channel}', {float(cost):.2f}, 1)"
        for company, (_, rows) in enumerate(companies, start=1)
        for day, market, channel, cost in rows
    ]
    yield f"INSERT INTO orders VALUES {', '.join(orders)}"
    yield f"INSERT INTO ads VALUES {', '.join(ads)}"


class Counted:
    """The metrics' inputs in one period, counted in plain Python: as they are, and as if equally complete."""

    def __init__(self, orders: list[Order], ads: list[Ad], first: date, last: date, cut: date | None) -> None:
        rows = [order for order in orders if first <= order[0] <= last]
        self.now = self._sums(rows, [(ad, ad[3]) for ad in ads if first <= ad[0] <= last])
        kept = [order for order in rows if cut is None or order[5] is None or order[5] < cut]
        for_ads = [ad for ad in ads if first <= ad[0] <= last]
        self.middle = self._sums(kept, [(ad, ad[3] / self._share(ad[0], "middle")) for ad in for_ads])
        self.low = self._sums(kept, [(ad, ad[3] / self._share(ad[0], "high")) for ad in for_ads])
        self.high = self._sums(kept, [(ad, ad[3] / self._share(ad[0], "low")) for ad in for_ads])

    @staticmethod
    def _share(day: date, end: str) -> Fraction:
        low, high = (Fraction(text) for text in SHARES.get((LOAD - day).days, ("1", "1")))
        return {"low": low, "high": high, "middle": (low + high) / 2}[end]

    @staticmethod
    def _sums(orders: list[Order], ads: list[tuple[Ad, Fraction]]) -> dict[str, Fraction]:
        return {
            "revenue": sum((order[3] for order in orders), Fraction(0)),
            "gifts": sum((order[3] for order in orders if order[4] or order[3] < 0), Fraction(0)),
            "orders": Fraction(len(orders)),
            "spend": sum((cost for _, cost in ads), Fraction(0)),
        }


def value_of(metric: str, sums: dict[str, Fraction]) -> Fraction | None:
    match metric:
        case "per_order":
            return sums["revenue"] / sums["orders"] if sums["orders"] else None
        case "return_on_ads":
            return sums["revenue"] / sums["spend"] if sums["spend"] else None
        case "margin":
            return sums["revenue"] - sums["spend"]
        case _:
            return sums[metric]


def test_late_data_equals_a_plain_python_calculation(tmp_path: Path) -> None:
    """Random companies and periods are checked for the change, its late part with its range, and each market's own
    part.
    """
    chance = random.Random(22)
    companies = [company_rows(chance) for _ in range(proof.part(COMPANIES))]
    file = create_late(tmp_path, *inserted(companies))
    opened = open_late(tmp_path, file=file)
    seen = [0, 0]
    try:
        for number, (orders, ads) in enumerate(companies, start=1):
            seen = [one + other for one, other in zip(seen, checked(opened, number, orders, ads, chance), strict=True)]
    finally:
        opened.close()
    assert min(seen) > len(companies) / 5  # of both kinds, enough had something late


def checked(
    workspace: LateWorkspace, number: int, orders: list[Order], ads: list[Ad], chance: random.Random
) -> tuple[int, int]:
    """Check one question about one company, and return whether something was late, exactly and by estimate, as
    1 or 0.
    """
    metric, days = chance.choice(METRICS), chance.choice((1, 3, 7))
    last = LOAD - timedelta(days=chance.choice((1, 1, 1, 2, 4)))
    first = last - timedelta(days=days - 1)
    back = timedelta(days=chance.choice((days, 7, 10)))
    query = Query(
        metrics=(metric,), time=Between(first, last), compare=(Named(first - back, last - back),),
        where=Condition("company", Operator.IN, (number,)),
    )  # fmt: skip
    cut = LOAD + timedelta(days=1) - back
    after, before = Counted(orders, ads, first, last, None), Counted(orders, ads, first - back, last - back, cut)
    ends = [value_of(metric, sums) for sums in (before.now, after.now, before.middle, after.middle)]
    try:
        found = explain(query, workspace, workspace.people["ana"], by=("market",))
    except SemanticError:
        return 0, 0  # without a value in both periods there is no change
    if None in ends:
        assert found.explanation.late is None
        return 0, 0
    earlier, later, comparable_earlier, comparable_later = (end or Fraction(0) for end in ends)
    assert found.explanation.change == later - earlier
    reads_ads = metric in ("spend", "return_on_ads", "margin")
    late = found.explanation.late
    is_open = LOAD - last <= timedelta(days=3)
    if metric == "spend" and not is_open:
        assert (late, found.late) == (None, NOTHING_LATE)
        return 0, 0
    assert late is not None
    assert late.part == (later - earlier) - (comparable_later - comparable_earlier)
    assert late.is_exact is not (reads_ads and is_open)
    for parts in found.explanation.by:
        assert parts.adds_up
        assert sum(part.part or 0 for part in parts.parts) == comparable_later - comparable_earlier
        for part in parts.parts:
            check_market(part, metric, orders, ads, (first, last, None), (first - back, last - back, cut))
    if not late.is_exact:
        check_range(late, metric, before, after, later - earlier)
    return int(late.is_exact and late.part != 0), int(not late.is_exact)


def check_market(
    part: Part, metric: str, orders: list[Order], ads: list[Ad], own: tuple[date, date, date | None],
    compared: tuple[date, date, date | None],
) -> None:  # fmt: skip
    """Check that a market's part of a sum is its own change between equally complete periods, and that the rest is
    late.
    """
    if metric in ("per_order", "return_on_ads"):
        return
    here = [order for order in orders if order[1] == part.value], [ad for ad in ads if ad[1] == part.value]
    after, before = Counted(*here, *own), Counted(*here, *compared)
    change = (value_of(metric, after.middle) or 0) - (value_of(metric, before.middle) or 0)
    counted = (value_of(metric, after.now) or 0) - (value_of(metric, before.now) or 0)
    assert (part.part, part.late) == (change, counted - change)


def check_range(late: Late, metric: str, before: Counted, after: Counted, change: Fraction) -> None:
    """Check that the range covers both ends of every share, in whichever direction each day goes."""
    ends = [
        (value_of(metric, {**later, "spend": spent}) or 0, value_of(metric, {**earlier, "spend": spent_before}) or 0)
        for later, earlier in [(after.middle, before.middle)]
        for spent in (after.low["spend"], after.high["spend"])
        for spent_before in (before.low["spend"], before.high["spend"])
    ]
    rests = [change - (later - earlier) for later, earlier in ends]
    assert (late.low, late.high) == (min(rests), max(rests))
    assert min(rests) <= late.part <= max(rests)
