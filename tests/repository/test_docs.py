"""The documentation is true: marked examples run and print what is shown, generated parts are current, and links work.

Pages run `python -m semantic` through one warm process (tests/warm_shell.py). The README, and in `make proof` every
page, starts the real interpreter for each command.

The first line of a fenced block says what to do with it:

    ```sh run               runs in one folder for the page, after the blocks above; `run fails` expects exit code 1
    ```text output          what the block before it printed, to both streams; a line of … stands for any lines,
                            and an answer's receipt, which differs each time, is left out
    ```yaml model           a part of a model file; `file=place` writes it there first, `add=place` appends it
    ```csv file=place       is written there
    ```json question        a question; a ```text url after it is the same question as an address
    ```text expressions     has one expression of the model's language on each line
    ```python run           runs like a shell block
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest

from semantic.config.settings import Settings
from semantic.model.expression import ALLOWED, parse_expression
from semantic.model.files.yaml_text import read_yaml
from semantic.model.loading.schema import FileDoc
from semantic.query.codec import query_from_json, query_from_params, query_to_params
from tests import proof, reference_pages
from tests.browser.visitor import free_port
from tests.companies import shared_company
from tests.warm_shell import warm_python

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)[ \t]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
README = ROOT / "README.md"
TOP_PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
PORT = free_port()
"""The port of the app that a page starts. Pages show 8501 unless they state another."""
REAL = Path(sys.executable).parent
"""The folder of the interpreter that runs the tests."""
SMALL_COMPANY = "python -m semantic demo --out .samepage/small --orders 2000 --seed 7 --until 2026-06-30"
STUCK_SECONDS = 240
"""The most seconds that any block of a page takes, even on a slow machine."""


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language, the marks after it, its text and its line."""

    language: str
    marks: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(match[1], match[2], match[3], text.count("\n", 0, match.start()) + 1) for match in BLOCK.finditer(text)
    ]


def place(page: Path) -> str:
    return str(page.relative_to(ROOT))


def marked(mark: str) -> Iterator[tuple[Path, Block]]:
    return ((page, block) for page in PAGES for block in blocks(page) if mark in block.marks.split())


@pytest.fixture(scope="session")
def small_company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The company of the first tutorial, which most pages ask."""
    return shared_company(tmp_path_factory)


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a `python` that runs commands in a warm process."""
    with warm_python(tmp_path_factory.mktemp("warm")) as folder:
        yield folder


def environment(folder: Path, python: Path) -> dict[str, str]:
    """Return the environment without this machine's settings. `python` is the folder of the interpreter to use."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAMEPAGE_")}
    path = os.pathsep.join((str(python), str(REAL), kept["PATH"]))
    return kept | {
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "HOME": str(folder),
        "COLUMNS": "100",
        "STREAMLIT_SERVER_PORT": str(PORT),
    }


def run(block: Block, folder: Path, exports: str, python: Path) -> tuple[int, str]:
    if block.language == "python":
        command = [sys.executable, "-c", block.text]
    else:
        text = block.text if python == REAL else block.text.replace(SMALL_COMPANY, ":")  # the README builds it
        command = ["bash", "-euo", "pipefail", "-c", f"{exports}\n{text}"]
    ran = subprocess.run(
        command, cwd=folder, env=environment(folder, python), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, timeout=STUCK_SECONDS, check=False,
    )  # fmt: skip
    return ran.returncode, without_receipt(ran.stdout)


def without_receipt(printed: str) -> str:
    return re.sub(r"^Receipt R-[0-9A-Z-]+\n", "", printed, flags=re.MULTILINE)


def matches(shown: str, printed: str) -> bool:
    """Return whether `printed` matches the text on the page, in which a line of … matches any lines."""
    parts = [re.escape(part) for part in re.split(r"^…$\n?", shown.rstrip() + "\n", flags=re.MULTILINE)]
    lines = "".join(f"{line.rstrip()}\n" for line in printed.rstrip().splitlines())
    return re.fullmatch("(?:.*\n)*".join(parts), lines) is not None


def follow(page: Path, folder: Path, python: Path) -> list[str]:
    """Run a page block by block, and return the differences from the page's text."""
    wrong: list[str] = []
    exports = printed = ""
    for block in blocks(page):
        where, marks = f"{place(page)}:{block.line}", block.marks.split()
        for mark in marks:
            how, _, target = mark.partition("=")
            if how in ("file", "add"):
                (folder / target).parent.mkdir(parents=True, exist_ok=True)
                with (folder / target).open("w" if how == "file" else "a", encoding="utf-8") as file:
                    file.write(block.text)
        if "run" in marks:
            code, printed = run(block, folder, exports, python)
            exports += "".join(f"{line}\n" for line in block.text.splitlines() if line.startswith("export "))
            if code != (1 if "fails" in marks else 0):
                wrong.append(f"{where}: ended with {code}:\n{printed}")
        elif "output" in marks and not matches(block.text, printed):
            wrong.append(f"{where}: shows\n{block.text}\nand what came was\n{printed}")
    return wrong


PAGES_TO_FOLLOW = sorted({page for page, _ in marked("run")})


@pytest.mark.server
@pytest.mark.long
@pytest.mark.parametrize("page", PAGES_TO_FOLLOW, ids=place)
def test_a_page_can_be_followed(
    page: Path, small_company: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    python: Path = REAL if proof.is_whole or page == README else request.getfixturevalue("warm")
    lines = [line for block in blocks(page) if "run" in block.marks for line in block.text.splitlines()]
    if python != REAL or SMALL_COMPANY not in lines:
        (tmp_path / ".samepage").mkdir()
        (tmp_path / ".samepage/small").symlink_to(small_company)
    shutil.copytree(ROOT / "semantic/marketing", tmp_path / "semantic/marketing")
    (tmp_path / "app.py").symlink_to(ROOT / "app.py")
    wrong = follow(page, tmp_path, python)
    assert not wrong, "\n\n".join(wrong)


def test_the_readme_builds_the_company_that_other_pages_use() -> None:
    assert any(SMALL_COMPANY in block.text.splitlines() for block in blocks(README) if block.marks == "run")


@pytest.mark.server
@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "typed", "code"),
    [
        (["ask", "-"], '{"metrics": ["net_revenue"], "by": ["market"]}', 0),
        (["ask", '{"metrics": ["net_revenue"], "by": ["product"]}'], "", 1),
        (["ask", "--today", "yesterday"], "", 2),
        (["audit", "show", "--limit", "none"], "", 2),
        (["--help"], "", 0),
    ],
    ids=["answer", "refusal", "usage", "usage of a command with ways of its own", "help"],
)
def test_a_command_in_the_warm_process_behaves_like_the_real_one(
    arguments: list[str], typed: str, code: int, warm: Path, small_company: Path, tmp_path: Path
) -> None:
    ran = [
        subprocess.run(
            [folder / "python", "-m", "semantic", *arguments],
            cwd=tmp_path,
            env=environment(tmp_path, folder)
            | {
                "SAMEPAGE_DATA": str(small_company / "company.duckdb"),
                "SAMEPAGE_MODEL": str(ROOT / "semantic/marketing"),
            },
            input=typed,
            capture_output=True,
            text=True,
            timeout=STUCK_SECONDS,
            check=False,
        )
        for folder in (REAL, warm)
    ]
    real, forked = [(one.returncode, one.stdout, without_receipt(one.stderr)) for one in ran]
    assert real == forked
    assert real[0] == code
    assert real[1] or real[2]


def test_pages_with_steps_are_followed() -> None:
    folders = {place(page).rpartition("/")[0] for page in PAGES_TO_FOLLOW}
    assert {"", "docs/tutorial", "docs/how-to"} <= folders
    how_to = [page for page in PAGES if page.parent.name in ("tutorial", "how-to")]
    assert set(how_to) <= set(PAGES_TO_FOLLOW), "Each tutorial and how-to has something to run."


def test_the_tutorials_revenue_is_the_sum_by_hand() -> None:
    page = ROOT / "docs/how-to/write-a-model.md"
    lines = next(block.text for block in blocks(page) if block.language == "csv").splitlines()
    rows = list(csv.DictReader(lines))
    total = sum(Decimal(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in rows)
    assert (len(rows), total) == (12, Decimal("128.887"))
    by_hand = "40.50 + 54.00 + 14.997 − 12.75 + 14.99 + 12.75 + 4.40"
    assert by_hand in page.read_text(encoding="utf-8")
    assert total == sum(Decimal(part) for part in by_hand.replace("− ", "+ -").split(" + "))


def test_the_tutorial_about_your_own_data_can_be_added_up() -> None:
    page = ROOT / "docs/tutorial/your-own-data.md"
    lines = next(block.text for block in blocks(page) if block.language == "csv").splitlines()
    totals = [Decimal(row["total"]) for row in csv.DictReader(lines)]
    assert (len(totals), sum(totals)) == (8, Decimal("184.39"))
    assert " + ".join(str(total) for total in totals) in page.read_text(encoding="utf-8")


def test_shown_and_actual_output_are_distinguished() -> None:
    assert matches("a\n…\nd\n", "a\nb\nc\nd\n")
    assert matches("a\n…\nd\n", "a\nd\n")
    assert not matches("a\n…\nd\n", "a\nb\nc\n")
    assert not matches("a\n", "a\nb\n")


def test_shown_models_have_keys_that_exist() -> None:
    files: dict[str, str] = {}
    for page, block in marked("model"):
        target = next((mark.partition("=")[2] for mark in block.marks.split() if "=" in mark), str(block.line))
        files[f"{place(page)} {target}"] = files.get(f"{place(page)} {target}", "") + block.text
    assert files
    for name, text in files.items():
        data, _, problems = read_yaml(text, name)
        assert not problems
        assert FileDoc.model_validate(data)


def test_shown_questions_are_valid() -> None:
    shown = list(marked("question"))
    assert shown
    for _, block in shown:
        assert query_from_json(block.text)


def test_shown_addresses_are_the_question_above() -> None:
    pages = [page for page, _ in marked("url")]
    assert pages
    for page in set(pages):
        for before, block in pairwise(blocks(page)):
            if block.marks == "url":
                assert before.marks == "question", f"{place(page)}:{block.line} has no question before it."
                asked = query_from_json(before.text)
                parameters = block.text.strip().partition("?")[2]
                assert query_from_params(parse_qs(parameters)) == asked
                assert urlencode(query_to_params(asked), doseq=True, safe=",:!@.") == parameters


def test_shown_expressions_use_the_whole_language() -> None:
    lines = [line for _, block in marked("expressions") for line in block.text.splitlines()]
    used = {type(node) for line in lines for node in parse_expression(line, placeholders=True).tree.walk()}
    unused = [one.__name__ for one in ALLOWED if not any(issubclass(kind, one) for kind in used)]
    assert not unused, f"docs/reference/model.md shows no expression with {', '.join(unused)}."


@pytest.mark.parametrize("page", reference_pages.PAGES, ids=place)
def test_generated_parts_are_current(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert reference_pages.rewrite(text) == text, f"{place(page)} is not what the code says. Run `make docs`."
    missing = reference_pages.rows_without_meaning(text)
    assert not missing, f"{place(page)} has no words yet for {', '.join(missing)}. Write the last column."


def test_every_part_of_a_model_file_has_its_table() -> None:
    text = (ROOT / "docs/reference/model.md").read_text(encoding="utf-8")
    parts = {"FileDoc", *(name for name, shape in reference_pages.shapes().items() if "properties" in shape)}
    assert set(re.findall(r"<!-- generated: keys (\w+) -->", text)) == parts


def variables_in(*places: str) -> set[str]:
    """Return the project's environment variables that are named in the files under these paths."""
    files = [
        path for place in places for path in ((ROOT / place).rglob("*") if (ROOT / place).is_dir() else [ROOT / place])
    ]
    return {
        name
        for path in files
        if path.suffix in (".py", ".sh", ".yaml", "") and path.is_file()
        for name in re.findall(r"SAMEPAGE_[A-Z]+(?:_[A-Z]+)*", path.read_text(encoding="utf-8"))
    }


def test_every_environment_variable_is_on_the_settings_page() -> None:
    settings = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    used = variables_in("Makefile", "pages", "semantic", "connectors", "deploy")
    assert len(used) > 5
    assert not [name for name in sorted(used) if f"`{name}`" not in settings]


def test_every_setting_on_the_page_exists() -> None:
    settings = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"`(SAMEPAGE_[A-Z_]+)`", settings))
    fields = {f"SAMEPAGE_{name.upper()}" for name in Settings.__dataclass_fields__}
    known = fields | variables_in("Makefile", "pages", "semantic", "connectors", "deploy")
    assert sorted(listed - known) == []
    # The first says where others were found, and the others are tables, which no variable can hold.
    tables = ["SAMEPAGE_CONNECTIONS", "SAMEPAGE_MAIL", "SAMEPAGE_SIGN_IN"]
    assert sorted(fields - listed) == ["SAMEPAGE_COME_FROM", *tables]


def test_links_lead_somewhere() -> None:
    wrong: list[str] = []
    for page in PAGES:
        prose = BLOCK.sub("", page.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            path, _, anchor = target.partition("#")
            if re.match(r"https?://", target):
                continue
            compared = (page.parent / path).resolve() if path else page
            if not compared.exists():
                wrong.append(f"{place(page)}: {target} is not there.")
            elif anchor and anchor not in anchors(compared):
                wrong.append(f"{place(page)}: {target} has no such heading.")
    assert not wrong, "\n".join(wrong)


def anchors(page: Path) -> set[str]:
    prose = BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, ahead = set[Path](), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        for target in re.findall(r"\]\(([^)\s#]+)", page.read_text(encoding="utf-8")):
            compared = (page.parent / target).resolve()
            ahead += [compared] if compared.is_file() else []
    assert [place(page) for page in PAGES if page not in reached] == []


DECISIONS = ROOT / "docs/decisions"
GLOSSARY = ROOT / "docs/reference/glossary.md"
CITING = (".md", ".py", ".yml", ".yaml", ".sh", ".css", ".js", ".toml")
"""The files that cite decisions and guarantees. Golden SQL is generated and doesn't cite any."""


def broken_citations(text: str, decisions: Collection[int], guarantees: Collection[str]) -> list[str]:
    """Return the decisions and guarantees named in `text` that have no page or no line in the glossary."""
    named = re.finditer(r"\b[Dd]ecisions? (?:D?(\d+)\b)", text)
    wrong = [match[0] for match in named if "D" in match[0][1:] or int(match[1]) not in decisions]
    cited = re.findall(r"(?:\bguarantee \[?|\(|^# |, )(G\d+)\b", text, re.MULTILINE)
    return wrong + [name for name in cited if name not in guarantees]


def decision_pages() -> dict[int, Path]:
    return {int(page.name[:4]): page for page in sorted(DECISIONS.glob("[0-9]*.md"))}


def test_citations_lead_to_a_page() -> None:
    decisions = decision_pages()
    guarantees = set(re.findall(r"^\| (G\d) \|", GLOSSARY.read_text(encoding="utf-8"), re.MULTILINE))
    files = [
        path
        for place in (
            "app.py",
            "pages",
            "semantic",
            "connectors",
            "deploy",
            "tests",
            "docs",
            "pyproject.toml",
            *TOP_PAGES,
        )
        for path in ([ROOT / place] if (ROOT / place).is_file() else sorted((ROOT / place).rglob("*")))
        if path.suffix in CITING and path != Path(__file__) and "node_modules" not in path.parts
    ]
    texts = {place(path): path.read_text(encoding="utf-8") for path in files}
    cited = [name for name, text in texts.items() if re.search(r"[Dd]ecision \d", text)]
    assert len(cited) > 30, "Too few citations: has their form changed?"
    wrong = {
        name: citations
        for name, text in texts.items()
        if (citations := broken_citations(text, decisions.keys(), guarantees))
    }
    assert not wrong, f"Write the page in docs/decisions, or the line in docs/reference/glossary.md: {wrong}"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("rows stay (decision 26)", []),
        ("rows stay (decision D2)", ["decision D2"]),
        ("Decision 99 says so", ["Decision 99"]),
        ("no hidden row (G6), and like with like (guarantee G9)", []),
        ("# G1, G2. No row is lost", []),
        ("a promise nobody wrote (G10), (guarantee G0)", ["G10", "G0"]),
        ('sheet.auto_filter.ref == "A1:G3"', []),
    ],
)
def test_a_citation_without_a_page_is_found(text: str, wrong: list[str]) -> None:
    assert broken_citations(text, {26}, {f"G{number}" for number in range(1, 10)}) == wrong


def test_the_list_of_decisions_is_complete() -> None:
    pages = decision_pages()
    assert list(pages) == list(range(1, len(pages) + 1)), "Number decisions without a gap."
    listed = re.findall(
        r"^\| \[(\d+)\]\(([^)]+)\) \| \S", (DECISIONS / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert listed == [(str(number), page.name) for number, page in pages.items()]
    titled = {number: page.read_text(encoding="utf-8").partition(".")[0] for number, page in pages.items()}
    assert titled == {number: f"# {number}" for number in pages}


@pytest.mark.parametrize("page", [ROOT / "CONTRIBUTING.md", ROOT / "docs/explanation/architecture.md"], ids=place)
def test_named_files_exist(page: Path) -> None:
    prose = BLOCK.sub("", page.read_text(encoding="utf-8"))
    named = re.findall(r"`((?:app|pages|semantic|connectors|tests|deploy|docs|requirements)[\w./-]*)`", prose)
    assert len(named) > 20
    assert [name for name in dict.fromkeys(named) if not (ROOT / name).exists()] == []
