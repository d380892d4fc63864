"""The charts on a page that `AppTest` has run, as the browser gets them."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest


def charts(app: AppTest) -> list[dict[str, Any]]:
    """What is sent for each chart: its figure and its surroundings."""
    components = [component.proto for component in app.get("bidi_component")]
    return [json.loads(proto.bytes) for proto in components if proto.component_name == "samepage_chart"]


def figures(app: AppTest) -> list[dict[str, Any]]:
    """Only the figures."""
    return [chart["figure"] for chart in charts(app)]
