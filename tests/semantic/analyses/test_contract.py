"""Every analysis has the same contract: one plain input, and one finding with its conclusion, reason and figures."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from importlib import import_module
from math import isfinite
from pathlib import Path
from typing import Any

import pytest

from semantic.alerts.readings import Reading, Readings
from semantic.analyses import ANALYSES
from semantic.analyses.analysis import Analysis
from semantic.analyses.anomalies import AnomalyInput
from semantic.analyses.maturity import Cohort, MaturityInput
from semantic.analyses.pacing import PacingInput
from semantic.analyses.why import ChangeInput
from semantic.model.definitions import Granularity
from semantic.results.change import Amounts, Pair
from semantic.targets.pace import Piece

HOME = Path(__file__).parents[3] / "semantic" / "analyses"
FIRST = date(2026, 1, 1)
TEN = {FIRST + timedelta(days=day): 1_200.0 for day in range(10)}
MONTH = {FIRST + timedelta(days=day): 1_200.0 for day in range(31)}
OVER, RUNNING = date(2026, 2, 1), date(2026, 1, 11)


def january(target: float, until: date, direction: Any, history: Any) -> PacingInput:
    pieces = (Piece(FIRST, date(2026, 1, 31), target),)
    value = sum(history.values()) if history is not None else 1_200.0
    return PacingInput(pieces=pieces, value=value, until=until, direction=direction, history=history)


def risen(after: int, *earlier: int) -> ChangeInput:
    """Return a number that was 1,000 and is now `after`, with its earlier changes."""
    whole = Amounts(Pair(Fraction(1_000), Fraction(after)))
    return ChangeInput(whole=whole, groups=(), searched=0, earlier=tuple(map(Fraction, earlier)))


def hundreds(last: float, days: int = 100) -> AnomalyInput:
    """Return days of 100, followed by one day with another number. The last ten days are searched."""
    values = [100.0] * (days - 1) + [last]
    end = FIRST + timedelta(days=days)
    readings = Readings(
        rows=Granularity.DAY, by_first={FIRST + timedelta(days=at): Reading(each) for at, each in enumerate(values)},
        known_to=end, open_from=end, today=end, is_summed=True,
    )  # fmt: skip
    return AnomalyInput(readings=readings, first=end - timedelta(days=10), end=end)


def cohorts(*known: tuple[float, ...]) -> MaturityInput:
    """Return cohorts of one day each. A cohort's number is final after a day."""
    days = [FIRST + timedelta(days=place) for place in range(len(known) + 1)]
    made = [Cohort(first=days[place], end=days[place + 1], known=each) for place, each in enumerate(known)]
    return MaturityInput(cohorts=tuple(made), final=1)


# By analysis, inputs with the conclusion that follows by hand: of 1,200 a day January has 37,200. A change of 1,000
# matters from 10 on, and is unusual from twice the earlier changes' typical size on.
EXAMPLES: dict[str, list[tuple[Any, str]]] = {
    # Equal days have a range of 3.3 hundredths, the narrowest there is.
    "anomalies": [
        (hundreds(104), "unusual"),
        (hundreds(103), "usual"),
        (hundreds(104, days=50), "not_judged"),
    ],
    "maturity": [
        (cohorts((1, 2), (2, 4), (3, 6), (4,)), "expected"),
        (cohorts((1, 2), (2, 4), (3, 6)), "all_final"),
        (cohorts((1, 2), (2, 4), (4,)), "too_few"),
    ],
    "pacing": [
        (january(37_000, OVER, "up", MONTH), "reached"),
        (january(38_000, OVER, "up", MONTH), "missed"),
        (january(37_000, RUNNING, "up", TEN), "reaches"),
        (january(38_000, RUNNING, "up", TEN), "misses"),
        (january(37_000, RUNNING, "none", TEN), "above"),
        (january(38_000, RUNNING, "none", TEN), "below"),
        (january(37_000, FIRST, "up", {}), "open"),
        (january(1_000, RUNNING, "up", None), "open"),
        (january(1_000, OVER, "up", None), "reached"),
    ],
    "why": [
        (risen(1_010), "changed"),
        (risen(1_009), "about_the_same"),
        (risen(1_201, 100, -100, 100, -100, 100), "changed"),
        (risen(1_200, 100, -100, 100, -100, 100), "within_usual_range"),
        (replace(risen(1_200), is_apart=False), "uncertain"),
    ],
}
CASES = [pytest.param(ANALYSES[name], *case, id=f"{name}-{case[1]}") for name in EXAMPLES for case in EXAMPLES[name]]


def test_every_analysis_is_listed_and_has_an_example() -> None:
    modules = {path.stem for path in HOME.glob("*.py")} - {"__init__", "analysis"}
    remedy = "Each module of semantic/analyses is named in ANALYSES there and has EXAMPLES here."
    assert set(ANALYSES) == modules == set(EXAMPLES), remedy
    for name in modules:
        own = [
            value for value in vars(import_module(f"semantic.analyses.{name}")).values() if isinstance(value, Analysis)
        ]
        assert own == [ANALYSES[name]]


@pytest.mark.parametrize("name", ANALYSES)
def test_every_conclusion_has_an_example(name: str) -> None:
    conclusions = {conclusion for _, conclusion in EXAMPLES[name]}
    assert conclusions == {conclusion.value for conclusion in ANALYSES[name].conclusions}, (
        f"EXAMPLES has one for each conclusion of {name}."
    )
    assert ANALYSES[name].question.endswith("?")


@pytest.mark.parametrize(("analysis", "given", "conclusion"), CASES)
def test_every_analysis_returns_a_finding_with_a_reason_and_figures(
    analysis: Analysis[Any, Any], given: Any, conclusion: str
) -> None:
    assert isinstance(given, analysis.given)
    assert is_dataclass(given)
    with pytest.raises(FrozenInstanceError):
        setattr(given, fields(given)[0].name, None)
    before = deepcopy(given)
    finding = analysis.find(given)
    assert given == before, "An analysis leaves its input as it was."
    assert analysis.find(before) == finding, "Equal inputs have equal findings."
    assert isinstance(finding.conclusion, analysis.conclusions)
    assert finding.conclusion == conclusion
    assert finding.reason[:1].isupper()
    assert finding.reason.endswith(".")
    assert finding.figures
    assert all(value is None or isfinite(value) for value in finding.figures.values())
    assert any(value is not None for value in finding.figures.values())
