"""Read a set of questions in words over MCP and in process: python -m tests.bench.words DATA --today 2026-11-28.

DATA is a demo company's file. SAMEPAGE_WORDS names a folder with `given.jsonl`, whose lines have an id, a text, the
person who asks (`as`) and perhaps the question before (`previous`), and with `score.py`, which judges readings. Nothing
of either is copied here. Each line is read by the tool `read` over MCP, with the token of an agent of its person, and
in process. The scorer then judges both. It runs `python -m semantic read --batch` in a folder, so it gets a folder
whose command prints the readings made here.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

import httpx

from semantic.api.responses import reading_data
from semantic.query.data import query_from_data
from semantic.services.process import Live
from semantic.services.words import Words
from semantic.store.agents.agents import NewAgent, connect_agent
from tests.bench.table import head, line
from tests.bench.tools import META, VERSION, opened, served
from tests.waiting import STUCK

FOLDER = "SAMEPAGE_WORDS"
CALLS = 50
"""The number of calls that one agent makes here. An agent can make 60 per minute."""
COMMAND = "import pathlib, sys\nsys.stdout.write(pathlib.Path('readings.jsonl').read_text('utf-8'))\n"
KEYS = ("question", "asks", "left", "took", "understood", "near", "reason", "why", "change")

Item = dict[str, Any]


def main(arguments: list[str] | None = None) -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data", type=Path)
    options.add_argument("--today", type=date.fromisoformat, required=True)
    chosen = options.parse_args(arguments)
    if not os.environ.get(FOLDER):
        sys.exit(f"{FOLDER} names the folder with the questions. See the top of this file.")
    given = Path(os.environ[FOLDER])
    items = [json.loads(text) for text in (given / "given.jsonl").read_text("utf-8").splitlines() if text.strip()]
    with tempfile.TemporaryDirectory() as folder, patch("semantic.workspace.today_of", lambda _model: chosen.today):
        live = opened(chosen.data, Path(folder) / "live")
        try:
            with served(live) as port:
                mine, theirs = read_in_process(items, live, chosen.today), [*read_over_mcp(items, live, port)]
        finally:
            live.close()
        report(items, mine, theirs)
        for name, readings in (("in process", mine), ("over MCP", theirs)):
            line(f"the scorer, {name}", scored(given, Path(folder) / name, readings))


def read_in_process(items: list[Item], live: Live, today: date) -> list[Item]:
    workspace = live.workspace()
    words = Words(workspace)
    readings: list[Item] = []
    for item in items:
        actor = workspace.people[item["as"]]
        words.lexicon(actor)  # read once for everyone who sees the same
        previous = query_from_data(item["previous"]) if item["previous"] else None
        began = perf_counter()
        data = reading_data(words.read(item["text"], actor, today=today, previous=previous))
        readings.append(json.loads(json.dumps(data)) | {"id": item["id"], "ms": (perf_counter() - began) * 1000})
    return readings


def read_over_mcp(items: list[Item], live: Live, port: int) -> Iterator[Item]:
    """Yield the result of the tool `read` for each item. A refused call has the reason instead of a question."""
    calls, tokens, people = Counter[str](), dict[str, str](), live.workspace().people
    numbers = count(1)
    with httpx.Client(timeout=STUCK) as http:
        for item in items:
            who = item["as"]
            if calls[who] % CALLS == 0:
                wanted = NewAgent(
                    name=f"Bench {next(numbers)}", client="other", until=live.store.now() + timedelta(days=1)
                )
                with live.store.write() as transaction:
                    tokens[who] = connect_agent(transaction, live.keys, wanted, people[who])[1]
                called(http, port, tokens[who], {"words": "revenue"})  # the names are read once
            calls[who] += 1
            given = {"words": item["text"]} | ({"previous": item["previous"]} if item["previous"] else {})
            began = perf_counter()
            data = called(http, port, tokens[who], given)
            ms = (perf_counter() - began) * 1000
            yield {"question": None} | data | {"id": item["id"], "ms": ms}


def called(http: httpx.Client, port: int, token: str, given: Item) -> Item:
    headers = {
        "Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": VERSION, "Mcp-Method": "tools/call", "Mcp-Name": "read",
    }  # fmt: skip
    params = {"name": "read", "arguments": given, "_meta": META}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    reply = http.post(f"http://127.0.0.1:{port}/mcp", json=body, headers=headers)
    return reply.raise_for_status().json()["result"]["structuredContent"]


def report(items: list[Item], mine: list[Item], theirs: list[Item]) -> None:
    head("Questions in words over MCP, next to the same reader in process")
    differs = [
        item["id"]
        for item, here, there in zip(items, mine, theirs, strict=True)
        if any(here.get(key) != there.get(key) for key in KEYS)
    ]
    line("read the same over MCP", f"{len(items) - len(differs)} of {len(items)}", ", ".join(differs))
    refused = Counter(each["code"] for each in theirs if "code" in each)
    line("calls refused", str(refused.total()), ", ".join(refused))


def scored(given: Path, folder: Path, readings: list[Item]) -> str:
    """Return the last line that the scorer prints about these readings."""
    package = folder / "semantic"
    package.mkdir(parents=True)
    (package / "__main__.py").write_text(COMMAND, encoding="utf-8")
    (folder / "readings.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in readings), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, str(given / "score.py"), str(folder)],
        capture_output=True,
        text=True,
        timeout=STUCK,
        check=False,
    )
    return (ran.stdout or ran.stderr).strip().splitlines()[-1]


if __name__ == "__main__":
    main()
