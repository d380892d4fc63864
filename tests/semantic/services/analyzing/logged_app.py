"""A process over a small log.

6 people view on 2 March, 3 of them have a cart an hour later, and 1 of these 3 is in FR.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from semantic.analyses.events.definition import analysis_from_data
from semantic.config.settings import Settings
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.process import Live
from semantic.store.database import Store
from semantic.store.keys import Keys
from tests.semantic.analyses.events.logged import MODEL, LoggedWorkspace, Row, statements, tables_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASKED: dict[str, Any] = {"kind": "funnel", "subject": "person", "steps": ["views", "carts"]}
STEWARD = "people:\n  - {id: stef, name: Stef, roles: [steward]}\n  - {id: max, name: Max, roles: [marketer]}\n"
OPEN_TO_ALL = ("who: {people: [ana]}", "who: {people: [ana, stef, max]}")
"""A policy under which Ana, Stef and Max see everything, and Dora sees DE."""

Change = tuple[str, str]
OpenLog = Callable[..., Live]


def few_rows() -> list[Row]:
    """Return actions of six people who viewed something. Three had a cart: p3 in FR, and p1 and p2 in DE."""
    looked = [("a", f"p{place}", "FR" if place >= 3 else "DE", 0) for place in range(1, 7)]
    carted = [("b", f"p{place}", "FR" if place >= 3 else "DE", 1) for place in range(1, 4)]
    return [
        Row(table="actions", key=f"{person}{act}", person=person, act=act, market=market, device="phone",
            session=f"s{person}", at=NOON + timedelta(hours=hour))
        for act, person, market, hour in (*looked, *carted)
    ]  # fmt: skip


def open_live(folder: Path, store: Store, keys: Keys, *model: Change, sql: Sequence[str] = (), **settings: Any) -> Live:
    """Return a process over the log in a new folder, with changes to the model's text and to its data."""
    folder.mkdir(parents=True)
    file = folder / "log.duckdb"
    with duckdb.connect(file) as connection:
        for statement in (*statements(tables_of(few_rows())), *sql):
            connection.execute(statement)
    text = MODEL.replace("people:\n", STEWARD, 1) if "people:\n  - {id: ana" in MODEL else MODEL
    for before, after in (OPEN_TO_ALL, *model):
        assert before in text
        text = text.replace(before, after, 1)
    (folder / "model").mkdir()
    (folder / "model" / "all.yml").write_text(text, encoding="utf-8")
    chosen = Settings(data=str(file), model=folder / "model", mask_key="a key of the tests", **settings)
    return Live(chosen, store, keys, LoggedWorkspace.open(chosen))


def close(live: Live) -> None:
    """Close the process, but not its store."""
    live.recorder.close()
    live.workspace().close()


def run(live: Live, person: str = "ana", **more: Any) -> Analyzed[Any]:
    """Return the analysis, run for this person, with its receipt stored."""
    analysis = analysis_from_data(ASKED | more)
    workspace = live.workspace()
    analyzed = analyze(workspace, analysis.kind, analysis.asked, workspace.people[person])
    live.recorder.flush()
    return analyzed
