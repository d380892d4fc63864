"""The HTTP API: who has access, what they get, and how it refuses hostile requests."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pages.server import api, api_body, turns
from pages.server.api import CANNOT_BE_ANSWERED, STATUS
from semantic import errors
from semantic.errors import SemanticError, TimedOut
from semantic.query.query import Query
from semantic.results.receipt import read_receipt_id
from semantic.services.receipts import replay
from semantic.store.audit.entries import EntryFilter, read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.numbers.receipts import read_stored_receipt
from tests.pages.api_world import (
    JSON,
    QUESTION,
    World,
    bearer,
    head,
    is_plain,
    open_world,
    pairs,
)
from tests.waiting import STUCK, until

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.server
OWN = "SELECT market, sum(amount) FROM orders WHERE market IN ('DE', 'AT') GROUP BY market ORDER BY 2 DESC, 1"
WHOLE = "SELECT market, sum(amount) FROM orders GROUP BY market ORDER BY 2 DESC"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world"), max_rows=1_000) as opened:
        yield opened


@pytest.fixture(scope="module")
def token(world: World) -> str:
    """A valid token of a marketer of DE and AT."""
    return world.token()[1]


@pytest.fixture(scope="module")
def steward(world: World) -> str:
    return world.token(role="steward", attributes={})[1]


def told(world: World, kind: str) -> list[str]:
    world.live.recorder.flush()
    with world.live.store.read() as connection:
        return [sentence(entry) for entry in read_entries(connection, world.live.keys, EntryFilter(kind=kind))]


# An answer


def test_the_tokens_policy_applies(world: World, token: str, steward: str) -> None:
    mine, all_of_it = world.ask(token), world.ask(steward)
    assert pairs(mine) == world.rows(OWN) == [("AT", 4), ("DE", 3)]
    assert mine.json()["scope"] == "Scope: DE, AT"
    assert pairs(all_of_it) == world.rows(WHOLE) == [(None, 32), ("FR", 24), ("AT", 4), ("DE", 3)]
    assert all_of_it.json()["scope"] == ""


CHANGED = {
    "metrics": ["revenue"],
    "time": {"from": "2026-03-03", "to": "2026-03-03"},
    "compare": [{"to": "previous"}],
}


def test_why_a_number_changed_is_in_the_tokens_own_rows(world: World, token: str, steward: str) -> None:
    """DE had 1 and then 2, and AT had nothing and then 4.

    On the 4th, only France had sales, which the token can't see.
    """
    reply = world.ask(token, CHANGED, path="/api/v1/why")
    told = reply.json()
    assert reply.status == 200
    assert (told["before"], told["after"], told["change"], told["moved"]) == (1, 6, 5, "changed")
    (market,) = told["breakdowns"]
    assert [(part["value"], part["contribution"]) for part in market["parts"]] == [("AT", 4), ("DE", 1)]
    assert (market["adds_up"], told["searched"], told["scope"]) == (True, 1, "Scope: DE, AT")
    assert told["sentences"] == ["Revenue rose 500% to €6.00."]
    assert read_receipt_id(told["receipt"])
    onward = world.ask(token, market["parts"][0]["question"])
    assert [row["revenue"] for row in onward.json()["rows"]] == [4]
    later = CHANGED | {"time": {"from": "2026-03-04", "to": "2026-03-04"}}
    assert world.ask(token, later, path="/api/v1/why").code == "parse_error"
    theirs = world.ask(steward, later, path="/api/v1/why").json()
    assert (theirs["before"], theirs["after"]) == (6, 24)


def test_a_change_is_explained_by_the_questions_own_breakdowns(world: World, token: str, steward: str) -> None:
    told = world.ask(steward, CHANGED | {"by": ["buyer"]}, path="/api/v1/why").json()
    assert [parts["dimension"] for parts in told["breakdowns"]] == ["buyer"]
    hidden = world.ask(token, CHANGED | {"by": ["buyer"]}, path="/api/v1/why")
    missing = world.ask(token, CHANGED | {"by": ["buyers"]}, path="/api/v1/why")
    assert (hidden.status, hidden.code) == (missing.status, missing.code) == (404, "unknown_name")
    assert hidden.json()["reason"].replace("buyer", "buyers") == missing.json()["reason"]


def test_no_more_questions_run_for_a_caller_who_gave_up(
    world: World, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An explanation that takes too long ends before its next question, so explanations can't pile up."""
    ended = threading.Event()

    def slowly(query: Query, *_: object, before_each: Callable[[Query], None], **__: object) -> None:
        try:
            until(lambda: before_each(query) is not None)  # asks and asks
        except TimedOut:
            ended.set()
            raise

    monkeypatch.setattr(api, "explain", slowly)
    monkeypatch.setattr(turns.CallRunner, "_patience", lambda self: 0.2)
    assert world.ask(token, CHANGED, path="/api/v1/why").code == "timed_out"
    assert ended.wait(STUCK)


def test_a_breakdown_that_cannot_be_used_as_asked_is_refused(world: World, token: str) -> None:
    weekdays = CHANGED | {"by": [{"dim": "date", "part": "dow"}]}
    reply = world.ask(token, weekdays, path="/api/v1/why")
    assert (reply.status, reply.code) == (400, "parse_error")
    assert "date" in reply.json()["reason"]


def test_a_question_without_a_change_is_refused_with_the_reason(world: World, token: str) -> None:
    reply = world.ask(token, {"metrics": ["revenue"]}, path="/api/v1/why")
    assert (reply.status, reply.code) == (400, "parse_error")
    assert "Add a comparison" in reply.json()["reason"]
    assert world.send("GET", "/api/v1/why", b"", bearer(token)).code == "wrong_method"


def test_an_attribute_with_one_value_equals_that_value(world: World) -> None:
    _, of_one = world.token(attributes={"markets": "DE"})
    assert pairs(world.ask(of_one)) == [("DE", 3)]


def test_a_token_without_the_attribute_sees_no_row(world: World) -> None:
    _, bare = world.token(attributes={})
    assert pairs(world.ask(bare)) == []


def test_an_answer_describes_itself(world: World, token: str) -> None:
    reply = world.ask(token, {**QUESTION, "totals": ["grand"]})
    body = reply.json()
    assert body["title"] == "Revenue by market"
    assert [(column["name"], column["role"], column["label"]) for column in body["columns"]] == [
        ("market", "key", "Market"),
        ("revenue", "value", "Revenue"),
    ]
    assert body["columns"][1] | {"unit": "EUR", "format": "money", "metric": "revenue"} == body["columns"][1]
    assert body["metrics"]["revenue"]["means"] == "What buyers paid."
    assert body["metrics"]["revenue"]["computed_as"] == "The sum of amount in orders."
    assert [row["bucket"] for row in body["rows"]] == ["member", "member", "total"]
    assert body["rows"][2]["revenue"] == 7
    assert body["groups"] == 2
    assert body["question"]["totals"] == ["grand"]
    assert body["freshness"]["is_stale"] is False
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["samepage-receipt"] == body["receipt"] == read_receipt_id(body["receipt"])
    assert not [name for name in reply.headers if name.startswith("access-control")]


def test_the_sql_is_for_stewards_and_above_as_on_the_page(world: World, token: str, steward: str) -> None:
    assert "sql" not in world.ask(token).json()
    assert "FROM orders" in world.ask(steward).json()["sql"]
    assert b"FROM orders" not in world.ask(token).content


def test_the_answer_has_a_receipt_of_the_api_that_opens_for_people(world: World, steward: str) -> None:
    _, mine = world.token(role="steward", name="Morning mail", attributes={})
    receipt = world.ask(mine, {"metrics": ["orders"]}).json()["receipt"]
    world.live.recorder.flush()
    with world.live.store.read() as connection:
        stored_receipt = read_stored_receipt(connection, receipt, world.live.keys)
    assert stored_receipt is not None
    assert stored_receipt.surface == "api"
    replayed = replay(world.live, receipt, world.live.workspace().people["ana"])
    assert (replayed.values, replayed.asked_by) == ("equal", "Morning mail (service)")
    assert told(world, "question.asked")[1] == "Morning mail (service) ran orders (1 row)"
    again = world.get(mine, f"/api/v1/receipts/{receipt}").json()
    assert (again["verdict"], again["answer"]["rows"]) == ("Equal", [{"orders": 6}])


def test_another_persons_receipt_reveals_only_visible_data(world: World, token: str, steward: str) -> None:
    receipt = world.ask(steward, {"metrics": ["costs"]}).json()["receipt"]
    body = world.get(token, f"/api/v1/receipts/{receipt}").json()
    assert body["verdict"] == "Can't be re-run"
    assert body["answer"] is None
    assert "costs" not in json.dumps(body)
    shared = world.ask(steward).json()["receipt"]
    mine = world.get(token, f"/api/v1/receipts/{shared}").json()
    assert [(row["market"], row["revenue"]) for row in mine["answer"]["rows"]] == world.rows(OWN)
    assert "sql" not in mine["answer"]


@pytest.mark.parametrize("receipt", ["", "nope", "R-2222-2222-2222", "R-2222-2222-2223", "../ask", "%00", "a" * 3_000])
def test_a_missing_receipt_is_reported(receipt: str, world: World, token: str) -> None:
    reply = world.get(token, f"/api/v1/receipts/{receipt}")
    assert (reply.status, reply.code) == (404, "unknown_name")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/html, application/json;q=0.9", "application/json"),
        ("*/*", "application/json"),
    ],
)
def test_an_answer_has_the_accepted_format(accept: str, kind: str, world: World, token: str) -> None:
    reply = world.ask(token, Accept=accept)
    assert (reply.status, reply.headers["content-type"]) == (200, kind)
    assert reply.headers["samepage-receipt"]
    match kind.partition(";")[0]:
        case "text/csv":
            lines = csv.reader(io.StringIO(reply.content.decode("utf-8-sig")))
            assert [*lines] == [["Market", "Revenue (EUR)"], ["AT", "4"], ["DE", "3"]]
            assert told(world, "answer.exported")[0].endswith("as csv")
        case "application/vnd.apache.parquet":
            table = pq.read_table(io.BytesIO(reply.content))
            assert [*zip(*(table.column(name).to_pylist() for name in ("market", "revenue")), strict=True)] == [
                ("AT", 4.0), ("DE", 3.0),
            ]  # fmt: skip
        case "application/x-ndjson":
            rows = [json.loads(line) for line in reply.content.splitlines()]
            assert [(row["market"], row["revenue"]) for row in rows] == [("AT", 4), ("DE", 3)]
        case _:
            assert pairs(reply) == world.rows(OWN)


def test_an_unknown_format_is_refused_before_anything_runs(world: World, token: str) -> None:
    reply = world.ask(token, Accept="image/png")
    assert (reply.status, reply.code) == (406, "not_acceptable")


# Refusals


def test_a_hidden_metric_reads_as_missing(world: World, token: str, steward: str) -> None:
    """In answers, checks, lists and repairs, the text is the same as for a metric that doesn't exist, and the hidden
    name never appears.
    """
    assert world.ask(steward, {"metrics": ["costs"]}).status == 200
    hidden, missing = world.ask(token, {"metrics": ["costs"]}), world.ask(token, {"metrics": ["cosps"]})
    assert (hidden.status, hidden.code) == (404, "unknown_name")
    assert hidden.json()["reason"].replace("costs", "cosps") == missing.json()["reason"]
    checked = world.ask(token, {"metrics": ["costs"]}, "/api/v1/check").json()
    assert (checked["is_valid"], checked["code"]) == (False, "unknown_name")
    listed = world.get(token, "/api/v1/metrics?search=cost").json()
    assert listed == {"count": 0, "metrics": []}
    assert [metric["name"] for metric in world.get(token, "/api/v1/metrics").json()["metrics"]] == [
        "orders", "pairs", "revenue",
    ]  # fmt: skip
    assert "buyer" not in [
        dimension["name"] for dimension in world.get(token, "/api/v1/dimensions").json()["dimensions"]
    ]
    assert world.get(token, "/api/v1/dimensions?metrics=costs").code == "unknown_name"


def test_a_refusal_has_its_code_its_reason_and_questions_that_work(world: World, token: str) -> None:
    reply = world.ask(token, {"metrics": ["revenue", "pairs"], "by": ["market"]})
    body = reply.json()
    assert (reply.status, body["code"]) == (422, "no_path")
    assert "Pairs" in body["reason"]
    assert body["repairs"]
    for repair in body["repairs"]:
        assert world.ask(token, repair["question"], "/api/v1/check").json()["is_valid"] is True


def test_a_check_reads_no_rows_and_describes_the_question(world: World, token: str) -> None:
    reply = world.ask(token, {**QUESTION, "time": {"from": "2026-03-01", "to": "2026-03-31"}}, "/api/v1/check")
    body = reply.json()
    assert (body["is_valid"], body["title"], body["scope"]) == (True, "Revenue by market", "Scope: DE, AT")
    assert body["period"]["words"] == "1 – 31 Mar 2026"
    assert {"market", "date"} <= set(body["dimensions"])
    assert "rows" not in body
    assert (
        world.ask(token, {"metrics": ["pairs"]}, "/api/v1/check").json()["is_valid"] is True
    )  # at once, though endless


@pytest.mark.parametrize(
    ("question", "status", "code"),
    [
        ({"metrics": ["revenue"], "colour": "red"}, 400, "parse_error"),
        ({"metrics": "revenue"}, 400, "parse_error"),
        ({"metrics": [{}]}, 400, "parse_error"),
        ({"metrics": ["revenue"], "v": 2}, 400, "parse_error"),
        ({"metrics": ["revenue"], "limit": -1}, 400, "parse_error"),
        ({"metrics": ["revenue"], "limit": 10**40}, 400, "parse_error"),
        ({"metrics": ["revenue"], "__proto__": {"polluted": True}}, 400, "parse_error"),
        ({"metrics": ["__proto__"]}, 400, "parse_error"),
        ({"metrics": ["revenue"], "constructor": {"prototype": 1}}, 400, "parse_error"),
        ([], 400, "parse_error"),
        ("revenue", 400, "parse_error"),
        (7, 400, "parse_error"),
        ({}, 400, "parse_error"),
        ({"metrics": ["revenue\0"]}, 400, "parse_error"),
        ({"metrics": ["revenue"], "where": {"dim": "market", "op": "in", "values": ["D\0E"]}}, 400, "parse_error"),
        ({"metrics": ["revenue"], "where": {"dim": "market", "op": "in", "values": ["\ud800"]}}, 400, "parse_error"),
        ({"metrics": ["revenue"], "\ud800": 1}, 400, "parse_error"),
        ({"metrics": ["revenue"], "where": {"dim": "day", "op": ">", "value": "soon"}}, 422, "invalid_filter"),
        ({"metrics": ["revenue"], "as_of": 3}, 422, "stale_version"),
        ({"metrics": ["revenue'; DROP TABLE orders; --"]}, 400, "parse_error"),
        ({"metrics": ["revenue"], "by": ["nope"]}, 404, "unknown_name"),
    ],
)
def test_an_invalid_question_is_refused_in_words(
    question: Any, status: int, code: str, world: World, token: str
) -> None:
    reply = world.ask(token, question)
    assert (reply.status, reply.code) == (status, code), reply.content
    is_plain(reply)


_DEEP = b'{"metrics":["revenue"],"where":' + b'{"not":' * 5_000 + b'{"segment":"x"}' + b"}" * 5_001


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "parse_error"),
        (b"{", 400, "parse_error"),
        (b"\xff\xfe\x00", 400, "parse_error"),
        (b"\0", 400, "parse_error"),
        (b"null", 400, "parse_error"),
        (b'{"metrics":["revenue"],"limit":NaN}', 400, "parse_error"),
        (b'{"metrics":["revenue"],"limit":1e999}', 400, "parse_error"),
        (b'{"metrics":["revenue"],"metrics":["orders"]}', 400, "parse_error"),
        (b'{"metrics":[' + b"1" * 5_000 + b"]}", 400, "parse_error"),
        (b"[" * 60_000, 400, "parse_error"),
        (_DEEP, 400, "parse_error"),
        (b'"' + b'\\"' * 32_000, 400, "parse_error"),
        (b'"\\' + b'"\\' * 32_000, 400, "parse_error"),
        (b" " * (api_body.MOST_BYTES + 1), 413, "too_large"),
        (b'{"metrics":["' + b"x" * 1_000_000 + b'"]}', 413, "too_large"),
    ],
)
def test_an_invalid_body_is_refused_quickly(content: bytes, status: int, code: str, world: World, token: str) -> None:
    begun = time.process_time()  # CPU time of this process, where the API runs, so that other load doesn't count
    reply = world.send("POST", "/api/v1/ask", content, bearer(token) | JSON)
    assert (reply.status, reply.code) == (status, code), reply.content[:300]
    assert time.process_time() - begun < 2
    is_plain(reply)


@pytest.mark.parametrize("whole", [True, False])
def test_a_body_that_is_too_large_is_not_kept(whole: bool, world: World, token: str) -> None:
    """The body comes in chunks without a length. An endless body is read only until it's too large."""
    part = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    parts = 3 if whole else api_body.MOST_READ // 0x10000 + 1
    with socket.create_connection(("127.0.0.1", world.port), timeout=STUCK) as line:
        line.sendall(head(token, "Transfer-Encoding: chunked") + parts * part + (b"0\r\n\r\n" if whole else b""))
        assert line.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_announced_as_far_too_large_is_not_read_at_all(world: World, token: str) -> None:
    with socket.create_connection(("127.0.0.1", world.port), timeout=STUCK) as line:
        line.sendall(head(token, f"Content-Length: {api_body.MOST_READ + 1}"))
        assert line.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_that_never_arrives_is_not_waited_for(world: World, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_body, "SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", world.port), timeout=STUCK) as line:
        line.sendall(head(token, "Content-Length: 20") + b"{")
        assert line.recv(100).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_requests_that_another_sites_form_could_send_are_refused(kind: str, world: World, token: str) -> None:
    headers = bearer(token) | ({"Content-Type": kind} if kind else {})
    reply = world.send("POST", "/api/v1/ask", json.dumps(QUESTION).encode(), headers)
    assert (reply.status, reply.code) == (415, "wrong_type")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/ask", 405, "wrong_method"),
        ("OPTIONS", "/api/v1/ask", 405, "wrong_method"),
        ("DELETE", "/api/v1/metrics", 405, "wrong_method"),
        ("GET", "/api/", 404, "not_found"),
        ("GET", "/api/v1", 404, "not_found"),
        ("GET", "/api/v2/ask", 404, "not_found"),
        ("GET", "/api/v1/metrics?limit=0", 400, "parse_error"),
        ("GET", "/api/v1/metrics?limit=1e3", 400, "parse_error"),
        ("GET", "/api/v1/metrics?limit=%C2%B2", 400, "parse_error"),
        ("GET", "/api/v1/metrics?limit=99999999999", 400, "parse_error"),
        ("GET", "/api/v1/metrics?limit=0010000000", 400, "parse_error"),
        ("GET", "/api/v1/metrics?limit=1&limit=2", 400, "parse_error"),
        ("GET", "/api/v1/metrics?metrics=revenue", 400, "parse_error"),
        ("GET", "/api/v1/metrics?serch=x", 400, "parse_error"),
        ("POST", "/api/v1/ask?metrics=revenue", 400, "parse_error"),
    ],
)
def test_wrong_methods_addresses_and_parameters_are_reported(
    method: str, path: str, status: int, code: str, world: World, token: str
) -> None:
    reply = world.send(method, path, None, bearer(token) | JSON)
    assert (reply.status, reply.code) == (status, code)
    assert reply.headers.get("allow", "") == ("" if status != 405 else "POST" if "ask" in path else "GET")
    is_plain(reply)


@pytest.mark.parametrize("text", ["%00", "%ED%A0%80", "%F0%9F%92%A9", "x" * 5_000, "'; DROP TABLE orders; --", "%25"])
def test_a_search_for_any_text_returns_without_errors(text: str, world: World, token: str) -> None:
    path = "/api/v1/metrics?search=" + text.replace(" ", "%20").replace("'", "%27").replace(";", "%3B")
    assert world.get(token, path).json()["count"] == 0


def test_lists_are_searched_and_filtered(world: World, token: str) -> None:
    assert [metric["name"] for metric in world.get(token, "/api/v1/metrics?search=reve").json()["metrics"]] == [
        "revenue"
    ]
    body = world.get(token, "/api/v1/metrics?limit=1").json()
    assert (body["count"], len(body["metrics"])) == (3, 1)
    fitting = world.get(token, "/api/v1/dimensions?metrics=revenue,orders").json()
    assert [dimension["name"] for dimension in fitting["dimensions"]] == ["day", "market"]
    assert world.get(token, "/api/v1/segments").json() == {"count": 0, "segments": []}


def test_every_error_code_of_the_api_is_documented() -> None:
    page = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \| .+ \|$", page, re.MULTILINE)
    assert {code: int(status) for status, code in rows} == STATUS
    raised = {
        value.code for value in vars(errors).values() if isinstance(value, type) and issubclass(value, SemanticError)
    }
    assert CANNOT_BE_ANSWERED == 422
    assert {"fan_out", "no_path", "too_many_rows", "too_expensive", "invalid_filter"} <= raised - STATUS.keys()
