"""Retention doesn't change when only rows hidden from its reader change.

Each twin is the log with other hidden rows, and is asked many definitions. `make proof` compares 2,000 definitions, and
`make test` a tenth of them.
"""

from __future__ import annotations

import random
from pathlib import Path

from semantic.analyses.events import EVENT_KINDS
from semantic.errors import SemanticError
from semantic.services.analyzing.run import analyze
from semantic.services.analyzing.words.retention import retention_json, retention_tables
from tests.proof import part
from tests.semantic.analyses.events.funnel.test_twins import changed
from tests.semantic.analyses.events.logged import LoggedWorkspace, make_log, open_log
from tests.semantic.analyses.events.retention.by_hand import make_retention

RETENTION = EVENT_KINDS["retention"]
QUESTIONS = 25
"""The number of definitions that each twin is asked."""
TWINS = 2_000 // QUESTIONS


def told(workspace: LoggedWorkspace, definition: object) -> object:
    """Return everything that Dora learns from a retention: its numbers, tables and words, or the refusal."""
    try:
        analyzed = analyze(workspace, RETENTION, RETENTION.read(definition), workspace.people["dora"])
    except SemanticError as error:
        return type(error), str(error)
    data = retention_json(analyzed)
    del data["data_version"]
    return data, retention_tables(analyzed)


def test_no_retention_changes_with_hidden_rows(tmp_path: Path) -> None:
    rows, differed = make_log(11, people=60), 0
    original = open_log(tmp_path, rows)
    for twin in range(part(TWINS)):
        folder = tmp_path / str(twin)
        folder.mkdir()
        chance = random.Random(twin)
        other = open_log(folder, changed(rows, chance))
        for question in range(QUESTIONS):
            definition = make_retention(chance)
            if chance.random() < 0.2:
                definition["where"] = {"segment": "gift_givers"}
            if "time" in definition and chance.random() < 0.5:
                definition["compare"] = [{"to": "previous"}]
            elif chance.random() < 0.3:
                apple, others = {"dim": "product", "op": "in", "values": ["apple"]}, {"segment": "gift_givers"}
                definition["sides"] = [{"name": "Apple", "where": apple}, {"name": "Gifts", "where": others}]
            assert told(other, definition) == told(original, definition), (twin, question, definition)
        asked = RETENTION.read({"subject": "person", "first": "acts", "unit": "day", "periods": 5})
        cells = [
            analyze(workspace, RETENTION, asked, workspace.people["ana"]).found.whole.cells
            for workspace in (original, other)
        ]
        differed += cells[0] != cells[1]
        other.close()
    original.close()
    assert differed > 0  # someone who sees all rows sees other numbers
