"""Describe the rows behind a cell: the cell, the number of rows, and what is hidden in them."""

from __future__ import annotations

from semantic.display.format import counted
from semantic.model.definitions import TypeKind
from semantic.query.describe import lower_first
from semantic.results.records import Records


def describe_count(records: Records) -> str:
    """Return the number of rows shown, such as `200 of 1,240 rows of orders`.

    If each row has a value, the text also says that the largest ones come first.
    """
    what = f"of {lower_first(records.dataset.label)}"
    shown = records.table.num_rows
    if shown == records.count:
        return f"{counted(records.count, 'row')} {what}"
    has_value = any(column.role == "value" for column in records.columns)
    return f"{shown:,} of {counted(records.count, 'row')} {what}" + (", largest first" if has_value else "")


def describe_notes(records: Records) -> list[str]:
    """Return notes on the rows: which ones the reader can see, what is hidden in them, and which are left out."""
    notes: list[str] = []
    if any(column.type.kind is TypeKind.TIMESTAMPTZ for column in records.columns):
        notes.append(f"Times are in {records.time_zone}.")
    if records.table.num_rows < records.count:
        notes.append("This list is truncated. The number uses all rows.")
    if records.is_closed:
        notes.append(
            f"You can't see what each row adds to {lower_first(records.metric.label)}, because your policy masks it."
        )
    if records.scope:
        notes.append(f"{records.scope}. Only these rows are listed and counted.")
    return notes
