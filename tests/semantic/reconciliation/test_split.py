"""The parts of a gap: they add up, don't depend on the order of the rules, and explain unknown rules, too."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from itertools import permutations

import pytest

from semantic.reconciliation.counting import DAY, Conversion, Touch, instant, paths_of, total
from semantic.reconciliation.rules import SWITCHES, CountedPer, Credit, Dated, Rules, differing, switched
from semantic.reconciliation.search import closest_rules, distance
from semantic.reconciliation.split import Counting, shapley
from semantic.reconciliation.words import open_words
from tests.semantic.reconciliation.made_platform import MONTHS, blind_platform, company, logged, unvalued
from tests.semantic.reconciliation.test_counting import rules_of

OURS = Rules(click_days=30, view_days=30, zone="Europe/Berlin", counted=CountedPer.PER_ORDER, credit=Credit.LAST)


def in_every_order(names: list[str], worth: dict[frozenset[str], Fraction]) -> dict[str, Fraction]:
    """Return each name's part, averaged over every order of the names."""
    parts = dict.fromkeys(names, Fraction(0))
    orders = list(permutations(names))
    for order in orders:
        before: frozenset[str] = frozenset()
        for name in order:
            parts[name] += Fraction(worth[before | {name}] - worth[before], len(orders))
            before |= {name}
    return parts


def subsets(names: list[str]) -> list[frozenset[str]]:
    return [frozenset(n for at, n in enumerate(names) if mask >> at & 1) for mask in range(1 << len(names))]


@pytest.mark.parametrize("count", range(6))
def test_the_parts_are_the_mean_over_all_orders_of_rules(count: int) -> None:
    chance = random.Random(count)
    for _ in range(20):
        names = [f"rule {n}" for n in range(count)]
        worth = {some: Fraction(chance.randint(-999, 999), chance.randint(1, 9)) for some in subsets(names)}
        parts = shapley(names, lambda some: worth[some])  # noqa: B023
        assert parts == in_every_order(names, worth)
        shuffled = chance.sample(names, count)
        assert shapley(shuffled, lambda some: worth[some]) == parts  # noqa: B023


def test_thousands_of_parts_add_up_exactly() -> None:
    chance = random.Random(1)
    for _ in range(3_000):
        names = [f"rule {n}" for n in range(chance.randint(0, 6))]
        worth = {some: Fraction(chance.randint(-(10**9), 10**9), chance.randint(1, 99)) for some in subsets(names)}
        parts = shapley(names, lambda some: worth[some])  # noqa: B023
        assert sum(parts.values(), Fraction(0)) == worth[frozenset(names)] - worth[frozenset()]


@pytest.mark.parametrize("seed", range(25))
def test_every_cells_gap_is_the_sum_of_its_parts(seed: int) -> None:
    events, platform, chance = company(seed), blind_platform(seed), random.Random(seed)
    touches, sales = logged(events, valued=True)
    theirs = replace(rules_of(platform), rate=Fraction(chance.randint(50, 150), 100), currency="USD")
    totals = {cell: value * theirs.rate for cell, value in platform.totals(events).items()}
    counting = Counting.of(paths_of(touches, sales, MONTHS), OURS, theirs)
    sums = dict.fromkeys(counting.switches, Fraction(0))
    for month in MONTHS:
        for group in ("Brand", "Generic", "Social"):
            number = Fraction(chance.randint(0, 500))
            split = counting.split(number, totals.get((month, group), Fraction(0)), month=month, group=group)
            parts = dict(split.parts)
            assert split.gap == sum(parts.values(), Fraction(0)) + split.own + split.unexplained
            assert split.unexplained == 0
            sums = {name: value + parts[name] for name, value in sums.items()}
    whole = counting.split(None, total(totals))
    assert dict(whole.parts) == sums  # the parts of the whole are those of its cells, added up
    assert whole.own == whole.unexplained == 0
    worth = {some: total(counting.counts(some)) for some in subsets(list(counting.switches))}
    if len(counting.switches) <= 6:
        assert dict(whole.parts) == in_every_order(list(counting.switches), worth)


def test_equal_rules_have_no_parts() -> None:
    touches, sales = logged(unvalued(company(1)))
    counting = Counting.of(paths_of(touches, sales, MONTHS), OURS, OURS)
    split = counting.split(Fraction(10), Fraction(12))
    ours = total(counting.counts(frozenset()))
    assert (split.parts, split.own, split.unexplained) == ((), ours - 10, 12 - ours)


def test_a_rule_without_effect_has_no_part() -> None:
    touches, sales = logged(unvalued(company(2)))
    counting = Counting.of(paths_of(touches, sales, MONTHS), OURS, replace(OURS, currency="USD", click_days=7))
    parts = dict(counting.split(None, Fraction(0)).parts)
    assert parts["currency"] == 0
    assert parts["window"] != 0


def test_the_switches_cover_every_field() -> None:
    assert sorted(field for fields in SWITCHES.values() for field in fields) == sorted(Rules.__dataclass_fields__)
    theirs = Rules(
        click_days=3, view_days=2, dated=Dated.CLICK, zone="Asia/Tokyo", counted=CountedPer.EACH,
        credit=Credit.FIRST_OWN, currency="USD", rate=Fraction(2), without_returned=True,
    )  # fmt: skip
    assert differing(Rules(), theirs) == tuple(SWITCHES)
    assert switched(Rules(), theirs, frozenset(SWITCHES)) == theirs


def test_a_search_names_the_rules_that_the_totals_do_not_decide() -> None:
    """There are two orders by two people, each an hour after a click, so most rules count 2."""
    noon = instant(MONTHS[0], "UTC") + 15 * DAY
    touches = [Touch(noon + place * DAY, f"click {place}", f"p{place}", True, True) for place in (0, 1)]
    sales = [Conversion(noon + place * DAY + DAY // 24, f"sale {place}", f"p{place}", f"o{place}") for place in (0, 1)]
    best = closest_rules(paths_of(touches, sales, MONTHS), {(MONTHS[0], ""): Fraction(2)}, OURS, zones=("Asia/Tokyo",))
    assert best.off == 0
    assert best.open == ("window", "view_through", "dated", "zone", "counted", "credit")
    assert open_words(best.open[:2]) == (
        " Others come about as close, with another choice for: Click window and View-through."
    )
    assert open_words(()) == ""


def test_a_search_that_takes_too_long_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    events, platform = unvalued(company(101)), blind_platform(101)
    paths, totals = paths_of(*logged(events), MONTHS), platform.totals(events)
    monkeypatch.setattr("semantic.reconciliation.search.MOST_WORK", 100 * len(paths.paths))
    counts = 0
    count = type(paths).count

    def watched(self: object, rules: Rules) -> object:
        nonlocal counts
        counts += 1
        return count(self, rules)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(type(paths), "count", watched)
    best = closest_rules(paths, totals, OURS)
    assert counts <= 102
    assert not best.is_complete
    size = total(totals)
    assert best.off == distance(paths.count(best.rules), totals) / size <= distance(paths.count(OURS), totals) / size


def test_counts_are_the_same_without_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    touches, sales = logged(unvalued(company(3)))
    known = paths_of(touches, sales, MONTHS)
    rules = [OURS, replace(OURS, click_days=7), replace(OURS, zone="Asia/Tokyo"), OURS]
    counts = [known.count(each) for each in rules]
    monkeypatch.setattr("semantic.reconciliation.counting.MOST_EARNED", 0)
    assert [paths_of(touches, sales, MONTHS).count(each) for each in rules] == counts


# A platform with unknown rules


def nearest(platform_rules: Rules) -> Rules:
    """Return the rules that a steward would pick, who knows the platform's rules only as precisely as the form's
    options.
    """
    click = min((days for days in (1, 7, 28, 30, 90)), key=lambda days: abs(days - platform_rules.click_days))
    views = min((days for days in (0, 1, 7)), key=lambda days: abs(days - platform_rules.view_days))
    return replace(platform_rules, click_days=click, view_days=views)


def test_a_search_explains_at_least_95_percent_of_unknown_platforms() -> None:
    searched: list[Fraction] = []
    picked: list[Fraction] = []
    for seed in range(100, 107):
        events, platform = unvalued(company(seed, people=150)), blind_platform(seed)
        touches, sales = logged(events)
        paths, totals = paths_of(touches, sales, MONTHS), platform.totals(events)
        zones = ("UTC", "America/New_York", "America/Los_Angeles", "Asia/Tokyo")
        best = closest_rules(paths, totals, OURS, zones=zones)
        gap = distance(paths.count(OURS), totals)
        searched.append(1 - distance(paths.count(best.rules), totals) / gap if gap else Fraction(1))
        guess = nearest(rules_of(platform))
        picked.append(1 - distance(paths.count(guess), totals) / gap if gap else Fraction(1))
    print("searched", [round(float(one), 3) for one in searched], "picked", [round(float(one), 3) for one in picked])
    assert sum(searched, Fraction(0)) / len(searched) >= Fraction(95, 100)
    assert min(searched) >= Fraction(90, 100)
