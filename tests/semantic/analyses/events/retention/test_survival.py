"""How long people stay: published fits of the shifted beta-geometric model, its likelihood by definition, counts by
hand, and words.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import inf, log
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.retention.projection import fitted, project, survivors_as_curve
from semantic.analyses.events.retention.survival import waiting
from semantic.display.tokens import LIGHT
from semantic.errors import InvalidQuery
from semantic.services.analyzing.charts.survival import retained_charts
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.survival import (
    retained_json,
    retained_notes,
    retained_sentence,
    retained_tables,
)
from tests.proof import part
from tests.semantic.analyses.events.logged import Row, make_log, open_log
from tests.semantic.analyses.events.retention.by_hand import added, make_retention, walk
from tests.semantic.analyses.events.retention.test_at_random import longer

RETENTION = EVENT_KINDS["retention"]
HIGH_END = (1000, 869, 743, 653, 593, 551, 517, 491)
REGULAR = (1000, 631, 468, 382, 326, 289, 262, 241)
"""The number of customers who renewed each year, from Fader and Hardie (2007)."""


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "likelihood", "twelfth"),
    [(HIGH_END, 0.6681, 3.8061, -1611.158, 0.3780), (REGULAR, 0.7041, 1.1820, -1680.265, 0.1700)],
)
def test_the_published_fits_are_reproduced(
    survivors: Sequence[int], alpha: float, beta: float, likelihood: float, twelfth: float
) -> None:
    fit = fitted(survivors_as_curve(survivors))
    assert fit is not None
    assert (round(fit.alpha, 4), round(fit.beta, 4)) == (alpha, beta)
    assert round(fit.log_likelihood, 3) == likelihood
    assert round(fit.stay(12), 4) == twelfth


def chance_of(survivors: Sequence[int], alpha: float, beta: float) -> float:
    """Return the log likelihood in the authors' own form: from the probabilities of leaving in each year, and of
    staying to the end.
    """
    leave = alpha / (alpha + beta)
    value, stay = 0.0, 1.0
    for year, (before, after) in enumerate(pairwise(survivors), start=1):
        if year > 1:
            leave *= (beta + year - 2) / (alpha + beta + year - 1)
        value += (before - after) * log(leave)
        stay -= leave
    return value + survivors[-1] * log(stay)


def test_no_other_values_fit_better() -> None:
    for seed in range(part(400)):
        chance = random.Random(seed)
        survivors = [chance.choice((200, 1000, 5000))]
        for year in range(chance.randint(3, 12)):
            survivors.append(round(survivors[-1] * (1 - chance.uniform(0.05, 0.5) / (1 + year * chance.random()))))
        fit = fitted(survivors_as_curve(survivors))
        assert fit is not None, (seed, survivors)
        if fit.alpha == inf:
            best = fit.log_likelihood
            tries = [(fit.rate * size, (1 - fit.rate) * size) for size in (1, 3, 10, 100, 1e4)]
        else:
            best = chance_of(survivors, fit.alpha, fit.beta)
            assert abs(best - fit.log_likelihood) < 1e-6 * abs(best), seed
            tries = [
                (fit.alpha * a, fit.beta * b) for a in (0.7, 0.99, 1, 1.01, 1.4) for b in (0.7, 0.99, 1, 1.01, 1.4)
            ]
        assert all(chance_of(survivors, *values) <= best + 1e-6 for values in tries), (seed, survivors)


def test_the_same_chance_for_everyone_is_fitted() -> None:
    """90% stay each year, so everyone has the same chance: 0.9 to the power of the number of years."""
    fit = fitted(survivors_as_curve((100_000, 90_000, 81_000, 72_900, 65_610)))
    assert fit is not None
    assert fit.alpha == fit.beta == inf
    assert fit.rate == pytest.approx(0.1)
    assert fit.stay(10) == pytest.approx(0.9**10)
    low, high = fit.between(10)
    assert low < fit.stay(10) < high


@pytest.mark.parametrize("survivors", [(100, 80, 60), (100, 100, 100, 100), (5, 4, 3, 2), (100, 50, 0)])
def test_too_little_data_is_not_projected(survivors: Sequence[int]) -> None:
    assert fitted(survivors_as_curve(survivors)) is None


def test_the_projection_continues_the_observed_curve() -> None:
    curve = survivors_as_curve(HIGH_END)
    projection = project(curve, 5)
    assert projection is not None
    assert [each.period for each in projection.ahead] == [7, 8, 9, 10, 11]
    # The rate of the next year is (β + 7) / (α + β + 7).
    assert projection.ahead[0].share == pytest.approx(0.491 * 10.8061 / 11.4742, abs=1e-5)
    shares = [curve[-1].share, *(each.share for each in projection.ahead)]
    assert shares == sorted(shares, reverse=True)
    assert all(each.low < each.share < each.high for each in projection.ahead)
    tried = projection.tried
    assert tried is not None
    # Seven years are known, so two are left out.
    assert (tried.until, tried.period, tried.known, tried.is_inside) == (4, 6, 0.491, True)
    kept = fitted(survivors_as_curve(HIGH_END[:6]))
    assert kept is not None
    assert tried.share == kept.stay(7)


def test_the_band_contains_the_true_share_in_nineteen_of_twenty_tries() -> None:
    """For customers simulated by the model, the true share in later years is within the band in about 95% of
    all tries.
    """
    alpha, beta, inside, tries = 0.7, 2.0, 0, part(1_000)
    truth = 1.0
    for year in range(12):
        truth *= (beta + year) / (alpha + beta + year)
    for seed in range(tries):
        chance = random.Random(seed)
        left = [1_000] + [0] * 6
        for _ in range(1_000):
            rate = chance.betavariate(alpha, beta)
            for year in range(1, 7):
                if chance.random() < rate:
                    break
                left[year] += 1
        fit = fitted(survivors_as_curve(left))
        assert fit is not None
        low, high = fit.between(12)
        inside += low <= truth <= high
    assert 0.88 < inside / tries <= 1.0


# Over a log


def test_the_curve_equals_that_counted_by_hand(tmp_path: Path) -> None:
    log_of = longer(make_log(7))
    workspace, told = open_log(tmp_path, log_of), 0
    try:
        for seed in range(part(300)):
            asked = make_retention(random.Random(seed))
            asked = {key: value for key, value in asked.items() if key not in ("count", "brackets", "measure", "over")}
            if asked.get("return", asked["first"]) == asked["first"]:
                continue
            whole = added([*walk(asked, log_of).values()]) if walk(asked, log_of) else None
            read = RETENTION.read(asked | {"survival": True, "project": 3})
            assert RETENTION.read(RETENTION.data(read)) == read
            analyzed = analyze(workspace, RETENTION, read, workspace.people["ana"])
            curve = [(each.at_risk, each.came) for each in analyzed.found.whole.waiting]
            by_hand = (
                [(left, gone) for left, gone in zip(whole.at_risk, whole.back, strict=True) if left] if whole else []
            )
            assert curve == by_hand, (seed, asked)
            told += bool(curve) and "stayed" in retained_sentence(analyzed)
    finally:
        workspace.close()
    assert told > part(300) // 5


FIRST = datetime(2026, 3, 2, 9, tzinfo=UTC)


def stays(days: dict[int, int], never: int) -> list[Row]:
    """Return actions of people who begin on 2 March.

    `days` has how many people leave after a number of days, and `never` how many stay.
    """
    rows: list[Row] = []
    for later, people in [*days.items(), (-1, never)]:
        for _ in range(people):
            person = f"p{len(rows)}"
            more: dict[str, Any] = {"table": "actions", "person": person, "market": "DE", "device": "phone"}
            rows.append(Row(key=f"a{person}", at=FIRST, act="a", **more))
            if later >= 0:
                rows.append(Row(key=f"b{person}", at=FIRST + timedelta(days=later, hours=1), act="b", **more))
    return rows


def asked_of(tmp_path: Path, rows: Sequence[Row], person: str = "ana", **more: Any) -> Analyzed[Any]:
    definition = {"subject": "person", "first": "views", "return": "carts", "unit": "day", "survival": True} | more
    workspace = open_log(tmp_path, rows)
    try:
        return analyze(workspace, RETENTION, RETENTION.read(definition), workspace.people[person])
    finally:
        workspace.close()
        (tmp_path / "log.duckdb").unlink()


def test_survival_has_words_tables_and_a_chart(tmp_path: Path) -> None:
    rows = stays({1: 20, 2: 20, 3: 12}, 48)
    analyzed = asked_of(tmp_path, rows, periods=4, project=2)
    sentence = retained_sentence(analyzed)
    assert sentence.startswith(
        "48.0% of people stayed beyond day 4 (95% interval 38.2% – 57.8%). Half had left by the end"
    )
    assert "the end of day 3." in sentence
    assert "Projected: " in sentence
    known, ahead, model = retained_tables(analyzed)
    assert known.lines[2] == ["2", "80", "20", "60.0%", "50.4% – 69.6%"]
    assert [line[0] for line in ahead.lines] == ["5", "6"]
    assert model.title == "Model"
    assert any("shifted beta-geometric" in sentence for sentence in analyzed.rule)
    data = retained_json(analyzed)
    assert data["whole"]["waiting"][3]["share"] == pytest.approx(0.48)
    assert [each["period"] for each in data["projection"]["ahead"]] == [5, 6]
    (chart,) = retained_charts(analyzed, LIGHT)
    assert chart.figure is not None
    traces: list[dict[str, Any]] = chart.figure.to_plotly_json()["data"]
    dashes = {trace["name"]: trace["line"].get("dash") for trace in traces if trace["showlegend"]}
    assert dashes == {"People": None, "Projected": "dash"}
    groups = asked_of(tmp_path, rows, periods=4, by="device")
    assert retained_tables(groups)[-1].lines == [["Phone", "100", "4", "48.0%", "38.2% – 57.8%", "3"]]
    young = asked_of(tmp_path, rows, periods=4, time={"from": "2026-03-19", "to": "2026-03-19"})
    assert retained_sentence(young) == "No people with Views in this period."


def test_the_models_parameters_are_put_in_words(tmp_path: Path) -> None:
    """Of 100 people, 40, 12, 6 and 2 leave on the first four days, so those who are left leave less and less."""
    analyzed = asked_of(tmp_path, stays({0: 40, 1: 12, 2: 6, 3: 2}, 40), periods=4, project=2)
    model = next(table for table in retained_tables(analyzed) if table.title == "Model")
    fit = retained_json(analyzed)["projection"]
    values = dict(model.lines)
    assert values["Leave in day 0"] == f"{100 * fit['alpha'] / (fit['alpha'] + fit['beta']):.1f}%"
    differ = values["How much people differ, from 0% (not at all) to 100%"]
    assert differ == f"{100 / (1 + fit['alpha'] + fit['beta']):.1f}%"
    assert values["Parameters of this distribution"] == f"alpha {fit['alpha']:.4f}, beta {fit['beta']:.4f}"


def test_too_little_data_says_so(tmp_path: Path) -> None:
    analyzed = asked_of(tmp_path, stays({1: 2}, 10), periods=4, project=2)
    assert any("no projection" in note for note in retained_notes(analyzed))
    assert retained_json(analyzed)["projection"] is None
    assert "12 people" in retained_sentence(analyzed)


def test_small_groups_stay_hidden(tmp_path: Path) -> None:
    """On the third day, two people leave. The curve ends before it, and the projection uses only the shown numbers."""
    analyzed = asked_of(tmp_path, stays({0: 20, 1: 20, 2: 20, 3: 2}, 40), "gus", periods=6, project=2)
    assert [each.period for each in analyzed.found.whole.waiting] == [0, 1, 2]
    projection = retained_json(analyzed)["projection"]
    assert [each["period"] for each in projection["ahead"]] == [3, 4]
    full = asked_of(tmp_path, stays({0: 20, 1: 20, 2: 20}, 42), "ana", periods=2, project=2)
    assert retained_json(full)["projection"]["alpha"] == projection["alpha"]


@pytest.mark.parametrize(
    "more",
    [
        {"return": None},
        {"survival": False, "project": 2},
        {"brackets": [[1, 2]], "periods": None},
        {"count": "on_or_after"},
        {"measure": "events"},
        {"over": "day"},
        {"at": 2},
        {"time": {"last": 4, "unit": "week"}, "compare": "previous_period"},
        {"project": -1},
        {"project": 121},
        {"survival": "yes"},
    ],
)
def test_options_that_survival_lacks_are_refused(more: dict[str, Any]) -> None:
    definition = {"subject": "person", "first": "views", "return": "carts", "unit": "day", "survival": True} | more
    with pytest.raises(InvalidQuery):
        RETENTION.read(definition)


def test_the_shown_curve_is_the_one_with_greenwoods_interval() -> None:
    assert [point.share for point in waiting([100, 100, 80], [0, 20, 20])] == pytest.approx([1.0, 0.8, 0.6])
