"""The pace of a single number in Explore: a bar and words, the reason why there is no pace, or nothing without a
target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from pages.boards.read.tile import TileState
from pages.shell import links, once, session
from semantic.boards.applied import TileQuestion
from semantic.boards.board import BoardState, Row, Tab, Tile, TileKind
from semantic.display.words.pace import pace_words, verdict_words
from semantic.display.words.targets import column_of
from semantic.model.definitions import Metric, NumberFormat
from semantic.query.codec import query_from_params
from semantic.services.board_answers.tile import BESIDE_AGAIN
from semantic.services.targets.work import TargetWork
from semantic.targets.pace import Pace, Verdict
from semantic.targets.target import Target
from tests.pages.conftest import OpensWhenAsked
from tests.pages.whole_app import open_app
from tests.semantic.paced import PacedWorkspace, open_paced
from tests.waiting import STUCK, until

PAGE = Path(__file__).parents[4] / "pages" / "explore" / "page.py"
Open = Callable[..., str]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacedWorkspace]:
    opened = open_paced(tmp_path_factory.mktemp("paced"))
    yield opened
    opened.close()


@pytest.fixture
def explore(workspace: PacedWorkspace, monkeypatch: pytest.MonkeyPatch) -> Open:

    def open_page(person: str, **params: str) -> str:
        actor = workspace.people[person]
        monkeypatch.setattr(session, "require", lambda role: (workspace, actor))
        app = AppTest.from_file(str(PAGE), default_timeout=STUCK)
        app.query_params.update(params)
        app.run()
        assert not app.exception
        texts = [str(markdown.value) for kind in (app.markdown, app.caption) for markdown in kind]
        texts += [f"bar {bar.proto.value}" for bar in app.get("progress")]
        return " | ".join(texts).replace("\\", "")

    return open_page


@pytest.fixture
def keep(workspace: PacedWorkspace, store: OpensWhenAsked) -> Callable[..., None]:
    def set_targets(*targets: Target) -> None:
        TargetWork(*store(), workspace, workspace.people["stew"]).keep(targets)

    return set_targets


def test_a_number_has_its_pace_below_it(explore: Open) -> None:
    said = explore("ana", m="revenue", t="month_to_date")
    assert "120% of target to date, €10.0K" in said
    assert "bar 100" in said, "the bar ends at 120 % of plan"
    assert "Projected on target" in said


def test_a_person_with_row_rules_sees_the_pace_of_their_part(explore: Open) -> None:
    said = explore("dora", m="revenue", t="month_to_date")
    assert "€6.45K" in said, "20,000 for 31 days, ten of them over"
    assert "€10.0K" not in said


def test_a_missing_pace_says_why_and_a_missing_target_says_nothing(explore: Open) -> None:
    assert "No pace: The target is set by month" in explore("ana", m="revenue", t="last_7_day")
    assert "pace" not in explore("ana", m="lines", t="month_to_date")
    assert "No pace" not in explore("nora", m="revenue", t="month_to_date")


def test_an_unavailable_store_leaves_the_number(explore: Open, store: OpensWhenAsked) -> None:
    store.is_away = True
    said = explore("ana", m="revenue", t="month_to_date")
    assert "Couldn't check for a target" in said


def test_a_metric_with_a_target_shows_its_pace(explore: Open, workspace: PacedWorkspace, store: OpensWhenAsked) -> None:
    TargetWork(*store(), workspace, workspace.people["stew"]).keep(
        [Target(metric="per_line", first=date(2026, 1, 1), last=date(2026, 1, 31), value=Decimal(500))]
    )
    assert "600.00 against a target of 500.00" in explore("ana", m="per_line", t="month_to_date")


def test_an_open_board_follows_its_targets(
    workspace: PacedWorkspace, store: OpensWhenAsked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer stays the same while its target changes."""
    work = TargetWork(*store(), workspace, workspace.people["stew"])
    monkeypatch.setattr(session, "target_work", lambda workspace, actor: TargetWork(*store(), workspace, actor))
    query = query_from_params({"m": ["per_line"], "t": ["month_to_date"]})
    tile = Tile(id="said", kind=TileKind.NUMBER, question=query)
    tile_state = TileState(TileQuestion(tile=tile, query=query), workspace.people["ana"], workspace.model.version)

    def target(value: int) -> float | None:
        work.keep([Target(metric="per_line", first=date(2026, 1, 1), last=date(2026, 1, 31), value=Decimal(value))])
        tile_state.ask(workspace)
        until(lambda: (tile_state.settle(workspace), not tile_state.is_waiting)[1])
        return tile_state.pace.target if isinstance(tile_state.pace, Pace) else None

    assert target(500) == 500.0
    tile_state.beside_at -= BESIDE_AGAIN
    assert target(700) == 700.0


@pytest.fixture
def tile(workspace: PacedWorkspace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Returns the text of a tile with one number and an open menu, after `then` was called and the page has run
    again.
    """

    def open_tile(person: str, asked: str, then: Callable[[AppTest], None] | None = None) -> str:
        actor = workspace.people[person]
        monkeypatch.setattr(session, "require", lambda role: (workspace, actor))
        monkeypatch.setattr(session, "actor", lambda: actor)
        monkeypatch.setattr(session, "workspace", lambda: workspace)
        monkeypatch.setattr(links, "EXPLORE", str(PAGE))
        number = Tile(id="said", kind=TileKind.NUMBER, question=query_from_params(parse_qs(asked)))
        app = AppTest.from_file(str(Path(__file__).parents[2] / "tiles_page.py"), default_timeout=STUCK)
        app.session_state["the tab"], app.session_state["the state"] = Tab(rows=(Row(tiles=(number,)),)), BoardState()
        app.session_state["told"], app.session_state["picked"] = lambda _: None, None
        for drawing in ("", *(f"-again-{time}" for time in range(1, 9))):  # trend and pace may come after the number
            app.session_state[f"board-said{drawing}-menu"] = True
        app.run()
        if then is not None:
            then(app)
            app.run()
        assert not app.exception
        texts = [f"{markdown.value} ({markdown.help})" for markdown in app.markdown]
        return " | ".join(texts).replace("\\", "")

    return open_tile


def test_a_tile_without_a_pace_says_why(tile: Callable[..., str], keep: Callable[..., None]) -> None:
    """The reason is a word below the number, with the sentence as its tooltip, and it's in the menu."""
    said = tile("ana", "m=revenue&t=last_7_day")
    assert "Target is set by month. Choose whole months." in said
    assert "Choose whole months, or this month to date." in said
    assert said.count("The target is set by month, and") == 2
    assert "pace" not in tile("ana", "m=revenue&t=month_to_date")
    keep(Target(metric="lines", first=date(2026, 2, 1), last=date(2026, 2, 28), value=Decimal(9)))
    assert "The target is for Feb 2026, not for Jan 2026." in tile("ana", "m=lines&t=month_to_date")


def test_a_tile_whose_target_has_changed_is_drawn_again_in_the_same_run(
    tile: Callable[..., str], keep: Callable[..., None]
) -> None:
    keep(Target(metric="per_line", first=date(2026, 1, 1), last=date(2026, 1, 31), value=Decimal(500)))

    def change(app: AppTest) -> None:
        keep(Target(metric="per_line", first=date(2026, 1, 1), last=date(2026, 1, 31), value=Decimal(700)))
        tile_state: TileState = app.session_state["board-said"]
        tile_state.forget_beside()

    said = tile("ana", "m=per_line&t=month_to_date", change)
    assert "The target is 700.00 by 31 Jan." in said
    assert "500" not in said


def test_a_tile_says_nothing_without_a_visible_target(tile: Callable[..., str], keep: Callable[..., None]) -> None:
    assert "arget" not in tile("ana", "m=lines&t=month_to_date")
    keep(Target(metric="lines", first=date(2026, 2, 1), last=date(2026, 2, 28), value=Decimal(9)))
    assert "arget" in tile("ana", "m=lines&t=month_to_date")
    assert "arget" not in tile("dora", "m=lines&t=month_to_date")
    assert "arget" not in tile("nora", "m=revenue&t=last_7_day")


@pytest.mark.parametrize(("person", "sees"), [("ana", True), ("nora", False)])
def test_a_metrics_page_shows_its_target_to_people_with_access(
    workspace: PacedWorkspace, monkeypatch: pytest.MonkeyPatch, person: str, sees: bool
) -> None:
    monkeypatch.setattr(session, "_actor", lambda cookie, running: workspace.people[person])
    monkeypatch.setattr(session, "workspace", lambda: workspace)
    monkeypatch.setattr(session, "cookies", dict)
    app = open_app(links.CATALOGUE, m="revenue")
    once.forget()
    assert not app.exception
    facts = " ".join(table.value.to_string() for table in app.table)
    assert "higher" in facts
    assert ("Planned revenue" in facts) is sees


# In words


def made(verdict: Verdict, days_left: int = 5, **more: float | None) -> Pace:
    pace = Pace(
        value=90.0, target=100.0, attained=0.9, first=date(2026, 1, 1), last=date(2026, 1, 31), until=date(2026, 1, 27),
        days_left=days_left, verdict=verdict,
    )  # fmt: skip
    return replace(pace, **more)


def test_verdicts_name_the_direction() -> None:
    up = column_of(Metric(name="m", kind="simple", format=NumberFormat.COUNT, direction="up"))
    down = column_of(Metric(name="m", kind="simple", format=NumberFormat.COUNT, direction="down"))
    assert verdict_words(made(Verdict.MISSES), up) == "Projected below target"
    assert verdict_words(made(Verdict.MISSES), down) == "Projected above target"
    assert verdict_words(made(Verdict.ABOVE, 0), up) == "Above the target"
    assert verdict_words(made(Verdict.OPEN), up) == ""
    assert pace_words(made(Verdict.MISSED, 0, expected=100.0, index=0.9), up) == "90% of the target, 100"
    assert pace_words(made(Verdict.OPEN, expected=80.0, index=1.125), up) == "112% of target to date, 80"
    assert pace_words(made(Verdict.OPEN), up) == "90 against a target of 100 for 1 – 31 Jan 2026"
