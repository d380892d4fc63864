"""What a tab leaves behind: nothing of widgets that are gone, and nothing of itself once it can no longer come back."""

from __future__ import annotations

from typing import Any

from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.runtime.state import SessionState
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import KeyIdMapper, WStates

from pages.ui import links
from tests.pages.signing_in import sign_in
from tests.pages.whole_app import open_app

QUESTIONS = 6


def test_a_tab_forgets_widgets_that_are_no_longer_on_the_page(cookies: dict[str, str]) -> None:
    """The callback of each holds the answer it was drawn for."""
    sign_in(cookies, "ana")
    app = open_app(links.EXPLORE, m="spend", by="channel", t="last_1_week", v="1")
    widgets, keys = list[int](), list[int]()
    for weeks in range(2, 2 + QUESTIONS):
        app.query_params["t"] = f"last_{weeks}_week"
        app.run()
        assert not app.exception
        state: Any = app.session_state._state._state  # pyright: ignore[reportPrivateUsage]
        widgets.append(len(state._new_widget_state.widget_metadata))
        keys.append(len(state._key_id_mapper.id_key_mapping))
    assert widgets == widgets[:1] * QUESTIONS
    assert keys == keys[:1] * QUESTIONS


def test_streamlit_still_has_what_forgetting_widgets_needs() -> None:
    """An upgrade that renames these would let each tab grow for as long as it is open."""
    assert "session_state" in ScriptRunContext.__annotations__
    assert {"_state", "_lock"} <= SafeSessionState.__annotations__.keys()
    assert {"_new_widget_state", "_old_state", "_key_id_mapper"} <= SessionState.__annotations__.keys()
    assert {"states", "widget_metadata"} <= WStates.__annotations__.keys()
    assert {"_key_id_mapping", "_id_key_mapping"} <= KeyIdMapper.__annotations__.keys()
