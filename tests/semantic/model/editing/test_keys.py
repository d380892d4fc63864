"""A form's edits of an object's text: only the edited key changes, and comments stay."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semantic.config.settings import MARKETING_MODEL
from semantic.errors import ModelError
from semantic.model.editing.keys import key_order, read_object, remove_item, set_key, value_at
from semantic.model.editing.object_text import own_text
from semantic.model.editing.objects import ModelObject, ObjectKind, objects_of
from semantic.model.files.yaml_text import Plain
from semantic.model.loading.load import read_folder

MARKETING = [thing for thing in objects_of(read_folder(MARKETING_MODEL)) if thing.kind is not ObjectKind.FILE]
METRICS = [thing for thing in MARKETING if thing.kind is ObjectKind.METRIC]
ORDER = key_order(ObjectKind.METRIC)

TEXT = """\
# What was paid.
name: paid  # kept
label: Paid
# The measure comes from finance.
measure: orders.amount  # sums
filter: NOT is_test
synonyms:
  - takings
  # what the shop says
  - till
enough: {rows: 30}
"""

KEYS = ("label", "description", "owner", "unit", "format", "decimals", "means", "does_not_mean", "filter", "matters")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=200)


@pytest.mark.parametrize(
    ("path", "value", "before", "after"),
    [
        (("label",), "Money paid", "label: Paid\n", "label: Money paid\n"),
        (("label",), "Paid: in full", "label: Paid\n", 'label: "Paid: in full"\n'),
        (("measure",), "orders.net", "measure: orders.amount  # sums\n", "measure: orders.net  # sums\n"),
        (("filter",), "", "filter: NOT is_test\n", ""),
        (("measure",), "", "measure: orders.amount  # sums\n", "# sums\n"),
        (("unit",), "EUR", "enough: {rows: 30}\n", "enough: {rows: 30}\nunit: EUR\n"),
        (("owner",), "Finance", "label: Paid\n", "label: Paid\nowner: Finance\n"),
        (("enough", "rows"), "50", "{rows: 30}", "{rows: 50}"),
        (("enough", "interval"), "none", "{rows: 30}", "{rows: 30, interval: none}"),
        (("enough", "rows"), "", "enough: {rows: 30}\n", ""),
        (("synonyms",), ["takings"], "  # what the shop says\n  - till\n", "  # what the shop says\n"),
        (("synonyms",), ["till"], "  - takings\n", ""),
        (("synonyms",), ["takings", "till", "cash"], "  - till\n", "  - till\n  - cash\n"),
        (("certified", "by"), "Ana", "enough: {rows: 30}\n", "enough: {rows: 30}\ncertified: {by: Ana}\n"),
    ],
)
def test_an_edit_changes_its_own_lines(path: tuple[str, ...], value: Plain, before: str, after: str) -> None:
    order = ("name", "label", "description", "owner", "synonyms", "kind", "measure", "filter", "enough", "unit")
    assert TEXT.count(before) == 1
    assert set_key(TEXT, path, value, order) == TEXT.replace(before, after)


def test_an_object_in_braces_is_edited_in_place() -> None:
    text = "{name: paid, measure: orders.amount, unit: EUR}\n"
    assert set_key(text, ("unit",), "") == "{name: paid, measure: orders.amount}\n"
    assert set_key(text, ("measure",), "orders.net") == "{name: paid, measure: orders.net, unit: EUR}\n"
    assert set_key(text, ("label",), "Paid, net", ORDER) == (
        '{name: paid, label: "Paid, net", measure: orders.amount, unit: EUR}\n'
    )


def test_parts_of_a_dataset_are_edited_in_place() -> None:
    text = """\
name: orders
dimensions:
  - {name: market, label: Market}  # of the shop
  - name: channel
    sql: ch
checks:
  - rows: 1
"""
    assert set_key(text, ("dimensions", 0, "label"), "Country") == text.replace("label: Market", "label: Country")
    labelled = set_key(text, ("dimensions", 1, "label"), "Channel", ("name", "label"))
    assert labelled == text.replace("    sql: ch\n", "    label: Channel\n    sql: ch\n")
    more = set_key(text, ("checks", 1), {"unique": ["id"]})
    assert more == text + "  - {unique: [id]}\n"
    market = "  - {name: market, label: Market}  # of the shop\n"
    assert remove_item(text, ("dimensions", 0)) == text.replace(market, "")
    assert remove_item(text, ("checks", 0)) == text.removesuffix("checks:\n  - rows: 1\n")
    rows: Plain = [{"name": "rows", "agg": "count"}]
    new = set_key("name: a\ntable: t\n", ("measures",), rows, ("name", "table", "measures"))
    assert new == "name: a\ntable: t\nmeasures:\n  - {name: rows, agg: count}\n"


@pytest.mark.parametrize("thing", METRICS, ids=lambda thing: thing.name)
def test_writing_back_every_value_of_a_metric_changes_no_byte(thing: ModelObject) -> None:
    text = own_text(thing)
    data = read_object(text)
    assert data is not None
    assert len(METRICS) == 309
    for key, value in data.items():
        assert set_key(text, (key,), value, ORDER) == text


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(METRICS), st.sampled_from(KEYS), WORDS, st.booleans())
def test_only_the_edited_key_changes(thing: ModelObject, key: str, words: str, is_commented: bool) -> None:
    groups = _groups(own_text(thing))
    if is_commented:
        groups = {name: _commented(name, lines) for name, lines in groups.items()}
    text = "\n".join(line for lines in groups.values() for line in lines)
    data = read_object(text)
    assert data is not None
    edited = set_key(text, (key,), words, ORDER)
    rest = {name: value for name, value in data.items() if name != key}
    assert read_object(edited) == rest | ({key: words} if words else {})
    for name, lines in groups.items():
        if name != key:
            assert "\n".join(lines) in edited
        elif is_commented and len(lines) == 1:
            assert f"# about {name}" in edited


def _groups(text: str) -> dict[str, list[str]]:
    """Return the lines of each key in a text."""
    groups: dict[str, list[str]] = {}
    for line in text.split("\n"):
        if not line.startswith(" "):
            groups[line.partition(":")[0]] = []
        groups[[*groups][-1]].append(line)
    return groups


def _commented(name: str, lines: list[str]) -> list[str]:
    return [f"{lines[0]}  # about {name}"] if len(lines) == 1 else lines


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(MARKETING), st.lists(WORDS.filter(bool), max_size=4, unique=True))
def test_lists_are_written_as_they_are_read(thing: ModelObject, words: list[str]) -> None:
    if thing.kind in (ObjectKind.SETTINGS, ObjectKind.PERSON, ObjectKind.POLICY_TEST, ObjectKind.MAPPED_NAMES):
        return
    text = own_text(thing)
    edited = set_key(text, ("synonyms",), list[Plain](words), key_order(thing.kind))
    data, before = read_object(edited), read_object(text)
    assert data is not None
    assert before is not None
    assert data.get("synonyms", []) == words
    assert {**data, "synonyms": None} == {**before, "synonyms": None}


def test_a_text_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ModelError):
        set_key("name: [", ("label",), "Paid")
    with pytest.raises(ModelError):
        set_key("- a\n", ("label",), "Paid")
    assert read_object("name: [") is None
    assert value_at({"a": [{"b": "c"}]}, ("a", 0, "b")) == "c"
    assert value_at({"a": "b"}, ("a", "b")) is None
