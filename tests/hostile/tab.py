"""A tab without a browser. It sends any message over the app's websocket, and records the replies."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.browser.visitor import Browser

STACK = (
    "Traceback (most recent call last)",
    "site-packages",
    'File "/',
    "sqlglot.",
    "duckdb.",
    "StreamlitAPIException",
)
"""Internal details that no page may show."""

FAILED = "Something went wrong on our side"
"""What a page shows after a crash."""


@dataclass(slots=True)
class Told:
    """Everything that one run sent: its texts, its widgets with their kinds, its pages, and how it ended."""

    texts: list[str] = field(default_factory=list[str])
    cells: set[str] = field(default_factory=set[str])  # every text in a cell of a table
    widgets: dict[str, str] = field(default_factory=dict[str, str])
    fragments: set[str] = field(default_factory=set[str])
    pages: list[str] = field(default_factory=list[str])
    session: str = ""
    page_hash: str = ""
    raw: bytes = b""
    is_closed: bool = False
    is_silent: bool = False
    not_found: bool = False

    @property
    def text(self) -> str:
        return " | ".join(self.texts)

    def wrong(self) -> str:
        """Return the sign that something internal was shown, or "" if there is none."""
        shown = self.raw.decode("utf-8", "replace")
        return next((sign for sign in STACK if sign in shown), "")


@dataclass(slots=True)
class Tab:
    """One connection to the app. `told` is what its last run sent."""

    port: int
    connection: ClientConnection
    told: Told = field(default_factory=Told)

    def send(self, message: BackMsg, *, patience: float = 20.0) -> Told:
        """Send a message, wait for the run that it starts, and return what the run sent."""
        return self.send_bytes(message.SerializeToString(), patience=patience)

    def send_bytes(self, content: bytes, *, patience: float = 20.0) -> Told:
        self.told = Told(session=self.told.session, page_hash=self.told.page_hash)
        try:
            self.connection.send(content)
            _listen(self.connection, self.told, patience)
        except ConnectionClosed:
            self.told.is_closed = True
        return self.told

    def rerun(self, page: str = "", query: str = "", *, page_hash: str = "", fragment: str = "") -> BackMsg:
        """Return a message that asks for a run, which the test can change before sending it."""
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.page_script_hash = page_hash
        message.rerun_script.query_string = query
        message.rerun_script.fragment_id = fragment
        message.rerun_script.context_info.url = f"http://127.0.0.1:{self.port}/{page}"
        return message


@contextmanager
def open_tab(
    browser: Browser, *, session: str = "", origin: str | None = "", headers: Sequence[tuple[str, str]] = ()
) -> Iterator[Tab]:
    """Open a tab of this browser.

    `session` asks to continue that session. `origin` is the page that opens the tab, if any.
    """
    jar = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    text = f"http://127.0.0.1:{browser.port}" if origin == "" else origin
    protocols = ["streamlit", "none", session] if session else ["streamlit"]
    with connect(
        f"ws://127.0.0.1:{browser.port}/_stcore/stream", subprotocols=[Subprotocol(protocol) for protocol in protocols],
        origin=None if text is None else Origin(text), additional_headers=[("Cookie", jar), *headers], max_size=None,
    ) as connection:  # fmt: skip
        yield Tab(browser.port, connection)


def _listen(connection: ClientConnection, told: Told, patience: float) -> None:
    until = time.monotonic() + patience
    kept: list[bytes] = []
    while True:
        try:
            content = connection.recv(timeout=max(0.05, until - time.monotonic()), decode=False)
        except TimeoutError:
            told.is_silent = True
            break
        except ConnectionClosed:
            told.is_closed = True
            break
        kept.append(bytes(content))
        message = ForwardMsg()
        message.ParseFromString(bytes(content))
        if _is_last(message, told):
            break
    told.raw = b"".join(kept)


def _is_last(message: ForwardMsg, told: Told) -> bool:
    match message.WhichOneof("type"):
        case "new_session":
            told.session = message.new_session.initialize.session_id or told.session
            told.page_hash = message.new_session.page_script_hash
        case "delta":
            if message.delta.fragment_id:
                told.fragments.add(message.delta.fragment_id)
            _note(message.delta.new_element, told)
        case "navigation":
            told.pages = [page.page_name for page in message.navigation.app_pages]
        case "page_not_found":
            told.not_found = True
        case "script_finished":
            return message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        case _:
            pass
    return False


def _note(element: Element, told: Told) -> None:
    kind = element.WhichOneof("type")
    if kind is None:
        return
    part = getattr(element, kind)
    for name in ("body", "label", "message"):
        text = getattr(part, name, "")
        if isinstance(text, str) and text:
            told.texts.append(text)
    if kind == "dataframe" and part.arrow_data.data:
        with pa.ipc.open_stream(part.arrow_data.data) as stream:
            for column in stream.read_all().itercolumns():
                told.cells.update(value for value in column.to_pylist() if isinstance(value, str))
    if isinstance(getattr(part, "id", None), str) and part.id:
        told.widgets[part.id] = kind
