"""Every icon that the pages name can be drawn by the browser. A wrong name would fail only where it's shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from streamlit.material_icon_names import ALL_MATERIAL_ICONS

from pages.explore.result.show import FAILED

ROOT = Path(__file__).parents[4]
PLACES = (*sorted((ROOT / "pages").rglob("*.py")), ROOT / "semantic" / "display" / "trust.py")
TAKE = {"Fact": 1, "notice": 1, "empty_state": 0, "chip": 1, "Starter": 3}
"""The argument of each app function that takes the name of an icon."""


def named(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from re.findall(r":material/(\w+):", node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TAKE:
            place = TAKE[node.func.id]
            argument = node.args[place] if place < len(node.args) else None
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def test_every_icon_is_known() -> None:
    icons = {("show.py", icon) for icon, _ in FAILED.values()}
    icons |= {(path.name, name) for path in PLACES for name in named(ast.parse(path.read_text("utf-8")))}
    assert len({name for _, name in icons}) > 40, "hardly an icon was found, so hardly one was checked"
    assert not {icon for icon in icons if icon[1] not in ALL_MATERIAL_ICONS}
