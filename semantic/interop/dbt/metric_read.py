"""Read a metric of a dbt project, in the older spec (`type_params:`) or the newer one."""

from __future__ import annotations

from semantic.interop.dbt.nouns import Conversion, MeasureInput, Metric, MetricInput
from semantic.interop.node import Node


def read_metric(node: Node) -> Metric:
    """Return a metric of any type. The `window:` of a cumulative metric can be in one of two places."""
    params = node.part("type_params") if node.has("type_params") else node
    cumulative = params.part("cumulative_type_params")
    name, kind = node.text("name"), node.text("type", "simple").lower()
    inputs = list(_metric_inputs(params, "metrics")) + list(_metric_inputs(params, "input_metrics"))
    for place, key in ((cumulative, "metric"), (params, "input_metric")):
        if place.has(key):
            inputs.append(_metric_input(place, key))
    metric = Metric(
        name=name,
        label=node.text("label"),
        description=node.text("description"),
        file=node.file,
        carried=node.carried(),
        kind=kind,
        filters=node.texts("filter"),
        granularity=node.text("time_granularity").lower(),
        measure=_measure_input(params, "measure") if params.has("measure") else None,
        numerator=_metric_input(params, "numerator") if params.has("numerator") else None,
        denominator=_metric_input(params, "denominator") if params.has("denominator") else None,
        expr=params.text("expr"),
        inputs=tuple(inputs),
        window=cumulative.text("window") or params.text("window"),
        grain_to_date=(cumulative.text("grain_to_date") or params.text("grain_to_date")).lower(),
        period_agg=(cumulative.text("period_agg") or params.text("period_agg")).lower(),
        conversion=_conversion(params) if kind == "conversion" else None,
    )
    node.skip("metadata", "tags")
    node.left_out()
    if params is not node:
        params.skip("input_measures", "conversion_type_params", "is_private")
        params.skip("window", "grain_to_date", "period_agg")  # dbt's manifests have them in both places
        params.left_out()
    return metric


def _measure_input(node: Node, key: str) -> MeasureInput:
    if not node.is_mapping(key):
        return MeasureInput(node.text(key))
    part = node.part(key)
    return MeasureInput(
        part.text("name"), part.texts("filter"), part.text("fill_nulls_with"), part.truth("join_to_timespine")
    )


def _metric_input(node: Node, key: str) -> MetricInput:
    return _input(node.part(key)) if node.is_mapping(key) else MetricInput(node.text(key))


def _metric_inputs(node: Node, key: str) -> list[MetricInput]:
    return [_input(part) for part in node.parts(key)]


def _input(node: Node) -> MetricInput:
    return MetricInput(
        node.text("name"),
        node.text("alias"),
        node.texts("filter"),
        node.text("offset_window").lower(),
        node.text("offset_to_grain").lower(),
    )


def _conversion(params: Node) -> Conversion:
    about = params.part("conversion_type_params") if params.has("conversion_type_params") else params

    def side(measure: str, metric: str) -> MeasureInput | MetricInput:
        return _metric_input(about, metric) if about.has(metric) else _measure_input(about, measure)

    return Conversion(
        base=side("base_measure", "base_metric"),
        converted=side("conversion_measure", "conversion_metric"),
        entity=about.text("entity"),
        window=about.text("window").lower(),
        calculation=about.text("calculation", "conversion_rate").lower(),
        constant=tuple(
            (node.text("base_property"), node.text("conversion_property"))
            for node in about.parts("constant_properties")
        ),
    )
