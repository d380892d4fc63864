"""Tools in process: what they refuse, how their calls are counted, and who sees SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from semantic.api.tools.running import run_now
from semantic.api.tools.table import TOOLS
from semantic.api.tools.tool import NOTHING, Call, Hooks
from semantic.errors import InvalidQuery, UnknownName
from semantic.policy.actor import Actor
from tests.pages.api_world import QUESTION, World, open_world

BY_MARKET = {"question": QUESTION}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world")) as opened:
        yield opened


def call(world: World, person: str = "jonas", *, hooks: Hooks | None = None, **more: Any) -> Call:
    workspace = world.live.workspace()
    actor = replace(workspace.people[person], **more)
    return Call(live=world.live, actor=actor, workspace=workspace, hooks=hooks or Hooks())


@dataclass
class Counted:
    """A budget that records its calls, and refuses after a number of them."""

    most: int = 100
    begun: int = 0
    told: list[Any] = field(default_factory=list[Any])

    def begin(self, actor: Actor) -> None:
        self.begun += 1
        if self.begun > self.most:
            raise InvalidQuery(f"{actor.name} has reached a limit.")

    def charge(self, actor: Actor, **used: Any) -> None:
        self.told.append((actor.agent, used))


def test_schemas_are_valid_and_described() -> None:
    for tool in TOOLS.values():
        for schema in (tool.input_schema, dict(tool.output)):
            jsonschema.Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
        assert tool.input_schema["additionalProperties"] is False
        assert "x-mcp-header" not in str(tool.input_schema), "the MCP server compares no headers with parameters"
        assert all("description" in each for each in tool.input_schema["properties"].values()), tool.name
        assert len(tool.description) > 40
        assert tool.scope == ("ask" if tool.is_readonly else "propose")


@pytest.mark.parametrize(
    ("tool", "given", "says"),
    [
        ("ask", {}, "Give either"),
        ("ask", BY_MARKET | {"question_id": "x"}, "Give either"),
        ("ask", BY_MARKET | {"secret-8d1": 1}, "unknown"),
        ("ask", BY_MARKET | {"rows": 0}, "`rows` is too small"),
        ("ask", BY_MARKET | {"rows": "secret-8d1"}, "`rows` has the wrong type"),
        ("ask", {"question": {"metrics": "secret-8d1"}}, "list"),
        ("search", {"kinds": ["secret-8d1"]}, "has an unknown value: use 'metric'"),
        ("search", {"words": "x" * 500}, "too long"),
        ("search", [], "takes words, kinds, limit"),
        ("describe", {}, "`kind` is missing"),
        ("chart", BY_MARKET | {"kind": "pony"}, "no such kind of chart"),
        ("chart", {"question": {"by": ["market"]}}, "no chart"),
        ("analyze", {}, "Give either"),
        ("replay", {"receipt": "R-1"}, "receipt"),
    ],
)
def test_wrong_inputs_are_refused_in_words(world: World, tool: str, given: Any, says: str) -> None:
    ran = run_now(tool, given, call(world))
    assert ran.is_refused
    assert says in ran.data["reason"]
    assert not [word for word in ("pydantic", "Error", "Traceback", "validation") if word in ran.data["reason"]]
    if "secret-8d1" not in (given if isinstance(given, dict) else {}):  # a key is named, so that it can be fixed
        assert "secret-8d1" not in ran.data["reason"] or tool == "ask"


def test_the_number_of_rows_is_limited(world: World) -> None:
    whole = run_now("ask", BY_MARKET, call(world, "ana")).data
    some = run_now("ask", BY_MARKET | {"rows": 2}, call(world, "ana")).data
    rows = world.rows("SELECT market, sum(amount) FROM orders GROUP BY market ORDER BY 2 DESC")
    assert [(row["market"], row["revenue"]) for row in whole["rows"]] == rows
    assert (some["rows"], some["rows_left_out"], whole["rows_left_out"]) == (whole["rows"][:2], 2, 0)


def test_an_agent_sees_sql_only_if_its_person_can_and_its_scope_allows_it(world: World) -> None:
    """This holds even right after its person asked the same on a page, although the answer is shared."""
    assert "sql" in run_now("ask", BY_MARKET, call(world, "ana")).data
    for tool, given in (("ask", BY_MARKET),):
        asking: dict[str, Any] = {"kind": "agent", "agent": "7"}
        assert "sql" not in run_now(tool, given, call(world, "ana", **asking)).data
        assert "sql" in run_now(tool, given, call(world, "ana", **asking, agent_scopes=frozenset({"ask", "sql"}))).data
        assert "sql" not in run_now(tool, given, call(world, **asking, agent_scopes=frozenset({"ask", "sql"}))).data


def test_calls_of_agents_are_counted(world: World) -> None:
    budgets = Counted(most=3)
    hooks = replace(Hooks(), budgets=budgets, transcripts=NOTHING)
    agent = call(world, hooks=hooks, kind="agent", agent="7")
    refused = {"question": {"metrics": ["nope"]}}
    outcomes = [run_now("ask", each, agent).code for each in (BY_MARKET, refused, BY_MARKET, BY_MARKET)]
    assert outcomes == ["", "unknown_name", "", "parse_error"]
    cells = 2 * 2  # two markets, each with its name and its revenue
    assert [(used["cells"], used["refused"]) for _, used in budgets.told] == [
        (cells, False), (0, True), (cells, False), (0, True),
    ]  # fmt: skip


@dataclass
class Noted:
    """A transcript that records the outcome of each call."""

    outcomes: list[str] = field(default_factory=list[str])

    def note(self, actor: Actor, **said: Any) -> None:
        self.outcomes.append(said["outcome"])


def test_words_without_a_question_get_a_clarifying_question(world: World) -> None:
    noted = Noted()
    agent = call(world, hooks=replace(Hooks(), transcripts=noted), kind="agent", agent="7")
    for words in ("revenue by market", "blorp by grumble"):
        run_now("read", {"words": words}, agent)
    run_now("read", {"wrds": "revenue"}, agent)
    assert noted.outcomes == ["answered", "asked_back", "refused"]


def test_people_and_services_are_not_counted(world: World) -> None:
    budgets = Counted()
    assert not run_now("ask", BY_MARKET, call(world, hooks=Hooks(budgets=budgets))).is_refused
    assert budgets.told == []


def test_an_unknown_tool_names_the_known_ones(world: World) -> None:
    with pytest.raises(UnknownName, match="ask"):
        run_now("asks", {}, call(world))


def test_every_answer_links_to_explore(world: World, tmp_path: Path) -> None:
    answer = run_now("ask", BY_MARKET, call(world)).data
    assert answer["link"] == f"{world.live.settings.address}/explore?m=revenue&by=market&v=1"
    where = {"dim": "market", "op": "in", "values": [f"market {number}" for number in range(900)]}
    long = run_now("ask", {"question": QUESTION | {"where": where}}, call(world)).data
    assert long["link"] is None
    assert tmp_path.exists()


def test_no_link_names_a_person(world: World) -> None:
    """Buyers are personal, so their names aren't written in addresses, which browsers and proxies store."""
    where = {"dim": "buyer", "op": "in", "values": ["ada@example.org", "bo@example.org"]}
    question = QUESTION | {"where": where}
    change = question | {"time": {"from": "2026-03-03", "to": "2026-03-03"}, "compare": [{"to": "previous"}]}
    for tool, given in (("check", question), ("ask", question), ("chart", question), ("explain", change)):
        ran = run_now(tool, {"question": given}, call(world, "ana"))
        assert not ran.is_refused, ran.data
        assert ran.data["link"] is None
        jsonschema.validate(ran.data, dict(TOOLS[tool].output))
    read = run_now("read", {"words": "revenue in march 2026", "previous": question}, call(world, "ana")).data
    assert "ada%40example.org" not in str(read["link"])
