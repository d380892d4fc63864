"""A board's message: which tiles it names, in which order, and that its content is the same as the tiles'."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from semantic.boards.board import TileKind
from semantic.display.boards.shown import BoardShown
from semantic.display.messages.blocks import (
    Bar,
    Block,
    Finding,
    Footer,
    Headline,
    Link,
    Note,
    Number,
    Numbers,
    Rows,
    Scope,
)
from semantic.display.messages.board import Sending, board_letter
from semantic.display.messages.message_content import MessageContent, write_letter
from semantic.display.trust import Fact
from semantic.query.query import Query
from tests.semantic.made_results import BEFORE, CHANNEL, REVENUE, ROAS, result
from tests.semantic.shown_boards import CERTIFIED, CHANNELS, COURSE, LATE, ONE, UP, board, tile, whole_board

ASKED = Query(metrics=("revenue",))
BERLIN = Sending(zone="Europe/Berlin")
Kind = TypeVar("Kind", bound=Block)
WEEKS_OVER = tuple(100.0 + 7 * place for place in range(7))
"""The weeks of COURSE that are over on 20 April."""
NOT_FINAL = Fact("Last 2 days not final", "hourglass_top", "caution", "Revenue: data can still change.", "complete")


def of(letter: MessageContent, kind: type[Kind]) -> list[Kind]:
    return [block for block in letter.blocks if isinstance(block, kind)]


def only(letter: MessageContent, kind: type[Kind]) -> Kind:
    (block,) = of(letter, kind)
    return block


def notes(shown: BoardShown, sending: Sending = BERLIN) -> list[str]:
    return [note.text for note in of(board_letter(shown, sending), Note)]


def test_a_number_has_its_change_its_target_and_its_trend() -> None:
    letter = board_letter(whole_board(), BERLIN)
    assert only(letter, Numbers).cells == (
        Number(
            label="Revenue", value="€1.20K", change="+20.0%", detail="vs €1.00K, previous period",
            target="102% of target to date", bars=WEEKS_OVER,
        ),
    )  # fmt: skip


def test_a_chart_is_drawn_as_bars_or_as_a_line_with_its_ends_in_words() -> None:
    shares = result(
        [CHANNEL, REVENUE], [("Social", 480.6), ("Search", 700.0), (None, 1180.6)], ["member", "member", "total"]
    )
    letter = board_letter(
        board(
            [tile(TileKind.CHART, "By channel", shares, finding="Search is largest.")],
            [tile(TileKind.CHART, "Revenue by week", COURSE)],
        ),
        BERLIN,
    )
    first, second = of(letter, Finding)
    assert (first.title, first.text) == ("By channel", "Search is largest.")
    assert first.bars == (
        Bar(label="Search", value="€700", size=700.0),
        Bar(label="Social", value="€481", size=480.6),
    )
    assert second.line == WEEKS_OVER
    assert second.ends == ("Week of 2 Mar 2026: €100", "Week of 13 Apr 2026: €142")


def test_three_different_findings_come_first() -> None:
    def channel(name: str, value: float, finding: str = ""):
        return tile(TileKind.CHART, name, result([CHANNEL, REVENUE], [("Search", value)]), finding=finding)

    shown = board(
        [channel("First", 1.0), channel("Second", 2.0, "It says something.")],
        [channel("Again", 1.0), channel("Third", 3.0), channel("Fourth", 4.0)],
    )
    letter = board_letter(shown, BERLIN)
    assert [finding.title for finding in of(letter, Finding)] == ["Second", "First", "Third"]


def test_a_table_has_its_first_five_rows_and_says_what_is_missing() -> None:
    many = result([CHANNEL, REVENUE, ROAS], [(f"Channel {place}", 10.0 * place, 2.5) for place in range(7)])
    rows = only(board_letter(board([tile(TileKind.TABLE, "Channels", many)]), BERLIN), Rows)
    assert [column.name for column in rows.head] == ["Channel", "Revenue", "ROAS"]
    assert [column.is_number for column in rows.head] == [False, True, True]
    assert rows.rows[4] == ("Channel 4", "€40.00", "2.50")
    assert (len(rows.rows), rows.left_out, rows.left_columns) == (5, 2, 0)
    totals = only(board_letter(board([tile(TileKind.TABLE, "Channels", CHANNELS)]), BERLIN), Rows)
    assert [row[0] for row in totals.rows] == ["Search", "Social", "(none)"]


def test_the_first_line_states_what_is_covered_late_or_not_final() -> None:
    shown = board(
        [tile(TileKind.NUMBER, "Revenue", replace(ONE, scope="Scope: Germany"), facts=(CERTIFIED, NOT_FINAL))],
        [tile(TileKind.CHART, "By week", COURSE, facts=(CERTIFIED, LATE))],
        words="November 2026. Compared with last year.",
    )
    assert only(board_letter(shown, BERLIN), Scope).text == (
        "November 2026. Compared with last year. Scope: Germany; no row restrictions. 1 not final: Revenue. "
        "1 with late data: By week."
    )
    single = board([tile(TileKind.NUMBER, "Revenue", ONE, words="March 2026", facts=(CERTIFIED, NOT_FINAL))])
    assert only(board_letter(single, BERLIN), Scope).text == "March 2026. Last 2 days not final."


def test_the_last_lines_state_freshness_trust_the_reason_and_how_to_unsubscribe() -> None:
    loaded = datetime(2026, 11, 28, 4, 8, tzinfo=UTC)
    shown = board(
        [tile(TileKind.NUMBER, "Revenue", replace(ONE, data_to=loaded), facts=(CERTIFIED,))],
        [tile(TileKind.CHART, "By week", replace(COURSE, data_to=loaded.replace(day=29)), facts=(NOT_FINAL,))],
        link="https://samepage.example/board?d=b1",
    )
    sending = Sending(
        zone="Europe/Berlin", why="You get this because Ana added you.", unsubscribe="https://x.example/u"
    )
    letter = board_letter(shown, sending)
    first, second = only(letter, Footer).lines
    address = "https://samepage.example/receipt?receipt="
    assert first == (
        "Data to 28 Nov 2026, 05:08 · 1 of 2 certified · 1 not final", " · Receipts ",
        Link("r-one", f"{address}r-one", is_spelt_out=False), ", ",
        Link("r-course", f"{address}r-course", is_spelt_out=False),
    )  # fmt: skip
    assert second == ("You get this because Ana added you. ", Link("Unsubscribe", "https://x.example/u"))
    assert letter.receipts == ("r-one", "r-course")


def test_tiles_hidden_from_the_reader_are_only_counted() -> None:
    hidden = tile(TileKind.NUMBER, "Secret", sentence="This tile shows something that isn't available to you.")
    failed = tile(TileKind.CHART, "By week", query=ASKED, sentence="The engine didn't answer.")
    number = tile(TileKind.NUMBER, "Revenue", ONE, query=ASKED)
    assert notes(board([number, hidden])) == ["1 tile isn't available to you."]
    assert notes(board([number, hidden, hidden])) == ["2 tiles aren't available to you."]
    assert notes(board([number, failed])) == ["1 tile couldn't be loaded. The engine didn't answer."]
    message = write_letter(board_letter(board([number, hidden]), BERLIN))
    assert "Secret" not in message.html + message.text + str(message.values)


def test_a_late_message_states_when_it_was_due_and_a_last_one_how_to_continue() -> None:
    sending = Sending(zone="UTC", due="08:00", sign_in_by="7 Dec 2026, 08:00", notes=("Some filters were left out.",))
    assert notes(board([tile(TileKind.NUMBER, "Revenue", ONE, query=ASKED)]), sending) == [
        "This was due at 08:00.", "Some filters were left out.",
        "Sign in before 7 Dec 2026, 08:00 to keep receiving this.",
    ]  # fmt: skip


def test_a_board_without_numbers_says_so() -> None:
    assert notes(board([tile(TileKind.TEXT, "Read me", text="Hello")])) == ["This board has no numbers yet."]
    empty = result([CHANNEL, REVENUE], [])
    assert notes(board([tile(TileKind.CHART, "Channels", empty, query=ASKED)])) == [
        "No data for these dates and filters."
    ]


def test_a_question_with_several_metrics_shows_each_as_a_number() -> None:
    both = result([UP, BEFORE, ROAS], [(1200.0, 1000.0, 3.25)])
    letter = board_letter(board([tile(TileKind.TABLE, "This month", both)]), BERLIN)
    assert [(each.label, each.value) for each in only(letter, Numbers).cells] == [
        ("Revenue", "€1.20K"),
        ("ROAS", "3.25"),
    ]


def test_a_chart_that_is_not_drawn_is_listed() -> None:
    """With two breakdowns or a second metric, a chart has more data than a few bars can show."""
    by_two = result([CHANNEL, replace(CHANNEL, name="device", label="Device"), REVENUE], [("Search", "phone", 700.0)])
    letter = board_letter(board([tile(TileKind.CHART, "By device", by_two, query=ASKED)]), BERLIN)
    assert only(letter, Rows).rows == (("Search", "phone", "€700"),)
    assert (of(letter, Finding), of(letter, Note)) == ([], [])
    two_metrics = tile(TileKind.CHART, "Revenue and ROAS", result([CHANNEL, REVENUE, ROAS], [("Search", 700.0, 2.5)]))
    letter = board_letter(board([two_metrics]), BERLIN)
    assert only(letter, Rows).rows == (("Search", "€700", "2.50"),)
    assert of(letter, Finding) == []
    on_a_board = board_letter(board([two_metrics, tile(TileKind.NUMBER, "Revenue", ONE)]), BERLIN)
    assert (only(on_a_board, Finding).text, of(on_a_board, Rows)) == ("Revenue", [])


def test_a_finding_that_cannot_be_drawn_appears_once_above_its_rows() -> None:
    by_two = result([CHANNEL, replace(CHANNEL, name="device", label="Device"), REVENUE], [("Search", "phone", 700.0)])
    letter = board_letter(board([tile(TileKind.CHART, "", by_two, finding="Search on phones is all.")]), BERLIN)
    assert only(letter, Headline).text == "Search on phones is all."
    assert (only(letter, Rows).title, only(letter, Rows).rows) == ("", (("Search", "phone", "€700"),))


def test_a_message_about_one_answer_starts_with_its_finding() -> None:
    shown = board([tile(TileKind.CHART, "", COURSE, finding="Revenue was €184 in the week of 25 May 2026.")])
    letter = board_letter(shown, BERLIN)
    assert only(letter, Headline).text == "Revenue was €184 in the week of 25 May 2026."
    assert (
        only(board_letter(board([tile(TileKind.NUMBER, "A", ONE)], headline="Down."), BERLIN), Headline).text == "Down."
    )


def test_everything_in_a_message_is_available_as_data() -> None:
    letter = board_letter(whole_board(), BERLIN)
    assert letter.values["numbers"] == [
        {"label": "Revenue", "value": "€1.20K", "change": "+20.0%", "detail": "vs €1.00K, previous period"}
    ]
    assert letter.values["table"] == {
        "title": "Channels",
        "head": ["Channel", "Revenue", "ROAS"],
        "rows": [["Search", "€700", "3.50"], ["Social", "€480", "2.25"], ["(none)", "€20", "—"]],
    }
