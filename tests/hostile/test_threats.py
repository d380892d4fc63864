"""The page about attacks names existing tests for every attacker, and gives the status of every chapter."""

from __future__ import annotations

import ast
import re

import pytest

from tests.repository.test_house import ROOT

PAGE = (ROOT / "docs/explanation/security.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("<!-- threats -->")[2].partition("<!-- end -->")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if line.startswith("| ")][
    1:
]


def test_the_table_of_threats_is_complete() -> None:
    assert len(ROWS) > 45
    assert all(len(row) == 4 and all(row) for row in ROWS)
    attackers = {row[0] for row in ROWS}
    wanted = {"stranger", "signed in", "steward", "another site", "copied cookie", "store writer", "log reader"}
    assert wanted | {"poisoned file", "dependency"} <= attackers


@pytest.mark.parametrize("name", [row[3].strip("`") for row in ROWS])
def test_every_claimed_test_exists(name: str) -> None:
    place, _, test = name.partition("::")
    file = ROOT / place
    assert file.is_file(), place
    functions = [
        node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    ]
    (found_node,) = [node for node in functions if node.name == test]
    assert not any("skip" in ast.unparse(one) for one in found_node.decorator_list), f"{name} does not run"


def test_each_chapter_of_the_standard_is_listed_once() -> None:
    chapters = re.findall(
        r"^\| V(\d+) [^|]+\| (met|met, with a gap|with the provider|with a proxy|not applicable) \|", PAGE, re.MULTILINE
    )
    assert [int(number) for number, _ in chapters] == list(range(1, 18))
