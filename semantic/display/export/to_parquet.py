"""An answer as Parquet: typed columns, described in the file's metadata.

The columns are the same as in the table on screen. A key is null in a total, in Other, and if it has no value; `bucket`
says which of these applies to each key. A share is a fraction of 1. The change of a share is in percentage points, and
any other change is a fraction of 1.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import pyarrow as pa
import pyarrow.parquet as pq

from semantic.annotations.annotation import Annotation
from semantic.display.export.about import About, data_version
from semantic.display.export.remarks import remark_data
from semantic.display.export.rows import FileColumn, file_columns
from semantic.query.codec import query_to_json
from semantic.query.resolve import BUCKET
from semantic.results.result import Result


def to_parquet(result: Result, about: About, remarks: Sequence[Annotation] = ()) -> bytes:
    """Return the answer as a Parquet file. The same result gives the same bytes."""
    columns = [file_column for file_column in file_columns(result, judged=False) if file_column.kind != "row"]
    taken = {file_column.name for file_column in columns}
    arrays: list[pa.Array | pa.ChunkedArray] = []
    fields: list[pa.Field] = []
    for file_column in columns:
        is_change = file_column.kind == "change"
        array = pa.array(file_column.cells, pa.float64()) if is_change else result.table.column(file_column.name)
        arrays.append(array)
        fields.append(pa.field(_name(file_column, taken), array.type, metadata=_column_description(file_column)))
    if result.keys:
        arrays.append(result.table.column(BUCKET))
        fields.append(pa.field(BUCKET, pa.string()))
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays, schema=pa.schema(fields, metadata=_metadata(result, about, remarks))), sink)
    return sink.getvalue().to_pybytes()


def _name(column: FileColumn, taken: set[str]) -> str:
    """Return a column's name in the file. A change has the comparison's name with a suffix: revenue_previous_change."""
    name = column.name.replace(" ", "_")
    return name if column.kind == "change" and name not in taken else column.name


def _column_description(column: FileColumn) -> dict[str, str]:
    """Return the description of one column, for people who open the file without Samepage."""
    assert column.column is not None
    unit = ("percentage points" if column.is_points else "1 = 100%") if column.kind == "change" else column.column.unit
    return {"label": column.label, "kind": column.kind, "unit": unit, "format": column.column.format.value}


def _metadata(result: Result, about: About, remarks: Sequence[Annotation]) -> dict[str, str]:
    """Return the file's metadata, with keys that begin with `samepage.`: question, definitions and versions."""
    period = {
        "start": result.period.start.isoformat() if result.period.start else None,
        "end": result.period.end.isoformat() if result.period.end else None,  # the day after the last
        "time_zone": result.period.time_zone,
        "words": result.period.words,
    }
    metadata = {
        "title": result.title,
        "question": query_to_json(result.query),
        "period": json.dumps(period, ensure_ascii=False),
        "filters": result.filters,
        "scope": result.scope,
        "notes": json.dumps(result.notes, ensure_ascii=False),
        "groups": str(result.groups),
        "facts": json.dumps(about.facts, ensure_ascii=False),
        "definitions": json.dumps([asdict(definition) for definition in about.definitions], ensure_ascii=False),
        "model_version": result.model_version,
        "data_version": data_version(result),
        "receipt": result.receipt,
        "computed_at": result.computed_at.isoformat(),
        "sql": about.sql,
        "remarks": json.dumps(remark_data(remarks), ensure_ascii=False) if remarks else "",
    }
    return {f"samepage.{name}": text for name, text in metadata.items() if text}
