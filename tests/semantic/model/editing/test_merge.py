"""Merging two changes of one model, by hand and at random: nothing is lost or dropped without a note."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semantic.config.settings import MARKETING_MODEL
from semantic.errors import ModelError
from semantic.model.editing.edit import add_object, remove_object, replace_object
from semantic.model.editing.merge import merge
from semantic.model.editing.object_text import own_text, read_object_text
from semantic.model.editing.objects import Key, ObjectKind, objects_of
from semantic.model.loading.load import parse_model, read_folder
from tests.proof import part

METRIC = ObjectKind.METRIC
ADS = """\
# Ads.
datasets:
  - name: ads
    table: ads
    grain: [id]
    columns: {id: integer, day: date, cost: "decimal(18,4)", clicks: integer}
    time: day
    dimensions: [{name: day, kind: time}]
    measures:
      - {name: spend, agg: sum, sql: cost}
      - {name: clicks, agg: sum, sql: clicks}
"""
METRICS = """\
metrics:
  # What is paid.
  - name: spend
    measure: ads.spend
    unit: EUR

  - name: clicks
    measure: ads.clicks

  # Both together.
  - name: cpc
    kind: ratio
    numerator: spend
    denominator: clicks
"""
BASE = {"ads.yml": ADS, "metrics.yml": METRICS}


def metric(name: str) -> Key:
    return METRIC, name


def file_of(files: Mapping[str, str], name: str) -> str:
    return next(thing.file for thing in objects_of(files) if thing.key == metric(name))


def text_of(files: Mapping[str, str], name: str) -> str:
    return next(thing.text for thing in objects_of(files) if thing.key == metric(name))


def changed(old: str, new: str, files: Mapping[str, str] = BASE, file: str = "metrics.yml") -> dict[str, str]:
    assert old in files[file]
    return {**files, file: files[file].replace(old, new)}


def test_the_base_of_the_merges_is_a_valid_model() -> None:
    assert sorted(parse_model(BASE).metrics) == ["clicks", "cpc", "spend"]


def test_changes_of_different_objects_are_both_kept() -> None:
    mine = changed("    unit: EUR", "    unit: EUR\n    decimals: 2  # cents")
    theirs = changed("measure: ads.clicks", "measure: ads.clicks\n    unit: clicks")
    merged = merge(BASE, mine, theirs)
    assert merged.is_clean
    assert merged.files == changed("measure: ads.clicks", "measure: ads.clicks\n    unit: clicks", mine)
    assert merge(BASE, theirs, mine).files == merged.files


def test_the_same_change_on_both_sides_is_kept_once() -> None:
    both = changed("unit: EUR", "unit: GBP")
    assert merge(BASE, both, both).files == both
    # In another file and with other spacing it's still the same.
    moved = {
        **BASE,
        "metrics.yml": METRICS.replace(
            "  # What is paid.\n  - name: spend\n    measure: ads.spend\n    unit: EUR\n\n", ""
        ),
        "spend.yml": "metrics:\n- name: spend\n  measure: ads.spend\n  unit: GBP\n",
    }
    merged = merge(BASE, both, moved)
    assert (merged.conflicts, merged.problems) == ((), ())
    assert file_of(merged.files, "spend") == "spend.yml"


def test_different_changes_of_one_object_are_a_conflict() -> None:
    mine = changed("unit: EUR", "unit: GBP")
    theirs = changed("    unit: EUR\n", "    unit: EUR\n    fill: 0\n")
    merged = merge(BASE, mine, theirs)
    (conflict,) = merged.conflicts
    assert not merged.is_clean
    assert conflict.key == metric("spend")
    assert conflict.base == "# What is paid.\nname: spend\nmeasure: ads.spend\nunit: EUR"
    assert conflict.mine == "# What is paid.\nname: spend\nmeasure: ads.spend\nunit: GBP"
    assert conflict.theirs == "# What is paid.\nname: spend\nmeasure: ads.spend\nunit: EUR\nfill: 0"
    assert conflict.message == "Both changed the metric 'spend': you unit, they fill."
    assert merged.files == theirs


def test_a_conflict_is_resolved_by_a_text() -> None:
    mine = changed("unit: EUR", "unit: GBP")
    theirs = changed("    unit: EUR\n", "    unit: EUR\n    fill: 0\n")
    text = "# What is paid.\nname: spend\nmeasure: ads.spend\nunit: GBP\nfill: 0\n"
    merged = merge(BASE, mine, theirs, {metric("spend"): text})
    assert merged.is_clean
    assert merged.files == changed("unit: EUR", "unit: GBP", theirs)
    with pytest.raises(ModelError, match="has another name"):
        merge(BASE, mine, theirs, {metric("spend"): "name: paid\n"})
    # Only conflicts need a choice.
    assert merge(BASE, mine, BASE, {metric("spend"): None}).files == mine


def test_an_object_removed_on_one_side_and_changed_on_the_other_is_a_conflict() -> None:
    mine = remove_object(BASE, metric("cpc"))
    theirs = changed("denominator: clicks", "denominator: clicks\n    decimals: 2")
    (conflict,) = merge(BASE, mine, theirs).conflicts
    assert conflict.message == "You removed the metric 'cpc', but they changed it."
    (conflict,) = merge(BASE, theirs, mine).conflicts
    assert conflict.message == "They removed the metric 'cpc', but you changed it."
    assert conflict.theirs is None
    settled = merge(BASE, theirs, mine, {metric("cpc"): None})
    assert settled.is_clean
    assert settled.files == mine


def test_two_additions_under_one_name_are_a_conflict() -> None:
    mine = add_object(BASE, METRIC, "name: cost\nmeasure: ads.spend").files
    theirs = add_object(BASE, METRIC, "name: cost\nmeasure: ads.clicks\nunit: EUR").files
    (conflict,) = merge(BASE, mine, theirs).conflicts
    assert conflict.base is None
    assert conflict.message == "Both added the metric 'cost', differently: measure, unit."
    assert merge(BASE, mine, mine).is_clean


def test_two_additions_under_two_names_are_both_kept() -> None:
    mine = add_object(BASE, METRIC, "# Mine.\nname: cost\nmeasure: ads.spend", after=metric("spend")).files
    theirs = add_object(BASE, METRIC, "name: paid\nmeasure: ads.spend").files
    merged = merge(BASE, mine, theirs)
    assert merged.is_clean
    assert [thing.name for thing in objects_of(merged.files)] == ["ads", "spend", "cost", "clicks", "cpc", "paid"]
    assert "  # Mine.\n  - name: cost\n    measure: ads.spend\n" in merged.files["metrics.yml"]


def test_an_object_moved_by_the_other_side_is_found() -> None:
    mine = changed("unit: EUR", "unit: GBP")
    theirs = {"ads.yml": ADS, "paid.yml": METRICS}
    merged = merge(BASE, mine, theirs)
    assert merged.is_clean
    assert merged.files == {"ads.yml": ADS, "paid.yml": METRICS.replace("EUR", "GBP")}
    assert merge(BASE, theirs, mine).files == merged.files


def test_my_additions_follow_a_moved_file() -> None:
    mine = add_object(BASE, METRIC, "name: cost\nmeasure: ads.spend").files
    merged = merge(BASE, mine, {"ads.yml": ADS, "paid.yml": METRICS})
    assert merged.is_clean
    assert set(merged.files) == {"ads.yml", "paid.yml"}
    assert file_of(merged.files, "cost") == "paid.yml"


def test_a_new_file_keeps_its_comments() -> None:
    mine = {**BASE, "more.yml": "# More.\n\nmetrics:\n  # All.\n\n  - {name: cost, measure: ads.spend}\n"}
    theirs = changed("unit: EUR", "unit: GBP")
    assert merge(BASE, mine, theirs).files == {**theirs, "more.yml": mine["more.yml"]}


def test_objects_removed_by_one_side_are_gone() -> None:
    mine = remove_object(BASE, metric("cpc"))
    theirs = changed("unit: EUR", "unit: GBP")
    merged = merge(BASE, mine, theirs)
    assert merged.is_clean
    assert sorted(thing.name for thing in objects_of(merged.files)) == ["ads", "clicks", "spend"]
    assert "Both together" not in merged.files["metrics.yml"]


def test_comments_replaced_by_changes_are_reported() -> None:
    mine = changed("# What is paid.", "# What is paid to platforms.")
    theirs = changed("unit: EUR", "unit: GBP")
    note = "The metric 'spend': {} comments in it are left out because the other side changed it."
    merged = merge(BASE, mine, theirs)
    assert (merged.files, merged.conflicts, merged.notes) == (theirs, (), (note.format("your"),))
    merged = merge(BASE, theirs, mine)
    assert (merged.conflicts, merged.notes) == ((), (note.format("their"),))
    assert text_of(merged.files, "spend").endswith("unit: GBP")


def test_comments_between_objects_follow_the_other_side_and_are_reported() -> None:
    mine = changed("metrics:\n", "# Mine.\nmetrics:\n")
    theirs = changed("unit: EUR", "unit: GBP")
    merged = merge(BASE, mine, theirs)
    assert merged.notes == (
        "metrics.yml: your comments between objects are left out because the other side changed the file.",
    )
    assert merge(BASE, mine, BASE).files == mine


def test_a_problem_caused_only_by_the_combination_is_reported_as_such() -> None:
    mine = changed("name: clicks, agg", "name: taps, agg", file="ads.yml")
    mine = changed("measure: ads.clicks", "measure: ads.taps", mine)
    theirs = add_object(BASE, METRIC, "name: visits\nmeasure: ads.clicks").files
    merged = merge(BASE, mine, theirs)
    assert merged.conflicts == ()
    assert not merged.is_clean
    (problem,) = merged.of_both
    assert "'visits'" in problem.message
    # Problems that one side already had aren't attributed to both.
    broken = add_object(BASE, METRIC, "name: gone\nmeasure: ads.nothing").files
    merged = merge(BASE, broken, changed("unit: EUR", "unit: GBP"))
    assert len(merged.problems) == 1
    assert merged.of_both == ()


def test_a_list_in_brackets_takes_only_fitting_objects() -> None:
    base = {"ads.yml": ADS, "m.yml": "metrics: [{name: spend, measure: ads.spend}]\n"}
    mine = {
        "ads.yml": ADS,
        "m.yml": "metrics:\n- name: spend\n  measure: ads.clicks\n- name: more\n  measure: ads.spend\n",
    }
    theirs = {**base, "m.yml": "metrics: [{name: spend, measure: ads.spend}, {name: taps, measure: ads.clicks}]\n"}
    merged = merge(base, mine, theirs)
    assert merged.is_clean
    metrics = parse_model(merged.files).metrics
    assert {name: metric.measure for name, metric in metrics.items()} == {
        "spend": "ads.clicks", "more": "ads.spend", "taps": "ads.clicks",
    }  # fmt: skip


def test_an_unreadable_file_must_not_be_changed() -> None:
    broken = {**BASE, "odd.yml": "metrics: ["}
    with pytest.raises(ModelError, match=r"odd.yml:2: This is not YAML"):
        merge(BASE, broken, BASE)
    assert merge(broken, {**broken, **changed("EUR", "GBP")}, broken).files == {**broken, **changed("EUR", "GBP")}


def test_duplicate_names_are_refused() -> None:
    twice = {**BASE, "twice.yml": "metrics:\n- {name: spend, measure: ads.clicks}\n- just text\n"}
    with pytest.raises(ModelError) as error:
        merge(BASE, twice, BASE)
    assert [problem.line for problem in error.value.problems] == [2, 3]
    assert "In your version the metric 'spend' is also defined in metrics.yml:2." in str(error.value)


def test_the_marketing_model_is_merged_object_by_object() -> None:
    base = read_folder(MARKETING_MODEL)
    mine = replace_object(
        base, metric("roas"), "name: roas\nkind: ratio\nnumerator: gross_sales\ndenominator: spend\n"
    ).files
    theirs = remove_object(base, (ObjectKind.POLICY, "rows_of_own_orders"))
    merged = merge(base, mine, theirs)
    assert merged.is_clean
    differing = {file for file in base if merged.files[file] != base[file]}
    assert differing == {"policies.yml", file_of(base, "roas")}
    assert merged.files["policies.yml"] == theirs["policies.yml"]


NAMES = st.sampled_from("abcde")


def written(name: str, fill: int, remark: bool, is_flow: bool) -> tuple[str, list[str]]:
    if is_flow:
        return name, [f"- {{name: {name}, fill: {fill}}}"]
    return name, [*(["# x"] if remark else []), f"- name: {name}", f"  fill: {fill}"]


OBJECTS = st.builds(written, NAMES, st.integers(0, 2), st.booleans(), st.booleans())


@st.composite
def models(draw: st.DrawFn) -> dict[str, str]:
    """Return up to five metrics in up to three files, each once, some with remarks, blank lines and deeper dashes."""
    left = dict(draw(st.lists(OBJECTS, max_size=6)))
    files: dict[str, str] = {}
    for file in ("a.yml", "b.yml", "c.yml"):
        names = [name for name in left if draw(st.booleans())]
        indent, apart = draw(st.sampled_from([("", ""), ("  ", "\n"), ("  ", "# between\n\n")]))
        lists = ["".join(f"{indent}{line}\n" for line in left.pop(name)) for name in names]
        if lists:
            files[file] = draw(st.sampled_from(["", "# Head.\n"])) + "metrics:\n" + apart.join(lists)
    return files


def texts(files: Mapping[str, str]) -> dict[Key, str]:
    return {thing.key: own_text(thing) for thing in objects_of(files)}


@given(models(), models())
@settings(max_examples=part(150, one_in=3))
def test_if_only_one_side_changed_the_result_is_that_side(base: dict[str, str], changed: dict[str, str]) -> None:
    for merged in (merge(base, changed, base), merge(base, base, changed), merge(base, changed, changed)):
        assert merged.files == changed
        assert merged.conflicts == ()


@given(models(), models(), models())
@settings(max_examples=part(300, one_in=3))
def test_no_object_is_lost_and_conflicts_are_the_same_from_both_sides(
    base: dict[str, str], mine: dict[str, str], theirs: dict[str, str]
) -> None:
    merged, turned = merge(base, mine, theirs), merge(base, theirs, mine)
    assert {conflict.key for conflict in merged.conflicts} == {conflict.key for conflict in turned.conflicts}
    before, ours, others, found_texts = texts(base), texts(mine), texts(theirs), texts(merged.files)
    assert len(objects_of(merged.files)) == len(found_texts)
    for key in before | ours | others:
        texts_of_key = before.get(key), ours.get(key), others.get(key)
        if key in {conflict.key for conflict in merged.conflicts}:
            assert len(set(texts_of_key)) == 3
            assert found_texts.get(key) == others.get(key)
        elif ours.get(key) == before.get(key):
            assert found_texts.get(key) == others.get(key)
        elif others.get(key) in (before.get(key), ours.get(key)):
            assert found_texts.get(key) == ours.get(key)
        else:  # only one of them changed more than remarks
            fills = [read_object_text(text, METRIC).data["fill"] for text in texts_of_key if text is not None]
            assert read_object_text(found_texts[key], METRIC).data["fill"] in (fills[-1], fills[-2])
            assert len(set(fills)) <= 2
