"""The question that asks for one cell, and the cell's passport, whose formula is true of its parts' numbers.

test_records.py checks that a cell of every case keeps its number when asked again, and test_hidden_rows.py that hidden
rows change no passport.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest

from semantic.display.words.passport import TOO_FEW, Passport, describe_cell
from semantic.errors import SemanticError
from semantic.model.loading.load import read_folder
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.results.cell import cell_of, cell_question, find_row
from semantic.results.formula import asked_in, formula_tree, made_in, metrics_in
from semantic.results.result import Result
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.shop import SHOP, ShopWorkspace, open_shop
from tests.test_cases import ANSWERED, Case, name

ASKED = [case for case in ANSWERED if case.ask.get("metrics")]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


def cells(result: Result) -> Iterator[tuple[int, str]]:
    for column in (value for value in result.values if value.metric is not None):  # minimum, maximum: of no metric
        for row in range(result.table.num_rows):
            yield row, column.name


@pytest.mark.parametrize("case", [one for one in ASKED if one.topic == "g6_small_groups"], ids=name)
def test_the_passport_of_a_hidden_number_reveals_nothing(case: Case, workspace: ShopWorkspace) -> None:
    """A number that is hidden to protect another one would be shown if asked for alone, so it isn't asked for."""
    workspace.day = case.today
    query = query_from_data(case.ask)
    result = workspace.ask(query, workspace.people[case.person])
    shown = [(row, column) for row, column in cells(result) if row < 2]
    new_passports = passports(workspace, result.query, case.person)
    for (row, column), (value, remark, parts, no_parts, _) in zip(shown, new_passports, strict=True):
        if result.hidden.get(column, {row: False})[row]:
            assert (value, parts, no_parts) == ("\N{EM DASH}", (), "")
            assert remark == TOO_FEW


def check_ratio(metric: str, compare: str, again: Result, row: int, workspace: ShopWorkspace) -> None:
    """Check that a quotient is its numerator divided by its denominator, calculated here.

    If one side is known for longer, both are cut.
    """
    found_metric, ends = workspace.model.metrics[metric], {column.name: column.counted_to for column in again.values}
    if not found_metric.is_ratio or any(ends[metric_input] != ends[metric] for metric_input in found_metric.inputs):
        return
    end = f"_{compare}" if compare else ""
    value, *sides = (again.table.column(f"{text}{end}")[row].as_py() for text in (metric, *found_metric.inputs))
    top, bottom = (None if side is None else float(side) for side in sides)
    if top is None or not bottom:
        assert value is None
    elif value is not None:  # otherwise it's withheld, because it can't be added up
        assert math.isclose(value, top / bottom, rel_tol=1e-12)


def test_a_member_is_narrowed_and_other_is_not(workspace: ShopWorkspace) -> None:
    asked = query_from_data(
        {"metrics": ["roas"], "by": ["channel"], "top": {"n": 1, "dim": "channel", "metric": "revenue"}}
    )
    result = workspace.ask(asked, workspace.people["steward"])
    kinds = result.table.column("bucket").to_pylist()
    member, other = (
        cell_question(cell_of(result, kinds.index(text), "roas"), asked, ("cost",)) for text in ("member", "other")
    )
    assert (other.top, other.where) == (asked.top, None)
    assert member.top is None
    assert member.where is not None


def test_a_group_that_exists_only_by_its_filter_on_values_is_found_again(workspace: ShopWorkspace) -> None:
    """The week of 6 April has only mails, and no orders or ads, so the row exists without a number."""
    asked = query_from_data(
        {"metrics": ["large_orders", "effort"], "by": [{"dim": "date", "grain": "week"}],
         "having": [{"metric": "mails_sent", "op": "!=", "value": 500}],
         "time": {"from": "2026-04-06", "to": "2026-04-12"}}
    )  # fmt: skip
    result = workspace.ask(asked, workspace.people["steward"])
    assert [row["effort"] for row in result.rows()] == [None]
    cell = cell_of(result, 0, "effort")
    assert find_row(workspace.ask(cell_question(cell, asked, ()), workspace.people["steward"]), cell) == 0


def test_a_join_path_that_only_the_filter_on_values_has_is_kept(workspace: ShopWorkspace) -> None:
    """Ads don't reach a billing country. The filter is on the orders that the groups' own filter counts."""
    asked = query_from_data(
        {"metrics": ["clicks"], "by": ["channel_group"],
         "where": {"dim": "country", "op": "not_contains", "value": "e", "via": "billing"},
         "having": [{"metric": "counter_revenue", "op": "!=", "value": 50}]}
    )  # fmt: skip
    person = workspace.people["steward"]
    result = workspace.ask(asked, person)
    for row in range(result.table.num_rows):
        cell = cell_of(result, row, "clicks")
        again = workspace.ask(cell_question(cell, asked, ()), person)
        place = find_row(again, cell)
        assert place is not None
        assert again.table.column("clicks")[place].as_py() == cell.value


# The passport


def passport(workspace: Workspace, ask: Mapping[str, object], row: int, column: str, who: str = "steward") -> Passport:
    person = workspace.people[who]
    visible = workspace.visible(person)
    shown = workspace.ask(query_from_data(ask), person)
    cell = cell_of(shown, row, column)
    assert cell.column.metric is not None
    tree = formula_tree(cell.column.metric, visible)
    again = workspace.ask(cell_question(cell, shown.query, tuple(metrics_in(tree))), person)
    return describe_cell(shown, row, cell, tree, again, visible, today=workspace.today())


def test_a_part_with_later_data_says_so(workspace: ShopWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Revenue after returns needs 14 days, so on 30 April it ends with the 15th, and so does its share of revenue."""
    april = {"metrics": ["share_after_returns"], "time": {"from": "2026-04-01", "to": "2026-04-30"}}
    monkeypatch.setattr(workspace, "day", date(2026, 4, 30))
    about_cell = passport(workspace, april, 0, "share_after_returns")
    assert about_cell.value == "1.00"
    assert [(line.label, line.value) for line in about_cell.parts[1:]] == [
        ("Revenue after returns", "960"), ("Revenue", "€955.00"),
    ]  # fmt: skip
    assert about_cell.parts[2].how.endswith("ounted to 29 Apr 2026; the formula as a whole, to 15 Apr 2026")
    assert "as a whole" not in about_cell.parts[1].how
    early = april | {"time": {"from": "2026-04-01", "to": "2026-04-10"}}
    assert all("as a whole" not in line.how for line in passport(workspace, early, 0, "share_after_returns").parts)


def test_the_formula_has_this_cells_own_numbers(workspace: ShopWorkspace) -> None:
    """Search has orders of 5,330 EUR and ads of 5 EUR. The other channels together have 4,895.50 and 53."""
    ask: dict[str, object] = {
        "metrics": ["profit_share"],
        "by": ["channel"],
        "totals": ["grand"],
        "order": [{"by": "channel"}],
    }
    ask["top"] = {"n": 1, "dim": "channel", "metric": "revenue"}
    search, other, total = (passport(workspace, ask, row, "profit_share") for row in range(3))
    lines = [(line.depth, line.sign, line.label, line.value) for line in search.parts]
    assert lines == [
        (0, "", "Profit share", "99.9%"),
        (1, "", "Profit", "€5,325.00"),
        (2, "·", "Revenue", "€5,330.00"),
        (2, "·", "Cost", "€5.00"),
        (1, "÷", "Revenue", "€5,330.00"),
    ]
    assert [line.value for line in other.parts] == ["98.9%", "€4,842.50", "€4,895.50", "€53.00", "€4,895.50"]
    assert [line.value for line in total.parts] == ["99.4%", "€10,167.50", "€10,225.50", "€58.00", "€10,225.50"]
    assert (search.place, other.place, total.place) == (
        "Search, All time", "Other (the rest), All time", "Total, All time",
    )  # fmt: skip
    facts = dict(other.facts)
    assert facts["Other"].endswith("Recalculated from all its rows. Its groups don't add up to it.")
    assert dict(total.facts)["Total"].startswith("All values of channel together.")


def test_a_sum_says_that_its_groups_add_up(workspace: ShopWorkspace) -> None:
    about_cell = passport(workspace, {"metrics": ["cost"], "by": ["channel"], "totals": ["grand"]}, 4, "cost")
    assert dict(about_cell.facts)["Total"] == "All values of channel together. Sum: its groups add up to it."


def test_a_comparison_states_its_own_days_and_why_it_has_no_value(workspace: ShopWorkspace) -> None:
    workspace.day = date(2026, 4, 20)
    ask = {"metrics": ["conversion_rate"], "time": {"last": 1, "unit": "month"}, "compare": [{"to": "previous"}]}
    about_cell = passport(workspace, ask, 0, "conversion_rate_previous")
    assert about_cell.place == "previous period (1 – 28 Feb 2026)"
    assert about_cell.value == "—"
    # February has no visits, because their first row is in March.
    assert about_cell.remark == "No value, because visits has no value here."
    assert dict(about_cell.facts)["Compared period"] == "1 – 28 Feb 2026"
    assert [line.value for line in about_cell.parts] == ["—", "—", "—"]


def test_numbers_with_too_little_data_say_so(workspace: ShopWorkspace) -> None:
    about_cell = passport(workspace, {"metrics": ["ctr"], "by": ["channel"], "order": [{"by": "channel"}]}, 1, "ctr")
    assert (about_cell.place, about_cell.value, about_cell.is_enough) == ("Search, All time", "10.0%", False)
    assert about_cell.remark == "100 of at least 1,000 impressions: too little data."
    # Wilson's interval of 10 in 100, as published.
    assert dict(about_cell.facts)["Confidence interval"] == "5.5% to 17.4% (95%)"


def test_changed_data_is_reported_and_no_components_are_shown(tmp_path: Path) -> None:
    before = open_shop(copy_shop(tmp_path / "before.duckdb"))
    after = open_shop(copy_shop(tmp_path / "after.duckdb", "UPDATE ads SET cost = cost * 2"))
    person = before.people["steward"]
    shown = before.ask(query_from_data({"metrics": ["roas"]}), person)
    cell = cell_of(shown, 0, "roas")
    tree = formula_tree(before.model.metrics["roas"], before.visible(person))
    again = after.ask(cell_question(cell, shown.query, tuple(metrics_in(tree))), person)
    passport = describe_cell(shown, 0, cell, tree, again, before.visible(person), today=before.today())
    assert passport.parts == ()
    assert passport.value == "176.30"
    assert (
        passport.no_parts
        == "When re-run, this number is 88.15 because the data or the dates have changed. Run the question again."
    )
    none = describe_cell(shown, 0, cell, tree, None, before.visible(person), today=before.today())
    assert none.parts == ()
    assert none.no_parts == "Couldn't load this number's components."


def test_a_part_outside_the_persons_scope_has_no_name_and_no_number(tmp_path: Path) -> None:
    """Noa can see the return on ads, but not their cost."""
    files = {
        each_name: text.replace("metrics: [cost]}", "metrics: [cost, profit]}")
        for each_name, text in read_folder(SHOP).items()
    }
    for file, text in files.items():
        (tmp_path / Path(file).name).write_text(text, encoding="utf-8")
    data = copy_shop(tmp_path / "shop.duckdb")
    workspace = ShopWorkspace.open(open_shop(data).settings.__class__(data=str(data), model=tmp_path, mask_key="k"))
    for metric in ("roas", "profit_share", "cpc"):
        about_cell = passport(workspace, {"metrics": [metric], "by": ["channel"]}, 0, metric, who="noa")
        outside = [line for line in about_cell.parts if line.label == "A metric outside your scope"]
        assert outside
        assert all(not line.value and not line.how for line in outside)
        assert "ost" not in repr(about_cell.parts).replace(about_cell.parts[0].label, "")


def passports(shop: ShopWorkspace, query: Query, person: str) -> list[tuple[object, ...]]:
    """Return the passports of an answer's first two rows, except for the time of computing."""
    actor = shop.people[person]
    visible = shop.visible(actor)
    try:
        shown = shop.ask(query, actor)
    except SemanticError:
        return []
    passports: list[tuple[object, ...]] = []
    for row, column in cells(shown):
        if row > 1:
            continue
        cell = cell_of(shown, row, column)
        if cell.column.metric is None:
            continue  # minimum and maximum belong to no metric
        tree = formula_tree(cell.column.metric, visible)
        try:
            again = shop.ask(cell_question(cell, shown.query, tuple(asked_in(tree))), actor, made=made_in(tree))
        except SemanticError:
            again = None
        passport = describe_cell(shown, row, cell, tree, again, visible, today=shop.today())
        passports.append(
            (
                passport.value,
                passport.remark,
                passport.parts,
                passport.no_parts,
                [fact for fact in passport.facts if fact[0] != "Computed"],
            )
        )
    return passports
