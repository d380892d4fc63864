"""Labels of members: what people see, and where the code stays.

The label of a member that a person can't see is never shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.annotations.remarks import Remark, remarks_about
from semantic.config.settings import Settings
from semantic.display.export.export import export
from semantic.display.groups import colours, prepare_rows
from semantic.display.text import json_data, result_table
from semantic.display.tokens import LIGHT
from semantic.display.words.passport import describe_cell
from semantic.display.words.targets import target_scope_words
from semantic.explore.pasted_values import match_list
from semantic.policy.actor import Actor
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.results.cell import cell_of
from semantic.results.formula import formula_tree
from semantic.results.result import Result
from semantic.targets.import_lines import read_lines
from semantic.workspace import Workspace

MODEL = """
model: {time_zone: UTC}
datasets:
  - name: ads
    table: ads
    grain: [id]
    time: day
    columns: {id: integer, day: date, platform: string, market: string, goal: integer, spend: "decimal(10,2)"}
    dimensions:
      - {name: day, kind: time}
      - {name: platform, labels: {google_ads: Google Ads, meta_ads: Meta Ads, x_beta: Secret Network, beta: Beta}}
      - {name: market}
      - {name: goal, labels: {1: Sales, 2: Reach}}
    measures: [{name: spend, agg: sum, sql: spend}]
  - name: plans
    table: plans
    grain: [id]
    columns: {id: integer, platform: string}
    dimensions: [{name: platform, labels: {awin: Awin}}]
    measures: [{name: plans, agg: count}]
metrics:
  - {name: spend, label: Spend, measure: ads.spend}
  - {name: plans, label: Plans, measure: plans.plans, format: count}
policies:
  - name: everything
    who: {roles: [viewer]}
    grant: {metrics: all, dimensions: all, rows: all}
    whole: all
  - name: own_markets
    who: {roles: [marketer]}
    grant: {metrics: all, dimensions: all}
    rows: [{dataset: ads, where: "market IN (:markets)"}]
  - name: masked
    who: {groups: [masked]}
    masks: [{dimension: platform, kind: last_four}]
"""
ROWS = """
CREATE TABLE ads (id BIGINT, day DATE, platform VARCHAR, market VARCHAR, goal BIGINT, spend DECIMAL(10,2));
INSERT INTO ads VALUES
  (1, '2026-01-05', 'google_ads', 'DE', 1, 40), (2, '2026-01-06', 'meta_ads', 'DE', 2, 20),
  (3, '2026-01-07', 'x_beta', 'FR', 1, 10), (4, '2026-01-08', 'other_ads', 'DE', 3, 5),
  (5, '2026-01-09', NULL, 'FR', 1, 1);
CREATE TABLE plans (id BIGINT, platform VARCHAR);
INSERT INTO plans VALUES (1, 'awin'), (2, 'google_ads');
"""
LENA = Actor(id="lena", roles=frozenset({"viewer"}))
JONAS = Actor(id="jonas", roles=frozenset({"marketer"}), attributes={"markets": ("DE",)})
MIA = Actor(id="mia", roles=frozenset({"viewer"}), groups=frozenset({"masked"}))


def open_world(folder: Path, model: str, rows: str) -> Workspace:
    (folder / "model").mkdir()
    (folder / "model" / "m.yml").write_text(model, encoding="utf-8")
    with duckdb.connect(folder / "rows.duckdb") as connection:
        connection.execute(rows)
    return Workspace.open(Settings(data=str(folder / "rows.duckdb"), model=folder / "model", mask_key="a key"))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = open_world(tmp_path_factory.mktemp("labels"), MODEL, ROWS)
    yield workspace
    workspace.close()


def ask(world: Workspace, who: Actor = LENA, **asked: Any) -> Result:
    return world.ask(query_from_data({"metrics": ["spend"], "by": ["platform"]} | asked), who)


def listed(*values: Any, dim: str = "platform", op: str = "in") -> dict[str, Any]:
    return {"dim": dim, "op": op, "values": [*values]}


def shown(result: Result) -> list[str]:
    """Return the first cell of each table row as people read it, without the header."""
    return [line.split("  ")[0] for line in result_table(result).splitlines()[2:]]


def test_people_read_labels_and_files_and_scripts_keep_codes(world: Workspace) -> None:
    result = ask(world, order=[{"by": "spend", "desc": True}])
    assert shown(result) == ["Google Ads", "Meta Ads", "Secret Network", "other_ads", "(none)"]
    codes = ["google_ads", "meta_ads", "x_beta", "other_ads", None]
    assert [row["platform"] for row in json_data(result)["rows"]] == codes
    content = export(result, world.visible(LENA), "csv")
    written = [line.split(",")[0] for line in content.decode("utf-8-sig").splitlines()]
    assert [one for one in written if one in {*codes, "Google Ads"}] == codes[:4]


def test_whole_numbers_have_labels_too(world: Workspace) -> None:
    assert shown(ask(world, by=["goal"], order=[{"by": "goal"}])) == ["Sales", "Reach", "3"]


def test_filters_are_described_with_labels(world: Workspace) -> None:
    assert ask(world, by=[], where=listed("google_ads", "other_ads")).filters == "Platform is Google Ads or other_ads"
    assert ask(world, by=[], where=listed("meta_ads", op="not_in")).filters == "Platform is not Meta Ads"
    # A part of a text isn't a member.
    assert ask(world, by=[], where=listed("google_ads", op="contains")).filters == "Platform contains google_ads"


def test_only_members_in_the_rows_have_labels_in_an_answer(world: Workspace) -> None:
    (key,) = ask(world, JONAS).keys
    assert dict(key.labels) == {"google_ads": "Google Ads", "meta_ads": "Meta Ads"}


def test_a_filter_on_a_hidden_member_reads_like_one_on_a_missing_member(world: Workspace) -> None:
    hidden = ask(world, JONAS, by=[], where=listed("x_beta"))
    missing = ask(world, JONAS, by=[], where=listed("x_nosuch"))
    assert hidden.filters == "Platform is x_beta"
    assert missing.filters == "Platform is x_nosuch"
    assert "Secret" not in " ".join(hidden.notes)
    assert ask(world, JONAS, by=[], where=listed("google_ads")).filters == "Platform is Google Ads"


def test_labels_by_name_belong_to_members_that_the_person_can_see(world: Workspace) -> None:
    query = Query(metrics=("spend",))
    seen = world.member_labels(["platform"], query, JONAS)["platform"]
    assert dict(seen) == {"google_ads": "Google Ads", "meta_ads": "Meta Ads"}
    assert world.member_labels(["platform"], query, LENA)["platform"]["x_beta"] == "Secret Network"
    assert world.member_labels(["market", "nothing"], query, JONAS) == {}


def test_a_masked_value_is_never_looked_up(world: Workspace) -> None:
    """The last four letters of x_beta are also those of another member, which has a label."""
    (key,) = ask(world, MIA).keys
    assert not key.labels
    assert "Beta" not in result_table(ask(world, MIA))
    assert "Beta" not in ask(world, MIA, by=[], where=listed("beta")).filters
    assert world.member_labels(["platform"], Query(metrics=("spend",)), MIA) == {}
    assert world.values("platform", Query(metrics=("spend",)), MIA, search="Secret") == ([], False)


@pytest.mark.parametrize(
    ("who", "search", "found"),
    [
        (LENA, "google a", ["google_ads"]),  # its label
        (LENA, "google_", ["google_ads"]),  # its code
        (LENA, "ads", ["google_ads", "meta_ads", "other_ads"]),  # labels and codes
        (LENA, "network", ["x_beta"]),
        (JONAS, "network", []),  # its rows are hidden from Jonas
        (JONAS, "meta ads", ["meta_ads"]),
    ],
)
def test_options_are_found_by_label_and_by_code(world: Workspace, who: Actor, search: str, found: list[str]) -> None:
    values, _ = world.values("platform", Query(metrics=("spend",)), who, search=search)
    assert sorted(map(str, values)) == found


def test_options_of_whole_numbers_are_found_by_label(world: Workspace) -> None:
    assert world.values("goal", Query(metrics=("spend",)), LENA, search="sal") == ([1], False)


def test_a_pasted_label_finds_its_member() -> None:
    labels = {"google_ads": "Google Ads", "7": "Seven days"}
    known = ["google_ads", "meta_ads", 7, None]
    pasted = "Google Ads\nmeta_ads\nseven  DAYS\ngoogle_ads"
    assert match_list(pasted, known, labels).values == ("google_ads", "meta_ads", 7)
    (wrong,) = match_list("Gogle Ads", known, labels).unmatched
    assert wrong.near == ("google_ads",)


def test_a_label_in_a_filter_is_offered_as_its_member(world: Workspace) -> None:
    result = ask(world, by=[], where=listed("Google ads"))
    (unknown,) = result.unknown
    assert unknown.near == ("google_ads",)
    assert result.notes[0] == 'No rows for platform "Google ads" (closest: Google Ads).'


def test_datasets_share_the_labels_of_a_dimension(world: Workspace) -> None:
    assert sorted(shown(ask(world, metrics=["plans"]))) == ["Awin", "Google Ads"]


def test_a_passport_has_the_label_and_the_code(world: Workspace) -> None:
    result = ask(world, order=[{"by": "spend", "desc": True}])
    visible = world.visible(LENA)
    for row, place, fact in (
        (0, "Google Ads, All time", "Google Ads (google_ads)"),
        (3, "other_ads, All time", "other_ads"),
    ):
        cell = cell_of(result, row, "spend")
        assert cell.column.metric is not None
        tree = formula_tree(cell.column.metric, visible)
        told = describe_cell(result, row, cell, tree, None, visible, today=date(2026, 2, 1))
        assert told.place == place
        assert ("Platform", fact) in told.facts


def test_a_label_that_reads_like_another_member_is_left_out(tmp_path: Path) -> None:
    workspace = open_world(tmp_path, MODEL, ROWS.replace("'other_ads'", "'Google Ads'"))
    assert sorted(shown(ask(workspace))) == ["(none)", "Google Ads", "Meta Ads", "Secret Network", "google_ads"]
    workspace.close()


def test_a_member_keeps_its_colour_when_it_gets_a_label(world: Workspace, tmp_path: Path) -> None:
    plain = open_world(tmp_path, MODEL.replace("google_ads: Google Ads, meta_ads: Meta Ads, ", ""), ROWS)
    drawn = [prepare_rows(ask(one)) for one in (world, plain)]
    assert [rows.name(("google_ads",)) for rows in drawn] == ["Google Ads", "google_ads"]
    first, second = (colours(list(dict.fromkeys(rows.groups)), rows, LIGHT) for rows in drawn)
    assert first == second
    plain.close()


def test_targets_and_remarks_are_described_with_labels(world: Workspace) -> None:
    assert target_scope_words("platform", "meta_ads", world.visible(LENA)) == "Platform: Meta Ads"
    assert target_scope_words("platform", "x_beta", world.visible(JONAS)) == "Platform: x_beta"
    remark = Remark(first=date(2026, 1, 6), last=date(2026, 1, 6), text="Prices", dim="platform", member="meta_ads")
    (told,) = remarks_about(ask(world), [("r-1", remark)], world.visible(LENA))
    assert told.about == "Meta Ads"


@pytest.mark.parametrize("platform", ["meta_ads", "Meta Ads", "meta ads"])
def test_a_pasted_target_names_its_member_by_label_or_code(world: Workspace, platform: str) -> None:
    found = read_lines(f"metric\tperiod\tplatform\ttarget\nspend\t2026-09\t{platform}\t100", world.visible(LENA))
    assert found.problems == ()
    assert [one.member for one in found.targets] == ["meta_ads"]


def test_rows_behind_a_number_have_labels_only_for_their_own_members(world: Workspace) -> None:
    result = ask(world, order=[{"by": "spend", "desc": True}])
    records = world.records(result.query, cell_of(result, 0, "spend"), "spend", LENA)
    (platform,) = [column for column in records.columns if column.label == "Platform"]
    assert dict(platform.labels) == {"google_ads": "Google Ads"}
    assert records.table.column(platform.name).to_pylist() == ["google_ads"]
