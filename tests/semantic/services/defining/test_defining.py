"""The rows that conditions keep, values with their counts, and similar metrics, each compared with numbers by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest

from semantic.config.settings import Settings
from semantic.model.editing.conditions import conditions_of
from semantic.model.expression import ExpressionKind
from semantic.services.defining.rows import Member, column_fields, dimension_fields, members_of, rows_left, unknown_in
from semantic.services.defining.similar import SimilarMetric, equal_share, nearly_equal, same_definition
from semantic.workspace import Workspace

MODEL = """\
model: {name: Shop, currency: EUR}
datasets:
  - name: orders
    table: orders
    grain: [id]
    time: day
    columns: {id: integer, day: date, market: string, channel: string, mail: string, is_test: boolean, amount: integer}
    dimensions:
      - {name: day, kind: time}
      - {name: market, label: Market}
      - {name: channel, label: Channel}
      - {name: mail, label: Mail address, tags: [personal]}
      - {name: secret, label: Secret, sql: "market || channel"}
    measures:
      - {name: amount, agg: sum, sql: amount}
metrics:
  - {name: revenue, label: Revenue, measure: orders.amount, filter: NOT is_test AND market <> 'FR'}
  - {name: turnover, label: Turnover, measure: orders.amount, filter: "market <> 'FR' AND is_test = FALSE"}
  - {name: nearly, label: Revenue but one, measure: orders.amount, filter: NOT is_test AND market <> 'FR' AND id <> 1}
  - {name: all_money, label: All money, measure: orders.amount}
  - {name: part, label: Part, kind: ratio, numerator: revenue, denominator: all_money}
  - {name: part_too, label: Part too, kind: derived, expression: turnover / all_money}
  - {name: part_more, label: Part more, kind: derived, expression: turnover / all_money + 1}
policies:
  - {name: stewards, who: {roles: [steward]}, grant: {metrics: all, dimensions: all}, whole: all}
  - name: markets
    who: {roles: [marketer]}
    grant: {metrics: all, dimensions: [day, market]}
    rows: [{dataset: orders, where: "market = 'DE'"}]
people:
  - {id: ana, name: Ana, roles: [steward]}
  - {id: jonas, name: Jonas, roles: [marketer]}
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("defining")
    yesterday = date.today() - timedelta(days=1)
    with duckdb.connect(folder / "data.duckdb") as engine:
        # A hundred days with four orders each: 10 in Germany, 20 in Austria, 30 in France, and a test of 5 in Germany.
        engine.execute(
            "CREATE TABLE orders AS SELECT 4 * n + place AS id, $last::DATE - n::INTEGER AS day, market, channel, "
            "'a@example.org' AS mail, is_test, amount FROM range(100) AS days(n), "
            "(VALUES (0, 'DE', 'email', FALSE, 10), (1, 'AT', 'email', FALSE, 20), "
            "(2, 'FR', 'search', FALSE, 30), (3, 'DE', 'search', TRUE, 5)) "
            "AS orders(place, market, channel, is_test, amount)",
            {"last": yesterday},
        )
    (folder / "model").mkdir()
    (folder / "model" / "all.yml").write_text(MODEL, encoding="utf-8")
    opened = Workspace.open(Settings(data=str(folder / "data.duckdb"), model=folder / "model"))
    yield opened
    opened.close()


def test_each_condition_keeps_its_rows(workspace: Workspace) -> None:
    ana = workspace.people["ana"]
    parts = ["NOT is_test", "market <> 'FR'", "amount > 10"]
    assert rows_left(workspace, ana, "orders", parts, ExpressionKind.VALUE) == (400, 300, 200, 100)
    assert rows_left(workspace, ana, "orders", [], ExpressionKind.VALUE) == (400,)
    where = ["channel = 'search'", "market = 'DE'"]
    assert rows_left(workspace, ana, "orders", where, ExpressionKind.CONDITION) == (400, 200, 100)
    assert rows_left(workspace, ana, "orders", ["market ="], ExpressionKind.VALUE) is None
    assert rows_left(workspace, ana, "nothing", [], ExpressionKind.VALUE) is None


def test_rows_are_counted_under_the_persons_own_policy(workspace: Workspace) -> None:
    jonas = workspace.people["jonas"]
    conditions = ["day IS NOT NULL", "day < DATE '1900-01-01'"]
    assert rows_left(workspace, jonas, "orders", conditions, ExpressionKind.VALUE) == (200, 200, 0)
    # No dimension reads this column, and he isn't a central steward, so he can't search it by counting.
    assert "is_test" not in {field.name for field in column_fields(workspace.visible(jonas), "orders")}
    assert rows_left(workspace, jonas, "orders", ["NOT is_test"], ExpressionKind.VALUE) is None
    found = members_of(workspace, jonas, "orders", "market")
    assert found is not None
    assert [(member.value, member.rows) for member in found.members] == [("DE", 200)]
    # The channel is hidden from him: not offered, and no rows are counted by it.
    assert "channel" not in {field.name for field in column_fields(workspace.visible(jonas), "orders")}
    assert members_of(workspace, jonas, "orders", "channel") is None
    assert rows_left(workspace, jonas, "orders", ["channel = 'email'"], ExpressionKind.VALUE) is None
    assert rows_left(workspace, jonas, "orders", ["channel = 'email'"], ExpressionKind.CONDITION) is None


def test_values_have_their_number_of_rows_and_personal_values_are_left_out(workspace: Workspace) -> None:
    ana = workspace.people["ana"]
    found = members_of(workspace, ana, "orders", "market")
    assert found is not None
    assert sorted((member.value, member.rows) for member in found.members) == [("AT", 100), ("DE", 200), ("FR", 100)]
    assert found.members[0].value == "DE"
    assert members_of(workspace, ana, "orders", "mail") is None
    fields = {field.name: field.dimension for field in column_fields(workspace.visible(ana), "orders")}
    assert (fields["market"], fields["mail"], fields["amount"]) == ("market", "", "")
    assert {field.name for field in dimension_fields(workspace.visible(ana))} >= {"market", "channel", "day"}


def test_a_value_without_rows_is_named_with_the_closest_one(workspace: Workspace) -> None:
    found = members_of(workspace, workspace.people["ana"], "orders", "channel")
    (wrong,) = conditions_of("channel = 'E-mail'")
    assert unknown_in(found, wrong) == "No rows have “E-mail” (closest: email)."
    (right,) = conditions_of("channel IN ('email', 'search')")
    assert unknown_in(found, right) == ""
    assert found is not None
    assert unknown_in(replace(found, is_whole=False), wrong) == ""
    labelled = replace(found, members=(Member("email", "E-mail", 5), Member("search", "Search", 3)))
    assert unknown_in(labelled, wrong) == "No rows have “E-mail” (a label; its value is “email”)."


def test_another_spelling_is_the_same_definition(workspace: Workspace) -> None:
    seen = workspace.visible(workspace.people["ana"])
    assert [one.name for one in same_definition("revenue", seen)] == ["turnover"]
    assert [one.name for one in same_definition("part", seen)] == ["part_too"]
    assert same_definition("nearly", seen) == ()
    assert same_definition("part_more", seen) == ()


def test_nearly_equal_values_over_90_days(workspace: Workspace) -> None:
    """Revenue is 30 a day. Without order 1, worth 20 on the last day, it's 2,680 of 2,700 over 90 days."""
    compared = nearly_equal("revenue", workspace, workspace.people["ana"])
    shares = {one.name: one.share for one in compared.alike}
    assert shares["turnover"] == 1
    assert shares["nearly"] == pytest.approx(2_680 / 2_700)
    assert "all_money" not in shares
    assert compared.left == 0
    words = {one.name: one.words for one in compared.alike}
    assert words["turnover"] == "Equal to “Turnover” over 90 days"
    assert words["nearly"] == "99.3% equal to “Revenue but one” over 90 days"
    assert SimilarMetric("a", "A", None).words == "The same definition as “A”"


def test_nothing_is_compared_after_the_time_limit(workspace: Workspace) -> None:
    compared = nearly_equal("revenue", workspace, workspace.people["ana"], budget=0)
    assert (compared.alike, compared.compared) == ((), 0)
    assert compared.left > 0


def test_too_few_values_are_not_called_equal() -> None:
    assert equal_share([1.0] * 5, [1.0] * 5) is None
    assert equal_share([0.0] * 90, [0.0] * 90) is None
    assert equal_share([100.0, None] * 10, [100.0, None] * 10) == 1
    assert equal_share([100.0] * 10, [50.0] * 10) == 0.5
    assert equal_share([100.0] * 10, [-100.0] * 10) == 0
