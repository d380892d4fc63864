"""Measure what a person at work notices of an attack: python -m tests.bench.pages.hammer DATA [SECONDS].

DATA must reach to yesterday. The person changes their question in Explore, as in `tests.bench.pages.sessions`, at first
without an attack. Then four tabs of someone else load hostile links without a pause, and three service tokens ask
hostile questions over HTTP. Each question is new, so no cache can answer it. It's either as large as questions can be,
or larger, so that it's refused.

Prints the milliseconds from a change to its answer, median and 95th percentile, without and with the attack, and the
ratios between the two.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from semantic.query.codec import query_to_params
from semantic.query.data import query_from_data
from tests.bench.pages.sessions import open_session, signed_in
from tests.bench.table import head, line
from tests.browser.visitor import ROOT, Browser, free_port, running_server
from tests.hostile.tab import open_tab

SECONDS = 30.0
TABS, TOKENS = 4, 3
TIME = {"last": 18, "unit": "month"}
COMPARED = [{"to": "previous"}, {"to": "last_year"}, {"to": {"back": 3, "unit": "month"}}]
METRICS = ["orders", "net_revenue", "refunded_amount", "units", "repeat_customers", "aov", "new_customers"]


def hostile_question(number: int) -> Mapping[str, Any]:
    """Return a hostile question, of one of several kinds, with values that no question before it had."""

    def per_customer(place: int) -> Mapping[str, Any]:
        where = {"dim": "country", "op": "in", "values": [f"{number} {place}"]}
        return {"metric": "orders", "per": "customer", "op": ">", "value": place, "where": where}

    match number % 4:
        case 0:  # as many filters by a metric as are allowed
            filters = {"or": [per_customer(place) for place in range(20)]}
            return {"metrics": METRICS[:1], "time": TIME, "where": filters}
        case 1:  # over several facts, and compared
            filters = {"and": [per_customer(place) for place in range(20)]}
            return {"metrics": METRICS, "time": TIME, "where": filters, "compare": COMPARED}
        case 2:  # long lists
            lists = [{"dim": "country", "op": "in", "values": [f"{number} {n}" for n in range(600)]} for _ in range(3)]
            return {"metrics": METRICS, "time": TIME, "where": {"or": lists}}
        case _:  # every row of the largest fact
            by = ["campaign", "country", "device", {"dim": "date", "grain": "day"}]
            where = {"dim": "country", "op": "not_in", "values": [f"{number}"]}
            return {"metrics": ["sessions"], "by": by, "time": TIME, "where": where}


def main(arguments: Sequence[str]) -> None:
    data = str(Path(arguments[0]).resolve())
    seconds = float(arguments[1]) if len(arguments) > 1 else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "SAMEPAGE_DEMO": "1",
            "SAMEPAGE_DATA": data,
            "SAMEPAGE_STORE": f"{folder}/store.sqlite",
            "SAMEPAGE_AUDIT_KEY": secrets.token_hex(32),
        }
        with running_server(Path(folder) / "log", port=free_port(), **settings) as port:
            tokens = [_token(settings) for _ in range(TOKENS)]
            victim, attacker = signed_in(port, 0), Browser(port)
            attacker.sign_in(number=1)
            alone = asyncio.run(_work(port, victim, seconds))
            with _attack(port, attacker, tokens) as asked:
                attacked = asyncio.run(_work(port, victim, seconds))
                count = asked.value
    head("One person's changes in Explore, alone and under attack")
    for name, waited in (("alone", alone), ("under attack", attacked)):
        line(
            f"{name}, p50 and p95 ms", f"{1000 * _p50(waited):.0f} {1000 * _p95(waited):.0f}", f"{len(waited)} changes"
        )
    ratios = f"{_p50(attacked) / _p50(alone):.2f} {_p95(attacked) / _p95(alone):.2f}"
    line("as multiples", ratios, f"{count} hostile questions")


async def _work(port: int, jar: str, seconds: float) -> list[float]:
    """Change the question again and again, and return the seconds that each change took."""
    session = await open_session(port, jar, 0)
    for _ in range(12):
        await session.change()
    waited: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until or len(waited) < 20:
        asked = time.monotonic()
        await session.change()
        waited.append(time.monotonic() - asked)
    await session.tab.close()
    return waited


def _p50(waited: Sequence[float]) -> float:
    return statistics.median(waited)


def _p95(waited: Sequence[float]) -> float:
    return sorted(waited)[int(0.95 * len(waited))]


# The attack


@contextmanager
def _attack(port: int, attacker: Browser, tokens: Sequence[str]) -> Iterator[Synchronized[int]]:
    """Run every tab and every script in a separate process until the block ends, and yield their counters."""
    asked: Synchronized[int] = multiprocessing.Value("i", 0)  # pyright: ignore[reportAssignmentType]
    context = multiprocessing.get_context("fork")
    attacks = [context.Process(target=_load_links, args=(attacker, place, asked)) for place in range(TABS)]
    attacks += [
        context.Process(target=_ask_over_http, args=(port, token, TABS + place, asked))
        for place, token in enumerate(tokens)
    ]
    for attack in attacks:
        attack.start()
    time.sleep(5)  # until all of them have started
    try:
        yield asked
    finally:
        for attack in attacks:
            attack.terminate()
            attack.join()


def _load_links(browser: Browser, place: int, asked: Synchronized[int]) -> None:
    with open_tab(browser) as tab:
        for number in range(place, 1_000_000, TABS + TOKENS):
            query = query_from_data(hostile_question(number))
            address = urlencode([(key, text) for key, texts in query_to_params(query).items() for text in texts])
            tab.send(tab.rerun("explore", address), patience=120)
            with asked.get_lock():
                asked.value += 1


def _ask_over_http(port: int, token: str, place: int, asked: Synchronized[int]) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for number in range(place, 1_000_000, TABS + TOKENS):
        with suppress(OSError):
            connection = HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request("POST", "/api/v1/ask", json.dumps(hostile_question(number)), headers)
            if connection.getresponse().status == 429:
                time.sleep(1)
            connection.close()
        with asked.get_lock():
            asked.value += 1


def _token(settings: Mapping[str, str]) -> str:
    command = [sys.executable, "-m", "semantic", "token", "make", f"Attack {secrets.token_hex(4)}"]
    command += ["--for", "An attack", "--role", "marketer", "--a-minute", "6000"]
    environment = os.environ | dict(settings)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1:])
