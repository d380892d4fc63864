"""What a rerun drops of the elements that weren't sent yet."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.fragment import MemoryFragmentStorage

from pages.server.nested_fragments import CLEARS, drop_nested_fragments

ELEMENTS = {"page": "", "outer": "outer", "inner": "inner", "innermost": "innermost", "beside": "beside"}


@pytest.fixture
def unsent(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A session with one unsent element of the page, and of four fragments, three of them one within the other."""
    monkeypatch.setattr(AppSession, CLEARS, getattr(AppSession, CLEARS))  # restored after the test
    session = SimpleNamespace(_fragment_storage=MemoryFragmentStorage(), _browser_queue=ForwardMsgQueue())
    for name, parent in (("outer", None), ("inner", "outer"), ("innermost", "inner"), ("beside", None)):
        session._fragment_storage.register(name, lambda: None, parent_fragment_id=parent)
    for place, (words, fragment) in enumerate(ELEMENTS.items()):
        message = ForwardMsg()
        message.metadata.delta_path[:] = [0, place]
        message.delta.fragment_id = fragment
        message.delta.new_element.text.body = words
        session._browser_queue.enqueue(message)
    drop_nested_fragments()
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
def test_what_is_within_a_fragment_goes_with_it(unsent: Any, reruns: list[str] | None, stay: list[str]) -> None:
    getattr(AppSession, CLEARS)(unsent, reruns)
    assert left(unsent) == stay


def test_another_call_changes_nothing(unsent: Any) -> None:
    before = getattr(AppSession, CLEARS)
    drop_nested_fragments()
    assert getattr(AppSession, CLEARS) is before


def test_another_streamlit_without_this_method_still_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(AppSession, CLEARS)
    drop_nested_fragments()
    assert not hasattr(AppSession, CLEARS)
