"""The single-flight cache: each value is computed once however many threads ask for it, and stored within limits."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from semantic.run.single_flight_cache import SingleFlightCache
from tests.waiting import STUCK


def test_twenty_simultaneous_requests_compute_a_value_once() -> None:
    kept, made, all_here = SingleFlightCache[object](10), list[object](), threading.Barrier(20)
    may_end = threading.Event()

    def make() -> object:
        made.append(object())
        assert may_end.wait(STUCK)
        return made[-1]

    def want(_: int) -> object:
        all_here.wait(STUCK)
        return kept.get("same", make)

    with ThreadPoolExecutor(20) as pool:
        wanted = [pool.submit(want, place) for place in range(20)]
        threading.Timer(0.2, may_end.set).start()
        answers = [job.result(10) for job in wanted]
    assert len(made) == 1
    assert {id(one) for one in answers} == {id(made[0])}


def test_other_keys_do_not_wait() -> None:
    kept, may_end = SingleFlightCache[str](10), threading.Event()

    def slow() -> str:
        assert may_end.wait(STUCK)
        return "slow"

    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(lambda: kept.get("a", slow))
        assert kept.get("b", lambda: "quick") == "quick"
        may_end.set()
        assert waits.result(10) == "slow"


def test_a_failure_is_raised_for_all_waiting_and_retried_next_time() -> None:
    kept, tried, may_fail = SingleFlightCache[str](10), list[int](), threading.Event()

    def fail() -> str:
        tried.append(1)
        assert may_fail.wait(STUCK)
        raise ValueError("not today")

    def want(_: int) -> str:
        try:
            return kept.get("same", fail)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(5) as pool:
        wanted = [pool.submit(want, place) for place in range(5)]
        threading.Timer(0.2, may_fail.set).start()
        assert [job.result(10) for job in wanted] == ["not today"] * 5
    assert len(kept) == 0
    assert kept.get("same", lambda: "today") == "today"


def test_recently_used_entries_stay() -> None:
    kept = SingleFlightCache[str](2)
    for name in ("a", "b", "a", "c"):
        kept.get(name, lambda name=name: name)
    assert len(kept) == 2
    assert kept.get("a", lambda: "made anew") == "a"
    assert kept.get("b", lambda: "made anew") == "made anew"


def test_an_expired_entry_is_computed_again() -> None:
    now = [0.0]
    kept = SingleFlightCache[str](5, seconds=300, clock=lambda: now[0])
    assert kept.get("a", lambda: "first") == "first"
    now[0] = 300.0
    assert kept.get("a", lambda: "second") == "first"
    now[0] = 301.0
    assert kept.get("a", lambda: "second") == "second"


@pytest.mark.parametrize(("is_kept", "left"), [(True, 1), (False, 0)])
def test_an_uncacheable_result_is_returned_anyway(is_kept: bool, left: int) -> None:
    kept = SingleFlightCache[str](5)
    assert kept.get("a", lambda: "given", keeps=lambda _: is_kept) == "given"
    assert len(kept) == left


def test_an_evicted_entry_is_gone() -> None:
    class Thing:
        pass

    kept = SingleFlightCache[Thing](1)
    gone = weakref.ref(kept.get("a", Thing))
    kept.get("b", Thing)
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("part", ["make", "keeps"])
def test_a_value_is_computed_again_after_a_failure(part: str) -> None:
    """This also holds if deciding whether to store the value fails, in which case the next caller used to wait
    forever.
    """
    kept, failing = SingleFlightCache[str](5), [part]

    def make() -> str:
        if failing == ["make"]:
            raise ValueError(part)
        return "made"

    def keeps(_: str) -> bool:
        if failing == ["keeps"]:
            raise ValueError(part)
        return True

    for _ in range(2):
        with pytest.raises(ValueError, match=part):
            kept.get("a", make, keeps=keeps)
        assert len(kept) == 0
    failing.clear()
    assert kept.get("a", make, keeps=keeps) == "made"
    assert kept.peek("a") == "made"
