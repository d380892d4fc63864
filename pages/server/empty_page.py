"""The empty page that a browser loads before any run: Streamlit's own, with our style sheet and an early start.

Streamlit loads the code of a chart or a grid when the first one is to be drawn. Plotly's is 4.7 MB, and a browser takes
seconds to read it. Named here, after all that the page itself needs, it is loaded while the question is being answered.
It is run when the browser has nothing else to do, so that the numbers beside a chart are drawn before it.
The style sheet stands here and not in a run, so it is there before anything is drawn and is not sent with every run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EARLY = ("Metric", "PlotlyChart", "DataFrame", "BidiComponent")
"""The scripts that draw an answer, as the file names of the installed Streamlit start; a build adds a digest.

The small one for numbers comes first: behind Plotly's, a board's numbers would wait for its charts.
"""

PATIENT, BEFORE = "PlotlyChart", "Metric"
"""What runs after the numbers are shown, and the part that draws them."""

MOST_PATIENT = 400  # milliseconds that a chart's code waits for a browser that is busy all the time

_STYLE = Path(__file__).parent / "style.css"
_IMPORT = re.compile(r'\b(?:from|import)\s*"\./([^"/]+\.js)"')


@dataclass(frozen=True, slots=True)
class Shell:
    """The page as sent, and its ETag; and a script with its address, if it has one."""

    body: bytes
    tag: str
    address: str = ""
    script: bytes = b""


def make_shell(static: Path) -> Shell:
    """The shell over the files of an installed Streamlit; missing ones are left out."""
    index = (static / "index.html").read_text(encoding="utf-8")
    address, script, mapped = _patient(static / "static" / "js")
    links = "".join(
        f'<link rel="modulepreload" crossorigin fetchpriority="low" href="./static/js/{name}">'
        for name in early_files(static / "static" / "js", EARLY)
        if f"/{name}" not in index
    )
    # Streamlit adds its own styles to the head; those in the body come after them and win.
    style = f"<style>{_STYLE.read_text(encoding='utf-8')}</style>"
    page = index.replace("</head>", f"{links}</head>", 1).replace("</body>", f"{style}</body>", 1)
    body = page.replace("<head>", f"<head>{mapped}", 1).encode()  # a map applies to what comes after it
    return Shell(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"', address, script.encode())


def _patient(folder: Path) -> tuple[str, str, str]:
    """A script in place of a chart's code, its address, and the map that sends Streamlit's scripts there. All are empty
    if the installed Streamlit has no such files.

    The browser runs the code of a chart in one piece, which takes it a third of a second, and draws numbers in small
    ones. Loaded at the same time, the chart would always be first.
    """
    files_by_part = [sorted(folder.glob(f"{part}.*.js")) for part in (PATIENT, BEFORE)]
    if not all(files_by_part):
        return "", "", ""
    late, before = (f"/static/js/{files[0].name}" for files in files_by_part)
    script = (
        f'await import("{before}").catch(() => {{}})\n'
        "const idle = window.requestIdleCallback ?? (call => setTimeout(call, 50))\n"
        f"await new Promise(done => idle(done, {{timeout: {MOST_PATIENT}}}))\n"
        f'export default (await import("{late}")).default\n'
    )
    address = f"/look/{hashlib.sha256(script.encode()).hexdigest()[:16]}.js"
    # Only for scripts from there: this one finds the code itself by the same address.
    scopes = {"/static/": {late: address}}
    return address, script, f'<script type="importmap">{json.dumps({"scopes": scopes})}</script>'


def early_files(folder: Path, parts: Sequence[str]) -> Iterator[str]:
    """The file of each part and those it can't start without, each once, in the order found."""
    names = [path.name for part in parts for path in sorted(folder.glob(f"{part}.*.js"))]
    known = dict.fromkeys(names)
    while names:
        name = names.pop(0)
        yield name
        for other in _IMPORT.findall((folder / name).read_text(encoding="utf-8")):
            if other not in known and (folder / other).is_file():
                known[other] = None
                names.append(other)


class Pages:
    """ASGI middleware: every page is the shell. Streamlit sends its index.html for any address that is nothing else."""

    def __init__(self, app: ASGIApp, *, shell: Shell) -> None:
        self._app, self._shell = app, shell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._shell.address:
            answer = Response(self._shell.script, media_type="text/javascript", headers=_FOR_EVER)
            await answer(scope, receive, send)
            return
        if scope["type"] != "http" or scope["path"].startswith(_NO_PAGES):
            await self._app(scope, receive, send)
            return
        is_page = False

        async def send_shell(message: Message) -> None:
            nonlocal is_page
            if message["type"] == "http.response.start":
                is_page = message["status"] == 200 and _is_html(message["headers"])
                if is_page:
                    await self._send(scope, message, send)
            if not is_page:
                await send(message)

        # Whether the browser already has the page depends on the shell's ETag, not the file's.
        asked = [(name, value) for name, value in scope["headers"] if name not in _CONDITIONS]
        await self._app({**scope, "headers": asked}, receive, send_shell)

    async def _send(self, scope: Scope, start: Message, send: Send) -> None:
        body, tag = self._shell.body, self._shell.tag.encode()
        is_known = any(name == b"if-none-match" and tag in value for name, value in scope["headers"])
        kept = [(name, value) for name, value in start["headers"] if name not in _OF_THE_FILE]
        length = [] if is_known else [(b"content-length", str(len(body)).encode())]
        headers = [*kept, *length, (b"etag", tag)]
        await send({**start, "status": 304 if is_known else 200, "headers": headers})
        is_sent = not is_known and scope["method"] != "HEAD"
        await send({"type": "http.response.body", "body": body if is_sent else b""})


_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}  # its address is its digest
_NO_PAGES = ("/_stcore/", "/component/", "/media/", "/static/", "/look/", "/demo/", "/ops/")
_CONDITIONS = (b"if-none-match", b"if-modified-since", b"if-range", b"range")
_OF_THE_FILE = (b"content-length", b"content-encoding", b"etag", b"last-modified", b"accept-ranges", b"vary")
"""Response headers that describe the file that the shell replaces."""


def _is_html(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)
