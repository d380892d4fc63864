"""A client for HTTP and Streamlit's websocket, and the server that it visits, started as people start it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Protocol

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.waiting import STUCK, until

ROOT = Path(__file__).parents[2]


class Process(Protocol):
    """A running server process."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def kill(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP response."""

    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    body: str


@dataclass(slots=True)
class Seen:
    """Everything that the browser received from one run of the script."""

    words: list[str] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)
    pages: list[str] = field(default_factory=list)
    elements: int = 0
    went_to: str = ""
    not_found: bool = False
    tab_titles: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " | ".join(self.words)

    @property
    def is_sign_in(self) -> bool:
        return set(self.pages) == {"Sign in"} and "Choose a demo user" in self.text


@dataclass(slots=True)
class Browser:
    """A client with cookies that speaks HTTP and Streamlit's websocket."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=STUCK)
        connection.request(method, path, headers={"Accept": "text/html", "Cookie": self._jar(), **(headers or {})})
        response = connection.getresponse()
        texts: dict[str, str] = {}
        for line in response.headers.get_all("set-cookie") or []:
            name, _, value = line.partition("=")
            texts[name] = value
            self.cookies[name] = value.partition(";")[0].strip('"')
            if "max-age=0" in value.lower():
                del self.cookies[name]
        named = {name.lower(): value for name, value in response.getheaders()}
        answer = Answer(response.status, named, texts, response.read().decode("utf-8", "replace"))
        connection.close()
        return answer

    def open(self, page: str = "", query: str = "", *, page_hash: str = "", press: str = "") -> Seen:
        """Run the script as a new tab does. If `press` names a button's label, press that button afterwards."""
        url = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        protocols = [Subprotocol("streamlit")]
        headers = {"Cookie": self._jar(), "Origin": f"http://127.0.0.1:{self.port}"}
        with connect(url, subprotocols=protocols, max_size=None, additional_headers=headers, open_timeout=STUCK) as tab:
            message = BackMsg()
            message.rerun_script.page_name = page
            message.rerun_script.page_script_hash = page_hash
            message.rerun_script.query_string = query
            message.rerun_script.context_info.url = f"http://127.0.0.1:{self.port}/{page}"
            tab.send(message.SerializeToString())
            seen = _listen(tab)
            if press:
                widget = message.rerun_script.widget_states.widgets.add()
                widget.id, widget.trigger_value = seen.buttons[press], True
                tab.send(message.SerializeToString())
                seen = _listen(tab)
            return seen

    def sign_in(self, page: str = "", query: str = "", *, number: int = 0, person: str = "") -> Answer:
        """Open a page, choose a person by position or name, and follow the page's redirect."""
        self.get(f"/{page}?{query}")
        people = [label for label in self.open(page, query).buttons if label.startswith(f"Sign in as {person}")]
        label = people[number]
        return self.get(self.open(page, query, press=label).went_to, headers={"Sec-Fetch-Site": "same-origin"})

    def _jar(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


def _listen(tab: ClientConnection) -> Seen:
    seen = Seen()
    while True:
        message = ForwardMsg()
        message.ParseFromString(bytes(tab.recv(timeout=STUCK, decode=False)))
        match message.WhichOneof("type"):
            case "delta":
                _note(message.delta.new_element, seen)
            case "navigation":
                seen.pages = [page.page_name for page in message.navigation.app_pages]
            case "page_not_found":
                seen.not_found = True
            case "page_config_changed":
                if message.page_config_changed.title:
                    seen.tab_titles.append(message.page_config_changed.title)
            case "auth_redirect":
                seen.went_to = message.auth_redirect.url
            case "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    seen = Seen(pages=seen.pages)
                    continue
                return seen
            case _:
                pass


def _note(element: Element, seen: Seen) -> None:
    kind = element.WhichOneof("type")
    seen.elements += kind is not None
    match kind:
        case "heading" | "markdown" | "text" | "alert":
            seen.words.append(getattr(element, kind).body)
        case "exception":
            seen.words.append(element.exception.message)
        case "button" if element.button.label.startswith(("Sign in as", "Sign out of")):
            seen.buttons[element.button.label] = element.button.id
        case _:
            pass


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_server(
    log: Path,
    *,
    port: int = 0,
    script: str = "app.py",
    launcher: Sequence[str] = ("-m", "streamlit"),
    **environment: str,
) -> Iterator[int]:
    """Run `streamlit run app.py` until the block ends, and yield its port."""
    port = port or free_port()
    with started_server(log, port=port, script=script, launcher=launcher, **environment):
        yield port


@contextmanager
def started_server(
    log: Path,
    *,
    port: int,
    script: str = "app.py",
    launcher: Sequence[str] = ("-m", "streamlit"),
    **environment: str,
) -> Iterator[Process]:
    """Start a server like `running_server`, but yield the process, so that the block can end it."""
    command = [sys.executable, *launcher, "run", script, "--server.port", str(port)]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment_of(environment), stdout=out, stderr=subprocess.STDOUT
        )
    with until_ready(port, process, log):
        yield process


def environment_of(given: Mapping[str, str]) -> dict[str, str]:
    """Return a server's environment: this process's own without any cookie secret, and the given settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SAMEPAGE_COOKIE")} | dict(given)


@contextmanager
def until_ready(port: int, process: Process, log: Path) -> Iterator[None]:
    """Wait until the server answers, run the block, and then stop the server."""
    try:
        _wait_until_ready(port, process, log)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STUCK)


def _wait_until_ready(port: int, process: Process, log: Path) -> None:
    def is_ready() -> bool:
        assert process.poll() is None, log.read_text()
        with suppress(OSError), closing(HTTPConnection("127.0.0.1", port, timeout=STUCK)) as connection:
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
        return False

    until(is_ready, "the server to start")
