"""A chart on screen: a Plotly figure, which the browser draws with the few parts of Plotly that our figures need.

A new figure is drawn into the same element, so nothing disappears between two answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import plotly.graph_objects as go
import streamlit as st
from streamlit.components.v2 import component

from pages.widgets.plotly_script import plotly_script
from pages.widgets.still import StillFigure, figure_json
from semantic.display.template import CONFIG

Picking = Literal["", "points", "box", "both"]
"""What can be picked: nothing, a point with a click, all points in a range of dates with a drag, or both.

With "both", a drag needs a mouse, because a finger scrolls the page.
"""

OnPick = Callable[[Sequence[Any]], None]

UNLOADED = "The chart couldn't be loaded. Reload the page to try again."
NATURAL = 450  # pixels: Plotly's default height, for a figure without its own

_SCRIPT = "\n".join((Path(__file__).parent / name).read_text(encoding="utf-8") for name in ("tooltip.js", "chart.js"))
_chart = component("samepage_chart", js=_SCRIPT, isolate_styles=False)


def draw_chart(
    figure: go.Figure,
    *,
    key: str,
    alt: str,
    height: int | None = None,
    picking: Picking = "",
    on_pick: OnPick | None = None,
    on_drag: OnPick | None = None,
    again: bool = False,
    picks: int = 0,
    has_own_colours: bool = False,
    of: str = "",
    has_events_listed: bool = False,
    fills: bool = False,
) -> None:
    """Draw the figure, `height` pixels high or at its own height. `alt` describes it in a sentence.

    `on_pick` is called with each picked point, as a dict with its row in `customdata` and with its `curve_number`, or
    with an empty list once nothing is picked. `on_drag` is called with the points in the range of a drag. Both get data
    from the browser and must validate it. A click on an earlier figure is dropped, because a new figure can still be on
    its way to the browser. Figures with the same name in `of` have the same points, possibly in other colours. Without
    a name, each figure is different. A second click removes a pick or, if `again` is set, picks it again. Picks stay
    marked until the figure or `picks` changes, or a menu marks other rows. The font and the background are those of the
    page, unless the figure sets its own. A phone leaves out the names of events above a chart if the page lists them. A
    chart with `fills` grows with its card.
    """

    tall, parts = height or _height(figure), figure_json(figure)
    token = of or (blake2b(parts, digest_size=12).hexdigest() if on_pick or on_drag else "")
    around = {
        "key": key, "alt": alt, "height": tall, "picking": picking if on_pick else "", "again": again, "picks": picks,
        "of": token, "plotly": plotly_script().address, "hasOwnColours": has_own_colours, "listed": has_events_listed,
        "fills": fills,
        "config": CONFIG, "unloaded": UNLOADED,
    }  # fmt: skip
    # As bytes, because Streamlit scans any other form three times on every run.
    sent = b'%s,"figure":%s}' % (json.dumps(around, ensure_ascii=False).encode()[:-1], parts)
    _chart(
        key=key, data=sent, height=tall, on_picked_change=_taker(key, token, on_pick),
        on_dragged_change=_taker(key, token, on_drag, "dragged"),
    )  # fmt: skip


def _taker(key: str, token: str, on_pick: OnPick | None, how: str = "picked") -> Callable[[], None]:
    """Return a callback that passes on the points that a browser reports as picked in this figure.

    Anything but a list is ignored, and entries that aren't points are left out.
    """

    def take() -> None:
        said: Any = st.session_state[key].get(how)  # Any: whatever JSON a browser sends
        picked: Any = said.get("points") if isinstance(said, dict) and said.get("of") == token else None
        if on_pick is not None and isinstance(picked, list):
            on_pick([point for point in picked if isinstance(point, dict)])

    return take


def _height(figure: go.Figure) -> int:
    # Any: the dict of a figure, which the stubs type differently.
    parts: dict[str, Any] = figure.parts if isinstance(figure, StillFigure) else figure.to_dict()
    return int(parts["layout"].get("height") or NATURAL)
