"""What the browser gets when elements are dropped or replaced before they are sent."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.fragment import MemoryFragmentStorage

from pages.server.unsent import CLEARS, keep_unsent_whole

ELEMENTS = {"page": "", "outer": "outer", "inner": "inner", "innermost": "innermost", "beside": "beside"}


@pytest.fixture(autouse=True)
def _repairs_end_with_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AppSession, CLEARS, getattr(AppSession, CLEARS))
    monkeypatch.setattr(ForwardMsgQueue, "enqueue", ForwardMsgQueue.enqueue)


@pytest.fixture
def unsent() -> Any:
    """A session with an unsent element of the page, and unsent elements of four fragments, three of which are
    nested.
    """
    session = SimpleNamespace(_fragment_storage=MemoryFragmentStorage(), _browser_queue=ForwardMsgQueue())
    for name, parent in (("outer", None), ("inner", "outer"), ("innermost", "inner"), ("beside", None)):
        session._fragment_storage.register(name, lambda: None, parent_fragment_id=parent)
    for place, (words, fragment) in enumerate(ELEMENTS.items()):
        message = ForwardMsg()
        message.metadata.delta_path[:] = [0, place]
        message.delta.fragment_id = fragment
        message.delta.new_element.text.body = words
        session._browser_queue.enqueue(message)
    keep_unsent_whole()
    return session


def left(session: Any) -> list[str]:
    return [message.delta.new_element.text.body for message in session._browser_queue.flush()]


@pytest.mark.parametrize(
    ("reruns", "stay"),
    [
        (["outer"], ["page", "beside"]),
        (["inner"], ["page", "outer", "beside"]),
        (["innermost"], ["page", "outer", "inner", "beside"]),
        (["beside"], ["page", "outer", "inner", "innermost"]),
        (["inner", "beside"], ["page", "outer"]),
        (None, []),  # the whole page
    ],
)
def test_elements_within_a_fragment_are_dropped_with_it(unsent: Any, reruns: list[str] | None, stay: list[str]) -> None:
    getattr(AppSession, CLEARS)(unsent, reruns)
    assert left(unsent) == stay


def test_a_second_call_changes_nothing(unsent: Any) -> None:
    before = getattr(AppSession, CLEARS), ForwardMsgQueue.enqueue
    keep_unsent_whole()
    assert (getattr(AppSession, CLEARS), ForwardMsgQueue.enqueue) == before


def test_a_streamlit_without_these_parts_still_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(AppSession, CLEARS)
    monkeypatch.setattr(ForwardMsgQueue, "__init__", lambda self: None)
    before = ForwardMsgQueue.enqueue
    keep_unsent_whole()
    assert not hasattr(AppSession, CLEARS)
    assert ForwardMsgQueue.enqueue is before


Path = tuple[int, ...]
Node = tuple[str, str]
"""Whether it's a container or an element, and its content. A container's content is its type."""


class Screen:
    """What a browser shows, by the rules of Streamlit's own `SetNodeByDeltaPathVisitor` and `addBlock`."""

    def __init__(self) -> None:
        self.nodes: dict[Path, Node] = {(0,): ("container", "vertical")}

    def takes(self, path: Path) -> bool:
        around, place = path[:-1], path[-1]
        within = [other for other in self.nodes if other[:-1] == around]
        return self.nodes.get(around, ("", ""))[0] == "container" and place <= len(within)

    def put(self, path: Path, node: Node) -> None:
        assert self.takes(path), "Cannot set a node at a delta path"
        if node[0] == "element" or self.nodes.get(path) != node:  # a container keeps what is in one of its type
            self.nodes = {other: kept for other, kept in self.nodes.items() if other[: len(path)] != path}
        self.nodes[path] = node


def message_of(path: Path, node: Node) -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path[:] = path
    kind, shows = node
    if kind == "element":
        message.delta.new_element.text.body = shows
    else:
        getattr(message.delta.add_block, shows).SetInParent()
    return message


def node_of(message: ForwardMsg) -> Node:
    delta = message.delta
    if delta.HasField("new_element"):
        return "element", delta.new_element.text.body
    return "container", str(delta.add_block.WhichOneof("type"))


def shown_at_once(drawn: list[tuple[Path, Node]]) -> dict[Path, Node]:
    """Return what a browser shows if it gets all of this at once."""
    queue, screen = ForwardMsgQueue(), Screen()
    for path, node in drawn:
        queue.enqueue(message_of(path, node))
    for message in queue.flush():
        screen.put(tuple(message.metadata.delta_path), node_of(message))
    return screen.nodes


REPLACED: list[tuple[Path, Node]] = [
    ((0, 0), ("container", "vertical")),
    ((0, 0, 0), ("container", "popover")),
    ((0, 0, 0, 0), ("element", "before")),
    ((0, 0), ("container", "transparent")),  # a fragment writes where the page has written
    ((0, 0, 0), ("container", "vertical")),
    ((0, 0, 0, 0), ("container", "popover")),
    ((0, 0, 0, 0, 0), ("element", "after")),
]
"""A board's trust line, drawn first by the page and then by the fragment that has all answers."""


def test_a_container_that_replaces_another_gets_all_its_elements() -> None:
    with pytest.raises(AssertionError, match="Cannot set a node at a delta path"):
        shown_at_once(REPLACED)  # Streamlit's own way
    keep_unsent_whole()
    assert shown_at_once(REPLACED) == {(0,): ("container", "vertical"), **dict(REPLACED[3:])}


@given(st.data())
def test_sending_at_once_shows_the_same_as_sending_one_by_one(data: st.DataObject) -> None:
    keep_unsent_whole()
    one_by_one, drawn = Screen(), list[tuple[Path, Node]]()
    paths = [(0, *rest) for depth in (1, 2, 3) for rest in product((0, 1), repeat=depth)]
    containers = [("container", name) for name in ("vertical", "popover", "transparent")]
    for number in range(data.draw(st.integers(1, 14))):
        path = data.draw(st.sampled_from([path for path in paths if one_by_one.takes(path)]))
        node = data.draw(st.sampled_from([("element", str(number)), *containers]))
        one_by_one.put(path, node)
        drawn.append((path, node))
    assert shown_at_once(drawn) == one_by_one.nodes
