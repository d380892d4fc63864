"""The page that tests.bench.pages.boards opens: the board in the app's shell, or the bare version in Streamlit's.

Its content is imported, so that it is created once and not on each run.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import file_util
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.server.empty_page import Pages, make_shell
from tests.bench.pages.board_of_twelve import run


class Shelled:
    """ASGI middleware that puts the app's shell around every page except the bare one."""

    def __init__(self, app: ASGIApp) -> None:
        self._bare, self._shelled = app, Pages(app, shell=make_shell(Path(file_util.get_static_dir())))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_bare = scope["type"] == "http" and b"bare" in scope["query_string"]
        await (self._bare if is_bare else self._shelled)(scope, receive, send)


if get_script_run_ctx(suppress_warning=True) is None:
    app = st.App(__file__, middleware=[Middleware(Shelled)])
else:
    run()
