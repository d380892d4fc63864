"""Funnels don't change when only rows hidden from their reader change.

Each twin is the log with other hidden rows, and is asked many definitions. `make proof` compares 2,000 definitions, and
`make test` a tenth of them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from semantic.analyses.events import EVENT_KINDS
from semantic.errors import SemanticError
from semantic.services.analyzing.run import analyze
from semantic.services.analyzing.words.funnel import funnel_json, funnel_tables, groups_table, steps_table
from tests.proof import part
from tests.semantic.analyses.events.by_hand import make_funnel
from tests.semantic.analyses.events.logged import FIRST, LoggedWorkspace, Row, make_log, open_log

FUNNEL = EVENT_KINDS["funnel"]
QUESTIONS = 25
"""The number of definitions that each twin is asked."""
TWINS = 2_000 // QUESTIONS


def changed(rows: Sequence[Row], chance: random.Random) -> list[Row]:
    """Return the log with other rows for France, which Dora can't see: some removed, some changed, some added."""
    other = list[Row]()
    for row in rows:
        if row.market == "DE":
            other.append(row)
        elif row.table == "letters":
            other += [row] if chance.random() < 0.5 else []
        elif chance.random() < 0.8:
            at = FIRST + timedelta(minutes=30 * chance.randrange(900))
            person = f"p{chance.randrange(120)}" if row.table != "clicks" else row.person
            product = chance.choice(("apple", "pear", "secret", None))
            other.append(replace(row, at=at, person=person, product=product, act=chance.choice("abcde")))
    other += [
        Row(
            table="actions", key=f"new{number}", person=f"p{chance.randrange(120)}", act=chance.choice("abcd"),
            market="FR", session="s0_0", at=FIRST + timedelta(minutes=30 * chance.randrange(900)), product="apple",
        )
        for number in range(chance.choice((0, 40)))
    ]  # fmt: skip
    return other


def told(workspace: LoggedWorkspace, definition: object) -> object:
    """Return everything that Dora learns from a funnel: its numbers, tables and words, or the refusal."""
    try:
        analyzed = analyze(workspace, FUNNEL, FUNNEL.read(definition), workspace.people["dora"])
    except SemanticError as error:
        return type(error), str(error)
    data = funnel_json(analyzed)
    del data["data_version"]
    return data, steps_table(analyzed), groups_table(analyzed), funnel_tables(analyzed)


def test_no_funnel_changes_with_hidden_rows(tmp_path: Path) -> None:
    rows, differed = make_log(11, people=60), 0
    original = open_log(tmp_path, rows)
    for twin in range(part(TWINS)):
        folder = tmp_path / str(twin)
        folder.mkdir()
        chance = random.Random(twin)
        other = open_log(folder, changed(rows, chance))
        for question in range(QUESTIONS):
            definition = make_funnel(chance)
            if chance.random() < 0.2:
                definition["where"] = {"segment": "gift_givers"}
            if chance.random() < 0.2:
                definition["sample"] = 0.1
            if "time" in definition and chance.random() < 0.5:
                definition["compare"] = [{"to": "previous"}]
            elif chance.random() < 0.3:
                apple, others = {"dim": "product", "op": "in", "values": ["apple"]}, {"segment": "gift_givers"}
                definition["sides"] = [{"name": "Apple", "where": apple}, {"name": "Gifts", "where": others}]
            assert told(other, definition) == told(original, definition), (twin, question, definition)
        seen = [workspace.people["ana"] for workspace in (original, other)]
        asked = FUNNEL.read({"subject": "person", "steps": ["views", "carts"]})
        counts = [
            analyze(workspace, FUNNEL, asked, actor).found.whole.counts
            for workspace, actor in zip((original, other), seen, strict=True)
        ]
        differed += counts[0] != counts[1]
        other.close()
    original.close()
    assert differed > 0  # someone who sees all rows sees other numbers
