"""Retention of two versions of a game equals the published shares of players who came back.

Only the counts were published, so the players are made up: the same number for each version, and the same number who
came back.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from semantic.analyses.events import EVENT_KINDS
from semantic.config.settings import Settings
from semantic.services.analyzing.run import analyze
from semantic.workspace import Workspace

RETENTION = EVENT_KINDS["retention"]
MODEL = """
model: {name: Game, time_zone: UTC}
datasets:
  - name: plays
    label: Plays
    table: plays
    grain: [id]
    time: played
    columns: {id: integer, player: integer, version: string, played: date}
    entities: [{name: player, kind: foreign, columns: [player]}]
    dimensions:
      - {name: played, label: Played, kind: time}
      - {name: player, label: Player}
      - {name: version, label: Version}
    measures: [{name: plays, agg: count}]
metrics: [{name: plays, label: Plays, measure: plays.plays, format: count}]
policies: [{name: all, who: {people: [ana]}, grant: {metrics: all, dimensions: all}, whole: all}]
people: [{id: ana, name: Ana, roles: [marketer]}]
"""
VERSIONS = {"gate_30": (44_700, 20_034, 8_502), "gate_40": (45_489, 20_119, 8_279)}
"""For each version, the number of players, and how many of them came back after a day and after a week."""
SHARES = {"gate_30": ["44.8188", "19.0201"], "gate_40": ["44.2283", "18.2000"]}


def test_the_shares_of_players_who_came_back_equal_the_published_ones(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "game.duckdb") as connection:
        connection.execute("CREATE TABLE plays (id BIGINT, player BIGINT, version VARCHAR, played DATE)")
        for version, counts in VERSIONS.items():
            for days, count in zip((0, 1, 7), counts, strict=True):
                connection.execute(
                    f"INSERT INTO plays SELECT hash('{version}', i, {days}) >> 1, hash('{version}', i) >> 1,"
                    f" '{version}', DATE '2026-01-05' + {days} FROM range({count}) AS _(i)"
                )
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "all.yml").write_text(MODEL, encoding="utf-8")
    game = Workspace.open(Settings(data=str(tmp_path / "game.duckdb"), model=tmp_path / "model"))
    asked = {"subject": "player", "first": "plays", "unit": "day", "periods": 7, "by": "version"}
    found = analyze(game, RETENTION, RETENTION.read(asked), game.people["ana"], today=date(2026, 2, 1)).found
    game.close()
    shares = {group.by: [f"{100 * (group.cells[at].share or 0):.4f}" for at in (0, 6)] for group in found.groups}
    assert {group.by: group.size for group in found.groups} == {name: counts[0] for name, counts in VERSIONS.items()}
    assert shares == SHARES
