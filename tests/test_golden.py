"""The SQL we emit, one text for each shape of question; whether it is right, tests/cases say."""

from datetime import date
from pathlib import Path

import pytest
import sqlglot
import yaml

from semantic import compile_query, load_model
from semantic.compile import readable_sql
from semantic.model.load import read_folder
from semantic.policy.people import read_people
from semantic.query.data import query_from_data
from semantic.settings import MARKETING_MODEL
from semantic.sql.dialects import DIALECTS

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


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_sql_of_each_shape(shape: str, dialect: str, request: pytest.FixtureRequest) -> None:
    model, people = load_model(MARKETING_MODEL), read_people(read_folder(MARKETING_MODEL))
    actor = people[SHAPES[shape].get("as", "ana")]
    compiled = compile_query(model, query_from_data(typed(SHAPES[shape]["ask"])), actor, DIALECTS[dialect], today=TODAY)
    emitted = f"{readable_sql(compiled, DIALECTS[dialect])}\n"
    path = GOLDEN / dialect / f"{shape}.sql"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(emitted, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == emitted, f"{path} differs: read it, then pytest --update-golden"


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_what_is_printed_reads_back_as_the_same(shape: str, dialect: str) -> None:
    text = (GOLDEN / dialect / f"{shape}.sql").read_text(encoding="utf-8")
    (tree,) = sqlglot.parse(text, read=dialect)
    assert tree is not None
    assert sqlglot.parse_one(tree.sql(dialect=dialect), read=dialect) == tree


def test_every_golden_file_has_its_shape() -> None:
    files = {(path.parent.name, path.stem) for path in GOLDEN.glob("*/*.sql")}
    assert files == {(dialect, shape) for dialect in DIALECTS for shape in SHAPES}
