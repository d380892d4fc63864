"""An alert: the number it watches, the rule that makes it fire, and how long it waits for data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from semantic.alerts.usual import Sensitivity
from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.sets import all_names_in
from semantic.model.definitions import Granularity
from semantic.query.query import Filter, Query

GRAINS: Final = (Granularity.DAY, Granularity.WEEK, Granularity.MONTH)
"""The periods that an alert can judge."""

MOST_HOLD_DAYS: Final = 31
MOST_APART_DAYS: Final = 90
MOST_ENDS_AFTER: Final = 10
LONGEST_NAME: Final = 100

Way = Literal["up", "down", "either"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A rule: the number is above or below a value, or above or below a share of its target, such as 0.9."""

    side: Literal["above", "below"]
    value: float
    of: Literal["value", "target"] = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A rule: the number changed by more than `by` between comparable periods.

    `by` is relative, such as 0.2 for 20%, or depending on `how`, an amount in the metric's own unit. A day is compared
    with the same weekday one or 52 weeks earlier, a week with the one before or 52 weeks earlier, and a month with the
    one before or a year earlier. With `to_date`, the current week or month so far is compared with the same days of the
    earlier one.
    """

    by: float
    how: Literal["share", "amount"] = "share"
    way: Way = "either"
    against: Literal["previous", "last_year"] = "previous"
    to_date: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideUsual:
    """A rule: the number is outside its usual range (see `semantic/alerts/usual.py`)."""

    sensitivity: Sensitivity = "normal"
    way: Way = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class BehindTarget:
    """A rule: the number is expected to miss its target by at least this share of the target, such as 0.05."""

    by: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFailed:
    """A rule: a check of the underlying data fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLate:
    """A rule: at least this many past days aren't loaded."""

    days: int = 2


Rule = Threshold | Changed | OutsideUsual | BehindTarget | CheckFailed | DataLate
NumberName = Literal["conversion", "step_conversion", "retention", "overlap", "messages", "above_limit"]


@dataclass(frozen=True, slots=True)
class AnalysisNumber:
    """One number of an analysis of events. Each period is analyzed as if it were the only one.

    For a funnel's conversion, `step` is the step that subjects convert to, at least 2, from either the first step or
    the one before it. `semantic.alerts.analysis_numbers` defines the numbers.
    """

    analysis: Analysis
    name: NumberName
    step: int | None = None

    @property
    def names(self) -> Query:
        """Return the metrics and dimensions that the analysis uses, as a question that is never asked."""
        return all_names_in(self.analysis.kind, self.analysis.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert on one metric, or if `of` is set, on one number of an analysis.

    For an analysis, `metric` is the metric of its first event.

    `where` filters a metric's rows, like the filter of a question.

    An alert fires at most once in `apart_days` days. After it fires, an episode lasts until `ends_after` normal periods
    in a row, and the alert doesn't fire again before that. A number that isn't final is held for at most `hold_days`
    days after its period. `name` is the name that the author chose, or "" to show the rule in words.
    """

    metric: str
    rule: Rule
    where: Filter | None = None
    grain: Granularity = Granularity.DAY
    apart_days: int = 3
    ends_after: int = 2
    hold_days: int = 3
    name: str = ""
    of: AnalysisNumber | None = None

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that the number depends on."""
        return (self.metric,) if self.of is None else self.names.metrics

    @property
    def names(self) -> Query:
        """Return the metrics and dimensions that the alert uses, as a question that is never asked."""
        return self.of.names if self.of is not None else Query(metrics=(self.metric,), where=self.where)
