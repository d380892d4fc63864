"""The OpenAPI description is valid, covers every endpoint, and matches every real response."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from semantic.api.openapi import openapi
from semantic.api.tools.question_form import QUESTION, QUESTION_DEFS
from semantic.api.tools.table import TOOLS
from semantic.query.data import KEYS
from tests import reference_pages
from tests.pages.api_world import QUESTION as ASKED
from tests.pages.api_world import World, open_world

ROOT = Path(__file__).parents[3]
DESCRIPTION = openapi("https://samepage.example")
CHANGE = {
    "metrics": ["orders"], "time": {"from": "2026-03-03", "to": "2026-03-03"},
    "compare": [{"to": {"from": "2026-03-02", "to": "2026-03-02"}}],
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world")) as opened:
        yield opened


def validate(data: object, schema: Any) -> None:
    """Check that the data matches a schema in the description. The schema's references point into the description."""
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "components": DESCRIPTION["components"],
    }
    jsonschema.Draft202012Validator(whole).validate(data)


def schema_of(method: str, path: str, status: int) -> Any:
    return DESCRIPTION["paths"][path][method]["responses"][str(status)]["content"]["application/json"]["schema"]


def test_the_description_is_valid_openapi() -> None:
    assert DESCRIPTION["openapi"] == "3.1.0"
    assert {"title", "version"} <= DESCRIPTION["info"].keys()
    ids = [act["operationId"] for acts in DESCRIPTION["paths"].values() for act in acts.values()]
    assert len(ids) == len(set(ids))
    for path, acts in DESCRIPTION["paths"].items():
        for act in acts.values():
            named = [each["name"] for each in act.get("parameters", []) if each["in"] == "path"]
            assert named == re.findall(r"{(\w+)}", path)
            assert all(response["description"] for response in act["responses"].values())
    for schema in DESCRIPTION["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(DESCRIPTION)))
    assert names <= DESCRIPTION["components"]["schemas"].keys()
    assert "$defs" not in json.dumps(DESCRIPTION)


def test_the_description_has_every_address_of_the_reference() -> None:
    page = (ROOT / "docs/reference/api.md").read_text(encoding="utf-8")
    told = {(method.lower(), path) for method, path in re.findall(r"^\| `(GET|POST) (/api/[^`]+)`", page, re.MULTILINE)}
    there = {(method, path) for path, acts in DESCRIPTION["paths"].items() for method in acts}
    for method, path in told:
        like = re.sub(r"(receipts|analyses)/[^/]+$", r"\1/{id}", path)
        tools = (
            [("post", f"/api/v1/tools/{name}") for name in TOOLS] if like.endswith("/tools/ask") else [(method, like)]
        )
        assert set(tools) <= there, path
    assert len(told) >= 11


def test_responses_match_the_description(world: World) -> None:
    token = world.token(role="steward", attributes={})[1]
    receipt = world.ask(token).headers["samepage-receipt"]
    wrong = {"metrics": ["revenue"], "by": ["rest"]}
    posts: list[tuple[str, object]] = [
        ("/api/v1/ask", ASKED), ("/api/v1/ask", wrong), ("/api/v1/ask", {"metrics": ["nope"]}), ("/api/v1/ask", [1]),
        ("/api/v1/check", ASKED), ("/api/v1/check", wrong), ("/api/v1/why", CHANGE), ("/api/v1/why", ASKED),
        ("/api/v1/analyze", {"kind": "funnel"}), ("/api/v1/tools/search", {"words": "revenue"}),
        ("/api/v1/tools/describe", {"kind": "metric", "name": "revenue"}),
        ("/api/v1/tools/values", {"dimension": "market"}), ("/api/v1/tools/read", {"words": "revenue by market"}),
        ("/api/v1/tools/read", {"words": "why did revenue fall last month"}),
        ("/api/v1/tools/check", {"question": ASKED}),
        ("/api/v1/tools/check", {"question": wrong}), ("/api/v1/tools/ask", {"question": ASKED}),
        ("/api/v1/tools/ask", {"question": wrong}), ("/api/v1/tools/ask", {}), ("/api/v1/tools/ask", {"rows": "x"}),
        ("/api/v1/tools/chart", {"question": ASKED}), ("/api/v1/tools/explain", {"question": CHANGE}),
        ("/api/v1/tools/analyses", {}), ("/api/v1/tools/replay", {"receipt": receipt}),
        ("/api/v1/tools/request", {"words": "Bounce rate"}),
    ]  # fmt: skip
    statuses = list[int]()
    for path, body in posts:
        reply = world.ask(token, body, path=path)
        statuses.append(reply.status)
        validate(reply.json(), schema_of("post", path, reply.status))
    gets = ["metrics", "dimensions", "segments", "token", "analyses", f"receipts/{receipt}", "receipts/R-NOPE"]
    for name in gets:
        reply = world.get(token, f"/api/v1/{name}")
        statuses.append(reply.status)
        validate(
            reply.json(), schema_of("get", re.sub("receipts/.*", "receipts/{id}", f"/api/v1/{name}"), reply.status)
        )
    assert {200, 400, 403, 404, 422} <= {*statuses}
    told = world.get(token, "/api/v1/openapi.json")
    assert told.json()["paths"] == json.loads(json.dumps(DESCRIPTION["paths"]))
    assert world.send("GET", "/api/v1/openapi.json").status == 401


# The form of a question


def question_schema() -> Any:
    return {"$defs": {**QUESTION_DEFS, "Question": QUESTION}, "$ref": "#/$defs/Question"}


def test_the_form_of_a_question_has_every_key() -> None:
    assert QUESTION["properties"].keys() == set(KEYS)


@pytest.mark.parametrize("key", [*reference_pages.EXAMPLES])
def test_every_documented_form_is_in_the_schema(key: str) -> None:
    validator = jsonschema.Draft202012Validator(question_schema())
    validator.validate({key: reference_pages.EXAMPLES[key]})
    for form in reference_pages.FORMS.get(key, ()):
        whole = key in ("where", "time", "top")
        validator.validate({key: form if whole else [form]})


@pytest.mark.parametrize(
    "question",
    [
        {"metric": ["revenue"]}, {"metrics": "revenue"}, {"where": {"dim": "market", "op": "like", "value": "x"}},
        {"where": {"sql": "1 = 1"}}, {"time": {"last": 0, "unit": "week"}}, {"limit": 0}, {"v": 2},
    ],
)  # fmt: skip
def test_an_invalid_question_does_not_match_the_schema(question: Any) -> None:
    assert not jsonschema.Draft202012Validator(question_schema()).is_valid(question)
