"""Problems are reported at the key that causes them, and structural mistakes don't hide mistakes of meaning."""

from __future__ import annotations

import pytest

from semantic.config.settings import MARKETING_MODEL
from semantic.errors import ModelError
from semantic.model.editing.edit import problems_of, replace_object
from semantic.model.editing.object_text import own_text
from semantic.model.editing.objects import ObjectKind, find_object
from semantic.model.loading.load import parse_files, read_folder

FILES = read_folder(MARKETING_MODEL)
PYDANTIC = ("Input should", "should have", "Value error", "Field required", "Extra inputs", "validation error")


@pytest.mark.parametrize(
    ("kind", "name", "before", "after", "path", "words"),
    [
        ("metric", "orders", "measure: orders.orders", "measure: orders.order", ("measure",), "which is not a measure"),
        ("metric", "orders", "status <> ", "statis <> ", ("filter",), "reads 'statis'"),
        ("metric", "orders", "target: orders_target", "target: nothing", ("target",), "targets 'nothing'"),
        ("metric", "orders", "measure: orders.orders\n", "", ("measure",), "needs `measure:`"),
        ("metric", "orders", "unit: orders", "unit: orders\ngrain: dy", ("grain",), "Did you mean day?"),
        ("metric", "return_rate", "decimals: 1", "decimals: many", ("decimals",), "must be a whole number"),
        ("metric", "return_rate", "matters: 0.5 pp", "matters: 3", ("matters",), "write it like 1%, or 0.2 pp"),
        ("metric", "return_rate", "{denominator: 30", "{denominator: 0", ("enough", "denominator"), "at least 1"),
        ("dataset", "refunds", "sql: amount\n", "sql: amont\n", ("measures", 0, "sql"), "reads 'amont'"),
    ],
)  # fmt: skip
def test_a_problem_is_at_its_key(
    kind: str, name: str, before: str, after: str, path: tuple[str, ...], words: str
) -> None:
    thing = find_object(FILES, ObjectKind(kind), name)
    assert thing is not None
    text = own_text(thing)
    assert before in text, text
    edited = replace_object(FILES, thing.key, text.replace(before, after, 1))
    problems = problems_of(edited.files, edited.key)
    found = [one for one in problems if words in f"{one.problem.message} {one.problem.remedy}"]
    assert found, problems
    assert found[0].path == path
    if after:
        assert path[-1] in text.replace(before, after, 1).split("\n")[found[0].line - 1]


def test_a_row_rule_points_to_its_own_line() -> None:
    files = {**FILES, "policies.yml": FILES["policies.yml"].replace("dataset: mails,", "dataset: mail,", 1)}
    assert files["policies.yml"] != FILES["policies.yml"]
    policy = find_object(files, ObjectKind.POLICY, "own_markets")
    assert policy is not None
    found = [one for one in problems_of(files, policy.key) if "which is not a dataset" in one.problem.message]
    assert [one.path[0] for one in found] == ["rows"]
    assert "dataset: mail," in own_text(policy).split("\n")[found[0].line - 1]


def test_a_structural_mistake_hides_no_other_mistake() -> None:
    files = {
        **FILES,
        "x.yml": "metrics:\n"
        "  - {name: a, measure: orders.nope}\n"
        "  - {name: b, measure: orders.orders, tags: x, fill: none at all}\n"
        "  - {name: c, measure: orders.orders, kind: rato, numerator: a}\n"
        "  - {name: d, kind: ratio, numerator: b, denominator: e}\n",
    }
    with pytest.raises(ModelError) as error:
        parse_files(files)
    said = [(problem.line, problem.message) for problem in error.value.problems]
    assert [line for line, _ in said] == [2, 3, 3, 4, 5]
    assert said[0][1] == "The metric 'a' uses 'orders.nope', which is not a measure."
    assert said[-1][1] == "The metric 'd' uses 'e', which isn't a metric."
    assert not [message for _, message in said if any(words in message for words in PYDANTIC)]


def test_consequences_of_a_structural_mistake_are_not_reported() -> None:
    """A measure that can't be read is missing for its metrics, but that isn't a mistake in the metrics."""
    files = {**FILES, "orders.yml": FILES["orders.yml"].replace("agg: count", "agg: cuont", 1)}
    assert files != FILES
    with pytest.raises(ModelError) as error:
        parse_files(files)
    (problem,) = error.value.problems
    assert problem.message == "The value of 'agg' can't be 'cuont'."
    assert problem.remedy in ("Did you mean count?", "Did you mean count_distinct?")
