"""Rows behind a cell in words: what they belong to, how many are shown, and what is hidden in them."""

from __future__ import annotations

from semantic.display.format import counted
from semantic.query.describe import lower_first
from semantic.results.records import Records


def describe_count(found: Records) -> str:
    """`200 of 1,240 rows of orders`, largest first if each has a value."""
    what = f"of {lower_first(found.dataset.label)}"
    shown = found.table.num_rows
    if shown == found.count:
        return f"{counted(found.count, 'row')} {what}"
    has_value = any(one.role == "value" for one in found.columns)
    return f"{shown:,} of {counted(found.count, 'row')} {what}" + (", largest first" if has_value else "")


def describe_notes(found: Records) -> list[str]:
    """What a reader must know: which rows they see, what is hidden from them, what the list leaves out."""
    notes: list[str] = []
    if found.table.num_rows < found.count:
        notes.append("List truncated. The number uses all rows.")
    if found.is_closed:
        notes.append(f"You can't see what each row adds to {lower_first(found.metric.label)}: your policy masks it.")
    if found.scope:
        notes.append(f"{found.scope}. Only these rows are listed and counted.")
    return notes
