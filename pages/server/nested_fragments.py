"""Drop a nested fragment's unsent elements together with those of the fragment around it.

When a fragment reruns before the elements of its last run are sent, Streamlit drops these and keeps those of fragments
within it. The browser then gets elements for a container that it doesn't have, fails with "Cannot set a node at a delta
path", and shows a blank page. All of them are drawn again anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from streamlit.runtime.app_session import AppSession

CLEARS: Final = "_clear_queue"
"""Streamlit's method that drops what isn't sent, given the fragments that rerun. None stands for the whole page."""


def drop_nested_fragments() -> None:
    """Let every session do this from now on. Calling this again changes nothing."""
    clear = getattr(AppSession, CLEARS, None)
    if clear is None or hasattr(clear, "drops_nested"):
        return

    def clear_with_nested(app_session: Any, fragment_ids_this_run: Sequence[str] | None = None) -> None:  # Any: private
        clear(app_session, fragment_ids_this_run and _with_nested(app_session, fragment_ids_this_run))

    clear_with_nested.drops_nested = True  # pyright: ignore[reportFunctionMemberAccess]
    setattr(AppSession, CLEARS, clear_with_nested)


def _with_nested(app_session: Any, fragments: Sequence[str]) -> list[str]:
    """These fragments, and those within them that have unsent elements."""
    storage, unsent = app_session._fragment_storage, app_session._browser_queue._queue
    others = {message.delta.fragment_id for message in unsent if message.HasField("delta")} - {"", *fragments}
    return [*fragments, *(other for other in sorted(others) if storage.has_ancestor_in(other, set(fragments)))]
