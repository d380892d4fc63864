"""Measure a server's memory over thousands of reruns, and over tabs that are opened and cut off:
python -m tests.bench.pages.memory DATA [RERUNS [TABS]].

One tab asks RERUNS different questions in Explore, each by its address, as Back and Forward do. Another changes its
question as often, between twelve of them. Then TABS tabs are opened, each changes its question five times, and all are
cut off without notice; then the same again. DATA is the demo company. Memory doesn't depend on what else the machine is
doing.

Prints MB of RAM of the server, the blocks that Python has allocated (in thousands, after a full collection) and open
files. Growth between the two rounds of tabs shows what closed tabs leave behind.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.pages.page import listening_process
from tests.bench.pages.sessions import EVERY, Asked, Page, Session, ask_counts, memory, open_session, signed_in
from tests.bench.table import head
from tests.browser.visitor import running_server

RERUNS, TABS = 5_000, 200
SAMPLE = 500  # reruns between two lines
CHANGES = 5  # of each tab
GROUP = 20  # tabs whose memory is measured together: a single one is lost in the noise
METRICS = (
    *("spend", "clicks", "impressions", "ctr", "roas", "cpc", "orders", "net_revenue", "aov"),
    *("sessions", "bounce_rate", "contribution_margin", "cpm"),
)
BREAKDOWNS = (
    *("channel", "market", "channel,market", "campaign", "date:week", "date:week,channel", "date:month,channel"),
    *("date:month,market", "date:day"),
)
PERIODS = tuple(f"last_{count}_{unit}" for unit in ("day", "week", "month") for count in range(1, 27))


@dataclass(frozen=True, slots=True)
class Linked(Asked):
    """A question opened by its address. Any answer will do, even one without rows."""

    link: str

    @property
    def address(self) -> str:
        return self.link

    def is_on(self, page: Page) -> bool:
        return "Computed " in page.words


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, and the file with its counts."""

    port: int
    process: int
    counts: Path

    def sample(self, what: str, *, of: str = "") -> float:
        """Print one line of the table, and return the server's memory in MB."""
        counts = ask_counts(self.process, self.counts)
        megabytes = memory(self.process) / 1024
        print(
            f"  {what:<38}{megabytes:>6.0f} MB{counts['blocks'] / 1000:>9.0f} k{self.files():>8}   {of}".rstrip(),
            flush=True,
        )
        return megabytes

    def files(self) -> int:
        return len(os.listdir(f"/proc/{self.process}/fd"))


def questions() -> Iterator[str]:
    """Yield addresses of different questions, the same ones in every run."""
    chance, seen = random.Random(1), set[str]()
    while True:
        metrics = chance.sample(METRICS, chance.choice((1, 1, 2, 3)))
        address = f"m={','.join(metrics)}&by={chance.choice(BREAKDOWNS)}&t={chance.choice(PERIODS)}"
        if address not in seen:
            seen.add(address)
            yield address


def main(arguments: Sequence[str]) -> None:
    data = str(Path(arguments[0]).resolve())
    reruns = int(arguments[1]) if len(arguments) > 1 else RERUNS
    tabs = int(arguments[2]) if len(arguments) > 2 else TABS
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts.json"
        started = ("-m", "tests.bench.pages.counted_server", str(out))
        store, key = str(Path(folder) / "store.sqlite"), str(Path(folder) / "audit.key")
        with running_server(
            Path(folder) / "log", launcher=started, SAMEPAGE_DEMO="1", SAMEPAGE_DATA=data,
            SAMEPAGE_STORE=store, SAMEPAGE_AUDIT_KEY_FILE=key,
        ) as port:  # fmt: skip
            server, jar = Server(port, listening_process(port), out), signed_in(port, 0)
            asyncio.run(_play(server, jar, reruns, tabs))


async def _play(server: Server, jar: str, reruns: int, tabs: int) -> None:
    head("Memory of the server, blocks that Python has allocated, open files")
    server.sample("started")
    tab = await open_session(server.port, jar, 0)
    for number, link in zip(range(1, reruns + 1), questions(), strict=False):
        await tab.follow(Linked(False, False, 0, link))
        if number == 1 or number % SAMPLE == 0:
            server.sample(f"{number:,} reruns")
    await tab.tab.close()
    tab = await open_session(server.port, jar, 0)
    for number in range(1, reruns + 1):
        await tab.change()
        if number % SAMPLE == 0:
            server.sample(f"{number:,} more among twelve questions")
    await tab.tab.close()
    for warm in await _open(server, jar, len(EVERY)):  # anything all tabs share is loaded before any is counted
        await warm.tab.close()
    for turn in ("first", "second"):
        before = memory(server.process)
        opened, costs = list[Session](), list[float]()
        for _ in range(tabs // GROUP):
            opened += await _open(server, jar, GROUP)
            after = memory(server.process)
            costs.append((after - before) / GROUP)
            before = after
        server.sample(f"{len(opened)} tabs, the {turn} time", of=f"median {statistics.median(costs):.0f} KB a tab")
        for visitor in opened:
            visitor.tab.transport.abort()
        cut_off = time.monotonic()
        while ask_counts(server.process, server.counts)["objects"]["SessionState"] > 1:
            await asyncio.sleep(1)
            if time.monotonic() > cut_off + 120:
                break
        server.sample("  cut off", of=f"after {time.monotonic() - cut_off:.0f} s")


async def _open(server: Server, jar: str, count: int) -> list[Session]:
    """Open tabs one after another, change each one's question a few times, and return them."""
    opened: list[Session] = []
    for place in range(count):
        opened.append(await open_session(server.port, jar, place))
        for _ in range(CHANGES):
            await opened[-1].change()
    return opened


if __name__ == "__main__":
    main(sys.argv[1:])
