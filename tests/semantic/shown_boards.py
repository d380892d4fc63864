"""Hand-made boards for tests of exports: rows of tiles with answers, trust and targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from semantic.boards.applied import Ignored
from semantic.boards.board import Tile, TileKind
from semantic.display.boards.shown import BoardShown, RowShown, TabShown, TileShown, row_widths
from semantic.display.trust import LATE as LATE_WORDS
from semantic.display.trust import Fact
from semantic.model.definitions import NumberFormat
from semantic.results.result import Result
from semantic.targets.pace import Pace, Verdict
from tests.semantic.made_results import BEFORE, CHANNEL, COUNTRY, REVENUE, ROAS, WEEKS, result, week


def tile(kind: TileKind, title: str, shown: Result | None = None, **more: Any) -> TileShown:
    """Return a tile with this title, which is also its id unless `id` is given."""
    of_tile: dict[str, Any] = {"id": title} | {
        name: more.pop(name) for name in ("id", "text", "note", "chart", "width") if name in more
    }
    return TileShown(tile=Tile(kind=kind, title=title, **of_tile), title=title, result=shown, **more)


def board(*rows: Sequence[TileShown], **more: Any) -> BoardShown:
    """Return a board with one tab that has these rows."""
    made = tuple(RowShown(tiles=tuple(row), widths=row_widths([tile.tile for tile in row])) for row in rows)
    return replace(BoardShown(title="Acquisition", tabs=(TabShown(rows=made),)), **more)


UP = replace(REVENUE, direction="up")
RATE = replace(ROAS, name="rate", label="Rate", format=NumberFormat.SHARE, unit="")
ONE = result([UP, BEFORE], [(1200.0, 1000.0)], receipt="r-one", title="Revenue")
CHANNELS = result(
    [CHANNEL, REVENUE, ROAS],
    [("Search", 700.0, 3.5), ("Social", 480.5, 2.25), (None, 19.5, None), (None, 1200.0, 3.0)],
    ["member", "member", "none", "total"],
    receipt="r-channels",
    title="Revenue and ROAS by channel",
)
COURSE = result(
    [WEEKS, UP, BEFORE],
    [(week(place), 100.0 + 7 * place, 90.0 + 5 * place) for place in range(13)],
    receipt="r-course",
    title="Revenue by week",
)
GRID = result(
    [CHANNEL, COUNTRY, REVENUE],
    [("Search", "DE", 400.0), ("Search", "FR", 300.0), ("Social", "DE", 480.5), ("Social", "FR", None)],
    receipt="r-grid",
    title="Revenue by channel and country",
)
CERTIFIED = Fact("Certified", "verified", "good", "Revenue by Ana until 31 Dec 2026.", "certified")
LATE = Fact("Data loaded 18 Apr 2026", "schedule", "caution", LATE_WORDS, "fresh")


PACE = Pace(
    value=1200.0, target=2400.0, first=date(2026, 4, 1), last=date(2026, 4, 30), until=date(2026, 4, 16),
    days_left=15, verdict=Verdict.OPEN, attained=0.5, expected=1176.0, index=1.02,
    words="102% of target to date, €1,176",
)  # fmt: skip


def whole_board() -> BoardShown:
    """Return a board with a tile of every kind, one that can't be seen, one that ignores the settings, and one with a
    target.
    """
    return board(
        [
            tile(TileKind.NUMBER, "Revenue", ONE, words="Mar 2026 against Feb 2026", facts=(CERTIFIED,),
                 pace=PACE, line=COURSE),
            tile(TileKind.NUMBER, "Secret", sentence="This tile shows something that isn't available to you."),
        ],
        [
            tile(TileKind.CHART, "Revenue by week", COURSE, facts=(CERTIFIED, LATE)),
            tile(TileKind.TEXT, "Read me", text="**Care** is taken.\n\n- one\n- two"),
        ],
        [tile(TileKind.TABLE, "Channels", CHANNELS, ignored=(Ignored("Market", "ROAS is not split by market"),))],
        [tile(TileKind.PIVOT, "Channels by country", GRID, note="Largest first.")],
        note="What we spend and what comes back.",
        words="Mar 2026, compared with Feb 2026. Channel is Search",
        link="https://samepage.example/board?d=b1",
    )  # fmt: skip
