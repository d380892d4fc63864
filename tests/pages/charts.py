"""The charts on a page that `AppTest` has run, as the browser gets them."""

from __future__ import annotations

import json
from typing import Any

from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.testing.v1 import AppTest


def charts(app: AppTest) -> list[dict[str, Any]]:
    """Return the data sent for each chart: its figure and its options."""
    components = [component.proto for component in app.get("bidi_component")]
    return [json.loads(proto.bytes) for proto in components if proto.component_name == "samepage_chart"]


def figures(app: AppTest) -> list[dict[str, Any]]:
    """Return the figure of each chart."""
    return [chart["figure"] for chart in charts(app)]


def pick_points(app: AppTest, *rows: object, how: str = "picked") -> AppTest:
    """Send what a browser sends when points of the only chart's first trace are clicked, or "dragged" over."""
    protos = [component.proto for component in app.get("bidi_component")]
    (chart,) = [proto for proto in protos if proto.component_name == "samepage_chart"]
    points = [{"customdata": row, "curve_number": 0} for row in rows]
    return say(app, chart, how, {"of": json.loads(chart.bytes)["of"], "points": points})


def say(app: AppTest, proto: Any, event: str, value: object) -> AppTest:
    """Send what a browser sends from a component, through the protocol that a real browser uses."""
    states = app._tree.get_widget_states()
    message = json.dumps([{"event": event, "value": value}])
    states.widgets.add(id=_make_trigger_id(proto.id, "events"), json_trigger_value=message)
    return app._run(states)
