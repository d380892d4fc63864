"""The kinds of metrics by the names that people have for them."""

from __future__ import annotations

from semantic.model.definitions import Aggregation, Granularity, Measure, Metric
from semantic.model.model import Model


def kind_of(metric: Metric, model: Model) -> str:
    """The kind of a metric in a few words: `Rolling 28 days`, `Month to date`, `Balance`, `Ratio`."""
    rule = metric.cumulative
    if rule is not None and rule.window is not None:
        return f"Rolling {rule.window.words}"
    if rule is not None:
        return f"{rule.to_date.words.capitalize()} to date" if rule.to_date else "All time to date"
    if metric.conversion is not None:
        what = "Conversion rate" if metric.conversion.gives == "rate" else "Conversions"
        return f"{what} by {'cohort' if metric.conversion.by == 'cohort' else 'period'}"
    if metric.measure:
        return _measured(model.measure(metric.measure))
    if any(one.offset or one.offset_to for one in metric.uses):
        return "With an earlier period"
    return "Ratio" if metric.expression is None else "Formula"


def kind_group(metric: Metric, model: Model) -> str:
    """The kind by which metrics are narrowed: rolling ones of all lengths are one."""
    rule = metric.cumulative
    if rule is not None:
        return "Rolling" if rule.window else "To date" if rule.to_date else "All time to date"
    if metric.conversion is not None:
        return "Conversion"
    found = kind_of(metric, model)
    return "Median or percentile" if found in ("Median", "Percentile") else _GROUPS.get(found, found)


_GROUPS: dict[str, str] = dict.fromkeys(
    ("Sum", "Count", "Distinct count", "Average", "Smallest", "Largest", "Variance"), "Count or sum"
)


def special_kind(metric: Metric, model: Model) -> str:
    """The kind of a metric whose days are not simply added up, to be marked; "" for the others."""
    group = kind_group(metric, model)
    return "" if group in ("Count or sum", "Ratio", "Formula") else kind_of(metric, model)


_COUNTED = {
    Aggregation.SUM: "Sum",
    Aggregation.COUNT: "Count",
    Aggregation.SUM_BOOLEAN: "Count",
    Aggregation.COUNT_DISTINCT: "Distinct count",
    Aggregation.APPROX_COUNT_DISTINCT: "Distinct count",
    Aggregation.AVG: "Average",
    Aggregation.MIN: "Smallest",
    Aggregation.MAX: "Largest",
    Aggregation.MEDIAN: "Median",
    Aggregation.PERCENTILE: "Percentile",
    Aggregation.VARIANCE: "Variance",
}


def _measured(measure: Measure) -> str:
    if measure.over_time is not None:
        return "Balance"
    return _COUNTED[measure.agg]


def words_for(metric: Metric, model: Model) -> tuple[str, ...]:
    """What people type who look for a metric of this kind."""
    rule = metric.cumulative
    if rule is not None:
        kind = ("rolling", "moving", "trailing") if rule.window else ("running",)
        short = (_TO_DATE[rule.to_date],) if rule.to_date and rule.to_date in _TO_DATE else ()
        return ("cumulative", *kind, *short, *(("lifetime",) if not rule.window and not rule.to_date else ()))
    if metric.conversion is not None:
        return ("conversion", "funnel", *(("cohort",) if metric.conversion.by == "cohort" else ()))
    if metric.measure:
        measure = model.measure(metric.measure)
        if measure.over_time is not None:
            return ("balance", "snapshot", "point in time")
        if measure.agg is Aggregation.PERCENTILE:
            return ("percentile", f"p{100 * measure.percentile:.10g}")
        return ("median", "percentile", "p50") if measure.agg is Aggregation.MEDIAN else ()
    return ("offset", "growth") if any(one.offset or one.offset_to for one in metric.uses) else ()


_TO_DATE: dict[Granularity, str] = {
    Granularity.WEEK: "wtd",
    Granularity.MONTH: "mtd",
    Granularity.QUARTER: "qtd",
    Granularity.YEAR: "ytd",
}
