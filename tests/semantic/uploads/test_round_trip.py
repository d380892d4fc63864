"""Random tables in random dialects of CSV are read back equal or refused with a reason, and never misread."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from semantic.errors import UnreadableFile
from semantic.uploads.reading import Choices, Reading, read_file

TEXT = st.text(
    st.characters(codec="cp1252", exclude_categories=["Cc", "Cf", "Zs", "Zl", "Zp"]), min_size=1, max_size=12
)
WORDS = st.lists(TEXT, min_size=1, max_size=3).map(" ".join).map(lambda text: f"w{text}")
"""Texts that begin with a letter, so that no other type fits."""
ROWS = st.lists(
    st.tuples(
        WORDS,
        st.dates(date(2000, 1, 1), date(2049, 12, 31)),
        st.decimals(-(10**9), 10**9, places=2),
        st.integers(-(10**12), 10**12),
    ),
    min_size=1,
    max_size=12,
)


def written(rows: list[tuple[Any, ...]], *, delimiter: str, german: bool, line: str, quoting: Any) -> str:
    content = io.StringIO()
    writer = csv.writer(content, delimiter=delimiter, lineterminator=line, quoting=quoting)
    writer.writerow(["name", "day", "amount", "count"])
    for name, day, amount, count in rows:
        number = f"{amount:,.2f}"
        if german:
            number = number.replace(",", " ").replace(".", ",").replace(" ", ".")
        writer.writerow([name, f"{day:%d.%m.%Y}" if german else day.isoformat(), number, count])
    return content.getvalue()


@settings(max_examples=40, deadline=None)
@given(
    rows=ROWS,
    delimiter=st.sampled_from(",;\t|"),
    german=st.booleans(),
    line=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_a_table_round_trips(
    rows: list[tuple[Any, ...]], delimiter: str, german: bool, line: str, quoting: Any, encoding: str
) -> None:
    text = written(rows, delimiter=delimiter, german=german, line=line, quoting=quoting)
    choices = Choices(encoding="cp1252") if encoding == "cp1252" else None  # which bytes alone can't prove
    reading = read_file(text.encode(encoding), choices)
    assert reading.questions == ()
    expected = [(name, day, Decimal(amount), count) for name, day, amount, count in rows]
    assert reading.table().rows() == expected


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_as_a_table_or_refused_with_a_message(content: bytes) -> None:
    reading = read_or_refuse(content)
    if isinstance(reading, Reading):
        assert reading.rows > 0
        assert reading.questions or reading.table().height == reading.rows
    else:
        assert str(reading).endswith(".")


def read_or_refuse(content: bytes) -> Reading | UnreadableFile:
    try:
        return read_file(content)
    except UnreadableFile as error:
        return error
