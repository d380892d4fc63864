"""Names stay valid: anything saved before a metric or dimension got another label, or a successor, still opens and
runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from semantic.alerts.alert import Alert, AnalysisNumber, Threshold
from semantic.analyses.events.definition import analysis_from_data
from semantic.boards.board import BoardState
from semantic.boards.data import board_from_data
from semantic.errors import ModelError
from semantic.services.alerts.of_analysis import ask_number
from semantic.services.alerts.work import AlertWork
from semantic.services.analyzing.presentation import analysis_shown, analyzed_data
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.saved import SavedAnalyses
from semantic.services.analyzing.start import start_any
from semantic.services.board_answers.whole_board import answer_board
from semantic.services.boards import BoardWork
from semantic.services.impact.users import saved_uses
from semantic.services.process import Live
from semantic.services.retiring.work import RetireWork
from semantic.store.database import Store
from semantic.store.keys import Keys
from tests.semantic.services.analyzing.logged_app import ASKED, OpenLog, close, open_live

CARTS = "{name: carts, label: Carts, measure: actions.acts, filter: act = 'b', format: count}"
LABELS = (
    (CARTS, CARTS.replace("label: Carts", "label: Baskets")),
    ("{name: device, label: Device,", "{name: device, label: Gadget,"),
)
"""Different labels for the same names."""
SUCCESSOR = (
    CARTS,
    f"{CARTS.replace('carts, label: Carts', 'baskets, label: Baskets')}\n  - "
    f"{CARTS.replace('}', ', deprecated: {since: 2026-03-01, replaced_by: baskets}}')}",
)
"""The metric under a new name. The old name is deprecated in favour of it, as the editor offers after a rename."""
BY_DEVICE = ASKED | {"by": "device"}
OF_CARTS = ASKED | {"steps": ["views", "views"], "of": {"analysis": ASKED, "part": {"reached": 1, "not": 2}}}
NUMBER = AnalysisNumber(analysis_from_data(ASKED | {"within": "1 day"}), "conversion", 2)
ALERT = Alert(metric="views", rule=Threshold(side="below", value=0.9), of=NUMBER)
P7_LOOKS = "INSERT INTO actions VALUES ('x', 'p7', 's', 'a', TIMESTAMPTZ '2026-03-05 12:00+00', 'phone', NULL, 'DE')"
SAVED = {"By device": BY_DEVICE, "Of a set": OF_CARTS}


@pytest.fixture
def open_log(store: Store, keys: Keys, tmp_path: Path) -> Iterator[OpenLog]:
    """Open processes over the same store, each with another version of the model.

    On 5 March, one more person views, so that people of 2 March had time to convert.
    """
    opened: list[Live] = []

    def make(*model: tuple[str, str]) -> Live:
        opened.append(open_live(tmp_path / str(len(opened)), store, keys, *model, sql=(P7_LOOKS,)))
        return opened[-1]

    yield make
    for live in opened:
        close(live)


def work(live: Live) -> SavedAnalyses:
    return SavedAnalyses(live.store, live.keys, live.workspace(), live.workspace().people["ana"])


def boards(live: Live) -> BoardWork:
    return BoardWork(live.store, live.keys, live.workspace(), live.workspace().people["ana"])


def alerts(live: Live) -> AlertWork:
    return AlertWork(live.store, live.keys, live.workspace(), live.workspace().people["ana"])


def kept_before(live: Live) -> tuple[dict[str, str], str]:
    """Save analyses, a board and an alert under the former names, and return the IDs of the analyses and of the
    board.
    """
    saved = {name: work(live).save(analysis_from_data(data), name=name) for name, data in SAVED.items()}
    tile: dict[str, Any] = {"id": "carts", "kind": "analysis", "analysis": BY_DEVICE}
    board = boards(live).make(board_from_data({"title": "Shop", "rows": [{"tiles": [tile]}]}))
    boards(live).publish(board, boards(live).draft(board).revision)
    alerts(live).make(ALERT)
    return saved, board


def ran(live: Live, saved: str) -> Analyzed[Any]:
    return start_any(live.workspace(), work(live).open(saved).analysis, live.workspace().people["ana"]).result()


def words(analyzed: Analyzed[Any]) -> str:
    """Return all the text about an analysis that people can read."""
    data, tables = analyzed_data(analyzed), analysis_shown(analyzed).tables
    return str([data[key] for key in ("sentence", "rule", "notes")] + [[t.title, t.header, t.lines] for t in tables])


def test_a_changed_label_is_used_everywhere(open_log: OpenLog) -> None:
    saved, board = kept_before(open_log())
    live = open_log(*LABELS)
    by_device = ran(live, saved["By device"])
    assert by_device.found.whole.counts == (7, 3)
    assert by_device.notes == ()
    assert ("Views to Baskets" in words(by_device), "Carts" in words(by_device)) == (True, False)
    assert ("gadget" in words(by_device).lower(), "device" in words(by_device).lower()) == (True, False)
    of_set = ran(live, saved["Of a set"])
    assert of_set.found.whole.counts == (4, 0)  # nobody in the set viewed twice
    assert any("reached Views but not Baskets" in sentence for sentence in of_set.rule)
    (tile,) = answer_board(
        boards(live).published(board).board, BoardState(), boards(live), words="", link="https://x/"
    ).shown.tiles
    assert tile.analysis is not None
    assert [line[:2] for line in tile.analysis.tables[0].lines] == [["Views", "7"], ["Baskets", "3"]]
    (alert,) = alerts(live).mine()
    assert "Views to Baskets" in alerts(live).words(alert.alert)
    asked = ask_number(alert.alert, live.workspace(), live.workspace().people["ana"])
    assert asked.readings.by_first[date(2026, 3, 2)].value == 0.5


def test_a_metric_with_a_successor_still_counts_and_says_what_to_use(open_log: OpenLog) -> None:
    saved, board = kept_before(open_log())
    live = open_log(SUCCESSOR)
    use = "Carts: deprecated since 1 Mar 2026. Use Baskets."
    for name, counts in (("By device", (7, 3)), ("Of a set", (4, 0))):
        analyzed = ran(live, saved[name])
        assert analyzed.found.whole.counts == counts
        assert analyzed.notes.count(use) == 1
        assert use in words(analyzed)
    read = answer_board(boards(live).published(board).board, BoardState(), boards(live), words="", link="https://x/")
    (tile,) = read.shown.tiles
    assert tile.analysis is not None
    assert use in tile.analysis.notes
    (alert,) = alerts(live).mine()
    asked = ask_number(alert.alert, live.workspace(), live.workspace().people["ana"])
    assert asked.readings.by_first[date(2026, 3, 2)].value == 0.5
    # Those who can't see the successor aren't told its name.
    hidden = open_log(SUCCESSOR, ("grant: {metrics: all", "grant: {metrics: [views, carts]"))
    analyzed = ran(hidden, saved["By device"])
    assert "Carts: deprecated since 1 Mar 2026." in analyzed.notes
    assert "Baskets" not in words(analyzed)


def test_a_drafts_impact_lists_all_saved_uses(open_log: OpenLog) -> None:
    live = open_log()
    kept_before(live)
    uses = saved_uses(live, live.workspace().people["ana"], frozenset({"carts"}))
    kinds = {use.id.partition(":")[0]: use for use in uses}
    assert sorted(use.title for use in uses if use.id.startswith("analysis:")) == ["By device", "Of a set"]
    assert set(kinds) == {"analysis", "board", "alert"}
    assert "1 tile" in kinds["board"].what


NAMED = (
    "policies:\n",
    "analyses:\n  - {name: to_cart, label: From view to cart, owner: Web, definition: {kind: funnel, subject: person,\n"
    "      steps: [views, views], of: {analysis: {kind: funnel, subject: person, steps: [views, carts]},\n"
    "      part: {reached: 2}}}}\npolicies:\n",
)
"""A named analysis that counts carts only in its cohort."""


def test_retiring_a_metric_lists_the_analyses_that_the_model_names(open_log: OpenLog) -> None:
    live = open_log(NAMED)
    stef = live.workspace().people["stef"]
    found = RetireWork(live, stef).retiring("carts")
    assert ([named.label for named in found.named], found.others) == (["From view to cart"], 1)
    assert RetireWork(live, stef).retiring("checkouts").named == ()
    uses = saved_uses(live, stef, frozenset({"carts"}))
    assert [(use.id, use.what) for use in uses] == [("named:to_cart", "Analysis of the model, Web")]


def test_a_metric_that_a_named_analysis_counts_cant_be_removed(open_log: OpenLog) -> None:
    with pytest.raises(ModelError, match="'to_cart' names 'carts'"):
        open_log(NAMED, (f"  - {CARTS}\n", ""), ("numerator: carts", "numerator: views"))
