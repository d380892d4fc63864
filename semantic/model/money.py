"""Find out which metrics are amounts of money and in which currency, and check the exchange rates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from semantic.errors import Problem
from semantic.model.definitions import (
    Aggregation,
    Dataset,
    Described,
    Measure,
    Metric,
    NumberFormat,
    TypeKind,
)
from semantic.model.expression import unknown_columns
from semantic.model.model import Model
from semantic.model.types import infer_type

COUNTS = (
    Aggregation.COUNT, Aggregation.COUNT_DISTINCT, Aggregation.APPROX_COUNT_DISTINCT, Aggregation.SUM_BOOLEAN,
)  # fmt: skip


def is_money(metric: Metric) -> bool:
    """Return whether a metric's unit is a currency."""
    return metric.format is NumberFormat.MONEY and len(metric.unit) == 3 and metric.unit.isupper()


def fixed_currency(measure: Measure, dataset: Dataset) -> str:
    """Return the currency of a measure's amounts, or "" if it varies by row or if they aren't money."""
    return "" if measure.currency in dataset.columns else measure.currency


def shown_unit(metric: Metric, currency: str | None) -> str:
    """Return a metric's unit in a question that asks for amounts in `currency`. None keeps the metric's own unit."""
    return currency if currency and is_money(metric) else metric.unit


def money_problems(model: Model) -> Iterator[Problem]:
    """Yield each problem with exchange rates and with measures whose amounts are in several currencies."""
    rates = model.settings.rates
    if rates is not None:
        dataset = model.datasets.get(rates.dataset)
        if dataset is None:
            yield Problem("", 1, f"The rates are in {rates.dataset!r}, which is not a dataset.", "Define it.")
        else:
            yield from _rate_problems(dataset, model)
    for dataset in model.datasets.values():
        for measure in dataset.measures.values():
            yield from _measure_problems(measure, dataset, model)
    yield from _unit_problems(model)


def _unit_problems(model: Model) -> Iterator[Problem]:
    """Yield a problem for each metric whose unit is a different currency from that of its amounts."""
    units: dict[str, Metric] = {}
    for metric in model.metrics.values():
        if model.settings.rates is not None and metric.format is NumberFormat.MONEY and not is_money(metric):
            message = f"{metric.name!r} is money, but its unit {metric.unit!r} is not a currency."
            yield _at(metric, message, f"Write a three-letter code: `unit: {model.settings.currency}`.")
        if not metric.is_simple:
            currencies = sorted(_currencies(metric, model, set()))
            if len(currencies) > 1:
                message = f"{metric.name!r} mixes amounts in {' and in '.join(currencies)}."
                yield _at(
                    metric, message, "Give its measures `currency:` and the same unit, so that they are converted."
                )
            continue
        measure = model.measure(metric.measure) if _is_there(metric.measure, model) else None
        if measure is not None and measure.currency and measure.agg not in COUNTS:
            unit = fixed_currency(measure, model.datasets[measure.dataset]) or model.settings.currency
            if not is_money(metric) or metric.unit != unit:
                message = f"{metric.name!r} shows amounts of {metric.measure!r} as {metric.unit or 'plain numbers'!r}."
                yield _at(
                    metric,
                    message,
                    f"They are in {unit}: write `unit: {unit}` and `format: money`.",
                )
        elif is_money(metric):
            other = units.setdefault(metric.measure, metric)
            if other.unit != metric.unit:
                message = f"{metric.measure!r} is {other.unit} in {other.name!r} and {metric.unit} in {metric.name!r}."
                yield _at(metric, message, "A measure has one currency: use the same unit.")


def _currencies(metric: Metric, model: Model, seen: set[str]) -> set[str]:
    """Return all currencies of the amounts that a metric is computed from."""
    if metric.is_simple:
        return {metric.unit} if is_money(metric) else set()
    currencies: set[str] = set()
    for name in metric.inputs:
        if name not in seen and name in model.metrics:
            seen.add(name)
            currencies |= _currencies(model.metrics[name], model, seen)
    return currencies


def _is_there(measure: str, model: Model) -> bool:
    dataset, _, name = measure.partition(".")
    return dataset in model.datasets and name in model.datasets[dataset].measures


def _rate_problems(dataset: Dataset, model: Model) -> Iterator[Problem]:
    rates = model.settings.rates
    assert rates is not None
    for column in (rates.currency, rates.day, rates.rate):
        if column not in dataset.columns:
            yield _at(dataset, f"The rates read {column!r}, which is not a column of {dataset.name!r}.", "Add it.")
            return
    if set(dataset.grain) != {rates.currency, rates.day}:
        message = f"{dataset.name!r} needs one rate for each currency and day, but has another grain."
        yield _at(dataset, message, f"Its `grain:` must be [{rates.currency}, {rates.day}].")
    if dataset.columns[rates.currency].kind is not TypeKind.STRING:
        message = f"The currency of a rate has the type {dataset.columns[rates.currency]}."
        yield _at(dataset, message, "Make it a string: EUR.")
    if dataset.columns[rates.day].kind is not TypeKind.DATE:
        yield _at(dataset, f"The day of a rate has the type {dataset.columns[rates.day]}.", "Make it a date.")
    if dataset.columns[rates.rate].kind not in (TypeKind.DECIMAL, TypeKind.DOUBLE):
        yield _at(dataset, f"A rate has the type {dataset.columns[rates.rate]}.", "Make it decimal(18,8).")


def _measure_problems(measure: Measure, dataset: Dataset, model: Model) -> Iterator[Problem]:
    if measure.local is not None and not measure.currency:
        message = f"The measure {measure.name!r} has local amounts but no currency."
        yield _at(measure, message, "Name its column in `currency:`.")
    if not measure.currency:
        return
    if model.settings.rates is None:
        message = f"The measure {measure.name!r} is in several currencies, but the model has no exchange rates."
        yield _at(measure, message, "Add `rates:` next to `currency:` in the model's settings.")
    if measure.currency not in dataset.columns and not re.match(r"^[A-Z]{3}\Z", measure.currency):
        message = f"The currency of {measure.name!r} is {measure.currency!r}, which is not a column of"
        yield _at(measure, f"{message} {dataset.name!r}.", "Name the column, or one currency such as EUR.")
    named = dataset.columns.get(measure.currency)
    if named is not None and named.kind is not TypeKind.STRING:
        message = f"The currency of {measure.name!r} has the type {named}."
        yield _at(measure, message, "Name a column of strings: EUR.")
    if measure.local is not None and named is None:
        message = f"The measure {measure.name!r} is only in {measure.currency!r}, but has local amounts."
        yield _at(measure, message, "Remove `local:`, or name the column of their currencies.")
    if measure.agg in COUNTS:
        message = f"The measure {measure.name!r} is a count, but has a currency."
        yield _at(measure, message, "Remove `currency:`.")
    if measure.local is not None:
        for name in unknown_columns(measure.local, dataset.columns):
            message = f"The local amount of {measure.name!r} reads {name!r}, which is not a column of"
            yield _at(measure, f"{message} {dataset.name!r}.", "Add it.")
        kind = infer_type(measure.local.tree, dataset.columns)
        if kind is None or not kind.is_number:
            yield _at(measure, f"The local amount of {measure.name!r} is not a number.", "Cast it to decimal.")


def _at(thing: Described, message: str, remedy: str) -> Problem:
    return Problem(thing.file, thing.line, message, remedy)
