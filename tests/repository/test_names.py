"""An import of a name that doesn't exist is reported with its line.

An import of a name that exists in any form isn't reported.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import names

THERE = """
from pathlib import Path
LIMIT: int = 3
first, (second, *rest) = 1, (2, 3)
try:
    import fast as engine
except ImportError:
    engine = None
if LIMIT:
    def late(): ...
class Order: ...
with open("x") as handle:
    pass
"""


def problems_of(folder: Path, importing: str) -> list[str]:
    (folder / "app.py").write_text("")
    for package in ("pages", "semantic", "connectors", "tests"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text("")
    (folder / "semantic" / "there.py").write_text(THERE)
    (folder / "semantic" / "open.py").write_text("def __getattr__(name): return name\n")
    (folder / "pages" / "page.py").write_text(importing)
    return list(names.missing_names(names.read_modules(folder)))


@pytest.mark.parametrize(
    "line",
    [
        "from semantic.there import Path, LIMIT, first, second, rest, engine, late, Order, handle",
        "from semantic import there; print(there.LIMIT)",
        "from semantic import there as t; print(t.Order)",
        "from semantic.open import anything",
        "from elsewhere import anything",
        "from semantic import there\ndef use(there): return there.whatever",
    ],
)
def test_a_name_that_exists_is_not_reported(tmp_path: Path, line: str) -> None:
    assert problems_of(tmp_path, line) == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("from semantic.there import gone", "pages/page.py:1: semantic.there has no gone."),
        ("from semantic import gone", "pages/page.py:1: semantic has no gone."),
        ("def f():\n    from semantic.there import gone", "pages/page.py:2: semantic.there has no gone."),
        ("from semantic import there\nthere.gone()", "pages/page.py:2: semantic.there has no gone."),
        ("from semantic import there as t\nprint(t.gone)", "pages/page.py:2: semantic.there has no gone."),
    ],
)
def test_a_missing_name_is_reported_with_its_line(tmp_path: Path, line: str, problem: str) -> None:
    assert problems_of(tmp_path, line) == [problem]


def test_every_imported_name_in_this_project_exists() -> None:
    assert list(names.missing_names(names.read_modules(names.ROOT))) == []
