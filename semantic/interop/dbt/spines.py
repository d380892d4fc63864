"""Convert dbt's time spines to a dataset with one row per day, and their custom periods to a calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semantic.interop.column_types import Columns, type_text
from semantic.interop.dbt.nouns import Manifest, TimeSpine
from semantic.interop.dbt.read import custom_names
from semantic.interop.loss import Losses
from semantic.interop.names import fit_name
from semantic.interop.sql_names import as_column

Doc = dict[str, Any]

_PERIOD_TYPES = ("date", "string", "integer")


def make_spines(manifest: Manifest, taken: list[str], columns: Columns, losses: Losses) -> tuple[list[Doc], list[Doc]]:
    """Return the datasets and calendars: the table of days, and a calendar if it has custom granularities.

    Without a table of days, the days come from the table with the longest period shorter than a day.
    """
    datasets: list[Doc] = []
    calendars: list[Doc] = []
    chosen, named = _chosen(manifest), custom_names(manifest.spines)
    for spine in manifest.spines:
        if spine.granularity in CLOCK and spine.custom:
            names = ", ".join(name for name, _ in spine.custom)
            why = f"{names} left out: custom granularities are only read from the table of days"
            losses.add(f"time spine {spine.name}", why, spine.file)
        if spine.granularity not in (*CLOCK, "day"):
            why = f"only tables of days and shorter periods are used, not one of each {spine.granularity}"
            losses.add(f"time spine {spine.name}", why, spine.file)
        elif chosen[spine.granularity] is not spine:
            why = f"is not used: {chosen[spine.granularity].name} is the table used for each {spine.granularity}"
            losses.add(f"time spine {spine.name}", why, spine.file)
        if spine is not chosen.get("day") or spine.carried.get("made"):
            continue  # clock_spines handles the others; or our export made it because dbt needs one
        if "dataset" in spine.carried:  # written by our export
            datasets.append(spine.carried["dataset"])
            calendars += spine.carried.get("calendars", [])
            continue
        name = fit_name(spine.name, taken, "spine")
        day = fit_name(f"{name}_{spine.column}")
        types = _types(spine, columns)
        dimensions = [{"name": day, "kind": "time", "sql": as_column(spine.column)}]
        periods: list[Doc] = []
        for period, column in spine.custom:
            dimension = fit_name(f"{name}_{column}")
            dimensions.append({"name": dimension, "sql": as_column(column)})
            if types[column] in ("date", "timestamp", "timestamptz"):
                dimensions[-1]["kind"] = "time"
            periods.append({"name": named[period], "dimension": dimension})
            if named[period] != period:
                why = f"is named {named[period]} here, because the name belongs to something else"
                losses.add(f"custom granularity {period}", why, spine.file, "renamed")
        datasets.append({
            "name": name, **_source(spine, types), "grain": [spine.column],
            "columns": {column: "date" if _is_cast(column, spine, types) else kind for column, kind in types.items()},
            "dimensions": dimensions, "time": day,
        })  # fmt: skip
        if periods:
            calendars.append({"name": name, "dataset": name, "day": day, "periods": periods})
    if "day" not in chosen and (unit := next((unit for unit in CLOCK if unit in chosen), "")):
        datasets.append(_days_of(chosen[unit], taken))
    return datasets, calendars


def _chosen(manifest: Manifest) -> dict[str, TimeSpine]:
    """Return the table that dbt uses for each period, which is the last one if there are several."""
    return {spine.granularity: spine for spine in manifest.spines}


def _days_of(spine: TimeSpine, taken: list[str]) -> Doc:
    """Return a dataset of the days in a table of shorter periods."""
    name, column = fit_name(f"{spine.name}_days", taken, "spine"), as_column(spine.column)
    return {
        "name": name, "sql": f"SELECT DISTINCT CAST({column} AS DATE) AS spine_day FROM {spine.table}",
        "grain": ["spine_day"], "columns": {"spine_day": "date"},
        "dimensions": [{"name": f"{name}_day"[:63], "kind": "time", "sql": "spine_day"}], "time": f"{name}_day"[:63],
    }  # fmt: skip


CLOCK = ("hour", "minute", "second", "millisecond")
"""The periods shorter than a day that a model can have a spine for."""


def clock_spines(manifest: Manifest, taken: list[str], columns: Columns) -> dict[str, Doc]:
    """Return the tables of hours, minutes, seconds and milliseconds, by period."""
    clock_spines: dict[str, Doc] = {}
    for one in _chosen(manifest).values():
        if one.granularity in CLOCK:
            if "dataset" in one.carried:
                clock_spines[one.granularity] = one.carried["dataset"]
                continue
            name = fit_name(one.name, [*taken, *(str(doc["name"]) for doc in clock_spines.values())], "spine")
            time = fit_name(f"{name}_{one.column}")
            clock_spines[one.granularity] = {
                "name": name, **_source(one, {}), "grain": [one.column], "columns": {one.column: "timestamp"},
                "dimensions": [{"name": time, "kind": "time", "sql": as_column(one.column), "grain": one.granularity}],
                "time": time,
            }  # fmt: skip
            if one.granularity == "millisecond":
                del clock_spines[one.granularity]["dimensions"][0]["grain"]
    return clock_spines


def spine_of(doc: Doc, manifest: Manifest) -> str:
    """Return a spine's name in a model: its dataset and time dimension."""
    kept = (spine.carried for spine in manifest.spines if spine.carried.get("dataset", {}).get("name") == doc["name"])
    return next((str(carried["spine"]) for carried in kept), f"{doc['name']}.{doc['time']}")


def _types(spine: TimeSpine, columns: Columns) -> Mapping[str, str]:
    """Return the types of the columns in use. Columns of unknown type count as instants."""
    used = [spine.column, *(column for _, column in spine.custom)]
    texts = {column: text for column, kind in (columns(spine.table) or {}).items() if (text := type_text(kind))}
    return {column: texts.get(column, "timestamp") for column in used}


def _is_cast(column: str, spine: TimeSpine, types: Mapping[str, str]) -> bool:
    """Return whether a column is cast to a date. Days are, and so are periods identified by an instant."""
    return types[column] != "date" and (column == spine.column or types[column] not in _PERIOD_TYPES)


def _source(spine: TimeSpine, types: Mapping[str, str]) -> Doc:
    if not any(_is_cast(column, spine, types) for column in types):
        return {"table": spine.table}
    names = {name: as_column(name) for name in types}
    parts = [f"CAST({sql} AS DATE) AS {sql}" if _is_cast(name, spine, types) else sql for name, sql in names.items()]
    return {"sql": f"SELECT {', '.join(parts)} FROM {spine.table}"}
