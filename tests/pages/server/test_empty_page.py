"""The page that loads first: Streamlit's own page, with the app's style sheet and early loading of chart scripts."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import FileResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import Message, Scope
from streamlit import file_util

from pages.server.empty_page import EARLY, Pages, early_files, make_shell
from pages.widgets.plotly_script import plotly_script

INDEX = '<html><head><link href="./static/js/known.1.js"></head><body><div id="root"></div></body></html>'


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A Streamlit folder with four scripts.

    The script for numbers needs two others, one of which the page already names.
    """
    folder = tmp_path / "static" / "js"
    folder.mkdir(parents=True)
    (tmp_path / "index.html").write_text(INDEX, encoding="utf-8")
    (folder / "Metric.ab.js").write_text(
        'import{a as b}from"./known.1.js";import"./wrap.2.js";const c=()=>import("./later.3.js");', encoding="utf-8"
    )
    (folder / "wrap.2.js").write_text('import{c}from"./known.1.js";import{d}from"./gone.4.js"', encoding="utf-8")
    (folder / "known.1.js").write_text("", encoding="utf-8")
    (folder / "later.3.js").write_text("", encoding="utf-8")
    return tmp_path


def test_the_scripts_that_a_part_needs_are_found_and_missing_ones_left_out(static: Path) -> None:
    found = list(early_files(static / "static" / "js", ("Metric", "Absent")))
    assert found == ["Metric.ab.js", "known.1.js", "wrap.2.js"]


def test_the_shell_names_each_script_once(static: Path) -> None:
    page = make_shell(static).body.decode()
    assert page.count('rel="modulepreload"') == 3  # the number's, what it needs, and Plotly
    assert page.count("known.1.js") == 1
    assert page.index("Metric.ab.js") < page.index("</head>") < page.index("<style>") < page.index("</body>")


def test_the_installed_streamlit_has_each_part() -> None:
    static = Path(file_util.get_static_dir())
    names = list(early_files(static / "static" / "js", EARLY))
    for part in EARLY:
        assert any(name.startswith(f"{part}.") for name in names), part
    page = make_shell(static).body.decode()
    assert page.count("<style>") == 1
    assert "  .st-key-demo-line {" in page
    for name in ("http://www.apache.org/licenses/", "http://www.w3.org/2000/svg"):  # a licence and SVG's own name
        page = page.replace(name, "")
    assert "http://" not in page


def test_chart_scripts_are_loaded_early_and_run_once_the_page_is_ready(static: Path) -> None:
    shell = make_shell(static)
    page = shell.body.decode()
    (early,) = re.findall(r'<script type="module" async src="([^"]+)"></script>', page)
    assert f'href="{plotly_script().address}"' in page
    assert shell.scripts.keys() == {early, plotly_script().address}
    assert f'import("{plotly_script().address}")' in shell.scripts[early].decode()


@dataclass(frozen=True, slots=True)
class Answer:
    """One response."""

    status: int
    headers: dict[str, str]
    body: bytes


Ask = Callable[..., Answer]


@pytest.fixture
def ask(static: Path) -> Ask:
    return _asking(static)


def _asking(static: Path) -> Ask:
    """Return a function that sends requests to a server with a page for every address, a text, and a response of
    Streamlit's own.
    """
    index = static / "index.html"
    routes = [
        Route("/text", lambda _: PlainTextResponse("words")),
        Route("/_stcore/page", lambda _: FileResponse(index)),
        Route("/{path:path}", lambda _: FileResponse(index)),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(Pages, shell=make_shell(static))])

    def asked(path: str, *, method: str = "GET", **headers: str) -> Answer:
        said = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope: Scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": said}
        sent: list[Message] = []

        async def receive() -> Message:
            return await asyncio.get_running_loop().create_future()  # nothing more comes

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(app(scope, receive, send))
        texts = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], texts, b"".join(message.get("body", b"") for message in sent[1:]))

    return asked


def test_every_page_address_returns_the_shell_and_no_other_does(ask: Ask, static: Path) -> None:
    shell = make_shell(static).body
    for path in ("/", "/explore", "/nope"):
        page = ask(path)
        assert (page.status, page.body) == (200, shell)
        assert page.headers["content-length"] == str(len(shell))
    assert ask("/text").body == b"words"
    assert ask("/_stcore/page").body == INDEX.encode()
    assert ask("/", method="HEAD").body == b""


def test_the_shells_scripts_are_served_and_cached(ask: Ask, static: Path) -> None:
    for address, script in make_shell(static).scripts.items():
        answer = ask(address)
        assert (answer.status, answer.body) == (200, script)
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers["cache-control"].endswith("immutable")
        assert "content-encoding" not in answer.headers
        packed = ask(address, accept_encoding="br, gzip")
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == script
        assert packed.headers["vary"] == "accept-encoding"


def test_only_a_browser_with_the_current_shell_gets_304(ask: Ask) -> None:
    tag = ask("/").headers["etag"]
    again = ask("/", if_none_match=tag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert "content-length" not in again.headers
    of_the_file = ask("/_stcore/page").headers
    for older in ({"if_none_match": of_the_file["etag"]}, {"if_modified_since": of_the_file["last-modified"]}):
        page = ask("/", **older)
        assert page.status == 200
        assert b"<style>" in page.body
