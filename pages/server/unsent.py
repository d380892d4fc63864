"""Fix two ways in which Streamlit corrupts its queue of unsent elements. Both end in a blank page.

The browser gets elements for a container that it doesn't have, and fails with "Cannot set a node at a delta path":

- When a fragment reruns before the elements of its last run are sent, Streamlit drops these and keeps those of
  fragments within it. All of them are drawn again anyway, so these are dropped as well.
- An element that replaces an unsent one takes its place in the queue. If a container around the two was replaced in
  between, this place is before the new container's. So what follows such a container goes to the end of the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

CLEARS: Final = "_clear_queue"
"""Streamlit's method that drops unsent elements. Its argument has the fragments that rerun, or None for the
whole page.
"""
PLACES: Final = "_delta_index_map"
"""Streamlit's attribute of a queue that maps the path of an element to its place in the queue."""


def keep_unsent_whole() -> None:
    """Apply both fixes from now on. Calling this again has no effect."""
    _drop_nested_fragments()
    _follow_replaced_containers()


def _drop_nested_fragments() -> None:
    clear = getattr(AppSession, CLEARS, None)
    if clear is None or hasattr(clear, "drops_nested"):
        return

    def clear_with_nested(app_session: Any, fragment_ids_this_run: Sequence[str] | None = None) -> None:  # Any: private
        clear(app_session, fragment_ids_this_run and _with_nested(app_session, fragment_ids_this_run))

    clear_with_nested.drops_nested = True  # pyright: ignore[reportFunctionMemberAccess]
    setattr(AppSession, CLEARS, clear_with_nested)


def _with_nested(app_session: Any, fragments: Sequence[str]) -> list[str]:
    """Return these fragments and the fragments inside them that have unsent elements."""
    storage, unsent = app_session._fragment_storage, app_session._browser_queue._queue
    others = {message.delta.fragment_id for message in unsent if message.HasField("delta")} - {"", *fragments}
    return [*fragments, *(other for other in sorted(others) if storage.has_ancestor_in(other, set(fragments)))]


def _follow_replaced_containers() -> None:
    enqueue = ForwardMsgQueue.enqueue
    if not hasattr(ForwardMsgQueue(), PLACES) or hasattr(enqueue, "follows_replaced"):
        return

    def enqueue_after_replaced(queue: ForwardMsgQueue, msg: ForwardMsg) -> None:
        path = tuple(msg.metadata.delta_path)
        before = getattr(queue, PLACES).get(path)
        earlier = queue._queue[before] if before is not None else None
        enqueue(queue, msg)
        places = getattr(queue, PLACES)
        if earlier is None or places.get(path) == before or _keeps_what_is_within(earlier, msg):
            return
        for within in [other for other in places if other[: len(path)] == path]:
            del places[within]

    enqueue_after_replaced.follows_replaced = True  # pyright: ignore[reportFunctionMemberAccess]
    ForwardMsgQueue.enqueue = enqueue_after_replaced  # pyright: ignore[reportAttributeAccessIssue]


def _keeps_what_is_within(earlier: ForwardMsg, msg: ForwardMsg) -> bool:
    """Return whether the browser keeps the contents of a container that is replaced, which it does only for the same
    type.
    """
    kinds = [each.delta.add_block.WhichOneof("type") for each in (earlier, msg) if each.delta.HasField("add_block")]
    return len(kinds) == 2 and kinds[0] == kinds[1]
