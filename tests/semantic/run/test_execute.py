"""Running statements: one run per key, leaving, failures, and what is cached under which key."""

from __future__ import annotations

import gc
import itertools
import threading
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from connectors import connect
from connectors.connector import Limits
from semantic.errors import Cancelled, EngineFailed, TimedOut, TooManyRows, Unavailable
from semantic.run.cache import ResultCache, result_key
from semantic.run.execute import Runner
from tests.proof import part
from tests.waiting import STUCK, until

LIMITS = Limits()
IDS = "SELECT sum(id) AS ids FROM orders"
SLOW = "SELECT count(*) AS n FROM range(10000000) AS a, range(1000000) AS b"
BRIEF = "SELECT count(*) AS n FROM range(20000) AS a, range(20000) AS b WHERE a.range + b.range = 7"  # a moment


SAME: dict[str, Any] = {
    "connection_fingerprint": "abc",
    "engine_identity": "duckdb 2.0.1",
    "session_settings": {"TimeZone": "UTC", "default_order": "ASC"},
    "sql": "SELECT $1",
    "params": ["1"],
    "data_version": "v1",
}


def key_with(**parts: Any) -> str | None:
    return result_key(**{**SAME, **parts})


class Counting:
    """A real engine that records which statements were started on it."""

    def __init__(self, connector):
        self.connector = connector
        self.runs = []
        self.data_version = connector.data_version

    def start(self, sql, params=(), *, limits, tag=""):
        run = self.connector.start(sql, params, limits=limits, tag=tag)
        self.runs.append(run)
        return run


def write(path, rows):
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE orders AS SELECT i AS id FROM range({rows}) AS t(i)")


@pytest.fixture
def engine(tmp_path):
    write(tmp_path / "shop.duckdb", 5)
    connector = connect(str(tmp_path / "shop.duckdb"))
    yield Counting(connector)
    connector.close()


@pytest.fixture
def runner():
    runner = Runner(workers=2)
    yield runner
    runner.close()


ENDLESS = Limits(timeout_seconds=1_000)
"""Limits for SLOW in tests that stop it. It neither finishes nor times out before the test gives up waiting."""


# One flight per key


def test_a_hundred_viewers_cost_one_query(runner, engine):
    barrier = threading.Barrier(100)
    answers = []

    def view():
        barrier.wait()
        answers.append(runner.submit("tile", engine, BRIEF, limits=LIMITS).result()["n"][0].as_py())

    threads = [threading.Thread(target=view) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (answers, len(engine.runs)) == ([8] * 100, 1)


def test_no_gap_between_running_and_caching_causes_a_second_query(runner, engine):
    rounds = part(200, one_in=4)
    for round_ in range(rounds):
        key = f"tile {round_}"
        first = runner.submit(key, engine, IDS, limits=LIMITS)
        while not first.done():
            runner.submit(key, engine, IDS, limits=LIMITS)
        assert runner.submit(key, engine, IDS, limits=LIMITS).result().to_pylist() == [{"ids": 10}]
    assert len(engine.runs) == rounds


def test_other_keys_run_separately(runner, engine):
    sql = "SELECT CAST($1 AS BIGINT) AS n"
    tickets = [runner.submit(str(n), engine, sql, [n], limits=LIMITS) for n in range(5)]
    assert [ticket.result()["n"][0].as_py() for ticket in tickets] == [0, 1, 2, 3, 4]
    assert len(engine.runs) == 5


def test_without_a_key_nothing_is_shared_or_cached(runner, engine):
    for _ in range(2):
        tickets = [runner.submit(None, engine, IDS, limits=LIMITS) for _ in range(2)]
        assert [ticket.result().num_rows for ticket in tickets] == [1, 1]
    assert (len(engine.runs), len(runner.cache)) == (4, 0)


def test_a_cached_answer_says_when_it_was_computed(engine):
    times = iter([datetime(2026, 1, 1, 8, tzinfo=UTC), datetime(2026, 1, 1, 9, tzinfo=UTC)])
    runner = Runner(workers=1, cache=ResultCache(clock=lambda: next(times)))
    version = engine.data_version(["orders"])
    first = runner.submit("tile", engine, IDS, limits=LIMITS)
    assert (first.is_cached, first.answer().computed_at.hour) == (False, 8)
    again = runner.submit("tile", engine, IDS, limits=LIMITS)
    assert (again.is_cached, again.done(), again.answer().computed_at.hour) == (True, True, 8)
    assert again.answer().data_version == version
    assert again.progress().state == "finished"
    assert len(engine.runs) == 1
    runner.close()


def test_an_answer_from_newer_data_is_not_cached_under_the_old_version(runner, engine, tmp_path):
    version = engine.data_version(["orders"])
    write(tmp_path / "next.duckdb", 3)
    (tmp_path / "next.duckdb").replace(tmp_path / "shop.duckdb")
    answer = runner.submit(f"key with {version}", engine, IDS, limits=LIMITS, data_version=version).answer()
    assert answer.table.to_pylist() == [{"ids": 3}]
    assert answer.data_version == engine.data_version(["orders"])
    assert answer.data_version != version
    assert len(runner.cache) == 0


# Leaving


def test_the_run_stops_when_the_last_waiter_leaves_and_not_before(runner, engine):
    first, second = (runner.submit("tile", engine, SLOW, limits=ENDLESS) for _ in range(2))
    until(lambda: first.progress().state == "running" and engine.runs)
    first.leave()
    first.leave()  # a waiter that leaves twice doesn't count as two
    assert runner.submit("beside", engine, IDS, limits=LIMITS).result(STUCK).num_rows == 1
    assert second.progress().state == "running"
    second.leave()
    other = [runner.submit(str(n), engine, IDS, limits=LIMITS) for n in range(4)]
    assert [ticket.result(STUCK).num_rows for ticket in other] == [1] * 4
    until(lambda: not runner._under_way)
    for ticket in (first, second):
        assert ticket.done()
        with pytest.raises(Cancelled):
            ticket.result()


def test_a_dropped_ticket_counts_as_leaving(engine):
    runner = Runner(workers=1)
    ticket = runner.submit("tile", engine, SLOW, limits=ENDLESS)
    until(lambda: engine.runs)
    del ticket
    gc.collect()
    assert runner.submit("other", engine, IDS, limits=LIMITS).result(STUCK).num_rows == 1
    runner.close()


def test_a_new_waiter_after_a_cancelled_run_starts_a_new_one(engine):
    runner = Runner(workers=2)
    gone = runner.submit("tile", engine, BRIEF, limits=LIMITS)
    until(lambda: engine.runs)
    gone.leave()
    assert runner.submit("tile", engine, BRIEF, limits=LIMITS).result().to_pylist() == [{"n": 8}]
    assert len(engine.runs) == 2
    runner.close()


def test_an_abandoned_queued_question_never_runs(engine):
    runner = Runner(workers=1)
    busy = runner.submit("busy", engine, SLOW, limits=ENDLESS)
    until(lambda: engine.runs)
    waiting = runner.submit("waiting", engine, IDS, limits=LIMITS)
    assert waiting.progress().state == "queued"
    waiting.leave()
    busy.leave()
    assert runner.submit("last", engine, IDS, limits=LIMITS).result(STUCK).num_rows == 1
    assert len(engine.runs) == 2
    runner.close()


def test_closing_stops_everything(engine):
    runner = Runner(workers=1)
    tickets = [runner.submit(key, engine, SLOW, limits=ENDLESS) for key in ("one", None, "three")]
    until(lambda: engine.runs)
    runner.close()
    for ticket in tickets:
        with pytest.raises(Cancelled):
            ticket.result(1)


# Failing


@pytest.mark.parametrize(
    ("sql", "limits", "kind", "code", "says"),
    [
        (SLOW, Limits(timeout_seconds=0.1), TimedOut, "timed_out", "longer than 0.1 seconds"),
        (IDS.replace("sum(id)", "id"), Limits(max_rows=2), TooManyRows, "too_many_rows", "more than 2 rows"),
        ("SELECT nothing AS n FROM orders", LIMITS, EngineFailed, "engine_failed", "names a column"),
        ("DROP TABLE orders", LIMITS, EngineFailed, "engine_failed", "Only a SELECT"),
    ],
)
def test_a_failure_has_our_own_message_and_is_never_cached(runner, engine, sql, limits, kind, code, says):
    for _ in range(2):
        ticket = runner.submit("tile", engine, sql, limits=limits)
        with pytest.raises(kind) as failed:
            ticket.result()
        assert (type(failed.value), failed.value.code) == (kind, code)
        assert says in str(failed.value)
        assert (ticket.done(), ticket.progress().state) == (True, "failed")
    assert len(runner.cache) == 0
    assert runner.submit("tile", engine, IDS, limits=LIMITS).result().to_pylist() == [{"ids": 10}]


def test_a_lost_engine_is_reported_as_unavailable(runner, engine):
    engine.connector.close()
    with pytest.raises(Unavailable, match="closed"):
        runner.submit("tile", engine, IDS, limits=LIMITS).result()


def test_all_waiters_see_a_failure_and_the_next_run_starts_again(runner, engine):
    tickets = [runner.submit("tile", engine, SLOW, limits=Limits(timeout_seconds=0.3)) for _ in range(3)]
    for ticket in tickets:
        with pytest.raises(TimedOut):
            ticket.result()
    assert len(engine.runs) == 1
    with pytest.raises(TimedOut):
        runner.submit("tile", engine, SLOW, limits=Limits(timeout_seconds=0.1)).result()
    assert len(engine.runs) == 2


def test_an_internal_error_reaches_the_waiters_unchanged(runner, engine):
    with pytest.raises(TypeError):
        runner.submit("tile", engine, IDS, 5, limits=LIMITS).result(5)
    assert runner.submit("tile", engine, IDS, limits=LIMITS).result().num_rows == 1


def test_waiting_can_end_before_the_answer(runner, engine):
    ticket = runner.submit("tile", engine, SLOW, limits=ENDLESS)
    with pytest.raises(TimeoutError):
        ticket.result(timeout=0.05)
    assert not ticket.done()
    ticket.leave()


def test_progress_counts_the_seconds_of_each_state(engine):
    clock = itertools.count(100.0, 1.0)
    runner = Runner(workers=1, clock=lambda: next(clock))
    busy = runner.submit("busy", engine, SLOW, limits=ENDLESS)
    until(lambda: engine.runs)
    waiting = runner.submit("waiting", engine, IDS, limits=LIMITS)
    assert busy.progress().state == "running"
    assert (waiting.progress().state, waiting.progress().elapsed_seconds > 0) == ("queued", True)
    assert busy.progress().elapsed_seconds < busy.progress().elapsed_seconds
    busy.leave()
    waiting.result()
    assert waiting.progress().state == "finished"
    assert waiting.progress().elapsed_seconds == waiting.progress().elapsed_seconds
    runner.close()


# The key


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("connection_fingerprint", "abd"),
        ("engine_identity", "duckdb 2.0.2"),
        ("session_settings", {"TimeZone": "CET", "default_order": "ASC"}),
        ("session_settings", {"TimeZone": "UTC"}),
        ("sql", "SELECT $1 "),
        ("params", ["1", "1"]),
        ("params", []),
        ("data_version", "v2"),
    ],
)
def test_everything_that_affects_the_rows_is_in_the_key(part, other):
    assert key_with() != key_with(**{part: other})


def test_the_same_question_has_the_same_key_whatever_the_order_of_its_settings():
    settings = dict(reversed(SAME["session_settings"].items()))
    assert key_with() == key_with(session_settings=settings)


def test_parameters_of_other_types_or_boundaries_give_other_keys():
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    parameters = [
        *([1], [1.0], [True], ["1"], [Decimal(1)], [Decimal("1.0")], [b"1"], [None], ["None"], ["True"], [0.0], [-0.0]),
        *(
            [date(2026, 1, 1)],
            [datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)],
            ["2026-01-01"],
            [datetime(2026, 1, 1, tzinfo=UTC)],
        ),
        *([datetime(2026, 1, 1, tzinfo=summer)], [datetime(2026, 1, 1, tzinfo=winter)]),
        *(
            ["a", "b"],
            ["ab"],
            ["a,b"],
            ['a","b'],
            ["", "ab"],
            [["a", "b"]],
            [["a"], "b"],
            [("a", "b")],
            [[]],
            [timedelta(1)],
        ),
        *([uuid.UUID(int=1)], [str(uuid.UUID(int=1))], ["\ud800"], ["\\ud800"]),
    ]
    keys = {key_with(params=params) for params in parameters}
    assert len(keys) == len(parameters)


def test_a_parameter_of_an_unknown_type_raises_an_error():
    with pytest.raises(TypeError, match="type object"):
        key_with(params=[object()])


def test_data_without_a_version_has_no_key():
    assert key_with(data_version=None) is None


# The cache


def table_of(size):
    return pa.table({"text": ["x" * size]})


def test_the_cache_drops_the_least_recently_used_answer():
    cache = ResultCache(max_bytes=60_000)
    for key in "abcd":
        cache.put(key, table_of(10_000))
    assert cache.get("a") is not None
    cache.put("e", table_of(10_000))
    assert [key for key in "abcde" if cache.get(key)] == ["a", "c", "d", "e"]
    assert cache.bytes <= 60_000


def test_an_answer_above_a_quarter_of_the_cache_is_returned_but_not_cached():
    cache = ResultCache(max_bytes=60_000)
    assert cache.put("big", table_of(15_000)).table.num_rows == 1
    assert (cache.get("big"), cache.bytes) == (None, 0)
    cache.put("small", table_of(10_000))
    cache.put("small", table_of(15_000))
    assert (cache.get("small"), cache.bytes) == (None, 0)


def test_a_slice_counts_with_the_memory_that_it_keeps_alive():
    cache = ResultCache(max_bytes=16_000_000)
    cache.put("slice", pa.table({"n": list(range(1_000_000))}).slice(0, 200_000))
    assert cache.get("slice") is None


def test_a_small_answer_keeps_no_more_memory_than_its_rows_need():
    cache = ResultCache(max_bytes=60_000)
    whole = pa.table({"n": list(range(10_000)), "text": pa.chunked_array([["a"] * 9_000, ["b"] * 1_000])})
    table = cache.put("slice", whole.slice(8_999, 2)).table
    assert table.to_pylist() == [{"n": 8_999, "text": "a"}, {"n": 9_000, "text": "b"}]
    assert table.schema == whole.schema
    assert table.get_total_buffer_size() < 200
    assert cache.get("slice") is not None
    empty = cache.put("empty", whole.schema.empty_table()).table
    assert (empty.num_rows, empty.schema) == (0, whole.schema)


def test_the_number_of_tiny_answers_is_limited_too():
    cache = ResultCache(max_bytes=100_000)
    for number in range(1000):
        cache.put(str(number), pa.table({"n": [number]}))
    assert 10 < len(cache) < 60
    cache.clear()
    assert (len(cache), cache.bytes) == (0, 0)


def test_the_cache_counts_correctly_under_many_threads():
    cache = ResultCache(max_bytes=60_000)

    def work(number):
        for turn in range(300):
            cache.put(f"{number} {turn % 7}", table_of(1000 + turn))
            cache.get(f"{(number + 1) % 4} {turn % 7}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    size = cache.bytes
    assert 0 < size <= 60_000
    for number, turn in itertools.product(range(4), range(7)):
        cache.put(f"{number} {turn}", table_of(20_000))  # too large to keep: drops the one before
    assert (len(cache), cache.bytes) == (0, 0)


def test_a_runner_is_busy_until_the_answer_is_taken_or_nobody_waits_for_it(runner, engine):
    assert not runner.is_busy()
    ticket = runner.submit("key", engine, "SELECT 1 AS one", limits=LIMITS)
    until(ticket.done)
    until(lambda: runner.load() == (0, 0))
    assert runner.is_busy()
    assert ticket.result().to_pylist() == [{"one": 1}]
    assert not runner.is_busy()
    left = runner.submit("other", engine, "SELECT 2 AS two", limits=LIMITS)
    until(left.done)
    left.leave()
    assert not runner.is_busy()
