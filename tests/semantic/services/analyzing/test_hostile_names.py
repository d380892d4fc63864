"""Names of events are text that anyone can write. A chart shows them as plain text, without markup or templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events.definition import analysis_from_data
from semantic.display.tokens import LIGHT
from semantic.services.analyzing.presentation import analysis_shown
from semantic.services.analyzing.run import analyze
from tests.semantic.analyses.events.logged import make_log, open_log

NAME = '=<a href="javascript:x">E</a> {} %{x}'
EVENT = {"metric": "views", "name": NAME}
FUNNEL = {"kind": "funnel", "steps": [EVENT, "carts"]}
DEFINITIONS: list[dict[str, Any]] = [
    FUNNEL | {"by": "device"},
    {"kind": "paths", "events": [EVENT, "carts"], "from": EVENT},
    {"kind": "retention", "first": EVENT, "unit": "week", "over": "week"},
    {"kind": "overlap", "channels": [EVENT, "carts"], "then": EVENT, "within": "7 days"},
    {"kind": "pressure", "channels": [EVENT, "carts"], "then": EVENT, "within": "7 days"},
    {"kind": "maturity", "first": EVENT, "then": EVENT, "over": "day", "within": "5 days"},
    {"kind": "rfm", "orders": EVENT, "money": {"metric": "revenue", "name": NAME}},
    {
        "kind": "profile", "at": EVENT, "by": ["device", "product"],
        "who": {"analysis": FUNNEL | {"subject": "person"}, "part": {"reached": 2}},
    },
]  # fmt: skip


def texts_in(data: object) -> list[str]:
    if isinstance(data, dict):
        return [text for value in data.values() for text in texts_in(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(data, list | tuple):
        return [text for value in data for text in texts_in(value)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return [data] if isinstance(data, str) else []


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition["kind"])
def test_a_name_is_plain_text_in_charts(definition: dict[str, Any], tmp_path: Path) -> None:
    workspace = open_log(tmp_path, make_log(7))
    try:
        asked = analysis_from_data(definition | {"subject": "person"})
        shown = analysis_shown(analyze(workspace, asked.kind, asked.asked, workspace.people["ana"]))
    finally:
        workspace.close()
    figures = [chart.figure for chart in shown.charts(LIGHT) if chart.figure is not None]
    assert figures
    for text in (text for figure in figures for text in texts_in(figure.to_plotly_json())):
        assert "<a" not in text
    templates = [
        text for figure in figures for trace in figure.to_plotly_json()["data"]
        for text in texts_in([trace.get("hovertemplate"), trace.get("texttemplate")])
    ]  # fmt: skip
    assert all("%{x}" not in text for text in templates)
