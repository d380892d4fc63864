"""Splitting a model's files into objects: which text belongs to which object, and the same bytes when joined again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semantic.config.settings import MARKETING_MODEL
from semantic.model.editing.objects import ObjectKind, find_object, join_file, objects_of, split_file, split_files
from semantic.model.loading.load import read_folder

FILES = read_folder(MARKETING_MODEL)

COMMENTED = """\
# Who wrote this file.

metrics:
  # Everything that is paid.

  # Spend as the platforms report it,
  # before credits.
  - name: spend
    measure: ads.spend   # their currency
    # In whole cents.
    decimals: 2
    # Ends here.

  # About clicks in general.

  - name: clicks
    measure: ads.clicks
  # Right above views.
  - {name: views, measure: ads.views}  # beside it

policies:
- name: all
  who: {roles: [viewer]}
# The end.
"""

SPEND = """\
  # Spend as the platforms report it,
  # before credits.
  - name: spend
    measure: ads.spend   # their currency
    # In whole cents.
    decimals: 2
    # Ends here."""


def objects(text: str) -> list[tuple[str, str, int, int]]:
    return [(thing.kind.value, thing.name, thing.first, thing.last) for thing in split_file("f.yml", text).objects]


def test_comments_belong_to_the_object_below() -> None:
    parts = split_file("f.yml", COMMENTED)
    assert objects(COMMENTED) == [
        ("metric", "spend", 6, 12),
        ("metric", "clicks", 16, 17),
        ("metric", "views", 18, 19),
        ("policy", "all", 22, 23),
    ]
    texts = {thing.name: thing.text for thing in parts.objects}
    assert texts["spend"] == SPEND
    assert texts["clicks"] == "  - name: clicks\n    measure: ads.clicks"
    assert texts["views"] == "  # Right above views.\n  - {name: views, measure: ads.views}  # beside it"
    assert [piece for piece in parts.pieces if isinstance(piece, str)] == [
        "# Who wrote this file.\n\nmetrics:\n  # Everything that is paid.\n\n",
        "\n\n  # About clicks in general.\n\n",
        "\n",
        "\n\npolicies:\n",
        "\n# The end.\n",
    ]


M, P, S = "metric", "person", "settings"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("# Nothing but a remark.\n", []),
        ("metrics:\n", []),
        ("metrics: []\n", []),
        ("other: {name: a}\n", []),
        ("metrics: [{name: a}, {name: b}]", [(M, "a", 1, 1), (M, "b", 1, 1)]),
        ("metrics: [{name: a,\n  measure: x.y}, # first\n  {name: b}]\n", [(M, "a", 1, 2), (M, "b", 3, 3)]),
        ("{model: {name: M}, metrics: [{name: a}]}", [(S, "model", 1, 1), (M, "a", 1, 1)]),
        ("# Ours.\nmodel:\n  name: M\n  # Last.\npeople:\n  - id: ana\n", [(S, "model", 1, 4), (P, "ana", 6, 6)]),
        ("metrics:\n  -\n    name: a\n  -   name: b\n", [(M, "a", 2, 3), (M, "b", 4, 4)]),
        ("metrics:\n- # not - a dash\n  name: a\n- name: b\n", [(M, "a", 2, 3), (M, "b", 4, 4)]),
        ("metrics:\r\n- name: a\r\n\r\n- name: b", [(M, "a", 2, 2), (M, "b", 4, 4)]),
        # Blank lines after |+ are part of the text, after | they are not.
        ("metrics:\n- means: |+\n    x\n\n  name: a\n- name: b\n  t: |\n    # x\n\n", [(M, "a", 2, 5), (M, "b", 6, 8)]),
        ("metrics:\n- name: a\n  means: |+\n    x\n\n\n- name: b\n", [(M, "a", 2, 6), (M, "b", 7, 7)]),
        ("\ufeffmetrics:\n- name: a\n", [(M, "a", 2, 2)]),
        ("metrics:\n- name: a\n- just text\n- {name: [x]}\n", [(M, "a", 2, 2), (M, "", 3, 3), (M, "", 4, 4)]),
        ('"metrics":\n- "name": "a"\n', [(M, "a", 2, 2)]),
    ],
)  # fmt: skip
def test_every_yaml_style_is_split(text: str, found: list[tuple[str, str, int, int]]) -> None:
    assert objects(text) == found
    assert join_file(split_file("f.yml", text)) == text


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("metrics:\n  - name: [\n", 3, "This is not YAML"),
        ("metrics:\n\t- name: a\n", 2, "This is not YAML"),
        ("metrics:\n- &a {name: a}\n", 2, "Anchors and aliases"),
        ("metrics:\n- name: a\n  name: b\n", 3, "written twice"),
        ("- name: a\n", 1, "doesn't contain objects"),
        ("just words", 1, "doesn't contain objects"),
        ("a: 1\n---\nb: 2\n", 2, "more than one YAML document"),
        ("\x00\x01\x02", 0, "This is not YAML"),
        ("a: \ud800\n", 0, "broken character"),
        ("[" * 200_000, 1, "nesting depth"),
        ("a: " + "x" * 5_000_001, 0, "longer than"),
        ("- " * 100_000, 1, "nested more than"),
        ("{" * 1_000_000, 1, "nesting depth"),
        ("metrics: " + "[" * 50 + "]" * 50, 1, "nested more than 40"),
        ("metrics:\n" + " " * 1_000_000 + "\t- a", 2, ""),
    ],
)
def test_an_unreadable_file_is_one_object_with_its_problem(text: str, line: int, says: str) -> None:
    parts = split_file("f.yml", text)
    (thing,) = parts.objects
    assert (thing.kind, thing.name, thing.text) == (ObjectKind.FILE, "f.yml", text)
    assert join_file(parts) == text
    (problem,) = parts.problems
    assert says in problem.message
    assert problem.line == line


def test_a_large_file_is_split() -> None:
    text = "metrics:\n" + "".join(f"  - {{name: m{number}, measure: a.bc}}\n" for number in range(30_000))
    parts = split_file("f.yml", text)
    assert len(text) > 1_000_000
    assert len(parts.objects) == 30_000
    assert parts.objects[-1].last == 30_001
    assert join_file(parts) == text


def test_the_marketing_model_is_the_same_when_put_together() -> None:
    parts = split_files(FILES)
    assert {file: join_file(file_parts) for file, file_parts in parts.items()} == FILES
    assert [file_parts.problems for file_parts in parts.values() if file_parts.problems] == []
    # Counted by hand: lines that begin with a dash and `name:` at the depth of a list's items.
    lines = [line for text in FILES.values() for line in text.splitlines()]
    written = sum(line.startswith(("  - name:", "  - {name:", "  - id:")) for line in lines)
    assert len(objects_of(FILES)) == written + 1  # and the settings
    thing = find_object(FILES, ObjectKind.METRIC, "discount_rate")
    assert thing is not None
    assert (thing.file, thing.text.splitlines()[0]) == ("metrics_orders.yml", "  - name: discount_rate")
    assert FILES[thing.file].splitlines()[thing.first - 1 : thing.last] == thing.text.splitlines()


LINES = st.sampled_from(
    [
        *("metrics:", "policies:", "model:", "people: []", "  - name: a", "  - id: b", "- name: c", "    measure: x.y"),
        *(
            "  measure: x",
            "  name: M",
            "# c",
            "  # d",
            "      # e",
            "",
            "   ",
            "  - {name: f, tags: [x]}",
            "  -",
            "---",
        ),
        *("metrics: [{name: g},", "  {name: h}]", "    means: |", "    means: |+", "    means: >-", "      some text"),
        *("\t", "\ufeff", "{", "}", "    means: 'a", "      b'", "é: \U0001f600", "    x: \x85y", "? z"),
    ]
)


@given(st.lists(LINES, max_size=14), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_any_text_is_split_without_loss(lines: list[str], newline: str, is_ended: bool) -> None:
    text = newline.join(lines) + (newline if is_ended else "")
    parts = split_file("f.yml", text)
    assert join_file(parts) == text
    assert all(thing.first <= thing.last for thing in parts.objects)
    assert all(before.last <= after.first for before, after in zip(parts.objects, parts.objects[1:], strict=False))


@given(st.text(max_size=200))
def test_any_text_can_be_split(text: str) -> None:
    assert join_file(split_file("f.yml", text)) == text
