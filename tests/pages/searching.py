"""The builder's search fields in a test, because AppTest doesn't run what a browser draws."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from streamlit.testing.v1 import AppTest

from pages.explore.builder import breakdowns, metric_picker, question
from pages.explore.builder.question import ExploreState
from pages.shell import session
from pages.widgets.search_box import Row
from semantic.query.query import DATE

NOTHING_SAID = asdict(Row("", ""))
LABELS = ("Metric", "Break down by", "Filter by")


@dataclass
class SearchField:
    """A search field: its options before anything is typed, what is selected, and how to select."""

    app: AppTest
    label: str

    @property
    def held(self) -> ExploreState:
        return self.app.session_state[question.KEY]

    @property
    def rows(self) -> list[dict[str, Any]]:
        (data,) = [field for field in search_fields(self.app) if field.get("label") == self.label]
        return [NOTHING_SAID | row for row in data["start"]]

    @property
    def options(self) -> list[str]:
        """Return the labels of the available options."""
        return [row["label"] for row in self.rows if not row["off"]]

    @property
    def value(self) -> list[str]:
        draft = self.held.draft
        return (
            list(draft.metrics)
            if self.label == "Metric"
            else [breakdown.dim for breakdown in draft.by if breakdown.dim != DATE]
        )

    def set_value(self, names: Sequence[str] | str) -> SearchField:
        """Select exactly these options: remove other selections and add the missing ones. A filter takes only one."""
        if isinstance(names, str):
            self.app.session_state[self.held.key("filter-new")] = names
            return self
        workspace, actor = session.require("viewer")  # the page's own, as the test has set it
        visible = workspace.visible(actor)
        for name in self.value:
            if name not in names:
                self._drop(name)
        for name in names:
            if self.label == "Metric":
                metric_picker.add_metric(self.held, name)
            else:
                breakdowns.add_breakdown(self.held, visible.dimension(name)[0])
        return self

    def _drop(self, name: str) -> None:
        if self.label == "Metric":
            metric_picker.drop_metric(self.held, name)
        else:
            (breakdown,) = [draft_breakdown for draft_breakdown in self.held.draft.by if draft_breakdown.dim == name]
            breakdowns.drop_breakdown(self.held, breakdown)

    def run(self) -> AppTest:
        return self.app.run()


def search_fields(app: AppTest) -> list[dict[str, Any]]:
    """Return the data with which each search field was drawn."""
    components = [component.proto for component in app.get("bidi_component")]
    return [json.loads(proto.bytes) for proto in components if proto.component_name == "samepage_search_box"]
