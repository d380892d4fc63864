"""Skip Spark's tests, which take minutes, as long as the files that they passed with are unchanged.

    python -m tests.proven                  exits with 0 if no file changed since the tests last passed; otherwise
                                            names the changed files and exits with 1
    python -m tests.proven run COMMAND …    runs the tests, and if they pass, records the files

The list is committed (tests/connectors/spark_proven.txt), because a fresh clone has nothing else to compare with. Each
line has a SHA-256 digest and a path. Docstrings and comments of Python files aren't part of the digest, because no test
depends on them.
"""

from __future__ import annotations

import ast
import hashlib
import io
import subprocess
import sys
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
LIST = "tests/connectors/spark_proven.txt"
WATCHED = (
    "connectors/**/*.py",
    "semantic/sql/**/*.py",
    "semantic/demo/load*.py",
    "tests/cases/**/*.yml",
    "tests/cases/**/*.sql",
    "tests/connectors/*.py",
    "tests/engines.py",
    "tests/shop.py",
    "tests/test_cases.py",
    "requirements-engines.txt",
    "deploy/constraints.txt",
    "deploy/spark.sh",
)
"""The files that Spark's tests cover, and the tests themselves."""


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    match list(arguments):
        case []:
            return check(root)
        case ["run", *command] if command:
            return run(command, root)
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def check(root: Path) -> int:
    changed = differing(written(root), found(root))
    if not changed:
        print(f"Spark: the {len(found(root))} files that its tests are about are those they passed with.")
        return 0
    shown = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
    print(f"Spark: its tests have not passed with these: {shown}.")
    return 1


def run(command: Sequence[str], root: Path) -> int:
    """Run a command and return its exit code. If it passed and no file changed while it ran, record the files."""
    before = found(root)
    code = subprocess.run(command, cwd=root, check=False).returncode
    if code:
        return code
    if changed := differing(before, found(root)):
        print(f"Spark: {', '.join(changed)} changed while the tests ran. Run them again.")
        return 1
    text = "".join(f"{digest}  {path}\n" for path, digest in sorted(before.items()))
    (root / LIST).write_text(text, encoding="utf-8")
    print(f"Spark: passed. {LIST} says with what; commit it.")
    return 0


def found(root: Path) -> Mapping[str, str]:
    """Return the digest of each watched file, by its path from the root."""
    files = {path for pattern in WATCHED for path in root.glob(pattern) if path.is_file()}
    return {path.relative_to(root).as_posix(): hashlib.sha256(_tested(path)).hexdigest() for path in files}


def _tested(path: Path) -> bytes:
    """Return the part of a file that a test can depend on: all of it, or a Python file without its docstrings and
    comments.
    """
    text = path.read_bytes()
    if path.suffix != ".py":
        return text
    try:
        return code_of(text.decode("utf-8")).encode()
    except (SyntaxError, tokenize.TokenError, UnicodeDecodeError):
        return text


def code_of(source: str) -> str:
    """Return Python source without docstrings, comments, and lines that have nothing else.

    A docstring that shares a line with code stays. This isn't `ast.dump`, because its output differs between versions
    of Python. Raises SyntaxError.
    """
    lines = source.splitlines(keepends=True)
    emptied: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line, column = token.start
            lines[line - 1] = lines[line - 1][:column].rstrip() + "\n"
            if lines[line - 1] == "\n":
                emptied.add(line)
    for text in _docstrings(ast.parse(source)):
        first, last = text.lineno, text.end_lineno or text.lineno
        before = lines[first - 1].encode()[: text.col_offset]
        after = lines[last - 1].encode()[text.end_col_offset or 0 :]
        if not before.strip() and not after.strip():
            emptied.update(range(first, last + 1))
    return "".join(line for number, line in enumerate(lines, 1) if number not in emptied)


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the strings that are statements of their own, including those below an attribute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value


def written(root: Path) -> Mapping[str, str]:
    """Return the recorded digests by path, empty if there is no list."""
    path = root / LIST
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Return the paths that are in only one of the two, or have different contents."""
    return sorted(path for path in {*one, *other} if one.get(path) != other.get(path))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
