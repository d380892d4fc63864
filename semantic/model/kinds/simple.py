"""The kind `simple`: a measure over the rows of its dataset."""

from __future__ import annotations

from semantic.model.definitions import Aggregation, Measure, Metric
from semantic.model.files.doc import Doc
from semantic.model.kinds.kind import Kind, Wording
from semantic.model.kinds.reading import Reading
from semantic.model.model import Model


class SimpleKeys(Doc):
    measure: str | None = None
    filter: str | None = None


def _read(doc: SimpleKeys, reading: Reading) -> dict[str, object]:
    return {
        "measure": doc.measure or "",
        "filter": reading.expression("filter", doc.filter) if doc.filter else None,
    }


def _formula(metric: Metric, words: Wording) -> str:
    return words.measured(metric)


_CALLED = {
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

_RANKED = (Aggregation.MEDIAN, Aggregation.PERCENTILE)


def _called(metric: Metric, model: Model) -> str:
    measure = model.measure(metric.measure)
    return "Balance" if measure.over_time is not None else _CALLED[measure.agg]


def _group(metric: Metric, model: Model) -> str:
    measure = model.measure(metric.measure)
    if measure.over_time is not None:
        return "Balance"
    return "Median or percentile" if measure.agg in _RANKED else "Count or sum"


def _searched(metric: Metric, model: Model) -> tuple[str, ...]:
    measure: Measure = model.measure(metric.measure)
    if measure.over_time is not None:
        return ("balance", "snapshot", "point in time")
    if measure.agg is Aggregation.PERCENTILE:
        return ("percentile", f"p{100 * measure.percentile:.10g}")
    return ("median", "percentile", "p50") if measure.agg is Aggregation.MEDIAN else ()


SIMPLE = Kind(
    name="simple",
    title="Count or sum",
    means="a measure of a dataset, over all its rows or those that pass a filter",
    example="{name: paid_orders, measure: orders.orders, filter: NOT is_test}",
    keys=SimpleKeys,
    needs=("measure",),
    names={"measure": "measure", "filter": "column"},
    enough="rows",
    read=_read,
    formula=_formula,
    called=_called,
    group=_group,
    searched=_searched,
)
