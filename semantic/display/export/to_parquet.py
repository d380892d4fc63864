"""An answer as Parquet: typed columns under their names, and everything known about them in the file's metadata.

Columns are those of the table on screen. A key is null in a total, in Other and without a value; `bucket` says which,
for each key. A share is a fraction of 1; its change is in percentage points, any other change a fraction of 1.
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


def to_parquet(result: Result, said: About, remarks: Sequence[Annotation] = ()) -> bytes:
    """The file. The same result gives the same bytes."""
    columns = [one for one in file_columns(result, judged=False) if one.kind != "row"]
    taken = {one.name for one in columns}
    arrays: list[pa.Array | pa.ChunkedArray] = []
    fields: list[pa.Field] = []
    for one in columns:
        is_change = one.kind == "change"
        array = pa.array(one.cells, pa.float64()) if is_change else result.table.column(one.name)
        arrays.append(array)
        fields.append(pa.field(_name(one, taken), array.type, metadata=_told(one)))
    if result.keys:
        arrays.append(result.table.column(BUCKET))
        fields.append(pa.field(BUCKET, pa.string()))
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays, schema=pa.schema(fields, metadata=_metadata(result, said, remarks))), sink)
    return sink.getvalue().to_pybytes()


def _name(one: FileColumn, taken: set[str]) -> str:
    """A change is named after the comparison's column: revenue_previous_change."""
    name = one.name.replace(" ", "_")
    return name if one.kind == "change" and name not in taken else one.name


def _told(one: FileColumn) -> dict[str, str]:
    """A description of one column, for people who open the file without Samepage."""
    assert one.column is not None
    unit = ("percentage points" if one.is_points else "1 = 100%") if one.kind == "change" else one.column.unit
    return {"label": one.label, "kind": one.kind, "unit": unit, "format": one.column.format.value}


def _metadata(result: Result, said: About, remarks: Sequence[Annotation]) -> dict[str, str]:
    """The facts under `samepage.` names, including the question, the definitions and the versions for programs."""
    period = {
        "start": result.period.start.isoformat() if result.period.start else None,
        "end": result.period.end.isoformat() if result.period.end else None,  # the day after the last
        "time_zone": result.period.time_zone,
        "words": result.period.words,
    }
    found = {
        "title": result.title,
        "question": query_to_json(result.query),
        "period": json.dumps(period, ensure_ascii=False),
        "filters": result.filters,
        "scope": result.scope,
        "notes": json.dumps(result.notes, ensure_ascii=False),
        "groups": str(result.groups),
        "facts": json.dumps(said.facts, ensure_ascii=False),
        "definitions": json.dumps([asdict(one) for one in said.definitions], ensure_ascii=False),
        "model_version": result.model_version,
        "data_version": data_version(result),
        "receipt": result.receipt,
        "computed_at": result.computed_at.isoformat(),
        "sql": said.sql,
        "remarks": json.dumps(remark_data(remarks), ensure_ascii=False) if remarks else "",
    }
    return {f"samepage.{name}": text for name, text in found.items() if text}
