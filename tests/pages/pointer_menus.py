"""The menu at the pointer in a test, because AppTest doesn't run what a browser draws."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.pages.charts import say


@dataclass(frozen=True)
class PointerMenu:
    """The menu as the browser gets it, with a way to choose an item."""

    app: AppTest
    proto: Any  # the component's message, for which there are no types
    sent: dict[str, Any]

    @property
    def line(self) -> str:
        """Return the description of the selection, or "" if nothing is selected."""
        return self.sent["line"]

    @property
    def labels(self) -> list[str]:
        return [item["label"] for item in self.sent["items"]]

    @property
    def further(self) -> list[str]:
        """Return the labels of the menu's second list."""
        return [item["label"] for item in self.sent["further"]["items"]]

    def choose(self, label: str) -> AppTest:
        """Send what a browser sends when an item is clicked."""
        further = self.sent["further"]["items"] if self.sent["further"] else []
        (name,) = {item["name"] for item in (*self.sent["items"], *further) if item["label"] == label}
        return self.say({"menu": self.sent["id"], "item": name})

    def say(self, value: object) -> AppTest:
        """Send any value, as a manipulated browser could."""
        return say(self.app, self.proto, "chosen", value)


def pointer_menus(app: AppTest) -> list[PointerMenu]:
    """Return the menus on the page. There is one below each answer with selectable numbers."""
    protos = [component.proto for component in app.get("bidi_component")]
    return [
        PointerMenu(app, proto, json.loads(proto.bytes))
        for proto in protos
        if proto.component_name == "samepage_pointer_menu"
    ]


def pointer_menu(app: AppTest) -> PointerMenu:
    (menu,) = pointer_menus(app)
    return menu
