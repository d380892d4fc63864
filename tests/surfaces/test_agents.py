"""An agent gets what its person sees on a page, over HTTP and in mail: every cell, and one receipt."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from http.client import HTTPConnection
from math import isclose
from types import MappingProxyType
from typing import Any

import httpx
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from semantic.api.tools.running import run_now
from semantic.api.tools.tool import Call
from semantic.query.data import query_to_data
from semantic.results.result import Result
from semantic.services.outbox.previewing import preview
from semantic.store.accounts.service_tokens import Grant, make_token
from semantic.store.outbox.deliveries import NewDelivery
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from tests.surfaces.conftest import Opened
from tests.surfaces.surfaces import Cells, truth
from tests.surfaces.test_one_cell import ADMINISTRATOR
from tests.waiting import STUCK

EVERY = 7  # one of this many questions is asked over HTTP


def token_of(opened: Opened) -> str:
    grant = Grant(
        name="Agents", purpose="Ask", until=opened.live.store.now() + timedelta(days=3), role="steward",
        scopes=frozenset({"ask"}), attributes=MappingProxyType({}), a_minute=6_000,
    )  # fmt: skip
    with opened.live.store.write() as transaction:
        return make_token(transaction, opened.live.keys, grant, ADMINISTRATOR, owner=opened.steward)[1]


def cells_of(rows: list[dict[str, Any]], shown: Result) -> Cells:
    return {(place, column.name): row[column.name] for place, row in enumerate(rows) for column in shown.values}


def check_cells(rows: list[dict[str, Any]], shown: Result) -> int:
    """Compare the rows with the answer's own, and return how many numbers they have."""
    cells, true = cells_of(rows, shown), truth(shown)
    assert cells.keys() == true.keys(), shown.title
    for cell, value in true.items():
        is_same = value is None if cells[cell] is None else isclose(cells[cell], value, rel_tol=1e-14, abs_tol=1e-300)
        assert is_same, (shown.title, cell, cells[cell], value)
    return sum(value is not None for value in true.values())


def over_http(opened: Opened, token: str, question: Any) -> Any:
    connection = HTTPConnection("127.0.0.1", opened.port, timeout=STUCK)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", "/api/v1/ask", json.dumps(question).encode(), headers)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def test_an_agent_gets_the_same_cells_and_receipt_as_a_script(answers: list[Result], opened: Opened) -> None:
    token, asked = token_of(opened), answers[::EVERY]

    async def over_mcp() -> list[Any]:
        headers = {"Authorization": f"Bearer {token}"}
        address = f"http://127.0.0.1:{opened.port}/mcp"
        async with (
            httpx.AsyncClient(headers=headers, timeout=STUCK) as http,
            Client(streamable_http_client(address, http_client=http)) as client,  # pyright: ignore
        ):
            given = [{"question": query_to_data(shown.query), "rows": 1_000} for shown in asked]
            return [(await client.call_tool("ask", each)).structured_content for each in given]

    seen = 0
    for shown, sent in zip(asked, asyncio.run(over_mcp()), strict=True):
        seen += check_cells(sent["rows"], shown)
        posted = over_http(opened, token, query_to_data(shown.query))
        assert sent["rows"] == posted["rows"]
        assert sent["receipt"] == posted["receipt"] != ""
        assert sent["rows_left_out"] == 0
    assert seen > 100


def test_every_answer_is_the_same_through_an_agent(answers: list[Result], opened: Opened) -> None:
    agent = replace(opened.steward, kind="agent", agent="1")
    call = Call(live=opened.live, actor=agent, workspace=opened.workspace)
    seen = 0
    for shown in answers:
        sent = run_now("ask", {"question": query_to_data(shown.query), "rows": 1_000}, call).data
        assert len(sent["rows"]) == shown.table.num_rows, shown.title
        seen += check_cells(sent["rows"], shown)
    assert seen > 1_200


def test_page_agent_and_mail_have_one_receipt(answers: list[Result], opened: Opened) -> None:
    """The person's own page, the agent that asks for them, and the mail to them are from the same day."""
    shown = opened.workspace.ask(answers[0].query, opened.steward)
    agent = replace(opened.steward, kind="agent", agent="1")
    call = Call(live=opened.live, actor=agent, workspace=opened.workspace)
    with opened.live.store.write() as transaction:
        saved = save_question(
            transaction,
            Content(query=shown.query),
            opened.steward,
            opened.live.keys,
            name="Mailed",
            sentence="",
            space="",
        )
    sent = run_now("ask", {"question": query_to_data(shown.query)}, call).data
    by_id = run_now("ask", {"question_id": saved}, call).data
    wanted = NewDelivery(what="question", about=saved, title="Weekly", cron="0 8 * * 1", zone="UTC")
    letter: Any = preview(opened.live, wanted, opened.steward)
    assert shown.receipt
    assert sent["receipt"] == by_id["receipt"] == shown.receipt
    assert [*letter.receipts] == [shown.receipt]
    assert by_id["rows"] == sent["rows"]
    check_cells(sent["rows"], shown)
    again = run_now("replay", {"receipt": shown.receipt}, call).data
    assert (again["values"], again["answer"]["rows"]) == ("equal", sent["rows"])
