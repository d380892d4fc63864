"""Analyses over HTTP: run, listed and opened, under the token's own policy. Every sale is one order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from semantic.analyses.events.definition import analysis_from_data
from semantic.policy.actor import Actor
from semantic.results.receipt import read_receipt_id
from semantic.services.analyzing.run import analyze
from semantic.services.analyzing.saved import UNKNOWN, SavedAnalyses
from semantic.store.numbers.receipts import read_stored_receipt
from semantic.store.spaces.spaces import make_space
from tests.pages.api_world import ANA, MODEL, World, open_world

pytestmark = pytest.mark.server

FUNNEL: dict[str, Any] = {
    "kind": "funnel", "v": 1, "subject": "sale", "steps": [{"metric": "orders"}, {"metric": "orders"}],
}  # fmt: skip
OF_COSTS = FUNNEL | {"steps": [{"metric": "orders"}, {"metric": "costs"}]}
RUN, LIST = "/api/v1/analyze", "/api/v1/analyses"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world")) as opened:
        yield opened


@pytest.fixture(scope="module")
def token(world: World) -> str:
    """A valid token of a marketer of DE and AT."""
    return world.token()[1]


@pytest.fixture(scope="module")
def steward(world: World) -> str:
    return world.token(role="steward", attributes={})[1]


@pytest.fixture(scope="module")
def saved(world: World) -> dict[str, str]:
    """Ana's analyses: one for everyone, one with a metric that marketers can't see, and a private one."""
    work = work_of(world, ANA)
    with world.live.store.write() as transaction:
        space = make_space(transaction, "Everyone", ANA, world.live.keys).id
    shared = work.save(analysis_from_data(FUNNEL), name="Twice **bought**", sentence="On Mondays", space=space)
    costs = work.save(analysis_from_data(OF_COSTS), name="Cost twice", space=space)
    own = work.save(analysis_from_data(FUNNEL), name="Mine")
    return {"shared": shared, "costs": costs, "own": own}


def work_of(world: World, actor: Actor) -> SavedAnalyses:
    return SavedAnalyses(world.live.store, world.live.keys, world.live.workspace(), actor)


def test_an_analysis_is_run_under_the_tokens_policy(world: World, token: str, steward: str) -> None:
    """Three of six orders are in DE and AT."""
    mine, every = world.ask(token, FUNNEL, path=RUN), world.ask(steward, FUNNEL, path=RUN)
    assert (mine.status, every.status) == (200, 200)
    assert (mine.json()["whole"]["counts"], every.json()["whole"]["counts"]) == ([3, 0], [6, 0])
    assert (mine.json()["scope"], every.json()["scope"]) == ("Scope: DE, AT", "")
    assert mine.json()["analysis"] == FUNNEL
    assert "Each sale counts once" in mine.json()["rule"][0]


def test_its_receipt_is_stored_and_opens_with_the_same_digest(world: World, steward: str) -> None:
    """A person who asks the same definition on a page gets equal numbers and an equal digest."""
    reply = world.ask(steward, FUNNEL, path=RUN)
    receipt = reply.json()["receipt"]
    assert reply.headers["samepage-receipt"] == receipt == read_receipt_id(receipt)
    analysis, live = analysis_from_data(FUNNEL), world.live
    on_page = analyze(live.workspace(), analysis.kind, analysis.asked, ANA)
    live.recorder.flush()
    with live.store.read() as connection:
        stored = [read_stored_receipt(connection, each, live.keys) for each in (receipt, on_page.receipt)]
    assert [each.surface for each in stored if each is not None] == ["api", "page"]
    assert len({(each.rows_digest, each.sql_digest) for each in stored if each is not None}) == 1
    again = world.get(steward, f"/api/v1/receipts/{receipt}").json()
    assert (again["values"], again["answer"]["whole"]["counts"]) == ("equal", [6, 0])


def test_another_persons_receipt_reads_as_missing(world: World, token: str, steward: str) -> None:
    receipt = world.ask(steward, FUNNEL, path=RUN).json()["receipt"]
    theirs, missing = (
        world.get(token, f"/api/v1/receipts/{receipt}"),
        world.get(token, "/api/v1/receipts/R-2222-2222-2222"),
    )
    assert (theirs.status, theirs.code) == (missing.status, missing.code) == (404, "unknown_name")
    assert theirs.json()["reason"].replace(receipt, "R-2222-2222-2222") == missing.json()["reason"]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ([1], 400, "parse_error"),
        ({"kind": "sorcery"}, 400, "parse_error"),
        ({"steps": ["orders", "orders"]}, 400, "parse_error"),
        (FUNNEL | {"limit": 3}, 400, "parse_error"),
        (FUNNEL | {"steps": ["orders"]}, 400, "parse_error"),
        (FUNNEL | {"steps": ["orders", "nothing"]}, 404, "unknown_name"),
        (FUNNEL | {"subject": "planet"}, 422, "no_path"),
        (FUNNEL | {"steps": ["orders", "pairs"]}, 422, "time_mismatch"),
        (FUNNEL | {"where": {"dim": "market", "op": "in", "values": ["x" * 1000] * 100}}, 413, "too_large"),
    ],
)
def test_a_wrong_analysis_is_refused(asked: object, status: int, code: str, world: World, token: str) -> None:
    reply = world.ask(token, asked, path=RUN)
    assert (reply.status, reply.code) == (status, code)
    assert reply.json()["reason"]


def test_a_hidden_metric_reads_as_missing(world: World, token: str, steward: str) -> None:
    hidden = world.ask(token, OF_COSTS, path=RUN)
    missing = world.ask(token, FUNNEL | {"steps": ["orders", "coins"]}, path=RUN)
    assert (hidden.status, hidden.code) == (missing.status, missing.code) == (404, "unknown_name")
    assert "costs" not in missing.json()["reason"]
    assert world.ask(steward, OF_COSTS, path=RUN).status == 200


def test_saved_analyses_are_listed_and_searched(world: World, token: str, steward: str, saved: dict[str, str]) -> None:
    mine, every = world.get(token, LIST).json(), world.get(steward, LIST).json()
    assert [each["id"] for each in mine["analyses"]] == [saved["shared"]]
    assert {each["id"] for each in every["analyses"]} == {saved["shared"], saved["costs"]}
    assert mine["analyses"][0] | {"changed_at": ""} == {
        "id": saved["shared"], "kind": "funnel", "name": "Twice **bought**", "description": "On Mondays",
        "owner": "Ana Ribeiro", "space": "Everyone", "folder": None, "version": 1, "changed_at": "",
        "metrics": ["orders"],
    }  # fmt: skip
    assert world.get(steward, f"{LIST}?search=cost").json()["count"] == 1
    limited = world.get(steward, f"{LIST}?limit=1").json()
    assert (limited["count"], len(limited["analyses"])) == (2, 1)
    for wrong in ("?limit=0", "?limit=x", "?kind=funnel", "?limit=1&limit=2"):
        assert world.get(steward, LIST + wrong).code == "parse_error"


def test_a_saved_analysis_is_opened_and_run(world: World, token: str, saved: dict[str, str]) -> None:
    opened = world.get(token, f"{LIST}/{saved['shared']}").json()
    assert (opened["analysis"], opened["name"]) == (FUNNEL, "Twice **bought**")
    answer = world.get(token, f"{LIST}/{saved['shared']}/answer")
    assert (answer.status, answer.json()["whole"]["counts"]) == (200, [3, 0])
    assert read_receipt_id(answer.json()["receipt"])


def test_an_analysis_without_access_reads_as_missing(
    world: World, token: str, steward: str, saved: dict[str, str]
) -> None:
    for asks, sought in (
        (token, saved["costs"]),
        (token, saved["own"]),
        (steward, saved["own"]),
        (token, "0" * 32),
        (token, "%F0%9F%92%A9"),
        (token, "x" * 500),
    ):
        for more in ("", "/answer"):
            reply = world.get(asks, f"{LIST}/{sought}{more}")
            assert (reply.status, reply.code, reply.json()["reason"]) == (404, "unknown_name", UNKNOWN)
    assert world.get(token, f"{LIST}/{saved['shared']}/rows").code == "not_found"


def test_methods_formats_and_tokens_are_checked(world: World, token: str) -> None:
    assert world.get(token, RUN).code == "wrong_method"
    assert world.ask(token, FUNNEL, path=LIST).code == "wrong_method"
    assert world.ask(token, FUNNEL, path=RUN, Accept="text/csv").code == "not_acceptable"
    assert world.ask("sp_none", FUNNEL, path=RUN).code == "not_signed_in"
    assert world.get("sp_none", LIST).code == "not_signed_in"


def test_unusual_days_are_asked_like_other_analyses(world: World, token: str, steward: str) -> None:
    """Too few days are known to judge any. That is an answer, too, with a receipt that runs it again."""
    days = {"kind": "anomalies", "metric": "orders", "time": {"last": 30, "unit": "day"}}
    reply = world.ask(steward, days, path=RUN)
    assert (reply.status, reply.json()["conclusion"]) == (200, "not_judged")
    receipt = reply.json()["receipt"]
    assert reply.headers["samepage-receipt"] == receipt == read_receipt_id(receipt)
    again = world.get(steward, f"/api/v1/receipts/{receipt}").json()
    assert (again["values"], again["answer"]["analysis"]["kind"]) == ("equal", "anomalies")
    assert world.get(token, f"/api/v1/receipts/{receipt}").status == 404
    hidden = world.ask(token, days | {"metric": "costs"}, path=RUN)
    missing = world.ask(token, days | {"metric": "coins"}, path=RUN)
    assert (hidden.status, hidden.code) == (missing.status, missing.code) == (404, "unknown_name")


# Those that the model names


NAMED = """
analyses:
  - name: twice
    label: Ordered twice
    owner: Sales
    definition: {kind: funnel, subject: sale, steps: [orders, orders]}
  - name: cost_twice
    label: Cost twice
    owner: Sales
    definition: {kind: funnel, subject: sale, steps: [orders, costs]}
"""


@pytest.fixture(scope="module")
def naming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("naming"), model_text=MODEL + NAMED) as opened:
        yield opened


def test_a_named_analysis_is_listed_opened_and_run_by_its_name(naming: World) -> None:
    """Three orders are in DE and AT. A marketer can't see costs, so the other analysis doesn't exist for them."""
    token = naming.token()[1]
    twice = {
        "name": "twice", "label": "Ordered twice", "description": "", "owner": "Sales", "kind": "funnel",
        "certified": None,
    }  # fmt: skip
    assert naming.get(token, LIST).json()["named"] == [twice]
    assert naming.get(token, f"{LIST}?search=cost").json()["named"] == []
    opened = naming.get(token, f"{LIST}/twice").json()
    assert opened["analysis"] == FUNNEL
    assert "Each sale counts once" in opened["rule"][0]
    for reply in (naming.get(token, f"{LIST}/twice/answer"), naming.ask(token, {"analysis": "twice"}, path=RUN)):
        assert (reply.status, reply.json()["whole"]["counts"]) == (200, [3, 0])
        assert reply.json()["named"] == {
            "name": "twice",
            "label": "Ordered twice",
            "is_certified": False,
            "changes": [],
        }
    where = {"dim": "market", "op": "in", "values": ["DE"]}
    changed = naming.ask(token, {"analysis": "twice", "where": where}, path=RUN).json()
    assert (changed["named"]["changes"], changed["analysis"]["where"]) == (["filters"], where)


def test_a_hidden_named_analysis_reads_as_missing(naming: World) -> None:
    token, steward = naming.token()[1], naming.token(role="steward", attributes={})[1]
    assert naming.ask(steward, {"analysis": "cost_twice"}, path=RUN).status == 200
    hidden, missing = (naming.ask(token, {"analysis": name}, path=RUN) for name in ("cost_twice", "cost_twicx"))
    assert (hidden.status, hidden.code) == (missing.status, missing.code) == (404, "unknown_name")
    assert hidden.json()["reason"] == "There is no analysis named 'cost_twice'. Did you mean twice?"
    for more in ("", "/answer"):
        assert naming.get(token, f"{LIST}/cost_twice{more}").json()["reason"] == UNKNOWN
    assert naming.ask(token, {"analysis": "twice", "steps": ["orders"]}, path=RUN).code == "parse_error"
