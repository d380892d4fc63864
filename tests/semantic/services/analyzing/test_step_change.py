"""Why a step of a funnel changed: rate and mix computed on paper, periods of the same age, and hidden numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from semantic.analyses.events.definition import analysis_from_data
from semantic.analyses.events.step_change import read_step_change, step_change_data
from semantic.errors import GroupTooSmall, InvalidQuery, NothingToCompare, UnknownName, UnknownReceipt
from semantic.results.change import Moved
from semantic.services.analyzing.presentation import analysis_shown, analysis_title, analyzed_data
from semantic.services.analyzing.run import compiled_for, confirmed
from semantic.services.analyzing.saved import SavedAnalyses
from semantic.services.analyzing.start import start_any
from semantic.services.analyzing.step_change import (
    StepChanged,
    change_json,
    change_of_step,
    change_sentence,
    change_tables,
)
from semantic.services.process import Live
from semantic.services.receipts import replay, replay_data
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.numbers.receipts import RECEIPTS
from tests.semantic.analyses.events.logged import Row, open_log
from tests.semantic.services.analyzing.logged_app import close, open_live

BEFORE, NOW = datetime(2026, 3, 9, 12, tzinfo=UTC), datetime(2026, 3, 13, 12, tzinfo=UTC)
PERIOD = {"from": "2026-03-12", "to": "2026-03-15"}
FUNNEL = {"subject": "person", "within": "1 day", "steps": ["views", "carts"], "time": PERIOD}


def group(device: str, at: datetime, views: int, carts: int, *, after: float = 1) -> list[Row]:
    """Return actions of people who viewed on one day. Some of them put something in the cart some hours later."""
    rows: list[Row] = []
    for number in range(views):
        person = f"p{device}{at:%d}{number}"
        acts = [("a", at)] + ([("b", at + timedelta(hours=after))] if number < carts else [])
        rows += [
            Row(table="actions", key=f"{person}{act}", person=person, market="DE", act=act, at=when, device=device)
            for act, when in acts
        ]
    return rows


def ask(tmp_path: Path, rows: Sequence[Row], person: str = "ana", **more: Any) -> StepChanged:
    workspace = open_log(tmp_path, rows)
    try:
        asked = read_step_change({"funnel": FUNNEL, "step": 2, "by": ["device"], **more})
        assert read_step_change(step_change_data(asked)) == asked
        return change_of_step(workspace, asked, workspace.people[person])
    finally:
        workspace.close()
        (tmp_path / "log.duckdb").unlink()


def mix_only() -> list[Row]:
    """Return actions in which half of the people with a phone and a quarter of those with a desktop continue, in both
    periods.

    First there are 6 and 4 people, then 2 and 8, so 40% and then 30% continue.
    """
    return [
        *group("phone", BEFORE, 6, 3), *group("desktop", BEFORE, 4, 1),
        *group("phone", NOW, 2, 1), *group("desktop", NOW, 8, 2),
    ]  # fmt: skip


def parts(changed: StepChanged) -> dict[object, tuple[Fraction | None, Fraction | None]]:
    return {part.value: (part.rate, part.mix) for part in changed.explanation.by[0].parts}


def test_a_change_of_only_the_mix_is_explained(tmp_path: Path) -> None:
    """Phone: (0.5 - 0.35) · (0.2 - 0.6). Desktop: (0.25 - 0.35) · (0.8 - 0.4). 0.35 is the mean of 40% and 30%."""
    changed = ask(tmp_path, mix_only())
    assert (changed.explanation.whole.before, changed.explanation.whole.after) == (Fraction(2, 5), Fraction(3, 10))
    assert parts(changed) == {"phone": (0, Fraction(-6, 100)), "desktop": (0, Fraction(-4, 100))}
    assert changed.days == ("8 – 11 Mar 2026", "12 – 15 Mar 2026")
    assert change_sentence(changed) == (
        "30.0% went on from Views to Carts, compared with 40.0% in the period before (−10.0 points, 95% interval "
        "−44.6 to +28.2), no more than chance explains. By device, Phone contributed most: −6.0 points, of which "
        "0.0 points from its own rate."
    )
    (table,) = change_tables(changed)
    assert table.lines[0] == ["Phone", "50.0%", "50.0%", "−6.0", "0.0", "−6.0"]


def test_a_change_of_only_a_rate_is_explained(tmp_path: Path) -> None:
    """With phones, one of two people continues at first, and then both do.

    Phones are half of everyone, so they contribute half of the change of their rate.
    """
    rows = [
        *group("phone", BEFORE, 2, 1), *group("desktop", BEFORE, 2, 1),
        *group("phone", NOW, 2, 2), *group("desktop", NOW, 2, 1),
    ]  # fmt: skip
    assert parts(ask(tmp_path, rows)) == {"phone": (Fraction(1, 4), 0), "desktop": (0, 0)}


def test_a_change_can_be_more_than_chance_although_both_intervals_overlap(tmp_path: Path) -> None:
    """In Newcombe's own example (1998), 56 of 70 and 48 of 80 differ by 0.0524 to 0.3339.

    Wilson's intervals of both, 0.692 to 0.877 and 0.490 to 0.700, overlap.
    """
    changed = ask(tmp_path, [*group("phone", BEFORE, 80, 48), *group("phone", NOW, 70, 56)])
    assert changed.explanation.moved is Moved.CHANGED
    data = change_json(changed)
    assert [round(data[key], 2) for key in ("low_points", "high_points")] == [5.24, 33.39]
    assert data["more_than_chance"] is True
    assert change_sentence(changed).startswith(
        "80.0% went on from Views to Carts, compared with 60.0% in the period before (+20.0 points, 95% interval +5.2 "
        "to +33.4), more than chance explains. By device, Phone"
    )
    assert "A difference is more than chance explains if its 95% interval (Newcombe's) leaves out 0." in changed.rule


def test_parts_add_up_with_new_and_removed_groups(tmp_path: Path) -> None:
    rows = [*group("phone", BEFORE, 5, 3), *group("desktop", NOW, 4, 1)]
    changed = ask(tmp_path, rows)
    total = sum((part.part or Fraction(0) for part in changed.explanation.by[0].parts), Fraction(0))
    assert total == Fraction(1, 4) - Fraction(3, 5)


def test_tries_that_can_still_convert_are_left_out(tmp_path: Path) -> None:
    """The log is known through 19 March. With a window of a day, tries on the 19th aren't a day old yet."""
    last = datetime(2026, 3, 19, 12, tzinfo=UTC)
    rows = [*group("phone", last, 4, 0), *group("phone", last - timedelta(days=1), 2, 1)]
    rows += group("phone", last - timedelta(days=2), 2, 1)
    changed = ask(tmp_path, rows, time={"from": "2026-03-18", "to": "2026-03-19"})
    assert changed.days == ("17 Mar 2026", "18 Mar 2026")
    assert changed.explanation.whole.after == Fraction(1, 2)
    with pytest.raises(NothingToCompare, match="is 1 day old yet"):
        ask(tmp_path, rows, time={"from": "2026-03-19", "to": "2026-03-19"})


@pytest.mark.parametrize(
    ("at", "says"),
    [(BEFORE, r"in this period \(12 – 15 Mar 2026\)"), (NOW, r"in the earlier period \(8 – 11 Mar 2026\)")],
    ids=["now", "before"],
)
def test_a_period_without_anyone_is_named(tmp_path: Path, at: datetime, says: str) -> None:
    with pytest.raises(NothingToCompare, match=f"No one reached Views {says}. Choose another period."):
        ask(tmp_path, group("phone", at, 4, 2))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"funnel": None}, "Name the 'funnel'"),
        ({"step": 1}, "a step from 2 to 2"),
        ({"by": []}, "1 to 12 breakdowns"),
        ({"color": 1}, "unknown key"),
        ({"v": 2}, "version 1"),
        ({"funnel": FUNNEL | {"order": "any"}}, "In any order"),
        ({"funnel": FUNNEL | {"within": None}}, "a period and a time limit"),
        ({"funnel": {key: value for key, value in FUNNEL.items() if key != "time"}}, "a period and a time limit"),
    ],
)
def test_an_analysis_that_cannot_be_compared_is_refused(tmp_path: Path, more: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        ask(tmp_path, mix_only(), **more)


def test_hidden_names_and_small_groups_stay_hidden(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="carts"):
        ask(tmp_path, mix_only(), "nora")
    with pytest.raises(GroupTooSmall):  # three and two went on, and Gus sees no number below four
        ask(tmp_path, mix_only(), "gus")
    rows = [*group("phone", BEFORE, 20, 10), *group("desktop", BEFORE, 20, 10), *group("phone", NOW, 20, 10)]
    rows += group("desktop", NOW, 6, 3)
    changed = ask(tmp_path, rows, "gus")
    assert not changed.explanation.by[0].adds_up
    assert change_tables(changed)[0].lines == []


# As other analyses are

CHANGE = {
    "kind": "step_change", "v": 1, "step": 2, "by": ["device"], "time": {"from": "2026-03-02", "to": "2026-03-02"},
    "funnel": {
        "kind": "funnel", "v": 1, "subject": "person", "steps": [{"metric": "views"}, {"metric": "carts"}],
        "within": "1 day",
    },
}  # fmt: skip
P9_LOOKS_THE_DAY_BEFORE = (
    "INSERT INTO actions VALUES ('y', 'p9', 's', 'a', TIMESTAMPTZ '2026-03-01 12:00+00', 'phone', NULL, 'DE')"
)


@pytest.fixture
def live(store: Store, keys: Keys, tmp_path: Path) -> Iterator[Live]:
    """A process over six people who view on 2 March, three of whom have a cart.

    On the day before, one person views, without a cart.
    """
    opened = open_live(tmp_path / "log", store, keys, sql=(P9_LOOKS_THE_DAY_BEFORE,))
    yield opened
    close(opened)


def test_the_explanation_is_asked_by_its_definition_and_its_receipt_asks_again(live: Live) -> None:
    workspace, analysis = live.workspace(), analysis_from_data(CHANGE)
    ana = workspace.people["ana"]
    analyzed = confirmed(workspace, start_any(workspace, analysis, ana).result())
    data = analyzed_data(analyzed)
    assert (data["before"], data["after"], data["receipt"]) == (0.0, 0.5, analyzed.receipt)
    assert data["analysis"] == CHANGE
    assert data["sentence"].startswith("50.0% went on from Views to Carts, compared with 0.0%")
    assert analysis_title(analyzed) == "Why a step changed: Views → Carts"
    assert analysis_shown(analyzed).tables[0].title == "Device"
    again = replay(live, analyzed.receipt, ana)
    assert again.values == "equal"
    assert isinstance(replay_data(again)["answer"], dict)
    with pytest.raises(UnknownReceipt):
        replay(live, analyzed.receipt, workspace.people["dora"])


def test_the_explanation_leaves_one_receipt_and_one_entry(live: Live) -> None:
    workspace = live.workspace()
    start_any(workspace, analysis_from_data(CHANGE), workspace.people["ana"]).result()
    live.recorder.flush()
    with live.store.read() as connection:
        assert len(connection.execute(select(RECEIPTS.c.id)).all()) == 1


def test_the_explanation_is_saved_and_read_again(live: Live) -> None:
    workspace, analysis = live.workspace(), analysis_from_data(CHANGE)
    work = SavedAnalyses(live.store, live.keys, workspace, workspace.people["ana"])
    opened = work.open(work.save(analysis, name="Why"))
    assert (opened.analysis, opened.head.kind, opened.head.metrics) == (analysis, "step_change", ("views", "carts"))
    with pytest.raises(UnknownName):
        SavedAnalyses(live.store, live.keys, workspace, workspace.people["nora"]).save(analysis, name="Why")
    with pytest.raises(UnknownName):
        start_any(workspace, analysis, workspace.people["nora"])
    with pytest.raises(InvalidQuery, match="no single statement"):
        compiled_for(workspace, analysis.kind, analysis.asked, workspace.people["ana"])


def test_a_funnel_that_counts_once_in_each_period_is_compared_as_a_whole() -> None:
    inner = CHANGE["funnel"] | {"over": "week", "once": "each"}  # pyright: ignore[reportOperatorIssue, reportUnknownVariableType]
    asked = read_step_change(CHANGE | {"funnel": inner})
    assert step_change_data(asked) == CHANGE
