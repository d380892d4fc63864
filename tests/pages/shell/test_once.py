"""Each process has one of each object, whoever asks for it, however many ask at once, and whatever a browser has
cleared.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

import pytest
import streamlit as st

from pages.shell import once, session
from tests.waiting import STUCK


@pytest.fixture(autouse=True)
def another_process() -> Iterator[None]:
    once.forget()
    yield
    once.forget()


def test_simultaneous_callers_get_the_same_object() -> None:
    numbers, start = count(), Barrier(8)
    give = once.once(lambda: next(numbers))

    def ask(_: int) -> int:
        start.wait(STUCK)
        return give()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [0] * 8
    assert next(numbers) == 1


def test_a_failed_creation_is_tried_again() -> None:
    numbers = count()
    give = once.once(lambda: 1 // next(numbers))
    with pytest.raises(ZeroDivisionError):
        give()
    assert (give(), give()) == (1, 1)


def test_one_object_can_request_another_while_being_created() -> None:
    inner = once.once(lambda: ["inner"])
    outer = once.once(lambda: [inner(), "outer"])
    assert outer() == [["inner"], "outer"]
    assert outer()[0] is inner()


def test_a_forked_process_makes_its_own_objects() -> None:
    give = once.once(lambda: object())
    before = give()
    once.forget()
    assert give() is not before


def test_clearing_streamlits_cache_keeps_the_processs_objects() -> None:
    """The message `clear_cache` does this, and any browser can send it."""
    before = session.settings()
    st.cache_data.clear()
    st.cache_resource.clear()
    assert session.settings() is before
