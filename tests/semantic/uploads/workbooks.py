"""Workbooks for tests, as Excel would write them, and broken ones that no program would write."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

from openpyxl import Workbook


def made(fill: Callable[[Any], None]) -> bytes:
    """Return the bytes of a workbook. `fill` fills its first sheet."""
    book = Workbook()
    fill(book.active)
    return saved(book)


def saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def rows(*lines: list[object]) -> bytes:
    """Return the bytes of a workbook with these rows."""

    def fill(sheet: Any) -> None:
        for line in lines:
            sheet.append(line)

    return made(fill)


def changed(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """Return the same workbook with parts replaced or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, part in parts.items():
            new.writestr(name, part)
    return target.getvalue()
