"""Hostile files, uploaded and exported: oversized models, names with paths, and cells that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader

from connectors import connect
from connectors.connector import ConnectorError
from semantic.__main__ import main
from semantic.boards.board import TileKind
from semantic.display.boards.pdf import board_pdf
from semantic.display.boards.workbook import board_workbook
from semantic.display.export.export import export, file_name
from semantic.display.export.to_csv import harmless, starts_formula
from semantic.errors import ModelError, SemanticError
from semantic.model.files.yaml_text import read_yaml
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_json
from semantic.query.query import Breakdown, Condition, Operator, Query
from semantic.results.result import Result
from semantic.services.saved_questions import search_saved
from semantic.store.boards.boards import find_board
from semantic.store.database import Store
from semantic.store.keys import Keys, keys_of
from semantic.store.models.versions import publish
from semantic.store.numbers.receipts import read_stored_receipt
from semantic.store.numbers.remarks import find_remark
from semantic.store.numbers.targets import find_target
from semantic.store.questions.links import read_link
from semantic.store.questions.questions import find_question, list_questions, list_versions, save_question, save_version
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE, list_spaces, make_space, space_of
from semantic.workspace import Workspace
from tests.copies import empty_store
from tests.hostile.conftest import KEPT, MODEL, can_be_kept
from tests.hostile.strings import CANARY, STRINGS, sample
from tests.hostile.test_questions import SLOW, share
from tests.proof import part, part_of
from tests.semantic.shown_boards import board, tile

STEWARD = Actor(id="stew", name="Stew", roles=frozenset({"steward"}))

# Models


def test_any_text_is_a_valid_model_or_a_reported_problem() -> None:
    for text in share(3):
        began = time.process_time()
        data, _, problems = read_yaml(text, "m.yml")
        assert data is None or not problems
        assert time.process_time() - began < SLOW, text[:60]


BOMBS = {
    "aliases": "a: &a [x, x]\n"
    + "".join(f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)),
    "a loop": "a: &a [*a]\n",
    "a merge": "a: &a {x: 1}\nb:\n  <<: *a\n",
    "a tag": "a: !!python/object/apply:os.system ['touch canary2']\n",
    "depth of lists": "[" * 100_000,
    "depth of mappings": "{a: " * 100_000,
    "depth of dashes": "- " * 100_000 + "x",
    "depth by indentation": "".join(f"{' ' * depth}a{depth}:\n" for depth in range(1_000)),
    "size": "a: " + "x" * 6_000_000,
    "many keys": "".join(f"k{number}: {{}}\n" for number in range(100_000)),
    "one key often": "a: 1\n" * 100_000,
    "quotes": '"' * 100_000,
    "documents": "---\n" * 50_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_yaml_bomb_is_reported_quickly(name: str) -> None:
    began = time.process_time()
    with pytest.raises(ModelError) as refused:
        parse_model({"m.yml": BOMBS[name]})
    assert time.process_time() - began < 20
    assert len(str(refused.value)) < 300_000


BEFORE = "datasets:\n  - name: d\n    table: d\n    grain: [id]\n    columns: {id: integer}\n"
SPOTS = (
    *("description: {}", "label: {}", "owner: {}", "table: {}", "columns: {{id: {}}}", "time: {}", "sql: {}"),
    *("measures: [{{name: m, agg: sum, sql: {}}}]", "dimensions: [{{name: {}}}]", "entities: [{{name: e, kind: {}}}]"),
)


@pytest.mark.parametrize("spot", SPOTS)
def test_a_model_with_a_hostile_part_is_loaded_or_has_problems(spot: str) -> None:
    for name in sample(60, longest=2_000):
        text = json.dumps(name.encode("utf-8", "replace").decode())
        for written in (text, name):
            model = f"{BEFORE}    {spot.format(written)}\n"
            try:
                parse_model({"m.yml": model})
            except ModelError as error:
                if CANARY in str(error):
                    pytest.fail(f"the canary is told for {name!r}")


def test_an_expression_that_reads_files_or_settings_is_refused() -> None:
    for call in (
        "getenv('HOME')",
        "read_text('canary.txt')",
        "(select 1)",
        "glob('*')",
        "current_setting('x')",
        "nextval('x')",
    ):
        model = MODEL.replace("sql: id}", f'sql: "{call}"}}')
        assert model != MODEL
        with pytest.raises(ModelError):
            parse_model({"m.yml": model})


def test_a_version_stores_no_file_outside_its_folder(tmp_path: Path) -> None:
    store, keys = _store(tmp_path)
    for name in [
        "../m.yml",
        "/m.yml",
        "a/../../m.yml",
        "a\\..\\m.yml",
        "m.yml\0",
        "C:m.yml",
        *sample(150, longest=300),
    ]:
        with pytest.raises(SemanticError):
            publish(store, keys, {name: MODEL}, parent=None, actor=STEWARD, note="x")
    store.close()


# Data


@pytest.mark.parametrize("ending", ["csv", "parquet", "duckdb"])
def test_an_invalid_data_file_gives_an_error_without_a_traceback(tmp_path: Path, ending: str) -> None:
    for number, content in enumerate(
        [b"", b"\0" * 5_000, b"PAR1" + b"\xff" * 200 + b"PAR1", b"PK\x03\x04" + b"\0" * 100, b'"' * 70_000]
    ):
        file = tmp_path / f"bad{number}.{ending}"
        file.write_bytes(content)
        try:
            opened = connect(str(file))
            opened.columns(file.stem)
            opened.close()
        except ConnectorError as error:
            if "Traceback" in str(error):
                pytest.fail(f"the inside of a reader is shown for {content[:20]!r}")


def test_a_hostile_data_address_is_refused() -> None:
    for name in sample(80, longest=300):
        with pytest.raises(ConnectorError):
            connect(name)


# Files of answers


@pytest.fixture(scope="module")
def answer(wall: Workspace) -> Result:
    """Return an answer whose groups are hostile strings, starting with formulas of every kind."""
    formulas = [one for one in KEPT if starts_formula(one) and len(one) < 200][:150]
    words = tuple(dict.fromkeys([*formulas, *(name for name in sample(150, longest=2_000) if can_be_kept(name))]))
    query = Query(metrics=("words",), by=(Breakdown("word"),), where=Condition("word", Operator.IN, words))
    result = wall.ask(query, wall.people["vera"])
    assert result.table.num_rows == len(words) > 200
    return result


def test_no_cell_of_a_csv_is_a_formula(answer: Result, wall: Workspace) -> None:
    text = export(answer, wall.visible(wall.people["vera"]), "csv").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == answer.table.num_rows + 1
    for cell in (cell for row in rows for cell in row):
        for piece in re.split(r"[;\t\r\n]", cell):  # as seen by a program that splits at other characters
            assert not starts_formula(piece), cell
            assert piece.lstrip()[:1] not in ("=", "+", "@") or piece.lstrip()[:1] == "'", cell


def test_no_exported_text_would_run_in_a_spreadsheet() -> None:
    for one in KEPT:
        if len(one) < 10_000:
            for piece in re.split(r"[;\t\r\n]", harmless(one)):
                assert piece.strip()[:1] not in ("=", "+", "-", "@", "＝", "＋", "－", "＠"), one


def test_no_cell_of_a_spreadsheet_is_a_formula_or_a_link(answer: Result, wall: Workspace) -> None:
    content = export(answer, wall.visible(wall.people["vera"]), "xlsx", link="https://samepage.example/explore?m=words")
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert len(cells) > answer.table.num_rows
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    assert [cell.value for cell in cells if cell.hyperlink] == []
    assert not book.defined_names
    for sheet in book:
        assert not re.search(r"[\[\]:*?/\\]", sheet.title)


def test_no_cell_of_a_boards_spreadsheet_is_a_formula_or_a_link(answer: Result, wall: Workspace) -> None:
    visible, few = wall.visible(wall.people["vera"]), replace(answer, table=answer.table.slice(0, 20))
    for text in sample(part(60, one_in=4), longest=2_000):
        if not can_be_kept(text):
            continue
        shown = board([tile(TileKind.TABLE, text, few, note=text, words=text)], title=text, note=text, link=text)
        book = openpyxl.load_workbook(io.BytesIO(board_workbook(shown, visible)))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink] == [], text
        for sheet in book:
            assert not re.search(r"[\[\]:*?/\\]", sheet.title)


def test_a_boards_pdf_holds_any_text_and_nothing_active(answer: Result, wall: Workspace) -> None:
    visible, few = wall.visible(wall.people["vera"]), replace(answer, table=answer.table.slice(0, 20))
    for text in sample(part(120, one_in=4), longest=2_000):
        tiles = [tile(TileKind.TABLE, text, few, id="a"), tile(TileKind.TEXT, text, id="b", text=text)]
        content = board_pdf(board(tiles, title=text, note=text, words=text, link=text), visible)
        reader = PdfReader(io.BytesIO(content))
        root: Any = reader.trailer["/Root"].get_object()
        assert not {"/OpenAction", "/AA", "/AcroForm", "/Names"} & set(root), text
        for page in reader.pages:
            assert not {"/Annots", "/AA"} & set(page), text


def test_a_parquet_file_holds_the_texts_unchanged(answer: Result, wall: Workspace) -> None:
    table = pq.read_table(io.BytesIO(export(answer, wall.visible(wall.people["vera"]), "parquet")))
    assert {value for value in table.column(0).to_pylist() if value is not None} <= set(KEPT)
    assert table.num_rows == answer.table.num_rows


def test_a_file_name_never_contains_a_path(answer: Result) -> None:
    for text in sample(200, longest=2_000):
        if not can_be_kept(text):
            continue
        result = replace(answer, title=text)
        for ending in ("csv", "xlsx"):
            name = file_name(result, ending)
            assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]', name), text
            assert not name.startswith((".", "-", "=", "~")), text
            assert len(name.encode()) <= 255 or not text.isascii(), text
            assert name.endswith(f".{ending}")


# What people save


def _store(folder: Path) -> tuple[Store, Keys]:
    store = empty_store(str(folder / "store.sqlite"))
    return store, keys_of("a secret of tests, long enough to sign with")


def test_user_given_names_are_stored_as_text_or_refused(tmp_path: Path) -> None:
    store, keys = _store(tmp_path)
    content = Content(query=Query(metrics=("words",)))
    spaces = 0
    for name in sample(250, longest=3_000):
        try:
            with store.write(recorded=False) as transaction:
                space = make_space(transaction, name, STEWARD, keys)
                spaces += 1
                assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\n]", space.name), name
        except SemanticError:
            pass
        try:
            with store.write(recorded=False) as transaction:
                save_question(transaction, content, STEWARD, keys, name=name, sentence=name, space=MINE)
        except SemanticError:
            pass
        try:
            with store.write(recorded=False) as transaction:
                save_question(transaction, content, STEWARD, keys, name="x", sentence="", space=name)
        except SemanticError:
            pass
    assert spaces > 20
    with store.read() as connection:
        assert len(list_spaces(connection)) <= spaces
    store.close()


def test_texts_of_saved_questions_are_read_back_as_written(tmp_path: Path) -> None:
    """They are stored on one line and without invisible characters. Texts that are too long are refused."""
    store, keys = _store(tmp_path)
    content = Content(query=Query(metrics=("words",)))
    written = {}
    with store.write(recorded=False) as transaction:
        for item in part_of(STRINGS[::4], one_in=5):
            text = " ".join("".join(letter for letter in item if letter.isprintable() or letter.isspace()).split())
            if not 0 < len(text) <= 200:
                with pytest.raises(SemanticError):
                    save_question(transaction, content, STEWARD, keys, name=item, sentence="", space=MINE)
                continue
            saved = save_question(transaction, content, STEWARD, keys, name=item, sentence=item, space=MINE)
            save_version(transaction, saved, content, STEWARD, keys, revision=1, note=item)
            written[saved] = text
    assert len(written) > part(500, one_in=5)
    unseen = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
    assert not any(unseen.search(content) for content in written.values())
    with store.read() as connection:
        for saved, text in written.items():
            head = find_question(connection, saved, STEWARD)
            newest, first = list_versions(connection, saved, STEWARD, keys)
            assert (head.name, head.sentence, newest.note, first.note) == (text, text, text, "")
        listed = list_questions(connection, STEWARD)
    assert {question.id: question.name for question in listed} == written
    for question in listed[::10]:
        assert question in search_saved(listed, question.name), "found by its own name"
    store.close()


def test_a_hostile_id_from_an_address_finds_nothing(tmp_path: Path) -> None:
    store, keys = _store(tmp_path)
    with store.read() as connection:
        for item in part_of(STRINGS[::4], one_in=5):
            with pytest.raises(SemanticError):
                read_link(connection, item, keys)
            with pytest.raises(SemanticError):
                find_question(connection, item, STEWARD)
            with pytest.raises(SemanticError):
                space_of(connection, item)
            with pytest.raises(SemanticError):
                find_board(connection, item, STEWARD)
            if can_be_kept(item):
                assert read_stored_receipt(connection, item, keys) is None
                assert find_target(connection, item) is None
                assert find_remark(connection, item, STEWARD) is None
    store.close()


# The shell


def test_hostile_shell_arguments_get_an_answer(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMEPAGE_MODEL_CACHE", "none")
    model = ["--model", str(place / "model"), "--data", str(place / "wall.duckdb")]
    for name in sample(part(40, one_in=4), longest=500):
        for arguments in (
            ["sql", *model, "--as", "vera", "--", name],
            ["sql", *model, "--as", name, '{"metrics":["words"]}'],
            ["sql", *model, "--as", "vera", "--dialect", name, '{"metrics":["words"]}'],
        ):
            try:
                code = main(arguments)
            except SystemExit as ended:
                code = ended.code
            output = capsys.readouterr()
            assert code in (0, 1, 2), name
            assert CANARY not in output.out + output.err
            assert "Traceback" not in output.err


def test_an_escape_of_the_terminal_is_not_printed(wall: Workspace) -> None:
    """A refused question repeats the unknown name, and a terminal must not interpret it."""
    for name in ("\x1b]0;owned\x07", "\x1b[2J", "a\x9b31m"):
        with pytest.raises(SemanticError) as refused:
            wall.ask(query_from_json(json.dumps({"metrics": [name]})), wall.people["vera"])
        assert not re.search(r"[\x1b\x07\x9b]", str(refused.value))
