"""Every act that the code records has its own sentence, which says what happened and nothing else."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from semantic.store.audit.entries import Entry, Person
from semantic.store.audit.log import Plain
from semantic.store.audit.sentences import SENTENCES, TITLES, sentence, title_of

ROOT = Path(__file__).parents[4]
ANA = Person(subject="a1", id="ana", name="Ana Ribeiro, marketing operations", state="known")
OTTO = Person(subject="0t", id="otto", name="Otto Weiss", state="known")
ERASED = Person(subject="e1", state="erased")


def _entry(kind: str, about: str = "", **fields: Any) -> Entry:  # Any: fields of an entry
    given: dict[str, Any] = {
        "number": 1,
        "at": None,
        "person": ANA,
        "about_person": None,
        "behind": None,
        "relation": "",
        "details": {},
        "personal": {},
        "seal": "open",
        "mac": "",
        "sealed": b"",
    }
    return Entry(kind=kind, about=about, **given | fields)


def _recorded() -> Iterator[tuple[str, ast.expr]]:
    """Yield the place and the expression of every kind that the code passes to an Act."""
    for folder in ("semantic", "pages"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Act":
                    for keyword in node.keywords:
                        if keyword.arg == "kind":
                            yield f"{path.relative_to(ROOT)}:{node.lineno}", keyword.value


def test_every_act_that_is_recorded_has_its_sentence() -> None:
    written = [(place, kind.value) for place, kind in _recorded() if isinstance(kind, ast.Constant)]
    assert len(written) >= 3
    assert [f"{place}: {kind!r} has no sentence" for place, kind in written if kind not in SENTENCES] == []
    begun = [
        str(kind.values[0].value)
        for _, kind in _recorded()
        if isinstance(kind, ast.JoinedStr) and isinstance(kind.values[0], ast.Constant)
    ]
    assert [value for value in begun if not any(kind.startswith(value) for kind in SENTENCES)] == []


def test_every_kind_has_a_sentence_without_details() -> None:
    assert [kind for kind, texts in SENTENCES.items() if "{" in texts[-1]] == []
    assert set(TITLES) <= set(SENTENCES)
    assert title_of("question.saved") == "Saved a question"
    assert title_of("tea.made") == "Other (tea.made)"


@pytest.mark.parametrize(
    ("kind", "about", "details", "personal", "words"),
    [
        (
            "model.published",
            "version:4",
            {"note": "VAT leaves revenue"},
            {},
            "published version 4 of the model: “VAT leaves revenue”",
        ),
        ("model.published", "version:4", {}, {}, "published version 4 of the model"),
        (
            "question.asked",
            "receipt:A-B",
            {"metrics": ["spend", "roas"], "rows": 1200},
            {},
            "ran Spend and Roas (1,200 rows)",
        ),
        ("question.asked", "receipt:A-B", {"metrics": ["spend"], "rows": 1}, {}, "ran Spend (1 row)"),
        ("audit.exported", "audit:x", {"entries": 1, "as": "CSV"}, {}, "exported 1 entry of the audit log as CSV"),
        ("question.asked", "receipt:A-B", {"metrics": 5, "rows": True}, {}, "ran a question"),
        (
            "rows.listed",
            "metric:spend",
            {"rows": 50, "of": 214},
            {},
            "viewed 50 of the 214 rows behind a number of Spend",
        ),
        (
            "analysis.run",
            "metric:views",
            {"analysis": "funnel", "metrics": ["views", "carts"]},
            {},
            "ran a funnel over Views and Carts",
        ),
        (
            "analysis.run",
            "receipt:A-B",
            {"analysis": "anomalies", "metrics": ["revenue"]},
            {},
            "ran a search for unusual days over Revenue",
        ),
        ("question.renamed", "question:7", {}, {"before": "Old", "name": "New"}, "renamed the question “Old” to “New”"),
        ("question.renamed", "question:7", {}, {}, "renamed a question"),
        ("question.saved", "question:7", {}, {"name": "a {note}\n# b \u202e c"}, "saved the question “a {note} # b c”"),
        (
            "audit.retention_changed",
            "setting:x",
            {"before": None, "after": 90},
            {},
            "set audit log retention to 90 days",
        ),
        (
            "audit.retention_changed",
            "setting:x",
            {"before": 90, "after": None},
            {},
            "set audit log retention to forever",
        ),
        ("tea.made", "tea:1", {}, {}, "did something this version of Samepage can't describe (tea.made)"),
    ],
)
def test_acts_are_described_in_words(
    kind: str, about: str, details: dict[str, Plain], personal: dict[str, Plain], words: str
) -> None:
    text = sentence(_entry(kind, about, details=details, personal=personal), str.title)
    assert text == f"Ana Ribeiro {words}"


def test_the_affected_person_is_named_while_known() -> None:
    began = _entry("view_as.began", "person:0t", about_person=OTTO)
    assert sentence(began) == "Ana Ribeiro started viewing as Otto Weiss"
    assert sentence(replace(began, about_person=ERASED)) == "Ana Ribeiro started viewing as an erased person"
    assert sentence(replace(began, about_person=None)) == "Ana Ribeiro started viewing as someone else"


def test_long_texts_are_cut() -> None:
    text = sentence(_entry("question.saved", personal={"name": "x" * 1_000}))
    assert text == f"Ana Ribeiro saved the question “{'x' * 159}…”"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"behind": OTTO, "relation": "viewed_by"}, "Otto Weiss, viewing as Ana Ribeiro, signed in"),
        ({"behind": OTTO, "relation": "for_person"}, "Ana Ribeiro, for Otto Weiss, signed in"),
        ({"behind": ERASED, "relation": "viewed_by"}, "An erased person, viewing as Ana Ribeiro, signed in"),
        ({"person": ERASED, "behind": OTTO}, "An erased person, with Otto Weiss behind them, signed in"),
        ({"person": ERASED}, "An erased person signed in"),
        ({"person": Person(subject="x", state="damaged")}, "Someone who can't be read signed in"),
        ({"person": Person(subject="x", id="agent 1", state="known")}, "agent 1 signed in"),
    ],
)
def test_people_are_described_in_words(fields: dict[str, Any], words: str) -> None:
    assert sentence(replace(_entry("person.signed_in"), **fields)) == words
