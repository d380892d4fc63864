"""The page that a browser loads before any run: Streamlit's own, with our style sheet and scripts loaded early.

Streamlit loads the code of a number or a table when the first one is drawn. If that code is listed here, after
everything that the page itself needs, it loads while the question is being answered. The same is true of our own code
for charts, which runs once the page has loaded and the browser is idle. The style sheet is part of this page, so that
it's loaded before anything is drawn and isn't sent with every run.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.widgets.plotly_script import plotly_script

EARLY = ("Metric", "BidiComponent", "DataFrame")
"""The start of the name of each Streamlit file that draws an answer. A build appends a digest to the name.

Small files come first. If the table's came before them, the numbers of a board would wait for its tables.
"""

AWAY = "Samepage isn't reachable. It reconnects by itself. Your question is still in the address."
"""The text shown while the server doesn't respond, in place of Streamlit's dialog for developers."""

# react-aria draws that dialog. It hides everything else from screen readers, except elements with this attribute.
_AWAY = f'<div class="samepage-away" role="alert" data-react-aria-top-layer="true">{AWAY}</div>'

_SHEETS = ("style.css", "lists.css", "boards.css", "ask.css", "paper.css")
_STYLES = tuple(Path(__file__).parent / name for name in _SHEETS)
_SCRIPT = Path(__file__).parent / "page.js"
_IMPORT = re.compile(r'\b(?:from|import)\s*"\./([^"/]+\.js)"')

_RUN_EARLY = """const idle = window.requestIdleCallback ?? (call => setTimeout(call, 50))
const look = setInterval(() => {
  if (!document.querySelector("[data-testid=stApp]")) return
  clearInterval(look)
  idle(() => import("%s").catch(() => {}))
}, 50)
"""


@dataclass(frozen=True, slots=True)
class Shell:
    """The page in the form in which it's sent, its ETag, and its scripts by address."""

    body: bytes
    tag: str
    scripts: Mapping[str, bytes]


def make_shell(static: Path) -> Shell:
    """Return the page for the files of an installed Streamlit. Files that don't exist are left out."""
    index = (static / "index.html").read_text(encoding="utf-8")
    plotly = plotly_script()
    run_early = (_RUN_EARLY % plotly.address).encode()
    early = f"/look/{hashlib.sha256(run_early).hexdigest()[:16]}.js"
    names = [name for name in early_files(static / "static" / "js", EARLY) if f"/{name}" not in index]
    links = "".join(
        f'<link rel="modulepreload" crossorigin fetchpriority="low" href="{address}">'
        for address in (*(f"./static/js/{name}" for name in names), plotly.address)
    )
    # Streamlit adds its styles to the head. Styles in the body come after them and take precedence.
    style = f"<style>{''.join(path.read_text(encoding='utf-8') for path in _STYLES)}</style>"
    script = f'<script type="module" async src="{early}"></script>'
    index = index.replace("<title>Streamlit</title>", "<title>Samepage</title>", 1)
    ending = f"{_AWAY}<script>{_SCRIPT.read_text(encoding='utf-8')}</script>{style}</body>"
    body = index.replace("</head>", f"{links}{script}</head>", 1).replace("</body>", ending, 1).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Shell(body, tag, {plotly.address: plotly.body, early: run_early})


def early_files(folder: Path, parts: Sequence[str]) -> Iterator[str]:
    """Yield the file of each part, and the files that it can't start without. Each is yielded once."""
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
    """ASGI middleware that sends this page for every page. Streamlit sends its index.html for any unknown address."""

    def __init__(self, app: ASGIApp, *, shell: Shell) -> None:
        self._app, self._shell = app, shell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        script = self._shell.scripts.get(scope["path"]) if scope["type"] == "http" else None
        if script is not None:
            await _script(script, scope)(scope, receive, send)
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

        # The ETag of this page decides whether the browser already has it, not that of the file.
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


def _script(script: bytes, scope: Scope) -> Response:
    """Return the response with a script, compressed if the browser supports it."""
    packs = any(name == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
    packed = {"content-encoding": "gzip"} if packs else {}
    headers = _FOR_EVER | packed | {"vary": "accept-encoding"}
    return Response(_packed(script) if packs else script, media_type="text/javascript", headers=headers)


@cache
def _packed(script: bytes) -> bytes:
    return gzip.compress(script, mtime=0)


_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}  # The address is its digest.
_NO_PAGES = (
    "/_stcore/",
    "/component/",
    "/media/",
    "/static/",
    "/look/",
    "/demo/",
    "/ops/",
    "/public/",
    "/unsubscribe/",
)
_CONDITIONS = (b"if-none-match", b"if-modified-since", b"if-range", b"range")
_OF_THE_FILE = (b"content-length", b"content-encoding", b"etag", b"last-modified", b"accept-ranges", b"vary")
"""The response headers that describe the file that this page replaces."""


def _is_html(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)
