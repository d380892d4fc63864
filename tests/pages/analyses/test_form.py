"""What the fields of an analysis write to its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pages.analyses.draft import put
from pages.analyses.form import Edited, Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from pages.analyses.draft import Data
    from semantic.workspace import Workspace


class _State:
    def __init__(self) -> None:
        self.bound: dict[str, Callable[[Data, Any], Data]] = {}


def test_an_outdated_label_changes_nothing() -> None:
    """If the labels of a field change, such as "month 1" for days, Streamlit keeps the previously picked label."""
    state = _State()
    form = Form(cast("Edited", state), cast("Workspace", None))
    data = {"at": 2}
    form.bind("at", lambda data, value: put(data, ("at",), value), among={1: 1, 2: 2, 3: 3})
    assert state.bound["at"](data, "month 1") == data
    assert state.bound["at"](data, 3) == {"at": 3}
    assert state.bound["at"](data, None) == {}
    form.bind("at", lambda data, value: put(data, ("at",), value + 1))  # another way to write the same field
    assert state.bound["at"](data, "month 1") == data
    assert state.bound["at"](data, 1) == data
