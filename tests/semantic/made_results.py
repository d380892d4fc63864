"""Hand-made results for display tests, and the parts of a chart that these tests look at."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from semantic.display.charts.charts import Chart
from semantic.model.definitions import DataType, Granularity, NumberFormat, TypeKind
from semantic.query.query import Query
from semantic.results.result import Period, Result, ResultColumn

DAY, WEEK, MONTH, QUARTER = Granularity.DAY, Granularity.WEEK, Granularity.MONTH, Granularity.QUARTER
STRING, DOUBLE, DATE = DataType(TypeKind.STRING), DataType(TypeKind.DOUBLE), DataType(TypeKind.DATE)
REVENUE = ResultColumn(
    name="revenue", label="Revenue", role="value", type=DOUBLE, format=NumberFormat.MONEY, unit="EUR"
)
SPEND = replace(REVENUE, name="spend", label="Spend")
ROAS = ResultColumn(name="roas", label="ROAS", role="value", type=DOUBLE, format=NumberFormat.RATIO, is_ratio=True)
CHANNEL = ResultColumn(name="channel", label="Channel", role="key", type=STRING)
COUNTRY = ResultColumn(name="country", label="Country", role="key", type=STRING)
MONTHS = ResultColumn(name="date_month", label="Month", role="key", type=DATE, grain=MONTH)
WEEKS = ResultColumn(name="date", label="Week", role="key", type=DATE, grain=WEEK)
MONDAY = date(2026, 3, 2)
BEFORE = replace(REVENUE, name="revenue_previous", label="Revenue, previous period", compare="previous")
YEAR = replace(REVENUE, name="revenue_last_year", label="Revenue, same period last year", compare="last_year")


def result(
    columns: Sequence[ResultColumn], rows: Sequence[tuple[Any, ...]], buckets: Sequence[str] = (), **changes: Any
) -> Result:
    """Return a result with these rows, over all available days.

    Rows are members or (none), unless `buckets` says otherwise.
    """
    kinds = {TypeKind.STRING: pa.string(), TypeKind.DOUBLE: pa.float64(), TypeKind.DATE: pa.date32()}
    kinds |= {TypeKind.BOOLEAN: pa.bool_(), TypeKind.INTEGER: pa.int64()}
    kinds |= {TypeKind.TIMESTAMPTZ: pa.timestamp("us", tz="UTC")}
    arrays = [pa.array([row[at] for row in rows], kinds[column.type.kind]) for at, column in enumerate(columns)]
    keys = [at for at, column in enumerate(columns) if column.role == "key"]
    texts = buckets or [",".join("none" if row[at] is None else "member" for at in keys) for row in rows]
    table = pa.table(arrays, names=[column.name for column in columns])
    whole = Result(
        query=Query(metrics=tuple(column.name for column in columns if column.role == "value")),
        table=table.append_column("bucket", pa.array(texts, pa.string())) if keys else table,
        columns=tuple(columns),
        groups=sum("other" not in bucket and "total" not in bucket for bucket in texts),
        title="A question",
        period=Period(None, None, "Europe/Berlin", "all days"),
        filters="",
        scope="",
        notes=(),
        sql="",
        params=(),
        readable_sql="",
        dialect="duckdb",
        model_version="1",
        data_version=None,
        computed_at=datetime(2026, 4, 20, tzinfo=UTC),
        cached=False,
        elapsed_seconds=0.0,
    )
    return replace(whole, **changes)


def traces(chart: Chart, kind: str, mode: str | None = None) -> list[dict[str, Any]]:
    """Return the figure's traces of one kind. Without a mode, these are lines, which have points for the pointer."""
    wanted = mode or ("lines+markers" if kind == "scatter" else None)
    return [trace for trace in sent(chart)["data"] if trace["type"] == kind and trace.get("mode") == wanted]


def sent(chart: Chart) -> dict[str, Any]:
    """Return the figure as sent to the browser."""
    assert chart.figure is not None
    return json.loads(str(chart.figure.to_json(engine="json")))


def tooltips(trace: dict[str, Any]) -> list[list[str]]:
    """Return the lines of each point's tooltip, without phrases for which a point has no text."""
    template = trace["hovertemplate"].removesuffix("<extra></extra>")

    def phrase(words: str, data: list[Any]) -> str:
        texts = [str(data[int(at)]) for at in re.findall(r"%\{customdata\[(\d+)\]\}", words)]
        if texts and not any(texts):
            return ""
        words = words.replace("%{fullData.name}", trace.get("name", ""))
        return re.sub(r"%\{customdata\[(\d+)\]\}", lambda at: str(data[int(at[1])]), words)

    def line(words: str, data: list[Any]) -> str:
        phrases = [phrase(one, data) for one in words.split(" \N{MIDDLE DOT} ")]
        return " \N{MIDDLE DOT} ".join(one for one in phrases if one)

    return [[said for words in template.split("<br>") if (said := line(words, data))] for data in trace["customdata"]]


def numbers(trace: dict[str, Any]) -> list[str]:
    """Return the number that each point's tooltip begins with."""
    return [lines[0].removeprefix("<b>").partition("</b>")[0] for lines in tooltips(trace)]


def layout(chart: Chart) -> dict[str, Any]:
    return sent(chart)["layout"]


def notes(chart: Chart) -> list[str]:
    return [note["text"] for note in layout(chart)["annotations"]]


def week(number: int) -> date:
    return MONDAY + timedelta(weeks=number)
