"""The OpenAPI 3.1 description of the HTTP API, generated from the definitions of its tools and responses."""

from __future__ import annotations

from typing import Any, Final

from semantic.api.tools import outputs
from semantic.api.tools.question_form import QUESTION, QUESTION_DEFS
from semantic.api.tools.table import TOOLS
from semantic.api.tools.tool import Tool
from semantic.display.export.export import KINDS

_Schema = dict[str, Any]  # Any: JSON

VERSION: Final = "1"
JSON: Final = "application/json"
_ERRORS: Final = {
    "400": "The request is malformed.",
    "401": "The token is missing or isn't valid.",
    "403": "The token can't do this.",
    "404": "Not found, or hidden from this token.",
    "406": "No format in `Accept` is available.",
    "422": "The question has no right answer as asked. `repairs` are questions that have one.",
    "429": "Too many requests. Wait as long as `Retry-After` says.",
    "502": "The engine couldn't answer.",
    "503": "Stopped or unavailable. Try again.",
    "504": "The engine took too long.",
}
_BODY_ERRORS: Final = {
    "408": "The body didn't arrive in time.",
    "413": "The body has more than 64 KB.",
    "415": "The body isn't declared as JSON.",
}
_SCHEMAS: Final[_Schema] = {
    "Answer": outputs.ANSWER,
    "Check": outputs.CHECK,
    "Why": outputs.WHY,
    "Analyzed": outputs.ANALYZED,
    "Analyses": outputs.ANALYSES,
    "Analysis": {"type": "object", "description": "An analysis with its definition under `analysis`."},
    "Metrics": outputs.counted_list("metrics", outputs.METRIC),
    "Dimensions": outputs.counted_list("dimensions", outputs.DIMENSION),
    "Segments": outputs.counted_list("segments", outputs.SEGMENT),
    "Replay": outputs.REPLAY,
    "Token": outputs.record(
        {
            "number": outputs.TEXT,
            "name": outputs.TEXT,
            "purpose": outputs.TEXT,
            "may": outputs.TEXTS,
            "role": outputs.TEXT,
            "until": outputs.TEXT,
            "requests_a_minute": outputs.WHOLE,
            "scope": outputs.TEXT,
        }
    ),
    "Refusal": outputs.REFUSAL,
}


def openapi(address: str) -> _Schema:
    """Return the OpenAPI description. `address` is the app's address."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Samepage",
            "version": VERSION,
            "description": "Governed metrics over HTTP. Everything is limited to what the token's policy lets it see.",
        },
        "servers": [{"url": address}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _moved({**_SCHEMAS, **QUESTION_DEFS, "Question": QUESTION}),
        },
    }


def _paths() -> _Schema:
    question = {"$ref": "#/components/schemas/Question"}
    words = [
        _parameter("search", {"type": "string"}, "What to look for."),
        _parameter("limit", {"type": "integer", "minimum": 1, "maximum": 1_000, "default": 100}, "How many."),
    ]
    metrics = _parameter("metrics", {"type": "string"}, "Only dimensions that can break down all of these metrics.")
    some_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths: _Schema = {
        "/api/v1/ask": {"post": _operation("ask", "Answer a question.", "Answer", body=question, files=True)},
        "/api/v1/check": {"post": _operation("check", "Check a question without asking it.", "Check", body=question)},
        "/api/v1/why": {"post": _operation("why", "Explain why a number changed.", "Why", body=question)},
        "/api/v1/analyze": {
            "post": _operation("analyze", "Run an analysis of events.", "Analyzed", body={"type": "object"})
        },
        "/api/v1/analyses": {"get": _operation("analyses", "List saved analyses.", "Analyses", parameters=words)},
        "/api/v1/analyses/{id}": {
            "get": _operation("analysis", "Return a saved or named analysis.", "Analysis", parameters=[some_id])
        },
        "/api/v1/analyses/{id}/answer": {
            "get": _operation("analysis_answer", "Run a saved or named analysis.", "Analyzed", parameters=[some_id])
        },
        "/api/v1/metrics": {"get": _operation("metrics", "List metrics.", "Metrics", parameters=words)},
        "/api/v1/dimensions": {
            "get": _operation("dimensions", "List dimensions.", "Dimensions", parameters=[*words, metrics])
        },
        "/api/v1/segments": {"get": _operation("segments", "List segments.", "Segments", parameters=words)},
        "/api/v1/receipts/{id}": {"get": _operation("replay", "Replay a receipt.", "Replay", parameters=[some_id])},
        "/api/v1/token": {"get": _operation("token", "Describe the token.", "Token")},
        "/api/v1/openapi.json": {"get": _operation("openapi", "This description.", "")},
    }
    return paths | {f"/api/v1/tools/{tool.name}": {"post": _of_tool(tool)} for tool in TOOLS.values()}


def _operation(
    name: str, summary: str, output: str, *, body: _Schema | None = None, parameters: Any = None, files: bool = False
) -> _Schema:
    schema = {"$ref": f"#/components/schemas/{output}"} if output else {"type": "object"}
    content: _Schema = {JSON: {"schema": schema}}
    if files:
        content |= {"application/x-ndjson": {}} | {kind.mime: {} for kind in KINDS.values()}
    found: _Schema = {"operationId": name, "summary": summary, "responses": _responses(content, has_body=bool(body))}
    found |= {"parameters": parameters} if parameters else {}
    return found | ({"requestBody": {"required": True, "content": {JSON: {"schema": body}}}} if body else {})


def _of_tool(tool: Tool) -> _Schema:
    given = {key: value for key, value in tool.input_schema.items() if key != "$defs"}
    return {
        "operationId": f"tool_{tool.name}",
        "summary": tool.title,
        "description": tool.description,
        "tags": ["tools"],
        "requestBody": {"required": True, "content": {JSON: {"schema": _moved(given)}}},
        "responses": _responses({JSON: {"schema": dict(tool.output)}}, has_body=True),
    }


def _responses(content: _Schema, *, has_body: bool) -> _Schema:
    refusal = {JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    errors = _ERRORS | (_BODY_ERRORS if has_body else {})
    refused = {status: {"description": words, "content": refusal} for status, words in sorted(errors.items())}
    return {"200": {"description": "Done.", "content": content}} | refused


def _parameter(name: str, schema: _Schema, description: str) -> _Schema:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _moved(schema: Any) -> Any:  # Any: JSON
    """Return a schema whose references lead to this description's components."""
    match schema:
        case dict():
            return {key: _moved(value) for key, value in schema.items()}  # pyright: ignore
        case list():
            return [_moved(item) for item in schema]  # pyright: ignore
        case str():
            return schema.replace("#/$defs/", "#/components/schemas/")
        case _:
            return schema
