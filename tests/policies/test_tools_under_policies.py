"""Nothing that a tool returns to an agent changes when only rows hidden from its person change: no value, size or
error.

Every random policy gets a session of calls to all tools that read, over the shop and over a copy in which only rows
hidden from the person differ. A seeded tenth of the policies runs in `make test`, all of them in `make proof`.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from semantic.api.tools.running import CallResult, run_now
from semantic.api.tools.table import TOOLS
from semantic.api.tools.tool import Call
from semantic.query.data import query_to_data
from semantic.query.query import Query
from semantic.services.process import Live
from semantic.store.keys import Keys, keys_of
from tests.copies import copy_shop, empty_store
from tests.policies.random_policies import GROUP, choose
from tests.policies.test_hidden_rows import MEMBERS, is_answered, questions
from tests.policies.test_random_policies import twins
from tests.proof import part_of
from tests.shop import ShopWorkspace

ToolCall = tuple[str, dict[str, Any]]

POLICIES = 2_000
OF_EACH_RUN = 10  # policies of one test
TRIED = 15  # questions of each policy, until one has an answer
WORDS = (
    "revenue by channel", "revenue by device last 8 months", "orders from Radio", "customers in gold by country",
    "revenue for Hidden", "visits by device since March 2026", "why did revenue fall in April 2026", "secret units",
    "top 2 channels by order count", "watch",
)  # fmt: skip
PERIODS = (
    ({"from": "2026-04-01", "to": "2026-04-30"}, {"to": "previous"}),
    ({"from": "2026-03-01", "to": "2026-06-30"}, {"to": "last_year"}),
)
CHANCE = re.compile(
    r"R-[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00"
    r'|"data_version": (?:null|"[^"]*")'
)
"""Values that differ for each answer: receipts, the time, and the data's version.

People with row rules never see the version.
"""


def session(
    workspace: ShopWorkspace, asked: list[Query], chance: random.Random
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the calls of one agent: names that are hidden or not, values that exist or not, and questions of
    all kinds.
    """
    model = workspace.model
    metric, dimension = chance.choice([*model.metrics]), chance.choice([*model.dimensions])
    yield "search", {"words": chance.choice(("", "revenue", "order", "gold", "Hidden", metric)), "limit": 5}
    yield "describe", {"kind": "metric", "name": metric}
    yield "describe", {"kind": "dimension", "name": dimension}
    yield "describe", {"kind": "segment", "name": chance.choice([*model.segments])}
    for prefix in ("", str(chance.choice(MEMBERS) or "a")[:2]):
        yield "values", {"dimension": chance.choice([*model.dimensions]), "prefix": prefix, "limit": 5}
    yield "read", {"words": chance.choice(WORDS)}
    for query in asked:
        question = query_to_data(query)
        yield "check", {"question": question}
        yield "ask", {"question": question, "rows": chance.choice((1, 3, 200))}
    yield "chart", {"question": query_to_data(chance.choice(asked))}
    time, compare = chance.choice(PERIODS)
    yield "explain", {"question": {"metrics": [metric], "time": time, "compare": [compare]}}
    yield "analyses", {"words": "revenue"}
    yield "analyze", {"analysis": {"kind": "funnel", "subject": "customer", "steps": ["order_count", metric]}}
    yield "replay", {"receipt": "R-AAAA-AAAA-AAAA"}


def some_questions(twin: ShopWorkspace, other: ShopWorkspace, seed: str) -> list[Query]:
    """Return one question and, if possible, one of the first few that has an answer.

    Both shops are asked the same questions, so that their caches contain the same.
    """
    tried = [*islice(questions(twin, seed), TRIED)]
    for query in tried:
        if [is_answered(shop, query, GROUP) for shop in (twin, other)] != [False, False]:
            return [tried[0], query]
    return tried[:2]


def opened(workspace: ShopWorkspace, folder: Path, keys: Keys) -> Live:
    folder.mkdir()
    return Live(workspace.settings, empty_store(str(folder / "store.sqlite")), keys, workspace)


def called(live: Live, tool: str, given: dict[str, Any]) -> CallResult:
    workspace = live.workspace()
    return run_now(tool, given, Call(live=live, actor=workspace.people[GROUP], workspace=workspace))


def without_chance(ran: CallResult) -> str:
    return CHANCE.sub("", json.dumps([ran.is_refused, ran.data], ensure_ascii=False))


def names_in(given: object) -> set[str]:
    return {*re.findall(r"\w+", json.dumps(given))}


@pytest.mark.long
@pytest.mark.parametrize("first", part_of(range(0, POLICIES, OF_EACH_RUN)))
def test_hidden_rows_change_no_tools_output(first: int, tmp_path: Path) -> None:
    keys = keys_of("a secret of tests, long enough to sign with")
    answered: set[str] = set()
    for number in range(first, first + OF_EACH_RUN):
        chance = random.Random(f"policy {number}")
        chosen = choose(chance)
        folder = tmp_path / str(number)
        folder.mkdir()
        with twins(folder, chosen, chance) as (twin, other, moved):
            asked = some_questions(twin, other, f"tools {number}")
            calls = [*session(twin, asked, chance)]
            both = [opened(twin, folder / "mine", keys), opened(other, folder / "theirs", keys)]
            try:
                receipts: list[str] = []
                for tool, given in calls:
                    if moved & names_in(given):
                        continue
                    mine, theirs = (called(live, tool, given) for live in both)
                    said = f"{chosen.policy}\n{tool} {given}\n{mine.data}\n{theirs.data}"
                    assert without_chance(mine) == without_chance(theirs), said
                    assert mine.picture == theirs.picture, said
                    answered |= set() if mine.is_refused else {tool}
                    if tool == "ask" and mine.data.get("receipt"):
                        receipts.append(str(mine.data["receipt"]))
                for receipt in receipts[:1]:  # asked again where it was recorded, through both
                    assert not called(both[0], "replay", {"receipt": receipt}).is_refused
                    answered |= {"replay"}
                    assert called(both[1], "replay", {"receipt": receipt}).code == "unknown_name"
            finally:
                for live in both:
                    live.recorder.close()
                    live.workspace().recorder = None
                    live.store.close()
    assert answered >= {"search", "describe", "values", "read", "check", "ask", "analyses"}


def test_every_tool_that_reads_is_called(tmp_path: Path) -> None:
    chance = random.Random("policy 0")
    with twins(tmp_path, choose(chance), chance) as (twin, _, _):
        tools = {tool for tool, _ in session(twin, [Query(metrics=("revenue",))], chance)}
    assert tools == {tool.name for tool in TOOLS.values() if tool.is_readonly}


def test_people_with_access_see_the_change(tmp_path: Path) -> None:
    """The shops do differ, so the test above doesn't compare a file with itself."""
    chance = random.Random("policy 1")
    chosen = choose(chance)
    keys = keys_of("a secret of tests, long enough to sign with")
    assert copy_shop(tmp_path / "shop.duckdb").exists()
    with twins(tmp_path, chosen, chance) as (twin, other, _):
        both = [opened(twin, tmp_path / "mine", keys), opened(other, tmp_path / "theirs", keys)]
        question = {"question": {"metrics": ["revenue", "order_count"], "by": ["channel"]}}
        said: list[str] = []
        for live in both:
            workspace = live.workspace()
            call = Call(live=live, actor=workspace.people["steward"], workspace=workspace)
            said.append(without_chance(run_now("ask", question, call)))
            live.recorder.close()
            workspace.recorder = None
            live.store.close()
    assert said[0] != said[1]
