"""Screens and pages are in plain English, without words that make a sentence read like a translation.

The test checks the strings of the app and its core that contain a space (no docstrings, no names), and the
documentation's prose. It leaves out code and quoted text, which are checked where they are written.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("app.py", "pages", "semantic")

BETTER = {
    r"\banew\b": "again, recalculated",
    r"\bwho(m|so)?ever\b": "anyone who, the person who",
    r"\bsomebody\b": "someone",
    r"\beverybody\b": "everyone",
    r"\banybody\b": "anyone",
    r"\bnobody\b": "no one; or 'No owner', 'Not checked yet'",
    r"\bcalled (so|like that)\b|\bis like that\b": "No matches",
    r"\bmeanwhile\b": "in the meantime; or say when",
    r"\bopen to (you|them|this person)\b": "you have access to",
    r"\bmend(s|ed)?\b": "fix",
    r"\btaken away\b": "removed",
    r"\bas usual\b": "default",
    r"\bby rule\b": "automatic",
    r"\b(sign-in|session|token|certificate) (runs|has run|have run|ran) out\b|\bruns out within\b": "expires",
    r"\bfor ever\b": "forever",
    r"\bper cent\b": "%",
    r"\be-mails?\b": "email",
    r"\boutdo(es)?\b": "overrides",
    r"\balike\b": "the same, equal",
    r"\bstands? (here|there|in|on|at|under|above|below|beside|behind|first|last|alone)\b": "is, shows, appears",
    r"\bof before\b": "earlier, previous",
    r"\b(the )?one's own\b": "your own, their own",
    r"\bdoes not hold\b": "fails, failed",
    r"(?<!\bfor )(?<!\bby )(?<!\bto )(?<!\bof )(?<!\bfrom )(?<!\bwith )\bwhom\b": "who; or name the person",
    r"\b(there|here)(of|by|with|in)\b": "of it, by that",
}
"""The patterns, each with what to write instead."""

NO_PROSE = re.compile(r"```.*?```|`[^`\n]*`|\*[^*\n]+\*|\"[^\"\n]*\"|“[^”\n]*”|\]\([^)]*\)", re.DOTALL)
"""Parts of a page that aren't prose: code, labels in italics or bold, quoted text, link targets."""


SQL = re.compile(r"\b(SELECT|CASE WHEN|GROUP BY \w)")
"""Words found only in SQL."""


def worst_words(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield each line with such a word: its number, the word, and what to write instead."""
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, better in BETTER.items():
            if match := re.search(pattern, line, re.IGNORECASE):
                yield number, match[0], better


def prose_of(page: str) -> str:
    """Return the page with everything except prose blanked out, line by line."""
    return NO_PROSE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), page)


def newest_part(changelog: str) -> str:
    """Return the part of the changelog before its second version."""
    return re.split(r"^## ", changelog, flags=re.MULTILINE)[1]


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of every string that people can read, but no docstring and no SQL of the demo
    company.
    """
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in docstrings:
            continue
        if not SQL.search(node.value):
            yield node.lineno, node.value


def sources() -> list[Path]:
    files = [(ROOT / place).rglob("*.py") if (ROOT / place).is_dir() else [ROOT / place] for place in PLACES]
    return [path for file in files for path in file]


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_pages_have_no_forbidden_words(page: Path) -> None:
    found_worst_words = list(worst_words(prose_of(page.read_text(encoding="utf-8"))))
    assert not found_worst_words, "\n".join(
        f"{page.name}:{line}: {word!r}: write {better}" for line, word, better in found_worst_words
    )


def test_the_changelog_has_no_forbidden_words() -> None:
    newest = newest_part((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    texts = [f"{word!r}: write {better}" for _, word, better in worst_words(prose_of(newest))]
    assert not texts, "\n".join(texts)


def test_the_apps_texts_have_no_forbidden_words() -> None:
    found_texts = [
        f"{path.relative_to(ROOT)}:{line}: {word!r} in {text.strip()[:80]!r}: write {better}"
        for path in sources()
        for line, text in texts(ast.parse(path.read_text(encoding="utf-8")))
        if " " in text
        for _, word, better in worst_words(text)
    ]
    assert not found_texts, "\n".join(found_texts)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Each tile asks anew.", ["anew"]),
        ("Whoever has the link can open it.", ["Whoever"]),
        ("Nobody answers for it.", ["Nobody"]),
        ("The sign-in has run out.", ["sign-in has run out"]),
        ("The total stands below.", ["stands below"]),
        ("Samepage runs out of memory. It stands for the day.", []),
        ("Renewed, commended and amended. Emails to everyone.", []),
    ],
)
def test_forbidden_words_are_found(text: str, words: list[str]) -> None:
    assert [word for _, word, _ in worst_words(text)] == words


def test_only_prose_is_read() -> None:
    page = 'Press **Save**.\n```sh\necho anew\n```\nIt says "Nobody" and `whoever`, see [this](anew.md).\nAsk anew.\n'
    assert list(worst_words(prose_of(page))) == [(6, "anew", "again, recalculated")]


def test_docstrings_and_names_are_not_read() -> None:
    tree = ast.parse("'Whoever.'\nanew = 1\ndef run():\n    'Nobody.'\n    return f'asked {anew} again'\n")
    assert [text for _, text in texts(tree)] == ["asked ", " again"]
