"""Admission to the HTTP API: who has access, how often, and how much capacity is reserved for people."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from starlette.types import Message

from pages.server import api, turns
from pages.server.rate_limit import WorkingTokens
from semantic.api import auth
from semantic.commands.audit import SHELL
from semantic.query.query import Query
from semantic.store.accounts.changes import deactivate
from semantic.store.accounts.service_tokens import end_token, hand_over, read_numbered, read_tokens
from semantic.store.people import subject_of
from tests.pages.api_world import (
    ANA,
    JSON,
    MODEL,
    OTTO,
    QUESTION,
    World,
    bearer,
    head,
    is_plain,
    open_world,
    pairs,
    refused,
)
from tests.waiting import STUCK, until

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world"), max_rows=1_000) as opened:
        yield opened


@pytest.fixture(scope="module")
def token(world: World) -> str:
    """A valid token of a marketer of DE and AT."""
    return world.token()[1]


# Who gets in


@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/check", "/api/v1/metrics", "/api/v1/token"])
def test_without_a_valid_token_nothing_opens(path: str, world: World, token: str) -> None:
    method = "POST" if path in ("/api/v1/ask", "/api/v1/check") else "GET"
    content = json.dumps(QUESTION).encode() if method == "POST" else None
    number = token.split("_")[1]
    unknown = {refused(world.send(method, path, content, JSON | bearer(wrong))) for wrong in (
        f"sp_{number}_{'0' * 64}", f"sp_{'0' * 12}_{'0' * 64}", "otto", token[:-1], f"{token} {token}",
    )}  # fmt: skip
    assert unknown == {auth.UNKNOWN}
    headers: list[dict[str, str]] = [
        {}, {"Authorization": token}, {"Authorization": f"Basic {token}"}, {"Authorization": "Bearer"},
        {"Cookie": f"samepage_identity={token}; Authorization=Bearer {token}"}, {"X-Api-Key": token},
    ]  # fmt: skip
    missing = {refused(world.send(method, path, content, JSON | header)) for header in headers}
    assert missing == {auth.NO_TOKEN}


def test_two_authorization_headers_count_as_none(world: World, token: str) -> None:
    lines = "".join(f"Authorization: Bearer {each_token}\r\n" for each_token in (token, token))
    with socket.create_connection(("127.0.0.1", world.port), timeout=STUCK) as line:
        line.sendall(f"GET /api/v1/token HTTP/1.1\r\nHost: x\r\n{lines}\r\n".encode())
        assert line.recv(100).startswith(b"HTTP/1.1 401")


def test_a_revoked_token_is_refused_at_once_with_the_reason(world: World) -> None:
    token, mine = world.token()
    assert world.get(mine, "/api/v1/token").status == 200
    with world.live.store.write() as transaction:
        end_token(transaction, world.live.keys, token.number, "Not needed", OTTO)
    assert refused(world.get(mine, "/api/v1/token")) == "This token was revoked. Ask an administrator for another."


def test_only_valid_tokens_are_let_in_while_their_network_is_limited(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def working() -> frozenset[str]:
        return world.gate.working()

    def is_let_in(token: str) -> bool:
        return asyncio.run(WorkingTokens(working, lambda: 0.0).has(token))

    token, mine = world.token(days=30)
    _, other = world.token(days=40)
    assert (is_let_in(mine), is_let_in(other), is_let_in(f"{mine[:-1]}z"), is_let_in("")) == (True, True, False, False)
    with world.live.store.write() as transaction:
        end_token(transaction, world.live.keys, token.number, "Not needed", OTTO)
    assert (is_let_in(mine), is_let_in(other)) == (False, True)
    later = world.live.store.now() + timedelta(days=40)
    monkeypatch.setattr(world.live.store, "_clock", lambda: later)
    assert not is_let_in(other), "it has run out"


def test_an_expired_token_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, mine = world.token(days=30)
    assert world.ask(mine).status == 200
    later = world.live.store.now() + timedelta(days=30)
    monkeypatch.setattr(world.live.store, "_clock", lambda: later)
    assert refused(world.ask(mine)).startswith("This token expired on ")


def test_a_token_ends_with_the_account_of_its_owner(world: World) -> None:
    """Once the account is reactivated, or the token has another owner, it works as before."""
    lotte = world.live.workspace().people["lotte"]
    token, mine = world.token(owner=lotte)
    assert world.ask(mine).status == 200
    with world.live.store.write() as transaction:
        subject = subject_of(transaction, "lotte", "")
        deactivate(transaction, world.live.keys, subject, OTTO, why="She left")
    assert refused(world.ask(mine)).startswith("This token has no owner any more.")
    with world.live.store.write() as transaction:
        hand_over(transaction, world.live.keys, token.number, ANA, OTTO)
    assert world.ask(mine).status == 200


def test_an_owner_who_lost_a_role_takes_it_from_their_tokens(world: World) -> None:
    """Jonas is a marketer in the model, whatever role the token's creator gave to the token."""
    jonas = world.live.workspace().people["jonas"]
    _, fits = world.token(role="marketer", owner=jonas)
    _, above = world.token(role="steward", owner=type(ANA)(id="jonas", roles=frozenset({"steward"})))
    assert world.ask(fits).status == 200
    assert "isn't a steward any more" in refused(world.ask(above))


def test_a_token_whose_owner_does_not_sign_in_here_is_refused(world: World) -> None:
    """One example is a token from the demo, once a company signs in over the same store."""
    _, strange = world.token(owner=type(ANA)(id="eve", name="Eve", roles=frozenset({"administrator"})))
    _, of_the_shell = world.token(owner=SHELL)
    assert refused(world.ask(strange)) == auth.NOBODY
    assert world.ask(of_the_shell).status == 200


def test_a_scope_that_was_not_given_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    token, mine = world.token()
    with world.live.store.write(recorded=False) as transaction:
        transaction.connection.exec_driver_sql(
            f"UPDATE service_tokens SET scopes = '[\"other\"]' WHERE number = '{token.number}'"
        )
    for path in ("/api/v1/ask", "/api/v1/check"):
        assert "This needs the scope ask" in refused(world.ask(mine, path=path), "not_allowed", 403)
    for path in ("/api/v1/metrics", "/api/v1/dimensions", "/api/v1/receipts/R-2222-2222-2222"):
        assert "This needs the scope ask" in refused(world.get(mine, path), "not_allowed", 403)
    assert world.get(mine, "/api/v1/token").json()["may"] == ["other"]


@pytest.mark.parametrize(
    "where", ["/api/v1/ask?token={}", "/api/v1/token?a=b&access_token={}", "/api/{}", "/api/v1?{}"]
)
def test_a_token_in_an_address_is_refused_and_revoked(where: str, world: World) -> None:
    token, mine = world.token()
    _, other = world.token()
    reply = world.send("GET", where.format(mine.replace("_", "%5f")), None, bearer(other))
    assert mine not in refused(reply, "token_in_address", 400)
    with world.live.store.read() as connection:
        found_token = read_numbered(connection, token.number)
    assert (found_token.state(world.live.store.now()), found_token.why_ended) == ("ended", auth.IN_ADDRESS)
    assert world.get(mine, "/api/v1/token").status == 401
    assert world.get(other, "/api/v1/token").status == 200
    again = world.send("GET", where.format(mine), None, bearer(other))
    assert again.status == 400


def test_no_secret_gets_into_a_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    token, mine = world.token()
    secret = mine.rpartition("_")[2]
    world.ask(mine)
    world.ask(mine, {"metrics": [mine]})
    world.send("GET", f"/api/v1/ask?token={mine}")
    world.ask(mine)
    assert [message for message in caplog.messages if token.number in message]
    assert not [line for line in caplog.text.splitlines() if secret in line]


# How often


def test_calls_above_the_limit_per_minute_are_refused_with_a_waiting_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.gate, "_clock", lambda: 1_000.0)  # stopped, so that a slow machine doesn't matter
    _, mine = world.token(a_minute=3)
    statuses = [world.get(mine, "/api/v1/token").status for _ in range(3)]
    reply = world.get(mine, "/api/v1/token")
    assert statuses == [200, 200, 200]
    assert "3 requests a minute" in refused(reply, "too_many_requests", 429)
    assert reply.headers["retry-after"] == "20"


def test_uses_are_recorded_in_the_store_once_a_minute(world: World) -> None:
    token, mine = world.token()
    for _ in range(3):
        world.get(mine, "/api/v1/token")
    with world.live.store.read() as connection:
        found_token = next(candidate for candidate in read_tokens(connection) if candidate.number == token.number)
    assert found_token.uses == 1
    assert found_token.used_at is not None


# The engine


def test_the_same_simultaneous_question_runs_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight requests arrive, and the engine starts once all of them are waiting."""
    token, mine = world.token(attributes={"markets": ("FR",)})
    connector = world.live.workspace().connector
    statements: list[str] = []
    start = connector.start

    def started(sql: str, *given: Any, **more: Any) -> Any:
        statements.append(sql)
        until(lambda: world.gate._coming[token.number].under_way == 8)
        return start(sql, *given, **more)

    monkeypatch.setattr(connector, "start", started)
    question = {"metrics": ["revenue"], "by": ["market"], "where": {"dim": "market", "op": "in", "values": ["FR"]}}
    with ThreadPoolExecutor(8) as pool:
        replies = [*pool.map(lambda _: world.ask(mine, question), range(8))]
    assert [pairs(reply) for reply in replies] == [[("FR", 24)]] * 8
    assert len(statements) == 1


def test_a_client_that_disconnects_stops_its_query(world: World, token: str) -> None:
    body = json.dumps({"metrics": ["pairs"]}).encode()
    before = head(token, f"Content-Length: {len(body)}")
    runner = world.live.workspace().runner
    with socket.create_connection(("127.0.0.1", world.port), timeout=STUCK) as line:
        line.sendall(before + body)
        until(lambda: len(runner._under_way) == 1)
    until(lambda: len(runner._under_way) == 0)


def test_scripts_leave_a_worker_to_people(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Four scripts ask endless questions of two workers, and a person still gets an answer."""
    with open_world(tmp_path_factory.mktemp("busy"), workers=2) as busy:
        lines: list[socket.socket] = []
        for market in ("DE", "AT", "FR", "NO"):
            _, mine = busy.token(attributes={"markets": market})
            body = json.dumps({"metrics": ["pairs"], "by": ["rest"], "limit": 1 + len(lines)})
            line = socket.create_connection(("127.0.0.1", busy.port), timeout=STUCK)
            line.sendall(head(mine, f"Content-Length: {len(body)}") + body.encode())
            lines.append(line)
        workspace = busy.live.workspace()
        until(lambda: sum(caller.under_way for caller in busy.gate._coming.values()) == 4)
        until(lambda: len(workspace.runner._under_way) == 1)
        jonas = workspace.people["jonas"]
        assert workspace.ask(Query(metrics=("revenue",)), jonas).rows() == [{"revenue": 7.0}]
        assert len(workspace.runner._under_way) == 1
        for line in lines:
            line.close()
        until(lambda: not workspace.runner._under_way)


def test_a_timeout_is_reported(tmp_path_factory: pytest.TempPathFactory) -> None:
    with open_world(tmp_path_factory.mktemp("slow"), timeout_seconds=0.3) as slow:
        reply = slow.ask(slow.token()[1], {"metrics": ["pairs"]})
        assert (reply.status, reply.code) == (504, "timed_out")
        is_plain(reply)


def test_no_one_waits_forever(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """This holds when the engine is slow, when a turn never comes, and when a receipt is opened."""
    with open_world(tmp_path_factory.mktemp("waiting"), workers=2, timeout_seconds=60) as full:
        receipt = full.ask(full.token()[1]).json()["receipt"]
        monkeypatch.setattr(turns, "WAIT_SECONDS", 1.5 - 60)
        runner = full.live.workspace().runner
        with ThreadPoolExecutor(2) as pool:
            tokens = [full.token(attributes={"markets": market})[1] for market in ("DE", "AT")]
            replies = [*pool.map(lambda token: full.ask(token, {"metrics": ["pairs"]}), tokens)]
        assert [(reply.status, reply.code) for reply in replies] == [(504, "timed_out")] * 2
        until(lambda: not runner._under_way)
        connector = full.live.workspace().connector
        start = connector.start

        answered = threading.Event()

        def started(*given: Any, **more: Any) -> Any:
            assert answered.wait(STUCK)
            return start(*given, **more)

        monkeypatch.setattr(connector, "start", started)
        of_all = full.token(role="steward", attributes={})[1]  # other rows, which no one has asked for yet
        reply = full.get(of_all, f"/api/v1/receipts/{receipt}")
        assert (reply.status, reply.code) == (504, "timed_out")
        is_plain(reply)
        answered.set()
        monkeypatch.undo()
        assert full.get(of_all, f"/api/v1/receipts/{receipt}").status == 200


def test_a_file_that_waits_for_the_store_blocks_no_other_script(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder, waits, may_go_on = world.live.recorder, threading.Event(), threading.Event()
    exported = recorder.exported

    def waits_for_the_store(*given: Any) -> None:
        waits.set()
        assert may_go_on.wait(STUCK)
        exported(*given)

    monkeypatch.setattr(recorder, "exported", waits_for_the_store)
    (_, mine), (_, other) = world.token(), world.token()
    with ThreadPoolExecutor(1) as pool:
        file = pool.submit(lambda: world.ask(mine, Accept="text/csv"))
        assert waits.wait(STUCK)
        try:
            assert world.ask(other, {"metrics": ["orders"]}).status == 200
            assert not file.done()
        finally:
            may_go_on.set()
        assert file.result(STUCK).status == 200


def test_too_many_rows_are_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    with open_world(tmp_path_factory.mktemp("few"), max_rows=2) as few:
        assert few.ask(few.token()[1]).status == 200
        reply = few.ask(few.token(role="steward", attributes={})[1])
        assert (reply.status, reply.code) == (422, "too_many_rows")


def test_a_token_has_a_maximum_number_of_running_requests(world: World) -> None:
    token, mine = world.token()
    lines: list[socket.socket] = []
    body = json.dumps({"metrics": ["pairs"]}).encode()
    before = head(mine, f"Content-Length: {len(body)}")
    try:
        for _ in range(auth.MOST_AT_ONCE):
            line = socket.create_connection(("127.0.0.1", world.port), timeout=STUCK)
            line.sendall(before + body)
            lines.append(line)
        until(lambda: token.number in world.gate._coming)
        until(lambda: world.gate._coming[token.number].under_way == auth.MOST_AT_ONCE)
        reply = world.get(mine, "/api/v1/token")
        assert "requests running" in refused(reply, "too_many_requests", 429)
        assert reply.headers["retry-after"] == "1"
    finally:
        for line in lines:
            line.close()
    until(lambda: world.get(mine, "/api/v1/token").status == 200)


def test_an_unavailable_store_lets_no_one_in(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("away")
    with open_world(folder) as away:
        _, mine = away.token()
        away.live.recorder.flush()
        with away.live.store.write(recorded=False) as transaction:
            transaction.connection.exec_driver_sql("ALTER TABLE service_tokens RENAME TO gone")
        reply = away.ask(mine)
        assert (reply.status, reply.code) == (503, "unavailable")
        assert reply.headers["retry-after"] == "5"
        is_plain(reply)


# Small groups


GUARDED = MODEL.replace(
    "columns: [order_id]}]\n", "columns: [order_id]}, {name: buyer, kind: foreign, columns: [buyer]}]\n", 1
).replace(
    "people:\n",
    """  - name: press
    who: {groups: [press]}
    grant: {metrics: all, dimensions: all}
    whole: all
    min_group: {entity: buyer, at_least: 2}
people:
""",
)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A company in which small groups are hidden from the press.

    Each of its tokens can ask three different questions a day.
    """
    with open_world(tmp_path_factory.mktemp("guarded"), model_text=GUARDED, guarded_questions=3) as opened:
        yield opened


def about(*days: int) -> list[dict[str, Any]]:
    """Return questions with differences that would reveal one buyer: sales up to each of these days in March."""
    return [{"metrics": ["revenue"], "time": {"from": "2026-03-01", "to": f"2026-03-{day:02}"}} for day in days]


def press(world: World) -> str:
    return world.token(role="viewer", groups=frozenset({"press"}), attributes={})[1]


def test_a_token_has_a_daily_limit_of_questions_if_small_groups_are_hidden(
    guarded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, questions = press(guarded), about(31, 4, 3, 5)
    answers = [guarded.ask(token, question) for question in questions[:3]]
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert [guarded.ask(token, question).status for question in questions[:3]] == [200, 200, 200], "again is free"
    refused_one = guarded.ask(token, questions[3])
    assert "3 different questions about them a day" in refused(refused_one, "too_many_requests", 429)
    assert 1 <= int(refused_one.headers["retry-after"]) <= 86_400
    csv = guarded.ask(token, questions[3], Accept="text/csv")
    assert csv.status == 429, "nor as a file"
    assert guarded.ask(press(guarded), questions[3]).status == 200, "another token has its own"
    assert guarded.get(token, "/api/v1/metrics").status == 200, "what can be asked is still told"
    tomorrow = guarded.live.store.now() + timedelta(days=1)
    monkeypatch.setattr(guarded.live.store, "_clock", lambda: tomorrow)
    assert guarded.ask(token, questions[3]).status == 200


def test_filtered_lists_of_values_count_too(guarded: World) -> None:
    token = press(guarded)
    lists = [
        {"by": ["market"], "where": {"dim": "market", "op": "contains", "values": [letter]}}
        for letter in ("A", "D", "E", "T")
    ]
    assert [guarded.ask(token, listing).status for listing in lists] == [200, 200, 200, 429]
    assert guarded.ask(token, {"by": ["market"]}).status == 200, "a list without a filter tells of nobody"


def test_other_peoples_receipts_do_not_bypass_the_limit(guarded: World) -> None:
    _, steward = guarded.token(role="steward", attributes={})
    receipts = [guarded.ask(steward, question).headers["samepage-receipt"] for question in about(2, 3, 4, 5)]
    token = press(guarded)
    assert [guarded.get(token, f"/api/v1/receipts/{samepage_receipt}").status for samepage_receipt in receipts] == [
        200,
        200,
        200,
        429,
    ]


def test_explanations_that_are_refused_count_too(guarded: World) -> None:
    """A refusal reveals that a number is hidden, so thousands of refusals would reveal whose number it is."""
    token = press(guarded)
    changes = [
        {
            "metrics": ["revenue"], "time": {"from": day, "to": day}, "compare": [{"to": "previous"}],
            "where": {"dim": "market", "op": "in", "values": [market]},
        }
        for day in ("2026-03-03", "2026-03-04") for market in ("DE", "AT")
    ]  # fmt: skip
    replies = [guarded.ask(token, change, path="/api/v1/why") for change in changes]
    assert [reply.status == 429 for reply in replies] == [False, False, False, True]
    assert {reply.code for reply in replies[:3]} == {"group_too_small"}


def test_people_who_see_small_groups_can_ask_any_number_of_questions(guarded: World) -> None:
    _, steward = guarded.token(role="steward", attributes={})
    assert {guarded.ask(steward, question).status for question in about(2, 3, 4, 5, 6)} == {200}


def test_a_request_counts_as_running_until_its_answer_is_read(world: World) -> None:
    _, token = world.token()
    door, states = api.Api(world.live), list[int]()

    def under_way() -> int:
        return sum(coming.under_way for coming in door._gate._coming.values())

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        states.append(under_way())

    headers = [(b"authorization", f"Bearer {token}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/api/v1/metrics", "query_string": b"", "headers": headers}
    asyncio.run(door(scope, receive, send))
    assert (states, under_way()) == ([1, 1], 0)


def test_a_long_answer_is_sent_in_pieces_so_that_its_reader_is_waited_for() -> None:
    sent = list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    async def answer(body: bytes) -> None:
        await api.send_in_pieces(send)({"type": "http.response.body", "body": body})

    for size in (0, 1, api.PIECE, api.PIECE + 1, 3 * api.PIECE):
        body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        sent.clear()
        asyncio.run(answer(body))
        assert b"".join(message["body"] for message in sent) == body
        assert all(len(message["body"]) <= api.PIECE for message in sent)
        assert [message.get("more_body", False) for message in sent] == [True] * (len(sent) - 1) + [False]
