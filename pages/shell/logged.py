"""The context of a log line: the run of the page, the page without its question, and the number of the sign-in."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st
import streamlit.logger
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shell import links, open_tabs
from semantic.observability import logs

_RUN: ContextVar[str] = ContextVar("run", default="")


def set_up(form: logs.Form) -> None:
    """Make all loggers of this process write in one format, including those that Streamlit creates later."""
    logs.set_up(form, current_context)
    streamlit.logger.setup_formatter = logs.take_over  # private, so test_operation.py checks that it exists
    logging.getLogger("streamlit.error_util").addFilter(_leave_out)


def current_context() -> Mapping[str, logs.Fact]:
    """Return the context of the current thread, which is empty outside a run of a page."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return {}
    return {"run": _RUN.get(), "sign_in": open_tabs.number_here(), "page": str(st.session_state.get(links.AT, ""))}


@contextmanager
def page_run() -> Generator[None]:
    """Give a run of the whole script an ID, and log how long the run took."""
    token, began = _RUN.set(secrets.token_hex(4)), time.perf_counter()
    try:
        yield
    finally:
        logs.tell("page", "A page ran.", ms=round((time.perf_counter() - began) * 1000))
        _RUN.reset(token)


def _leave_out(record: logging.LogRecord) -> bool:
    """Return whether to keep a record. Streamlit's record of an error on a page is dropped, because ours, with an ID,
    follows.
    """
    return not record.exc_info
