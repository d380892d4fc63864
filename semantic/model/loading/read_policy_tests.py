"""Convert a model's policy tests to its objects, and report tests that can't fail or can't pass."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from difflib import get_close_matches

from semantic.errors import Problem, SemanticError
from semantic.model.files.sources import Source
from semantic.model.files.yaml_text import Path as YamlPath
from semantic.model.loading.policy_schema import ActorDoc, PolicyTestDoc, SeenDoc
from semantic.model.model import Model
from semantic.model.policy_tests import Given, PolicyTest, SeenValues


def read_policy_test(doc: PolicyTestDoc, source: Source, path: YamlPath) -> PolicyTest:
    asker = doc.asker if isinstance(doc.asker, ActorDoc) else ActorDoc()
    seen = doc.sees or SeenDoc()
    given = (
        Given(name, (value,) if isinstance(value, str) else tuple(value), not isinstance(value, str))
        for name, value in asker.attributes.items()
    )
    return PolicyTest(
        name=doc.name,
        person=doc.asker if isinstance(doc.asker, str) else "",
        audience=asker.audience or asker.link,
        roles=frozenset[str](asker.roles),
        groups=frozenset(asker.groups),
        attributes=tuple(given),
        ask=json.dumps(doc.ask, ensure_ascii=False) if doc.ask is not None else "",
        rows=None if seen.rows is None else tuple(tuple(row) for row in seen.rows),
        values=tuple(SeenValues(name, tuple(values)) for name, values in seen.values.items()),
        metrics=tuple(seen.metrics),
        dimensions=tuple(seen.dimensions),
        segments=tuple(seen.segments),
        hidden=tuple(seen.hidden),
        refused=doc.refused or "",
        file=source.file,
        line=source.line(path),
    )


def policy_test_problems(model: Model, people: Collection[str]) -> Iterator[Problem]:
    """Yield a problem for each test that has no actor, expects nothing, or uses unknown names."""
    codes = {error.code for error in _errors(SemanticError)}
    for test in model.policy_tests:
        for message, remedy in _problems(test, model, people, codes):
            yield Problem(test.file, test.line, f"The policy test {test.name!r} {message}", remedy)


def _problems(
    test: PolicyTest, model: Model, people: Collection[str], codes: Collection[str]
) -> Iterator[tuple[str, str]]:
    if test.person and test.person not in people:
        yield f"asks as {test.person!r}, who is not in the list of people.", _near(test.person, people)
    audiences = {audience for policy in model.policies for audience in policy.audiences}
    if test.audience and (test.roles or test.groups or test.attributes):
        yield "asks as an audience with roles, groups or attributes.", "Its readers have none. Remove them."
    elif test.audience and test.audience not in audiences:
        yield f"asks as the audience {test.audience!r}, which no policy names.", _near(test.audience, audiences)
    expects = (test.rows is not None, test.values, test.metrics, test.dimensions, test.segments, test.hidden)
    if any(expects) == bool(test.refused):
        yield "needs either `sees:` or `refused:`.", "Write one of them."
    if (test.needs_rows or test.refused) and not test.ask:
        yield "has no question.", "Write `ask: {metrics: […], by: […]}`."
    if test.ask and not (test.needs_rows or test.refused):
        yield "has a question but expects no rows.", "Remove `ask:`, or write the rows."
    if test.refused and test.refused not in codes:
        yield f"expects the code {test.refused!r}, which does not exist.", _near(test.refused, codes)
    known = {
        "metric": (test.metrics, model.metrics),
        "dimension": (test.dimensions, model.dimensions),
        "segment": (test.segments, model.segments),
    }
    for kind, (names, metrics) in known.items():
        for name in names:
            if name not in metrics:
                yield f"names the {kind} {name!r}, which does not exist.", _near(name, metrics)
    everything = {*model.metrics, *model.dimensions, *model.segments}
    for name in test.hidden:
        if name not in everything:  # no one sees what doesn't exist, so the test could not fail
            yield f"expects {name!r} to be hidden, but it does not exist.", _near(name, everything)


def _errors(kind: type[SemanticError]) -> Iterator[type[SemanticError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _errors(one)


def _near(name: str, known: Collection[str]) -> str:
    close_matches = get_close_matches(name, sorted(known), n=1)
    return f"Did you mean {close_matches[0]!r}?" if close_matches else ""
