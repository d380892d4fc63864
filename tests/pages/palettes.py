"""The palette in a test, because AppTest doesn't run what a browser draws."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.pages.charts import say


@dataclass(frozen=True)
class Palette:
    """The palette: the data that the browser gets, searches, and picking a row."""

    app: AppTest
    proto: Any  # the component's message, for which there are no types

    @property
    def sent(self) -> dict[str, Any]:
        return json.loads(self.proto.bytes)

    @property
    def pages(self) -> list[str]:
        return [row["label"] for row in self.sent["pages"]]

    @property
    def actions(self) -> list[str]:
        return [row["label"] for row in self.sent["actions"]]

    def find(self, text: str) -> dict[str, Any]:
        """Return what the server finds for a text: its groups by title, and the note."""
        return found(say(self.app, self.proto, "asked", text))

    def labels(self, text: str) -> dict[str, list[str]]:
        """Return the labels that a text finds, by group."""
        return {group["title"]: [row["label"] for row in group["rows"]] for group in self.find(text)["groups"]}

    def pick(self, text: str, label: str, how: str = "enter") -> AppTest:
        """Type the text and send what a browser sends when Enter or Tab is pressed on a row."""
        (name,) = [row["name"] for group in self.find(text)["groups"] for row in group["rows"] if row["label"] == label]
        return self.say({"name": name, "how": how})

    def say(self, value: object) -> AppTest:
        """Send any value, as a manipulated browser could."""
        return say(self.app, self.proto, "picked", value)


def palette(app: AppTest) -> Palette:
    (proto,) = _components(app, "samepage_palette")
    return Palette(app, proto)


def has_palette(app: AppTest) -> bool:
    return bool(_components(app, "samepage_palette"))


def found(app: AppTest) -> dict[str, Any]:
    """Return the result of the last search."""
    (proto,) = _components(app, "samepage_palette_answer")
    return json.loads(proto.bytes)


def is_answered(app: AppTest) -> bool:
    return bool(_components(app, "samepage_palette_answer"))


def _components(app: AppTest, name: str) -> list[Any]:
    return [component.proto for component in app.get("bidi_component") if component.proto.component_name == name]
