"""Messages from a browser: the kinds that pass, those that are dropped, and those that end the connection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

import pytest
from starlette.types import Message
from streamlit.proto.BackMsg_pb2 import BackendOperationRequest, BackMsg

from pages.server.messages import LARGEST, MOST_WIDGETS, FilteredConnection, Verdict, classify

# By hand, from what the installed Streamlit's browser code sends, and when. A kind that is not here is a new one.
KINDS: Mapping[str, Verdict] = {
    "rerun_script": Verdict.TAKEN,  # a widget, a page, a part that runs by the clock
    "stop_script": Verdict.TAKEN,  # Stop in the toolbar
    "clear_cache": Verdict.DROPPED,  # the menu for developers
    "set_run_on_save": Verdict.DROPPED,  # the menu for developers
    "load_git_info": Verdict.DROPPED,  # the button Deploy, for developers
    "debug_disconnect_websocket": Verdict.DROPPED,  # tests of Streamlit
    "debug_shutdown_runtime": Verdict.DROPPED,  # tests of Streamlit
    "file_urls_request": Verdict.TAKEN,  # the address for a file of the page Your uploads
    "app_heartbeat": Verdict.DROPPED,  # a page around ours, which there is none
}
OPERATIONS: Mapping[str, Verdict] = {
    "deferred_file": Verdict.TAKEN,  # Export
    "dataframe_chunk": Verdict.TAKEN,  # a table of more than 150,000 rows
    "install_skills": Verdict.DROPPED,  # writes files next to the program
    "dismiss_skills_nudge": Verdict.DROPPED,  # writes a file of the person who runs the server
}


def of_kind(name: str) -> bytes:
    message = BackMsg()
    if BackMsg.DESCRIPTOR.fields_by_name[name].message_type is None:
        setattr(message, name, True)
    else:
        getattr(message, name).SetInParent()
    return message.SerializeToString()


def operation(name: str) -> bytes:
    message = BackMsg()
    getattr(message.backend_operation_request, name).SetInParent()
    return message.SerializeToString()


def with_widgets(count: int) -> bytes:
    message = BackMsg()
    for number in range(count):
        message.rerun_script.widget_states.widgets.add().id = str(number)
    return message.SerializeToString()


def sift(messages: Iterable[Message], asked: int) -> tuple[list[Message], list[Message]]:
    """Return the messages that pass, out of as many as are requested, and those sent to the browser."""
    waiting, sent = iter(messages), list[Message]()

    async def receive() -> Message:
        return next(waiting)

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> list[Message]:
        sifted = FilteredConnection(receive, send)
        through = [await sifted.receive() for _ in range(asked)]
        await sifted.send({"type": "websocket.send", "bytes": b"of a page that still runs"})
        return through

    return asyncio.run(run()), sent


def received(content: bytes) -> Message:
    return {"type": "websocket.receive", "bytes": content, "text": None}


def test_every_kind_of_message_in_streamlit_is_either_allowed_or_dropped() -> None:
    known = {field.name for field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields}
    assert known == {*KINDS, "backend_operation_request"}
    payloads = {field.name for field in BackendOperationRequest.DESCRIPTOR.oneofs_by_name["payload"].fields}
    assert payloads == set(OPERATIONS)


@pytest.mark.parametrize("name", KINDS)
def test_only_kinds_that_pages_send_pass_through(name: str) -> None:
    assert classify(of_kind(name)) is KINDS[name]


@pytest.mark.parametrize("name", OPERATIONS)
def test_only_operations_of_pages_pass_through(name: str) -> None:
    assert classify(operation(name)) is OPERATIONS[name]


def test_the_last_kind_counts_if_a_message_has_two() -> None:
    assert classify(of_kind("rerun_script") + of_kind("clear_cache")) is Verdict.DROPPED
    assert classify(of_kind("clear_cache") + of_kind("rerun_script")) is Verdict.TAKEN


def test_an_unknown_operation_is_dropped() -> None:
    assert classify(of_kind("backend_operation_request")) is Verdict.DROPPED


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"\x5a\xff\xff\xff\xff\x0f", b"\xa2\x06\x01x"])
def test_an_invalid_message_ends_the_connection(content: bytes) -> None:
    assert classify(content) is Verdict.CLOSED


def test_a_message_has_at_most_as_many_widgets_as_a_page() -> None:
    assert classify(with_widgets(MOST_WIDGETS)) is Verdict.TAKEN
    assert classify(with_widgets(MOST_WIDGETS + 1)) is Verdict.CLOSED


def test_a_dropped_message_keeps_the_connection_and_later_messages() -> None:
    run = received(of_kind("rerun_script"))
    through, sent = sift([received(of_kind("clear_cache")), received(of_kind("load_git_info")), run], 1)
    assert through == [run]
    assert [message["type"] for message in sent] == ["websocket.send"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (received(b"\xff"), 1008),
        ({"type": "websocket.receive", "text": "a text"}, 1008),
        ({"type": "websocket.receive", "text": "a text", "bytes": None}, 1008),
        (received(of_kind("rerun_script") + b"\xa2\x06" + b"\x00" * LARGEST), 1009),
    ],
)
def test_the_connection_ends_once_and_nothing_follows(given: Message, code: int) -> None:
    """The page behind the connection gets a disconnect, twice if it asks again. Anything that it still sends is
    dropped.
    """
    through, sent = sift([given, received(of_kind("rerun_script"))], 2)
    assert [message["type"] for message in through] == ["websocket.disconnect"] * 2
    assert sent == [{"type": "websocket.close", "code": code}]


def test_connect_and_disconnect_events_pass_through() -> None:
    for kind in ("websocket.connect", "websocket.disconnect"):
        assert sift([{"type": kind}], 1)[0] == [{"type": kind}]
