"""Spark's tests can be skipped only if the files that they cover are the same as when the tests passed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import proven
from tests.proven import LIST, ROOT, WATCHED

PASSES, FAILS = [sys.executable, "-c", ""], [sys.executable, "-c", "raise SystemExit(3)"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the watched files, as if Spark's tests had just passed."""
    for name in proven.found(ROOT):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    assert proven.main(["run", *PASSES], tmp_path) == 0
    return tmp_path


def test_every_watched_pattern_has_files() -> None:
    assert all(any(ROOT.glob(pattern)) for pattern in WATCHED)
    names = set(proven.found(ROOT))
    assert {
        "connectors/spark.py",
        "semantic/sql/dialects/table.py",
        "tests/cases/shop/shop.sql",
        "tests/test_cases.py",
    } < names
    assert LIST not in names


def test_the_list_was_written_by_a_run() -> None:
    """The list can also be empty. Then nothing is proven, and the tests run."""
    for name, digest in proven.written(ROOT).items():
        assert re.fullmatch("[0-9a-f]{64}", digest), name


def test_no_change_is_reported_in_one_line(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert proven.main([], copy) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_docstrings_and_comments_may_change(copy: Path) -> None:
    path = copy / "connectors/spark.py"
    source = path.read_text(encoding="utf-8")
    assert source.startswith('"""')
    path.write_text(
        '"""Another text,\n\nof more lines."""\n# And a remark.\n' + source.partition('"""\n')[2], encoding="utf-8"
    )
    assert proven.main([], copy) == 0


def test_a_file_that_is_no_longer_python_is_noticed(copy: Path) -> None:
    (copy / "connectors/spark.py").write_text("def (", encoding="utf-8")
    assert proven.main([], copy) == 1


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ('def f():\n    """Text."""\n    return 1\n', 'def f():\n    """Other\n    text."""\n    return 1\n', True),
        ('X = 1\n"""Text."""\n', "X = 1\n", True),
        ("x = 1  # why\n", "x = 1\n", True),
        ("# why\nx = 1\n", "x = 1\n", True),
        ('x = """Text."""\n', 'x = """Other."""\n', False),
        ('x = "# text"\n', 'x = "# other"\n', False),
        ('f("""\nSELECT 1\n""")\n', 'f("""\nSELECT 2\n""")\n', False),
        ('class A: """Text."""\n', 'class A: """Other."""\n', False),  # shares a line with code
        ('"""Text."""; x = 1\n', '"""Text."""; x = 2\n', False),
        ("x = 1\n", "x = 2\n", False),
    ],
)
def test_only_changes_that_a_test_can_notice_count(one: str, other: str, is_same: bool) -> None:
    assert (proven.code_of(one) == proven.code_of(other)) is is_same


@pytest.mark.parametrize("pattern", WATCHED)
def test_a_change_anywhere_watched_is_noticed_and_named(
    copy: Path, pattern: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = min(copy.glob(pattern))
    changed.write_bytes(changed.read_bytes() + b"\n")
    assert proven.main([], copy) == 1
    assert changed.relative_to(copy).as_posix() in capsys.readouterr().out


def test_an_added_or_removed_file_is_noticed(copy: Path) -> None:
    (copy / "connectors" / "new.py").write_text("")
    assert proven.main([], copy) == 1
    (copy / "connectors" / "new.py").unlink()
    assert proven.main([], copy) == 0
    (copy / "connectors" / "spark.py").unlink()
    assert proven.main([], copy) == 1


def test_changes_unrelated_to_spark_do_not_matter(copy: Path) -> None:
    (copy / "pages").mkdir()
    (copy / "pages" / "x.py").write_text("")
    assert proven.main([], copy) == 0


def test_without_a_list_nothing_is_proven(copy: Path) -> None:
    (copy / LIST).unlink()
    assert proven.main([], copy) == 1


def test_tests_that_fail_prove_nothing(copy: Path) -> None:
    (copy / "connectors" / "spark.py").write_text("")
    assert proven.main(["run", *FAILS], copy) == 3
    assert proven.main([], copy) == 1


def test_files_changed_while_the_tests_ran_are_not_proven(copy: Path) -> None:
    changing = [sys.executable, "-c", "open('connectors/spark.py', 'a').write('x = 1')"]
    assert proven.main(["run", *changing], copy) == 1
    assert proven.main([], copy) == 1


@pytest.mark.server
@pytest.mark.parametrize("has_oldest", [True, False])
@pytest.mark.parametrize("is_proven", [True, False])
def test_ci_runs_spark_when_its_files_changed(copy: Path, is_proven: bool, has_oldest: bool) -> None:
    """The test runs `.ci/run` itself, with fake programs that only record how they were called."""
    for name in (".ci/run", "tests/proven.py"):
        (copy / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, copy / name)
    (copy / ".venv" / "bin").mkdir(parents=True)
    (copy / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (copy / "fake").mkdir()
    for name in ("make", "oldest"):
        (copy / "fake" / name).write_text(f'#!/bin/sh\necho {name} "$@" >> made\n')
        (copy / "fake" / name).chmod(0o755)
    (copy / "deploy").mkdir(exist_ok=True)
    (copy / "deploy" / "setup.sh").write_text('[ "$*" = oldest ] && echo fake/oldest\n' if has_oldest else "")
    if not is_proven:
        (copy / "connectors" / "spark.py").write_text("")
    path = f"{copy / 'fake'}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", ".ci/run"], cwd=copy, env={**os.environ, "PATH": path}, check=True)
    made = ["make test"]
    made += ["oldest -m tests.oldest_python"] if has_oldest else []
    made += [] if is_proven else ["make test-engines"]
    assert (copy / "made").read_text().splitlines() == made


@pytest.mark.server
def test_ci_fails_if_the_oldest_python_does(copy: Path) -> None:
    (copy / ".ci").mkdir()
    shutil.copyfile(ROOT / ".ci/run", copy / ".ci/run")
    (copy / "fake").mkdir()
    for name, code in (("make", 0), ("oldest", 1)):
        (copy / "fake" / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (copy / "fake" / name).chmod(0o755)
    (copy / "deploy").mkdir(exist_ok=True)
    (copy / "deploy" / "setup.sh").write_text("echo fake/oldest\n")
    path = f"{copy / 'fake'}{os.pathsep}{os.environ['PATH']}"
    assert subprocess.run(["bash", ".ci/run"], cwd=copy, env={**os.environ, "PATH": path}, check=False).returncode == 1
