"""A figure and a button that shows another, drawn by Samepage or by Streamlit; tests.bench.pages.charts opens it.

Samepage's version is in the app's shell; `?stock` is Streamlit's own page with `st.plotly_chart`.
SAMEPAGE_BENCH_FIGURES is a file with the two figures as JSON, each with its sentence.
"""

import json
import os
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import file_util
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.server.empty_page import Pages, make_shell
from pages.widgets.chart import draw_chart
from semantic.display.template import CONFIG


class Shelled:
    """ASGI middleware that puts the app's shell around every page except the stock page."""

    def __init__(self, app: ASGIApp) -> None:
        self._stock, self._shelled = app, Pages(app, shell=make_shell(Path(file_util.get_static_dir())))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_stock = scope["type"] == "http" and b"stock" in scope["query_string"]
        await (self._stock if is_stock else self._shelled)(scope, receive, send)


def run() -> None:
    figures = json.loads(Path(os.environ["SAMEPAGE_BENCH_FIGURES"]).read_text(encoding="utf-8"))
    if st.button("Another"):
        st.session_state.another = not st.session_state.get("another", False)
    alt, parts = figures[int(st.session_state.get("another", False))]
    figure = go.Figure(parts, _validate=False)
    if "stock" in st.query_params:
        st.plotly_chart(figure, config=CONFIG, key="chart", alt=alt)
    else:
        draw_chart(figure, key="chart", alt=alt)


if get_script_run_ctx(suppress_warning=True) is None:
    app = st.App(__file__, middleware=[Middleware(Shelled)])
else:
    run()
