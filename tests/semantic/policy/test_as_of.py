"""Questions as of an earlier version: that version's definitions, and never more than today's policy allows."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.errors import SemanticError, StaleVersion, UnknownName, UnknownVersion
from semantic.model.loading.load import digest_of, parse_files, read_folder
from semantic.model.policies import Policy
from semantic.policy import as_of
from semantic.policy.as_of import CARRIED_OVER, narrow_as_of, under_policies
from semantic.policy.narrow import narrow
from semantic.policy.people import people_of
from semantic.query.codec import query_from_json, query_from_params, query_to_json, query_to_params
from semantic.query.query import Breakdown, InSegment, Query
from semantic.store.models.versions import Version
from semantic.workspace import Workspace

ROWS = """
CREATE TABLE orders (order_id INTEGER, customer_id INTEGER, market VARCHAR, email VARCHAR, amount DECIMAL(18,2));
INSERT INTO orders VALUES (1, 1, 'DE', 'a@x', 10), (2, 1, 'DE', 'b@x', 20), (3, 2, 'FR', 'c@x', 30);
CREATE TABLE old_orders AS SELECT * FROM orders;
CREATE TABLE customers (customer_id INTEGER, market VARCHAR);
INSERT INTO customers VALUES (1, 'DE'), (2, 'FR');
"""

ORDERS = """\
datasets:
  - name: orders
    table: orders
    grain: [order_id]
    columns: {order_id: integer, customer_id: integer, market: string, email: string, amount: "decimal(18,2)"}
    entities:
      - {name: customer, kind: foreign, columns: [customer_id]}
    dimensions:
      - {name: market}
      - {name: contact, sql: market}
      - {name: email}
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: orders, agg: count}
  - name: customers
    table: customers
    grain: [customer_id]
    columns: {customer_id: integer, market: string}
    entities:
      - {name: customer, kind: primary, columns: [customer_id]}
    dimensions:
      - {name: customer_market, sql: market}
metrics:
  - {name: revenue, measure: orders.amount, label: Revenue}
  - {name: orders, measure: orders.orders, label: Orders}
segments:
  - {name: first, entity: customer, dataset: orders, where: "amount > 10"}
"""

EVERYTHING = """\
policies:
  - name: everybody
    who: {roles: [marketer]}
    grant: {metrics: all, dimensions: all, segments: all, rows: all}
    whole: all
people:
  - {id: jonas, name: Jonas, roles: [marketer], attributes: {markets: [DE]}}
"""

OWN_MARKET = EVERYTHING.replace(
    "    whole: all\n", '    rows:\n      - {dataset: orders, where: "market IN (:markets)"}\n'
)
BY_CUSTOMER = OWN_MARKET.replace("dataset: orders,", "dataset: customers,")

Opened = Any  # the function of the fixture below


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Yield a workspace over a model with two versions, the second of which runs."""
    data = tmp_path / "rows.duckdb"
    with duckdb.connect(data) as connection:
        connection.execute(ROWS)
    workspaces: list[Workspace] = []

    def open_two(before: Mapping[str, str], now: Mapping[str, str]) -> Workspace:
        numbered = {1: (_version(1, before), before), 2: (_version(2, now), now)}

        def find(number: int) -> tuple[Version, Mapping[str, str]]:
            if number not in numbered:
                raise UnknownVersion(number)
            return numbered[number]

        workspace = Workspace.open(Settings(data=str(data), model=tmp_path), now, numbered[2][0])
        workspace.versions = find
        workspaces.append(workspace)
        return workspace

    yield open_two
    for workspace in workspaces:
        workspace.close()


def _version(number: int, files: Mapping[str, str]) -> Version:
    at = datetime(2026, 3, number, 12, tzinfo=UTC)
    return Version(
        number=number, digest=digest_of(files), parent=number - 1 or None, author="x", note="", published_at=at,
        effective_at=at,
    )  # fmt: skip


def _files(orders: str = ORDERS, policy: str = EVERYTHING) -> dict[str, str]:
    return {"orders.yml": orders, "policy.yml": policy}


def _rows(workspace: Workspace, query: Query) -> list[dict[str, Any]]:
    rows = workspace.ask(query, workspace.people["jonas"]).table.to_pylist()
    return [{name: value for name, value in row.items() if name != "bucket"} for row in rows]


def test_the_definitions_are_the_earlier_ones_and_the_title_says_so(opened: Opened) -> None:
    workspace = opened(_files(), _files(ORDERS.replace("sql: amount}", "sql: amount + 1}").replace("Revenue", "Net")))
    then, now = Query(metrics=("revenue",), as_of=1), Query(metrics=("revenue",))
    assert (_rows(workspace, then), _rows(workspace, now)) == ([{"revenue": 60}], [{"revenue": 63}])
    result = workspace.ask(then, workspace.people["jonas"])
    assert (result.title, result.query) == ("Revenue, as of version 1 (1 Mar 2026)", then)
    assert (result.version_number, result.version_words) == (1, "1, since 1 Mar 2026")
    assert workspace.ask(now, workspace.people["jonas"]).title == "Net"
    assert workspace.preflight(then, workspace.people["jonas"]).title == result.title
    assert workspace.ask(Query(metrics=("revenue",), as_of=2), workspace.people["jonas"]).title == "Net"
    assert workspace.at(then).at(now) is workspace
    values, more = workspace.values("market", then, workspace.people["jonas"])
    assert (sorted(map(str, values)), more) == (["DE", "FR"], False)


DENIED = EVERYTHING.replace("    whole", "    deny: {metrics: [revenue]}\n    whole")
TO_VIEWERS = EVERYTHING.replace("who: {roles: [marketer]}", "who: {roles: [viewer]}")
RENAMED = (
    ORDERS.replace("name: orders\n", "name: sales\n").replace("orders.", "sales.").replace(": orders, w", ": sales, w")
)
OTHER_HOP = ORDERS.replace("{name: customer, kind: foreign", "{name: buyer, entity: customer, kind: foreign")
OTHER_KEY = ORDERS.replace("kind: foreign, columns: [customer_id]", "kind: foreign, columns: [order_id]")

LAXER = [
    ("a metric denied today", _files(policy=DENIED)),
    ("a metric that is not there today", _files(ORDERS.replace("name: revenue,", "name: turnover,"))),
    ("nothing granted today", _files(policy=TO_VIEWERS)),
    ("no rows granted today", _files(policy=EVERYTHING.replace("    whole: all\n", ""))),
    ("its dataset is not there today", _files(RENAMED)),
    ("rules that reach another table", _files(ORDERS.replace("table: orders", "table: old_orders"), OWN_MARKET)),
    ("rules over another hop", _files(OTHER_HOP, BY_CUSTOMER)),
    ("rules over another key", _files(OTHER_KEY, BY_CUSTOMER)),
]


@pytest.mark.parametrize(("why", "now"), LAXER, ids=[why for why, _ in LAXER])
def test_names_hidden_today_are_hidden_in_earlier_versions(opened: Opened, why: str, now: dict[str, str]) -> None:
    workspace = opened(_files(), now)
    jonas = workspace.people["jonas"]
    with pytest.raises(UnknownName) as caught:
        workspace.ask(Query(metrics=("revenue",), as_of=1), jonas)
    with pytest.raises(UnknownName) as never:
        workspace.ask(Query(metrics=("revenues",), as_of=1), jonas)
    assert str(caught.value).partition("'revenue'")[0] == str(never.value).partition("'revenues'")[0]
    preflight = workspace.preflight(Query(metrics=("revenue",), as_of=1), jonas)
    assert preflight.repairs[-1].query == Query(metrics=("revenue",))
    assert workspace.repair(Query(metrics=("revenue", "orders"), as_of=1), jonas)[0].metrics in ((), ("orders",))


@pytest.mark.parametrize("policy", [OWN_MARKET, BY_CUSTOMER], ids=["on the fact", "on what it reaches"])
def test_todays_row_rules_apply_to_earlier_versions(opened: Opened, policy: str) -> None:
    workspace = opened(_files(), _files(ORDERS.replace("sql: amount}", "sql: amount + 1}"), policy))
    by_market = Query(metrics=("revenue",), by=(Breakdown("market"),), as_of=1)
    assert _rows(workspace, by_market) == [{"market": "DE", "revenue": 30}]
    assert workspace.values("market", by_market, workspace.people["jonas"]) == (["DE"], False)
    assert workspace.ask(by_market, workspace.people["jonas"]).scope == "Scope: DE"


def test_an_earlier_view_shows_no_rows_that_todays_rules_hide(opened: Opened) -> None:
    """The earlier view counted all of a customer's orders, visible or not, because no rule restricted orders then."""
    counted = (
        "sql: SELECT customer_id, CAST(count(*) AS VARCHAR) AS market FROM orders GROUP BY customer_id\n"
        "    grain: [customer_id]\n    columns: {customer_id: integer, market: string}"
    )
    plain = "table: customers\n    grain: [customer_id]\n    columns: {customer_id: integer, market: string}"
    query = Query(metrics=("revenue",), by=(Breakdown("customer_market"),), as_of=1)
    workspace = opened(_files(ORDERS.replace(plain, counted)), _files())
    assert {row["customer_market"] for row in _rows(workspace, query)} == {"1", "2"}
    workspace = opened(_files(ORDERS.replace(plain, counted)), _files(policy=OWN_MARKET))
    with pytest.raises(UnknownName):
        _rows(workspace, query)
    assert _rows(workspace, Query(metrics=("revenue",), as_of=1)) == [{"revenue": 30}]


def test_earlier_rules_do_not_replace_todays(opened: Opened) -> None:
    workspace = opened(_files(policy=OWN_MARKET), _files())
    assert _rows(workspace, Query(metrics=("revenue",), as_of=1)) == [{"revenue": 60}]


def test_dimensions_masked_today_are_masked_in_earlier_versions(opened: Opened) -> None:
    masked = EVERYTHING.replace("    whole", "    masks:\n      - {dimension: email, kind: 'null'}\n    whole")
    before = ORDERS.replace("{name: contact, sql: market}", "{name: contact, sql: email}")
    workspace = opened(_files(before), _files(policy=masked))
    by_mail = Query(metrics=("orders",), by=(Breakdown("email"),), as_of=1)
    assert _rows(workspace, by_mail) == [{"email": None, "orders": 3}]
    # Open today under this name, but then it read what is masked today.
    with pytest.raises(UnknownName):
        workspace.ask(Query(metrics=("orders",), by=(Breakdown("contact"),), as_of=1), workspace.people["jonas"])
    workspace.ask(Query(metrics=("orders",), by=(Breakdown("contact"),)), workspace.people["jonas"])


def test_an_earlier_measure_reveals_no_masked_value(opened: Opened) -> None:
    masked = EVERYTHING.replace("    whole", "    masks:\n      - {dimension: email, kind: 'null'}\n    whole")
    for before, now, is_shown in (("max", "count_distinct", False), ("count_distinct", "count_distinct", True)):
        then = ORDERS.replace("agg: count}", f"agg: {before}, sql: email}}")
        today = ORDERS.replace("agg: count}", f"agg: {now}, sql: email}}")
        workspace = opened(_files(then), _files(today, masked))
        seen = workspace.at(Query(as_of=1)).visible(workspace.people["jonas"])
        assert ("orders" in [metric.name for metric in seen.metrics]) is is_shown


def test_each_part_of_a_policy_is_carried_over() -> None:
    """A part that isn't listed makes earlier versions show nothing to the people that it applies to.

    To list a part, check it there first.
    """
    assert {field.name for field in fields(Policy)} - {"min_group"} == CARRIED_OVER


def test_a_policy_part_without_a_decision_hides_everything(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = opened(_files(), _files(policy=OWN_MARKET))
    monkeypatch.setattr(as_of, "CARRIED_OVER", CARRIED_OVER - {"rows"})
    seen = workspace.at(Query(as_of=1)).visible(workspace.people["jonas"])
    assert (seen.metrics, seen.dimensions, seen.segments) == ((), (), ())
    assert [metric.name for metric in workspace.visible(workspace.people["jonas"]).metrics] == ["orders", "revenue"]


def test_a_dimension_denied_today_stays_hidden(opened: Opened) -> None:
    denied = EVERYTHING.replace("    whole", "    deny: {dimensions: [email]}\n    whole")
    workspace = opened(_files(), _files(policy=denied))
    with pytest.raises(UnknownName):
        workspace.ask(Query(metrics=("orders",), by=(Breakdown("email"),), as_of=1), workspace.people["jonas"])


def test_a_segment_is_the_earlier_one_and_hidden_as_today(opened: Opened) -> None:
    asked = Query(metrics=("orders",), where=InSegment("first"), as_of=1)
    workspace = opened(_files(), _files(ORDERS.replace("amount > 10", "amount > 20")))
    assert _rows(workspace, asked) == [{"orders": 3}]  # both customers have an order above 10
    by_mail = ORDERS.replace("amount > 10", "email LIKE 'a%'")
    hidden = EVERYTHING.replace("    whole", "    deny: {dimensions: [email]}\n    whole")
    for before, policy in ((by_mail, hidden), (ORDERS, EVERYTHING.replace(", segments: all", ""))):
        other = opened(_files(before), _files(policy=policy))
        with pytest.raises(UnknownName):
            other.ask(asked, other.people["jonas"])


def test_single_rows_are_listed_only_from_the_same_table(opened: Opened) -> None:
    same, other = (
        opened(_files(), _files()),
        opened(_files(ORDERS.replace("table: orders", "table: old_orders")), _files()),
    )
    for workspace, lists in ((same, True), (other, False)):
        earlier = workspace.at(Query(as_of=1))
        assert earlier.visible(workspace.people["jonas"]).shows_records("orders") is lists


@pytest.mark.parametrize("number", [3, 999_999])
def test_a_missing_version_is_refused_with_a_repair(opened: Opened, number: int) -> None:
    workspace = opened(_files(), _files())
    jonas, asked = workspace.people["jonas"], Query(metrics=("revenue",), as_of=number)
    with pytest.raises(UnknownVersion, match=f"no version {number} of the model") as caught:
        workspace.ask(asked, jonas)
    assert caught.value.code == "stale_version"
    preflight = workspace.preflight(asked, jonas)
    assert (preflight.ok, type(preflight.error), [repair.query for repair in preflight.repairs]) == (
        False, UnknownVersion, [Query(metrics=("revenue",))],
    )  # fmt: skip
    assert workspace.repair(asked, jonas) == (asked, ())


def test_a_folder_has_no_versions(opened: Opened) -> None:
    workspace = opened(_files(), _files())
    workspace.versions = None
    with pytest.raises(StaleVersion, match="has no versions"):
        workspace.ask(Query(metrics=("revenue",), as_of=1), workspace.people["jonas"])


def test_a_version_that_cannot_be_read_any_more_is_refused(opened: Opened) -> None:
    workspace = opened({"orders.yml": "metrics: ["}, _files())
    with pytest.raises(StaleVersion, match="Version 1 can't be queried any more"):
        workspace.ask(Query(metrics=("revenue",), as_of=1), workspace.people["jonas"])


def test_as_of_round_trips_through_json_and_an_address() -> None:
    asked = Query(metrics=("revenue",), as_of=3)
    assert query_to_json(asked) == '{"v":1,"metrics":["revenue"],"as_of":3}'
    assert query_to_params(asked) == {"m": ["revenue"], "asof": ["3"], "v": ["1"]}
    assert query_from_json(query_to_json(asked)) == query_from_params(query_to_params(asked)) == asked
    assert query_from_json('{"metrics":["revenue"],"as_of":null}') == Query(metrics=("revenue",))
    for wrong in ("0", "-1", "1.0", '"1"', "true", "1000001", "[]"):
        with pytest.raises(SemanticError, match="as_of"):
            query_from_json(f'{{"metrics":["revenue"],"as_of":{wrong}}}')
    for text in ("x", "-1", "1e3", "0"):
        with pytest.raises(SemanticError, match="as_of"):
            query_from_params({"m": ["revenue"], "asof": [text]})


def test_as_of_the_same_model_everyone_sees_the_same_as_today() -> None:
    """This is the whole marketing model: anything hidden in the earlier version is hidden for a reason."""
    files = read_folder(MARKETING_MODEL)
    today, docs = parse_files({**files, "more.yml": "# another version\n"})
    then = under_policies(parse_files(files)[0], today)
    assert then.version not in (today.version, parse_files(files)[0].version)
    for actor in people_of(docs).values():
        seen = narrow(today, actor)
        earlier = narrow_as_of(then, seen)
        for what in ("metrics", "dimensions", "segments"):
            assert [one.name for one in getattr(earlier, what)] == [one.name for one in getattr(seen, what)]
        for name in today.datasets:
            assert earlier.shows_records(name) == seen.shows_records(name)
            assert earlier.shows_fact(name) == seen.shows_fact(name)
