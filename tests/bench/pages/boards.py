"""Compare a board of twelve tiles over ten million orders with a bare version:
python -m tests.bench.pages.boards [SESSIONS].

Needs Chromium (SAMEPAGE_BROWSER) and the star schema of tests.bench.shapes (SAMEPAGE_BENCH_CLEAN; otherwise it's built,
with SAMEPAGE_BENCH_ORDERS rows). Prints one table:

    first value, complete    seconds in Chromium from the address to the first number and to the last tile
    cold                     the server has just started and hasn't asked anything yet
    warm                     the next visitor: another person with the same policy
    bare                     Streamlit's own charts, tables and numbers for the same answers, computed in advance
    layout shift             how far elements moved while the board was loading, as browsers measure it

For many sessions at once, each with a different person, it also prints the seconds until a session's board is complete
next to those of a single reader, the server's CPU per session, and how often the engine started each distinct
statement, which must be 1.00.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.bench.pages.page import cpu_seconds, listening_process
from tests.bench.pages.sessions import ask_counts
from tests.bench.shapes import built
from tests.bench.table import head, line
from tests.browser.visitor import running_server

PAGE = Path(__file__).with_name("board_page.py")
ORDERS = 10_000_000
ROUNDS = 5
NUMBERS, CHARTS, TABLES = 4, 6, 2
FIRST = "() => document.querySelectorAll('[data-testid=stMetricValue]').length > 0"
COMPLETE = f"""() => document.querySelectorAll('[data-testid=stMetricChart]').length >= {NUMBERS}
  && document.querySelectorAll('.js-plotly-plot .main-svg .plot, .js-plotly-plot .cartesianlayer *').length > 0
  && [...document.querySelectorAll('.js-plotly-plot')].filter(one => one.querySelector('.main-svg')).length >= {CHARTS}
  && document.querySelectorAll('[data-testid=stDataFrame] canvas').length >= {TABLES}
  && document.querySelectorAll('[data-testid=stSkeleton]').length === 0"""
SHIFTS = """new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted = (window.shifted ?? 0) + one.value
}).observe({ type: "layout-shift", buffered: true })"""
SETTLED = 0.5  # seconds after the last tile, for anything that still moves


def main(arguments: Sequence[str]) -> None:
    sessions = int(arguments[0]) if arguments else 50
    with star() as data:
        head(f"A board of twelve tiles, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        in_browser(data)
        head(f"{sessions} sessions that open it at once")
        at_once(data, sessions)


@contextmanager
def star() -> Iterator[str]:
    if given := os.environ.get("SAMEPAGE_BENCH_CLEAN"):
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        orders = int(os.environ.get("SAMEPAGE_BENCH_ORDERS", ORDERS))
        yield str(built(Path(folder) / "star.duckdb", orders, dirty=False))


@contextmanager
def served(data: str) -> Iterator[tuple[int, Path]]:
    """Serve the pages from a separate server, and yield its port and the file with its counts."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts.json"
        started = ("-m", "tests.bench.pages.counted_server", str(out))
        log = Path(folder) / "log"
        with running_server(log, script=str(PAGE), launcher=started, SAMEPAGE_BENCH_STAR=data) as port:
            yield port, out


# In a browser


def in_browser(data: str) -> None:
    with sync_playwright() as playwright, served(data) as (port, _):
        browser = playwright.chromium.launch(executable_path=os.environ["SAMEPAGE_BROWSER"], args=["--no-sandbox"])
        opened(browser, port, "bare&as=marek")  # the server's imports, and another policy's answers
        cold = opened(browser, port, "as=stella")
        opened(browser, port, "bare&as=stella")
        rounds = [  # alternating, so that both have the same load on the machine
            (opened(browser, port, f"as=stella-{number}"), opened(browser, port, "bare&as=stella"))
            for number in range(ROUNDS)
        ]
        browser.close()
    middle, plain = (
        [statistics.median(run[place] for run in runs) for place in (0, 1, 2)] for runs in zip(*rounds, strict=True)
    )
    for place, what in enumerate(("first value", "complete")):
        line(f"{what}, cold", f"{cold[place]:.2f} s", f"{cold[place] / plain[place]:.2f} of bare")
        line(f"{what}, warm", f"{middle[place]:.2f} s", f"{middle[place] / plain[place]:.2f} of bare")
        line(f"{what}, bare", f"{plain[place]:.2f} s")
    line("layout shift, cold", f"{cold[2]:.3f}", "0.05 wanted")
    line("layout shift, warm", f"{middle[2]:.3f}", f"{plain[2]:.3f} of bare")


def opened(browser: Browser, port: int, query: str) -> tuple[float, float, float]:
    """Return the seconds to the first value and to the last tile, and the layout shift, in a separate window."""
    context = browser.new_context(viewport={"width": 1440, "height": 2400})
    page = context.new_page()
    page.add_init_script(SHIFTS)
    began = time.monotonic()
    page.goto(f"http://127.0.0.1:{port}/?{query}", wait_until="commit")
    page.wait_for_function(FIRST, timeout=120_000, polling=10)
    first = time.monotonic() - began
    page.wait_for_function(COMPLETE, timeout=120_000, polling=10)
    complete = time.monotonic() - began
    time.sleep(SETTLED)
    shifted = page.evaluate("window.shifted ?? 0")
    context.close()
    return first, complete, shifted


# Many at once


def at_once(data: str, sessions: int) -> None:
    times_by_tile: dict[str, tuple[list[float], float]] = {}
    statements: dict[str, int] = {}
    with served(data) as (port, out):
        process = listening_process(port)
        asyncio.run(_open(port, "as=marek"))  # the server's imports, and another policy's answers
        alone = 0.0
        for what, query in (("cold", "as=stella-{}"), ("warm", "as=stella-{}"), ("bare", "bare&as=stella")):
            if what == "bare":
                asyncio.run(_open(port, query))
            before = cpu_seconds(process)
            waited = asyncio.run(_open_all(port, [query.format(number) for number in range(sessions)]))
            times_by_tile[what] = waited, (cpu_seconds(process) - before) / sessions
            if what == "warm":
                alone = statistics.median(
                    asyncio.run(_open(port, f"as=stella-alone-{number}")) for number in range(ROUNDS)
                )
                statements = ask_counts(process, out)["statements"]
    line(
        "complete, warm: one reader",
        f"{alone:.2f} s",
        f"p95 of all is {p95(times_by_tile['warm'][0]) / alone:.1f} times",
    )
    plain_p95, plain_cpu = p95(times_by_tile["bare"][0]), times_by_tile["bare"][1]
    for what, (waited, cpu) in times_by_tile.items():
        ratio = "" if what == "bare" else f"{p95(waited) / plain_p95:.2f} of bare"
        line(f"complete, {what}: p50", f"{statistics.median(waited):.2f} s")
        line(f"complete, {what}: p95", f"{p95(waited):.2f} s", ratio)
        ratio = "" if what == "bare" else f"{cpu / plain_cpu:.2f} of bare"
        line(f"CPU of the server for one, {what}", f"{cpu * 1000:.0f} ms", ratio)
    per_key = sum(statements.values()) / len(statements)
    line("statements for each that is different", f"{per_key:.2f}", f"1.00 wanted; {len(statements)} different")


def p95(waited: Sequence[float]) -> float:
    return sorted(waited)[int(len(waited) * 0.95)]


async def _open_all(port: int, queries: Sequence[str]) -> list[float]:
    return list(await asyncio.gather(*(_open(port, query) for query in queries)))


async def _open(port: int, query: str) -> float:
    """Open one tab, wait for the whole board, and return the seconds that took.

    Reruns the page as often as its tiles request.
    """
    url, headers = f"ws://127.0.0.1:{port}/_stcore/stream", {"Origin": f"http://127.0.0.1:{port}"}
    tab = await connect(
        url, subprotocols=[Subprotocol("streamlit")], max_size=None, additional_headers=headers, compression=None,
        ping_interval=None, open_timeout=60,
    )  # fmt: skip
    began = time.monotonic()
    looks: dict[str, float] = {}
    kinds: dict[str, int] = {}
    await tab.send(_message(port, query).SerializeToString())
    while True:
        message = ForwardMsg.FromString(await tab.recv(decode=False))
        match message.WhichOneof("type"):
            case "auto_rerun":
                looks[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            case "stop_auto_rerun":
                for fragment in message.stop_auto_rerun.fragment_ids:
                    looks.pop(fragment, None)
            case "delta":
                kind = str(message.delta.new_element.WhichOneof("type"))
                if kind == "bidi_component":
                    kind = message.delta.new_element.bidi_component.component_name
                kinds[kind] = kinds.get(kind, 0) + 1
            case "script_finished" if not looks:
                break
            case "script_finished":
                await asyncio.sleep(min(looks.values()) / len(looks))
                await tab.send(_message(port, query, fragment=next(iter(looks))).SerializeToString())
                looks = {**{name: looks[name] for name in list(looks)[1:]}, **dict(list(looks.items())[:1])}
            case _:
                pass
    waited = time.monotonic() - began
    assert kinds.get("metric", 0) >= NUMBERS, kinds
    assert kinds.get("plotly_chart", 0) + kinds.get("samepage_chart", 0) >= CHARTS, kinds
    await tab.close()
    return waited


def _message(port: int, query: str, *, fragment: str = "") -> BackMsg:
    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.fragment_id = fragment
    message.rerun_script.is_auto_rerun = bool(fragment)
    message.rerun_script.context_info.url = f"http://127.0.0.1:{port}/"
    return message


if __name__ == "__main__":
    main(sys.argv[1:])
