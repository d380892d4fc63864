"""Paths don't change when only rows hidden from their reader change.

Each twin is the log with other hidden rows, and is asked many definitions. `make proof` compares 2,000 definitions, and
`make test` a tenth of them.
"""

from __future__ import annotations

import random
from pathlib import Path

from semantic.analyses.events import EVENT_KINDS
from semantic.errors import SemanticError
from semantic.services.analyzing.run import analyze
from semantic.services.analyzing.words.paths import paths_json, paths_tables
from tests.proof import part
from tests.semantic.analyses.events.funnel.test_twins import QUESTIONS, TWINS, changed
from tests.semantic.analyses.events.logged import LoggedWorkspace, make_log, open_log
from tests.semantic.analyses.events.paths.by_hand import make_paths

PATHS = EVENT_KINDS["paths"]


def told(workspace: LoggedWorkspace, definition: object, person: str = "dora") -> object:
    """Return everything that a person learns from paths: numbers, tables and words, or the refusal."""
    try:
        analyzed = analyze(workspace, PATHS, PATHS.read(definition), workspace.people[person])
    except SemanticError as error:
        return type(error), str(error)
    data = paths_json(analyzed)
    del data["data_version"]
    return data, paths_tables(analyzed)


def test_no_paths_change_with_hidden_rows(tmp_path: Path) -> None:
    rows, differed = make_log(11, people=60), 0
    original = open_log(tmp_path, rows)
    for twin in range(part(TWINS)):
        folder = tmp_path / str(twin)
        folder.mkdir()
        chance = random.Random(twin)
        other = open_log(folder, changed(rows, chance))
        for question in range(QUESTIONS):
            definition = make_paths(chance)
            if chance.random() < 0.2:
                definition["where"] = {"segment": "gift_givers"}
            if chance.random() < 0.3:
                definition["compare"] = [{"to": "previous"}]
            assert told(other, definition) == told(original, definition), (twin, question, definition)
        asked = {"subject": "person", "events": [{"metric": "acts", "each": "act"}]}
        differed += told(other, asked, "ana") != told(original, asked, "ana")
        other.close()
    original.close()
    assert differed > 0  # someone who sees all rows sees other numbers
