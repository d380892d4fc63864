"""Editing one object in a model's files: every other byte stays, and edits outside the object are refused."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from semantic.config.settings import MARKETING_MODEL
from semantic.errors import ModelError
from semantic.model.editing.edit import add_object, problems_of, remove_object, replace_object
from semantic.model.editing.object_text import own_text
from semantic.model.editing.objects import Key, ObjectKind, find_object, objects_of
from semantic.model.loading.load import parse_model, read_folder

FILES = read_folder(MARKETING_MODEL)
METRIC = ObjectKind.METRIC
KEYS = [thing.key for thing in objects_of(FILES)]

ADS = """\
# Ads.
metrics:
  # What is paid.
  - name: spend
    measure: ads.spend  # EUR

  - name: clicks
    measure: ads.clicks
# The end.
"""


def metric(name: str) -> Key:
    return METRIC, name


def file_of(files: Mapping[str, str], name: str) -> str:
    return next(thing.file for thing in objects_of(files) if thing.key == metric(name))


def refused(files: Mapping[str, str], key: Key, text: str) -> tuple[int, str]:
    with pytest.raises(ModelError) as error:
        replace_object(files, key, text)
    (problem,) = error.value.problems
    return problem.line, problem.message


def test_an_object_is_shown_at_the_left_edge() -> None:
    spend = find_object({"ads.yml": ADS}, *metric("spend"))
    assert spend is not None
    assert own_text(spend) == "# What is paid.\nname: spend\nmeasure: ads.spend  # EUR"


@pytest.mark.parametrize(
    "text",
    [
        "# Paid.\nname: spend\nmeasure: ads.cost",
        "# Paid.\nname: spend\nmeasure: ads.cost\n\n",
        "  # Paid.\n  - name: spend\n    measure: ads.cost\n",
        "# Paid.\n-   name: spend\n    measure: ads.cost\n",
        "    # Paid.\n    name: spend\n    measure: ads.cost\n",
        "# Paid.\r\nname: spend\r\nmeasure: ads.cost\r\n",
    ],
)
def test_an_object_is_replaced_and_nothing_else(text: str) -> None:
    edited = replace_object({"ads.yml": ADS}, metric("spend"), text)
    assert edited.key == metric("spend")
    before = "  # What is paid.\n  - name: spend\n    measure: ads.spend  # EUR\n"
    after = "  # Paid.\n  - name: spend\n    measure: ads.cost\n"
    assert edited.files == {"ads.yml": ADS.replace(before, after)}


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (
            "metrics:\r\n- name: a\r\n  fill: 0\r\n- name: b",
            "name: a\nfill: 1\n",
            "metrics:\r\n- name: a\r\n  fill: 1\r\n- name: b",
        ),
        ("metrics:\n-   name: a\n    fill: 0", "name: a\nfill: 1\n", "metrics:\n-   name: a\n    fill: 1"),
        ("metrics:\n  -\n    name: a\n", "name: a\nfill: 1\n", "metrics:\n  - name: a\n    fill: 1\n"),
        ("metrics: [{name: a}, {name: b}]", "{name: a, fill: 1}", "metrics: [{name: a, fill: 1}, {name: b}]"),
        ("metrics:\n- {name: a}\n# x\n", "{name: a,\n fill: 1}", "metrics:\n- {name: a,\n   fill: 1}\n# x\n"),
        ("metrics:\n- name: a\n- name: b\n", "name: c\nfill: 1", "metrics:\n- name: c\n  fill: 1\n- name: b\n"),
        (
            "metrics:\n- name: a\n",
            "name: a\nmeans: |\n  x\n\n    y\n",
            "metrics:\n- name: a\n  means: |\n    x\n\n      y\n",
        ),
    ],
)
def test_an_edit_is_indented_like_its_file(before: str, text: str, after: str) -> None:
    assert replace_object({"m.yml": before}, metric("a"), text).files == {"m.yml": after}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "The text has no keys."),
        ("# spend\n", 1, "The text has no keys."),
        ("measure: ads.spend\n", 1, "The metric has no `name:`."),
        ("name: spend\nname: spent\n", 2, "The key 'name' is written twice."),
        ("- name: spend\n- name: spent\n", 1, "The text contains 2 objects."),
        (
            "name: spend\nmeasure: ads.spend\npolicies:\n- name: all\n",
            3,
            "`policies:` is a key of a file, not of a metric.",
        ),
        ("metrics:\n- name: spend\n", 1, "`metrics:` is a key of a file, not of a metric."),
        ("model: {name: x}\nname: spend\n", 1, "`model:` is a key of a file, not of a metric."),
        ("-\n  name: spend\n", 1, "The dash has no object after it."),
        ("name: spend\n---\nname: b\n", 2, "The file has more than one YAML document."),
        ("---\nname: spend\n", 0, "The text would change other parts of the file."),
        ("name: spend\n...\n", 0, "The text would change other parts of the file."),
        ("name: 'spend\n", 2, "This is not YAML: found unexpected end of stream."),
        ("name: spend\n\tmeasure: x\n", 2, "This is not YAML"),
        ("- name: spend\npolicies:\n- name: all\n", 2, "This is not YAML: did not find expected '-' indicator."),
        ("name: &a spend\n", 1, "Anchors and aliases (& and *) are not supported."),
        ("name: [spend]\n", 1, "The metric has no `name:`."),
        ("\x00", 0, "This is not YAML"),
        ("name: \ud800", 0, "The file contains a broken character (half of a surrogate pair)."),
        ("{" * 100_000, 1, "This is not YAML: exceeded maximum nesting depth."),
    ],
)
def test_text_that_is_not_exactly_one_object_is_refused(text: str, line: int, says: str) -> None:
    refusal = refused({"ads.yml": ADS}, metric("spend"), text)
    assert refusal[1].startswith(says)
    assert refusal[0] == line


@pytest.mark.parametrize(
    "text",
    ["{name: a}, {name: c}", "{name: a} # and", "{name: a}]\npolicies: [", "{name: a}\n# c", "name: a}, {name: c"],
)
def test_an_object_in_braces_stays_in_them(text: str) -> None:
    files = {"m.yml": "metrics: [{name: a}, {name: b}]\n"}
    refused(files, metric("a"), text)


def test_blank_lines_that_stay_do_not_become_part_of_a_text() -> None:
    files = {"m.yml": "metrics:\n- name: a\n\n- name: b\n"}
    assert refused(files, metric("a"), "name: a\nmeans: |+\n  x\n")[1].startswith(
        "The text would change other parts of the file"
    )


def test_editing_a_missing_object_is_an_error() -> None:
    assert refused({"ads.yml": ADS}, metric("views"), "name: views") == (0, "There is no metric named 'views'.")
    assert refused({"ads.yml": "metrics: ["}, metric("spend"), "name: spend")[1].startswith("This is not YAML")


NEW = "# New.\nname: views\nmeasure: ads.views"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("metrics:\n  - name: a\n", "metrics:\n  - name: a\n  # New.\n  - name: views\n    measure: ads.views\n"),
        ("metrics:\n- name: a", "metrics:\n- name: a\n# New.\n- name: views\n  measure: ads.views"),
        (ADS, ADS.replace("# The", "\n  # New.\n  - name: views\n    measure: ads.views\n# The")),
        ("metrics:\n", "metrics:\n  # New.\n  - name: views\n    measure: ads.views\n"),
        ("metrics: [] # none\nx: 1\n", "metrics: # none\n  # New.\n  - name: views\n    measure: ads.views\nx: 1\n"),
        ("", "metrics:\n  # New.\n  - name: views\n    measure: ads.views\n"),
        (
            "# Ours\r\nx: 1",
            "# Ours\r\nx: 1\r\n\r\nmetrics:\r\n  # New.\r\n  - name: views\r\n    measure: ads.views\r\n",
        ),
        (
            "metrics:\n- name: a\n  fill: 0\npeople: []\n",
            "metrics:\n- name: a\n  fill: 0\n\n# New.\n- name: views\n  measure: ads.views\npeople: []\n",
        ),
    ],
)
def test_an_object_is_added_after_the_others(before: str, after: str) -> None:
    added = add_object({"ads.yml": before}, METRIC, NEW, file="ads.yml")
    assert (added.files, added.key) == ({"ads.yml": after}, metric("views"))


def test_an_object_is_added_after_a_named_one() -> None:
    added = add_object({"ads.yml": ADS}, METRIC, NEW, after=metric("spend"))
    after = "measure: ads.spend  # EUR\n\n  # New.\n  - name: views\n    measure: ads.views\n"
    assert added.files == {"ads.yml": ADS.replace("measure: ads.spend  # EUR\n", after)}


def test_a_list_in_brackets_takes_only_objects_in_braces() -> None:
    files = {"m.yml": "metrics: [{name: a}]\n"}
    assert add_object(files, METRIC, "{name: b}").files == {"m.yml": "metrics: [{name: a}, {name: b}]\n"}
    with pytest.raises(ModelError, match="list is written in"):
        add_object(files, METRIC, NEW)


def test_an_object_is_added_to_the_file_nearest_to_it() -> None:
    files = {
        "ads.yml": "metrics:\n- {name: spend, measure: ads.spend}\n",
        "shop.yml": "metrics:\n- {name: a, measure: orders.a}\n- {name: b, measure: orders.b}\n",
        "who.yml": "policies: []\n",
    }
    assert file_of(add_object(files, METRIC, NEW).files, "views") == "ads.yml"
    far = add_object(files, METRIC, "name: deals\nmeasure: crm.deals")
    assert file_of(far.files, "deals") == "shop.yml"
    people = add_object(files, ObjectKind.PERSON, "id: ana\nname: Ana")
    assert people.files["people.yml"] == "people:\n  - id: ana\n    name: Ana\n"
    zone = add_object(files, ObjectKind.SETTINGS, "model:\n  name: Shop")
    assert zone.files["settings.yml"] == "model:\n  name: Shop\n"


def test_a_second_object_of_the_same_name_is_refused() -> None:
    with pytest.raises(ModelError, match="There is already a metric 'spend'"):
        add_object({"ads.yml": ADS}, METRIC, "name: spend\nmeasure: ads.cost")


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("spend", ADS, "# Ads.\nmetrics:\n  - name: clicks\n    measure: ads.clicks\n# The end.\n"),
        ("a", "metrics:\n- name: a\n", ""),
        ("a", "# Ours.\nmetrics:\n- name: a\n", "# Ours.\n"),
        ("a", "metrics:\n- name: b\n\n- name: a", "metrics:\n- name: b\n"),
        ("a", "metrics:\n- name: b\n\n- name: a\n\n- name: c\n", "metrics:\n- name: b\n\n- name: c\n"),
        ("a", "x: 1\n\nmetrics:\n- name: a\n\npeople: []\n", "x: 1\n\npeople: []\n"),
        ("a", "metrics:\n# All.\n\n- name: a\nx: 1\n", "metrics: []\n# All.\n\nx: 1\n"),
        ("a", "metrics: [{name: a}, {name: b}]", "metrics: [{name: b}]"),
        ("a", "metrics: [{name: b}, {name: a}]", "metrics: [{name: b}]"),
        ("a", "metrics: [{name: a}]\nx: 1", "metrics: []\nx: 1"),
    ],
)
def test_an_object_is_removed_with_its_comments(name: str, before: str, after: str) -> None:
    assert remove_object({"m.yml": before, "x.yml": ""}, metric(name)) == {
        **({"m.yml": after} if after else {}),
        "x.yml": "",
    }


def test_settings_are_edited_like_any_object() -> None:
    files = {"m.yml": "# Ours.\nmodel:\n  name: Shop\nmetrics: []\n"}
    key = ObjectKind.SETTINGS, "model"
    edited = replace_object(files, key, "model:\n  name: Shop\n  currency: GBP\n")
    assert edited.files == {"m.yml": "model:\n  name: Shop\n  currency: GBP\nmetrics: []\n"}
    assert remove_object(edited.files, key) == {"m.yml": "metrics: []\n"}
    assert refused(files, key, "name: Shop\n") == (1, "The text contains more than the settings.")


def test_every_object_of_the_marketing_model_can_be_edited_and_left_alone() -> None:
    for thing in objects_of(FILES):
        assert replace_object(FILES, thing.key, own_text(thing)).files == FILES
    for thing in objects_of(FILES)[::5]:
        remarked = replace_object(FILES, thing.key, f"# A remark.\n{own_text(thing)}\n")
        lines = FILES[thing.file].split("\n")
        lines.insert(thing.first - 1, " " * max(thing.dash, 0) + "# A remark.")
        assert remarked.files == {**FILES, thing.file: "\n".join(lines)}
        left = [each_thing.key for each_thing in objects_of(remove_object(FILES, thing.key))]
        assert left == [key for key in KEYS if key != thing.key]


def test_removing_and_adding_again_gives_the_same_model() -> None:
    before = parse_model(FILES)
    for name in ("roas", "orders", "discount_rate"):
        thing = find_object(FILES, *metric(name))
        assert thing is not None
        again = add_object(remove_object(FILES, thing.key), METRIC, own_text(thing), file=thing.file)
        metrics = parse_model(again.files).metrics
        assert metrics.keys() == before.metrics.keys()
        assert metrics[name].expression == before.metrics[name].expression
        assert metrics[name].means == before.metrics[name].means


def test_problems_have_the_lines_of_the_object() -> None:
    text = "# Return on ad spend.\nname: roas\nkind: ratio\nnumerator: net_revenu\ndenominator: spend\ncolour: red\n"
    edited = replace_object(FILES, metric("roas"), text)
    problems = problems_of(edited.files, edited.key)
    assert [(problem.line, problem.path, problem.problem.message) for problem in problems] == [
        (4, ("numerator",), "The metric 'roas' uses 'net_revenu', which isn't a metric."),
        (6, ("colour",), "Unknown key 'colour'."),
    ]
    edited = replace_object(FILES, metric("roas"), text.replace("colour: red\n", ""))
    problems = problems_of(edited.files, edited.key)
    assert problems[0].line == 4
    assert problems[0].problem.message == "The metric 'roas' uses 'net_revenu', which isn't a metric."
    assert problems[0].problem.remedy == "Did you mean net_revenue?"
    assert problems_of(FILES, metric("roas")) == ()


def test_problems_of_other_objects_come_last_and_have_no_line() -> None:
    files = {
        "a.yml": "metrics:\n- {name: twice, kind: derived, expression: once * 2}\n",
        "b.yml": "metrics:\n\n-\n  # Gone.\n  name: other\n  kind: derived\n  expression: nothing * 2\n",
    }
    problems = problems_of(files, metric("other"))
    assert [(problem.line, problem.problem.file, problem.problem.line) for problem in problems] == [
        (4, "b.yml", 5),
        (0, "a.yml", 2),
    ]
