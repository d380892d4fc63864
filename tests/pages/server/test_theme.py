"""The theme is read once, and is the same one that Streamlit itself would send."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import NewSession
from streamlit.runtime import app_session

from pages.server.theme import FILLS, read_theme_once

SECTIONS = ("theme", "theme.light", "theme.dark", "theme.sidebar", "theme.light.sidebar", "theme.dark.sidebar")


@pytest.fixture(autouse=True)
def options(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(app_session, FILLS, getattr(app_session, FILLS))  # restored after the test
    before = {name: config.get_option(name) for name in ("theme.primaryColor", "theme.dark.textColor")}
    config.set_option("theme.primaryColor", "#123456")
    config.set_option("theme.dark.textColor", "#abcdef")
    yield
    for name, value in before.items():
        config.set_option(name, value)


def sent() -> NewSession:
    """Return all sections of the theme, filled in as Streamlit does at the start of a run."""
    message = NewSession()
    fill, theme = getattr(app_session, FILLS), message.custom_theme
    parts = (theme, theme.light, theme.dark, theme.sidebar, theme.light.sidebar, theme.dark.sidebar)
    for part, section in zip(parts, SECTIONS, strict=True):
        fill(part, section)
    return message


def test_the_theme_is_the_one_that_streamlit_would_send() -> None:
    of_streamlit = sent()
    read_theme_once()
    assert sent() == of_streamlit  # read now
    assert sent() == of_streamlit  # kept
    assert of_streamlit.custom_theme.primary_color == "#123456"
    assert of_streamlit.custom_theme.dark.text_color == "#abcdef"


def test_options_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read_theme_once()
    sent()
    asked: list[str] = []
    monkeypatch.setattr(config, "get_options_for_section", lambda section: asked.append(section) or {})
    read_theme_once()
    sent()
    assert not asked


def test_a_streamlit_without_this_function_still_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(app_session, FILLS)
    read_theme_once()
    assert not hasattr(app_session, FILLS)
