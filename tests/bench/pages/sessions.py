"""Measure many sessions that ask and change questions in Explore at the same time:
python -m tests.bench.pages.sessions DATA [SESSIONS …] [--think SECONDS] [--processes NUMBER].

Each session signs in, opens Explore with one of twelve questions, and then changes it with one widget of the builder at
a time, as a browser does: add or remove a metric, add or remove a breakdown, or pick another period. A change counts
once the script has finished and its answer is on the page. Without --think no one pauses between two changes, so the
server is as busy as it can be. With --think 5, each person changes something every five seconds, or as soon as the
answer is there if that takes longer. They start one after another, spread over that time. With --processes, that many
servers over one store share the sessions, as behind a proxy (docs/how-to/deploy.md).

Prints one row for each number of sessions, each on a separate server: changes per second; milliseconds from a change to
its answer, median and 95th percentile; CPU milliseconds of the server for a change, and of this client; server memory
for each additional session, in KB; the most threads; statements started by the engine per distinct one and server. The
last must be 1.00: people who ask the same under the same policy share one run. CPU, memory and threads are those of all
servers together.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.bench.pages.page import cpu_seconds, listening_process
from tests.bench.table import head
from tests.browser.visitor import Browser, running_server

SESSIONS = (1, 10, 50, 100)
SECONDS = 15.0  # of each row
PEOPLE = 4  # who sign in in turn; two of them see the same, all others have their own policy
PERIODS = ("Last 13 weeks", "Last 4 weeks", "Last month")
WORDS = {"Last 13 weeks": "13 complete weeks", "Last 4 weeks": "4 complete weeks", "Last month": "one complete month"}
HEADS = ("sessions", "changes/s", "p50 ms", "p95 ms", "server CPU", "client CPU", "KB/session", "threads", "per key")
SECRET = "one secret for every server, so that a sign-in counts on each"
BUILDER = "period"  # one of its widgets, which identifies its fragment


@dataclass(frozen=True, slots=True)
class Asked:
    """One of the twelve questions."""

    with_roas: bool
    by_market: bool
    period: int

    @property
    def address(self) -> str:
        metrics, by = "spend" + ",roas" * self.with_roas, "channel" + ",market" * self.by_market
        return f"m={metrics}&by={by}&t={('last_13_week', 'last_4_week', 'last_1_month')[self.period]}"

    def next(self, step: int) -> tuple[Asked, str]:
        """Return the question after the next change, and the widget that makes the change, so that no two sessions stay
        in step for long.
        """
        match step % 3:
            case 0:
                return Asked(self.with_roas, self.by_market, (self.period + 1 + step % 2) % 3), "period"
            case 1:
                return Asked(not self.with_roas, self.by_market, self.period), "metric"
            case _:
                return Asked(self.with_roas, not self.by_market, self.period), "breakdown"

    def is_on(self, page: Page) -> bool:
        """Return whether the page shows this question's answer: its title, its days, its rows and their source."""
        return (
            ("ROAS" in page.title) == self.with_roas
            and ("market" in page.title) == self.by_market
            and WORDS[PERIODS[self.period]] in page.words
            and "Computed " in page.words
            and page.has_rows
        )


EVERY = [Asked(roas, market, period) for roas in (False, True) for market in (False, True) for period in range(3)]


@dataclass(slots=True)
class Page:
    """Everything that the runs after one change sent."""

    title: str = ""
    words: str = ""
    has_rows: bool = False


@dataclass(slots=True)
class Session:
    """One tab, with the state that a browser has: widget ids, and the large messages that it has cached."""

    tab: ClientConnection
    port: int
    asked: Asked
    step: int
    ids: dict[str, str] = field(default_factory=dict)
    fragments: dict[str, str] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    page: Page = field(default_factory=Page)
    script: str = ""
    received: int = 0
    runs: int = 0
    again: Any = None  # the page's request for a rerun, if any

    async def open(self) -> None:
        message = self._message()
        message.rerun_script.query_string = self.asked.address
        await self._until_answered(message)

    async def follow(self, asked: Asked) -> None:
        """Ask another question by its address, as Back and Forward do."""
        self.asked = asked
        message = self._message()
        message.rerun_script.query_string = asked.address
        message.rerun_script.is_history_navigation = True
        await self._until_answered(message)

    async def change(self) -> None:
        self.asked, what = self.asked.next(self.step)
        self.step += 1
        message = self._message(self.fragments[self._id(BUILDER)])
        states = message.rerun_script.widget_states.widgets
        match what:
            case "period":
                states.add(id=self._id("period"), string_value=PERIODS[self.asked.period])
            case "metric":
                self._turn(states, self.asked.with_roas, "metric-search", "drop-metric-roas", "roas")
            case _:
                self._turn(states, self.asked.by_market, "breakdown-search", "drop-by-market", "market")
        await self._until_answered(message)

    def _turn(self, states: Any, on: bool, search: str, drop: str, name: str) -> None:
        if on:
            events = json.dumps([{"event": "picked", "value": name}])
            states.add(id=f"$$STREAMLIT_INTERNAL_KEY_{self._id(search)}__events", json_trigger_value=events)
        else:
            states.add(id=self._id(drop), trigger_value=True)

    def _id(self, key: str) -> str:
        """Return the id of the widget with this key.

        The key can end with the number of times that the builder was rebuilt.
        """
        return self.ids.get(key) or next(
            widget_id for name, widget_id in self.ids.items() if name.rpartition("-")[0] == key
        )

    def _message(self, fragment: str = "") -> BackMsg:
        message = BackMsg()
        message.rerun_script.page_name = "explore"
        message.rerun_script.page_script_hash = self.script
        message.rerun_script.fragment_id = fragment
        message.rerun_script.cached_message_hashes.extend(self.kept)
        message.rerun_script.context_info.url = f"http://127.0.0.1:{self.port}/explore"
        return message

    async def _until_answered(self, message: BackMsg) -> None:
        """Send the message, and rerun as often as the page requests until the answer is there."""
        while True:
            looks_again = await self._run(message)
            if self.asked.is_on(self.page):
                return
            if looks_again is None:
                raise SystemExit(
                    f"The page shows {self.page.title!r}, {self.page.words!r} where {self.asked} was asked."
                )
            await asyncio.sleep(looks_again.interval)
            message = self._message(looks_again.fragment_id)
            message.rerun_script.is_auto_rerun = True

    async def _run(self, message: BackMsg) -> Any:
        """Run the script once, and return the page's request for a rerun, if any."""
        await self.tab.send(message.SerializeToString())
        if not message.rerun_script.fragment_id:
            self.page, self.again = Page(), None
        while True:
            raw = await self.tab.recv(decode=False)
            self.received += len(raw)
            answer = ForwardMsg.FromString(raw)
            if answer.metadata.cacheable:
                self.kept.add(answer.hash)
            match answer.WhichOneof("type"):
                case "navigation":
                    self.script = answer.navigation.page_script_hash
                case "delta":
                    self._note(answer)
                case "ref_hash":
                    self.page.has_rows = True  # only charts and tables are that large and kept
                case "auto_rerun":
                    self.again = answer.auto_rerun  # sent once, and valid until the whole page is drawn
                case "script_finished" if answer.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    self.page, self.again = Page(), None  # the whole page follows
                    self.runs += 1
                case "script_finished":
                    self.runs += 1
                    return self.again
                case _:
                    pass

    def _note(self, message: ForwardMsg) -> None:
        delta = message.delta
        if delta.WhichOneof("type") != "new_element":
            return
        kind = delta.new_element.WhichOneof("type")
        element = getattr(delta.new_element, str(kind))
        if name := getattr(element, "id", ""):
            key = name.split("-", 2)[-1]
            self.ids[key] = name
            if delta.fragment_id:
                self.fragments[name] = delta.fragment_id
        match kind:
            case "heading":
                self.page.title = element.body
            case "markdown":
                self.page.words += f"{element.body} | "
            case "arrow_data_frame" | "dataframe":
                self.page.has_rows = True
            case "exception":
                raise SystemExit(f"The page failed: {element.message}")
            case _:
                pass


# Measuring


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pages.sessions")
    parser.add_argument("data", type=Path)
    parser.add_argument("sessions", type=int, nargs="*", default=SESSIONS)
    parser.add_argument("--think", type=float, default=0.0)
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args(arguments)
    pause = f"every {asked.think:g} s" if asked.think else "without a pause"
    servers = f", {asked.processes} servers" if asked.processes > 1 else ""
    head(f"Sessions that change their question {pause}{servers}, CPU in ms for one change")
    print("".join(f"{name:>12}" for name in HEADS))
    for count in asked.sessions:
        with tempfile.TemporaryDirectory() as folder:
            data = str(asked.data.resolve())
            row = measure(data, count, Path(folder), think=asked.think, processes=asked.processes)
            print("".join(f"{name:>12}" for name in row), flush=True)


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: its port, its process, and the file with its counts."""

    port: int
    process: int
    out: Path


def measure(data: str, count: int, folder: Path, *, think: float = 0.0, processes: int = 1) -> Sequence[str]:
    """Return one row of the table, as text."""
    with ExitStack() as stack:
        servers = [stack.enter_context(_counted(data, folder, place)) for place in range(processes)]
        with ThreadPoolExecutor(4) as pool:
            jars = list(pool.map(lambda place: signed_in(servers[0].port, place % PEOPLE), range(count + 1)))
        played = asyncio.run(_play(servers, jars, think))
        counts = [ask_counts(server.process, server.out)["statements"] for server in servers]
    per_key = sum(sum(each.values()) for each in counts) / sum(map(len, counts))
    return (
        f"{count}",
        f"{len(played.waited) / played.seconds:.1f}",
        f"{statistics.median(played.waited) * 1000:.0f}",
        f"{sorted(played.waited)[int(len(played.waited) * 0.95)] * 1000:.0f}",
        f"{played.server / len(played.waited) * 1000:.1f}",
        f"{played.client / len(played.waited) * 1000:.1f}",
        f"{played.kilobytes / count:.0f}",
        f"{played.threads}",
        f"{per_key:.2f}",
    )


@contextmanager
def _counted(data: str, folder: Path, place: int) -> Iterator[Server]:
    out, store = folder / f"counts-{place}.json", str(folder / "store.sqlite")
    started = ("-m", "tests.bench.pages.counted_server", str(out))
    with running_server(
        folder / f"log-{place}", launcher=started, SAMEPAGE_DEMO="1", SAMEPAGE_DATA=data, SAMEPAGE_STORE=store,
        SAMEPAGE_COOKIE_SECRET=SECRET,
    ) as port:  # fmt: skip
        yield Server(port, listening_process(port), out)


@dataclass(slots=True)
class Found:
    """The measurements behind one row, in wall-clock and CPU seconds."""

    waited: list[float]
    seconds: float
    server: float
    client: float
    kilobytes: float
    threads: int


async def _play(servers: Sequence[Server], jars: Sequence[str], think: float) -> Found:
    """Run a session for each cookie jar: the first warms up the servers, the others are measured."""
    warm = [await open_session(server.port, jars[0], 0) for server in servers]
    for session in warm:
        for _ in range(12):
            await session.change()
    before = sum(memory(server.process) for server in servers)
    sessions: list[Session] = []
    for start in range(1, len(jars), 10):
        tens = [
            open_session(servers[place % len(servers)].port, jar, place)
            for place, jar in enumerate(jars[start : start + 10], start)
        ]
        sessions += await asyncio.gather(*tens)
    waited: list[float] = []
    threads, until = 0, time.monotonic() + max(SECONDS, 4 * think)
    began, client = time.monotonic(), time.process_time()
    used = sum(cpu_seconds(server.process) for server in servers)

    async def go(session: Session, place: int) -> None:
        await asyncio.sleep(think * place / len(sessions))
        while time.monotonic() < until:
            asked = time.monotonic()
            await session.change()
            waited.append(time.monotonic() - asked)
            await asyncio.sleep(max(0.0, think - waited[-1]))

    async def watch() -> None:
        nonlocal threads
        while time.monotonic() < until:
            threads = max(threads, sum(status(server.process, "Threads") for server in servers))
            await asyncio.sleep(0.2)

    await asyncio.gather(*(go(session, place) for place, session in enumerate(sessions)), watch())
    found = Found(
        waited,
        time.monotonic() - began,
        sum(cpu_seconds(server.process) for server in servers) - used,
        time.process_time() - client,
        sum(memory(server.process) for server in servers) - before,
        threads,
    )
    for session in (*warm, *sessions):
        await session.tab.close()
    return found


async def open_session(port: int, jar: str, place: int) -> Session:
    url = f"ws://127.0.0.1:{port}/_stcore/stream"
    headers = {"Cookie": jar, "Origin": f"http://127.0.0.1:{port}"}
    tab = await connect(
        url, subprotocols=[Subprotocol("streamlit")], max_size=None, additional_headers=headers, compression=None,
        ping_interval=None, open_timeout=60,
    )  # fmt: skip
    session = Session(tab, port, EVERY[place % len(EVERY)], step=place // len(EVERY))
    await session.open()
    return session


def signed_in(port: int, number: int) -> str:
    """Return the cookies of a browser that signed in as the person with this number."""
    browser = Browser(port)
    browser.sign_in(number=number)
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


def ask_counts(process: int, out: Path) -> Any:
    """Return the server's counts, which it writes when it receives a signal."""
    out.unlink(missing_ok=True)
    os.kill(process, signal.SIGUSR1)
    return json.loads(next(_read(out)))


def _read(out: Path) -> Iterator[str]:
    for _ in range(200):
        time.sleep(0.1)
        if out.exists():
            yield out.read_text(encoding="utf-8")
    raise SystemExit("The server has not written its counts.")


def memory(process: int) -> float:
    """Return the memory of a process, in KB."""
    return float(status(process, "VmRSS"))


def status(process: int, name: str) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


if __name__ == "__main__":
    main(sys.argv[1:])
