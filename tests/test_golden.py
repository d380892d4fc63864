"""The SQL we emit, one text for each shape of question and dialect; whether it is right, tests/cases say."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from pathlib import Path

import pytest
import sqlglot
import yaml
from sqlglot import exp
from trino_sql_validator import validate

from semantic import Model, load_model
from semantic.compile import Compiled, check_read_back, compile_visible, readable_sql
from semantic.errors import SemanticError
from semantic.model.definitions import TypeKind
from semantic.model.load import read_folder
from semantic.plan.known import NOTHING_KNOWN, Known, hop_of
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.policy.people import read_people
from semantic.query.data import query_from_data
from semantic.settings import MARKETING_MODEL
from semantic.sql.dialects import DIALECTS
from tests.kinds import KINDS
from tests.shop import SHOP

GOLDEN = Path(__file__).parent / "golden"
SHAPES = yaml.load((GOLDEN / "shapes.yml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
TODAY = date(2026, 7, 1)
TRUTHS = {"true": True, "false": False, "null": None}


def typed(data: object) -> object:
    """Numbers, truths and null out of YAML read as text."""
    if isinstance(data, dict):
        return {key: typed(value) for key, value in data.items()}
    if isinstance(data, list):
        return [typed(value) for value in data]
    assert isinstance(data, str)
    return int(data) if data.isdigit() else TRUTHS.get(data, data)


MODELS = {"marketing": MARKETING_MODEL, "shop": SHOP, "kinds": KINDS / "model"}
REFUSED = [(shape, dialect) for shape, one in SHAPES.items() for dialect in one.get("refused", {})]
SAID = [(shape, dialect) for shape in sorted(SHAPES) for dialect in sorted(DIALECTS) if (shape, dialect) not in REFUSED]


@cache
def model_and_people(name: str) -> tuple[Model, dict[str, Actor]]:
    return load_model(MODELS[name]), dict(read_people(read_folder(MODELS[name])))


def compiled(shape: str, dialect: str) -> Compiled:
    model, people = model_and_people(SHAPES[shape].get("model", "marketing"))
    if "spine" in SHAPES[shape]:
        model = replace(model, settings=replace(model.settings, spine=SHAPES[shape]["spine"]))
    seen = narrow(model, people[SHAPES[shape].get("as", "ana")])
    proven = every_hop(model) if "proven" in SHAPES[shape] else NOTHING_KNOWN
    proven = every_date(model) if "dated" in SHAPES[shape] else proven
    query = query_from_data(typed(SHAPES[shape]["ask"]))
    return compile_visible(seen, query, DIALECTS[dialect], today=TODAY, proven=proven)


def every_hop(model: Model) -> Known:
    return Known(frozenset(hop_of(edge) for edges in model.joins.edges.values() for edge in edges))


def every_date(model: Model) -> Known:
    dates = {
        (dataset.name, column)
        for dataset in model.datasets.values()
        for column, found in dataset.columns.items()
        if found.kind is TypeKind.DATE
    }
    few = {(*hop, column) for hop in every_hop(model).matches for name, column in dates if name == hop[0]}
    return Known(frozenset(), frozenset(dates), frozenset(few))


def emitted(shape: str, dialect: str) -> str:
    return f"{readable_sql(compiled(shape, dialect), DIALECTS[dialect])}\n"


def stored(shape: str, dialect: str) -> str:
    return (GOLDEN / dialect / f"{shape}.sql").read_text(encoding="utf-8")


def literals(tree: exp.Expr) -> Counter[str]:
    return Counter(one.this for one in tree.find_all(exp.Literal))


def as_literal(value: object) -> str:
    return value.isoformat(sep=" ").removesuffix("+00:00") if isinstance(value, datetime) else str(value)


@pytest.mark.parametrize(("shape", "dialect"), SAID)
def test_sql_of_each_shape(shape: str, dialect: str, request: pytest.FixtureRequest) -> None:
    text = emitted(shape, dialect)
    path = GOLDEN / dialect / f"{shape}.sql"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert stored(shape, dialect) == text, f"{path} differs: read it, then pytest --update-golden"


@pytest.mark.parametrize(("shape", "dialect"), REFUSED)
def test_a_dialect_that_cannot_say_a_shape_refuses_it(shape: str, dialect: str) -> None:
    with pytest.raises(SemanticError, match=SHAPES[shape]["refused"][dialect]):
        compiled(shape, dialect)


@pytest.mark.parametrize(("shape", "dialect"), SAID)
def test_what_is_printed_reads_back_as_the_same(shape: str, dialect: str) -> None:
    (tree,) = sqlglot.parse(stored(shape, dialect), read=dialect)
    assert tree is not None
    again = sqlglot.parse_one(tree.sql(dialect=dialect), read=dialect)
    assert again == tree
    assert literals(again) == literals(tree)


@pytest.mark.parametrize(("shape", "dialect"), SAID)
def test_every_value_asked_for_is_in_the_text(shape: str, dialect: str) -> None:
    found = {text.removesuffix("+00:00") for text in literals(sqlglot.parse_one(stored(shape, dialect), read=dialect))}
    wanted = {as_literal(value) for value in compiled(shape, "duckdb").legs[0].params}
    assert wanted <= found, wanted - found


@pytest.mark.parametrize(("shape", "dialect"), SAID)
def test_a_text_that_reads_back_is_let_through_and_another_is_not(shape: str, dialect: str) -> None:
    made = compiled(shape, dialect)
    check_read_back(made, DIALECTS[dialect])
    statement = made.legs[0]
    texts = [one for one in sqlglot.parse_one(statement.sql, read=dialect).find_all(exp.Literal) if one.is_string]
    words = [f"'{one.this}'" for one in texts if one.this.isalpha() and not one.this.isupper()]  # no unit of time
    said = next((word for word in words if word in statement.sql), None)
    changes = ["; SELECT 1", " )"] + ([said] if said else [])
    for change in changes:
        sql = statement.sql.replace(change, "'x'") if change is said else f"{statement.sql}{change}"
        with pytest.raises(AssertionError, match="does not read back"):
            check_read_back(replace(made, legs=(replace(statement, sql=sql),)), DIALECTS[dialect])


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_trino_knows_every_word_of_it(shape: str) -> None:
    result = validate(stored(shape, "trino"))
    assert result.valid, result.error
    unknown = [one for one in result.warnings if type(one).__name__ != "AliasWarning"]
    assert not unknown, unknown


def digest_of_everything() -> str:
    texts = [emitted(shape, dialect) for shape, dialect in SAID]
    return hashlib.sha256("".join(texts).encode()).hexdigest()


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_text_is_the_same_in_every_process(seed: str) -> None:
    code = "from tests.test_golden import digest_of_everything; print(digest_of_everything())"
    printed = subprocess.run(
        [sys.executable, "-c", code],
        cwd=GOLDEN.parent.parent,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.strip() == digest_of_everything()


def test_every_golden_file_has_its_shape() -> None:
    files = {(path.parent.name, path.stem) for path in GOLDEN.glob("*/*.sql")}
    assert files == {(dialect, shape) for shape, dialect in SAID}
