"""The flow of paths: blocks as high as their numbers, bands that fill them, and the same in words and on paper."""

from __future__ import annotations

from typing import Any

import pytest

from semantic.display.charts.flow import FlowLink, FlowNode, flow_chart
from semantic.display.paper.figure import is_drawable
from semantic.display.paper.svg import figure_svg
from semantic.display.tokens import LIGHT

STEPS = [
    [FlowNode(code="a", name="View", count=10, text="10")],
    [
        FlowNode(code="b", name="Cart <b>", count=6, text="6"),
        FlowNode(code="o", name="Everything else", count=1, text="1", is_event=False),
        FlowNode(code="x", name="End", count=3, text="3", is_event=False),
    ],
    [
        FlowNode(code="a", name="View", count=5, text="5"),
        FlowNode(code="x", name="End", count=2, text="2", is_event=False),
    ],
]
GOING = [
    FlowLink(column=0, before="a", after="b", count=6, text="6"),
    FlowLink(column=0, before="a", after="o", count=1, text="1"),
    FlowLink(column=0, before="a", after="x", count=3, text="3"),
    FlowLink(column=1, before="b", after="a", count=5, text="5"),
    FlowLink(column=1, before="b", after="x", count=1, text="1"),
    FlowLink(column=1, before="o", after="x", count=1, text="1"),
]


def drawn() -> Any:
    chart = flow_chart(["Start", "+1", "+2"], STEPS, GOING, "people", LIGHT, "")
    assert chart.figure is not None
    return chart.figure.to_dict()


def areas() -> list[dict[str, Any]]:
    """Return the bands and then the blocks, each in their order."""
    return [trace for trace in drawn()["data"] if trace.get("fill") == "toself"]


def high(trace: dict[str, Any]) -> float:
    return max(trace["y"]) - min(trace["y"])


def test_the_flow_is_described_in_words() -> None:
    chart = flow_chart(["Start", "+1", "+2"], STEPS, GOING, "people", LIGHT, "")
    assert chart.alt == (
        "Paths of people. Start: View 10. +1: Cart <b> 6, Everything else 1 and End 3. +2: View 5 and End 2."
    )


def test_more_columns_need_more_room() -> None:
    three = flow_chart(["Start", "+1", "+2"], STEPS, GOING, "people", LIGHT, "", ["View → End: 3 (30.0%)"])
    assert (three.room, three.instead) == ("some", ("View → End: 3 (30.0%)",))
    four = flow_chart(["Start", "+1", "+2", "+3"], [*STEPS, STEPS[2]], GOING, "people", LIGHT, "")
    assert four.room == "much"


def test_blocks_are_as_high_as_their_numbers() -> None:
    blocks = areas()[len(GOING) :]
    counts = [each.count for step in STEPS for each in step]
    assert [high(block) / high(blocks[0]) * 10 for block in blocks] == pytest.approx(counts)


def test_bands_fill_the_block_they_start_from() -> None:
    bands, blocks = areas()[: len(GOING)], areas()[len(GOING) :]
    view = blocks[0]
    starts = [[y for x, y in zip(band["x"], band["y"], strict=True) if x == band["x"][0]] for band in bands[:3]]
    assert min(min(ends) for ends in starts) == pytest.approx(min(view["y"]))
    assert max(max(ends) for ends in starts) == pytest.approx(max(view["y"]))
    assert [max(ends) - min(ends) for ends in starts] == pytest.approx([high(view) * part for part in (0.6, 0.1, 0.3)])


def test_an_event_has_one_colour_at_every_step_and_ends_have_none_of_them() -> None:
    colours = [block["fillcolor"] for block in areas()[len(GOING) :]]
    assert colours[0] == colours[4] == LIGHT.series[0]
    assert colours[1] == LIGHT.series[1]
    assert {colours[2], colours[3], colours[5]} == {LIGHT.other}


def test_tooltips_state_the_share_of_all_and_of_the_previous_event() -> None:
    hovered = [trace for trace in drawn()["data"] if trace.get("customdata")]
    assert hovered[0]["customdata"][3] == [
        -1,
        "5",
        "Cart &lt;b&gt; → View",
        "50.0% of people",
        "83.3% of Cart &lt;b&gt;",
    ]
    assert hovered[1]["customdata"][1] == [-1, "6", "Cart &lt;b&gt;", "60.0% of people"]


def test_paper_draws_the_same() -> None:
    chart = flow_chart(["Start", "+1", "+2"], STEPS, GOING, "people", LIGHT, "")
    assert chart.figure is not None
    assert is_drawable(chart.figure)
    svg = figure_svg(chart.figure, 700, chart.alt)
    assert all(name in svg for name in ("View", "Everything else", "Start", "+2"))
    assert "<b>" not in svg


def test_an_empty_flow_has_no_chart() -> None:
    assert flow_chart(["Start"], [[]], [], "people", LIGHT, "").figure is None
    assert flow_chart(["Start"], STEPS[:1], [], "people", LIGHT, "").figure is None
