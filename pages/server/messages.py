"""A filter for messages from browsers over the websocket. It accepts only kinds that pages send, up to a
maximum size.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from google.protobuf.message import DecodeError
from starlette.types import Message, Receive, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

LARGEST: Final = 8_000_000
"""The maximum number of bytes of a message. The longest message has the text of a model file, which is 5 MB at most."""

MOST_WIDGETS: Final = 20_000
"""The maximum number of widgets with values in one message.

An empty one takes two bytes, so a message could name millions.
"""

MOST_FILES: Final = 5
"""The maximum number of upload addresses that a page can request at a time. Pages request one."""

SENT: Final = frozenset({"rerun_script", "stop_script", "backend_operation_request", "file_urls_request"})
"""The kinds of messages that pages send.

They are a change to a widget or page, Stop in the toolbar, the operations in `OPERATIONS`, and the request for an
upload address.
"""

OPERATIONS: Final = frozenset({"deferred_file", "dataframe_chunk"})
"""The allowed operations outside a run: getting the file behind a download button, and more rows of a long table.

Streamlit has other operations, which write files next to the program.
"""

_POLICY, _TOO_LARGE = 1008, 1009


class Verdict(Enum):
    """What to do with a message."""

    TAKEN = "taken"
    DROPPED = "dropped"
    """A kind that Streamlit knows but that pages don't send. Its developer menus send some, so the connection stays
    open.
    """
    CLOSED = "closed"
    """No message at all, or one that is larger than any that a page sends. Browsers with our pages don't send these."""


def classify(content: bytes) -> Verdict:
    """Return whether to accept a message, drop it, or close the connection."""
    message = BackMsg()
    try:
        message.ParseFromString(content)
    except DecodeError:
        return Verdict.CLOSED
    kind = message.WhichOneof("type")
    if len(message.file_urls_request.file_names) > MOST_FILES:
        return Verdict.CLOSED
    if kind is None or len(message.rerun_script.widget_states.widgets) > MOST_WIDGETS:
        return Verdict.CLOSED
    if kind == "backend_operation_request":
        is_sent = message.backend_operation_request.WhichOneof("payload") in OPERATIONS
    else:
        is_sent = kind in SENT
    return Verdict.TAKEN if is_sent else Verdict.DROPPED


class FilteredConnection:
    """A connection that only lets through messages that pages send.

    Each message is parsed here and again by Streamlit. That takes microseconds, and Streamlit has no other hook.
    """

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send, self._closed = receive, send, 0

    async def receive(self) -> Message:
        """Return the next accepted message, or the message that ends the connection."""
        while not self._closed:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            content = message.get("bytes")
            if content is None:  # A text message would be a bug to Streamlit.
                await self._close(_POLICY)
            elif len(content) > LARGEST:
                await self._close(_TOO_LARGE)
            else:
                match classify(content):
                    case Verdict.TAKEN:
                        return message
                    case Verdict.DROPPED:
                        continue
                    case Verdict.CLOSED:
                        await self._close(_POLICY)
        return {"type": "websocket.disconnect", "code": self._closed}

    async def send(self, message: Message) -> None:
        """Send a message, unless this side has closed the connection, which can happen while a page is
        still running.
        """
        if not self._closed:
            await self._send(message)

    async def _close(self, code: int) -> None:
        self._closed = code
        await self._send({"type": "websocket.close", "code": code})
