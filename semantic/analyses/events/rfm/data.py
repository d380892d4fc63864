"""Read and check RFM in plain data, and write it back. Unknown keys are refused, never ignored."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from semantic.analyses.events.parts import (
    POPULATION_KEYS,
    breakdown_data,
    event_data,
    population_data,
    read_breakdown,
    read_event,
    read_population,
)
from semantic.analyses.events.rfm.question import AXES, LEVELS, QUINTILES, Rfm
from semantic.errors import InvalidQuery
from semantic.query.checked import items, mapping, number
from semantic.query.query import DATE

KEYS = ("kind", "v", "orders", "money", "order", "percent", "cuts", *POPULATION_KEYS)


def read_rfm(data: object) -> Rfm:
    """Return the RFM analysis in JSON-like data. Raises InvalidQuery."""
    fields = mapping(data, "The RFM analysis", KEYS)
    if fields.get("kind", "rfm") != "rfm" or fields.get("v", 1) != 1:
        raise InvalidQuery("Samepage can't read this RFM analysis. Use the kind rfm, version 1.")
    for key, what in (("orders", "whose rows are orders"), ("money", "which adds up what was spent")):
        if fields.get(key) is None:
            raise InvalidQuery(f"RFM needs a metric {key!r}, {what}.")
    if "percent" in fields and "cuts" in fields:
        raise InvalidQuery("Scores are cut by 'percent' or by 'cuts'. Remove one of them.")
    order = read_breakdown(fields["order"], "order") if fields.get("order") is not None else None
    if order is not None and (order.grain is not None or order.dim == DATE):
        raise InvalidQuery("Orders can't be told apart by their date. Choose another dimension.")
    return Rfm(
        population=read_population(fields),
        orders=read_event(fields["orders"], "'orders'")[0],
        money=read_event(fields["money"], "'money'")[0],
        order=order,
        percent=_percent(fields["percent"]) if fields.get("percent") is not None else QUINTILES,
        cuts=_cuts(fields["cuts"]) if fields.get("cuts") is not None else (),
    )


def rfm_data(rfm: Rfm) -> dict[str, Any]:
    """Return the RFM analysis as JSON-ready data. Default values are left out."""
    data: dict[str, Any] = {"kind": "rfm", "v": 1, **population_data(rfm.population)}
    data |= {"orders": event_data(rfm.orders), "money": event_data(rfm.money)}
    if rfm.order is not None:
        data["order"] = breakdown_data(rfm.order)
    if rfm.cuts:
        data["cuts"] = {axis: [_plain(cut) for cut in cuts] for axis, cuts in zip(AXES, rfm.cuts, strict=True)}
    elif rfm.percent != QUINTILES:
        data["percent"] = [*rfm.percent]
    return data


def _percent(data: object) -> tuple[int, ...]:
    percent = items(data, "percent")
    if len(percent) + 1 not in LEVELS or not all(type(each) is int and 0 < each < 100 for each in percent):
        raise InvalidQuery("'percent' must be 2 or 4 whole numbers below 100, such as [20, 40, 60, 80].")
    if sorted(set(percent)) != percent:
        raise InvalidQuery("'percent' must be in ascending order.")
    return tuple(percent)


def _cuts(data: object) -> tuple[tuple[Decimal, ...], ...]:
    fields = mapping(data, "'cuts'", AXES)
    if set(fields) != set(AXES):
        raise InvalidQuery("'cuts' needs recency (in days), frequency (in orders) and money.")
    cuts = tuple(tuple(Decimal(str(number(each, axis))) for each in items(fields[axis], axis)) for axis in AXES)
    if len({len(each) for each in cuts}) > 1 or len(cuts[0]) + 1 not in LEVELS:
        raise InvalidQuery("Each of 'cuts' must have 2 numbers, or each 4, such as [30, 90, 180, 365].")
    if any(sorted(set(each)) != list(each) for each in cuts):
        raise InvalidQuery("Each of 'cuts' must be in ascending order.")
    return cuts


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
