"""Time spines of dbt as calendars: datasets of one row per period, with periods of one's own."""

from __future__ import annotations

from typing import Any

from semantic.interop.column_types import Columns, type_text
from semantic.interop.dbt_nouns import Manifest
from semantic.interop.loss import Losses
from semantic.interop.names import fit_name
from semantic.model.definitions import Granularity

Doc = dict[str, Any]


def make_spines(manifest: Manifest, taken: list[str], columns: Columns, losses: Losses) -> tuple[list[Doc], list[Doc]]:
    """(datasets, calendars), one of each for a spine whose period we have; the rest are losses."""
    datasets: list[Doc] = []
    calendars: list[Doc] = []
    for one in manifest.spines:
        if one.granularity not in [grain.value for grain in Granularity]:
            losses.add(f"time spine {one.name}", f"there is no period {one.granularity} here; left out", one.file)
            continue
        name = fit_name(one.name, [*taken, *(str(doc["name"]) for doc in datasets)], "spine")
        found = columns(one.table) or {}
        types = {column: text for column, kind in found.items() if (text := type_text(kind))}
        types = (
            one.carried.get("columns")
            or types
            or {one.column: "timestamp"} | {column: "timestamp" for _, column in one.custom}
        )
        day = fit_name(f"{name}_{one.column}")
        datasets.append({
            "name": name,
            "table": one.table,
            "grain": [one.column],
            "columns": types,
            "dimensions": [{"name": day, "kind": "time", "sql": one.column}],
            "time": day,
        })  # fmt: skip
        calendar: Doc = {"name": name, "dataset": name, "day": day, "grain": one.granularity}
        if one.custom:
            calendar["periods"] = [{"name": fit_name(period), "sql": column} for period, column in one.custom]
        calendars.append(calendar)
    return datasets, calendars
