"""Filter values that no row has: reported with similar values, never with hidden ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from semantic.config.settings import Settings
from semantic.display.export.export import export
from semantic.explore.unknown_values import MOST_KNOWN, corrected
from semantic.policy.actor import Actor
from semantic.query.codec import query_from_data
from semantic.query.query import Condition, Operator
from semantic.results.result import Result
from semantic.workspace import Workspace

MODEL = """
model: {time_zone: UTC}
datasets:
  - name: orders
    label: Orders
    table: orders
    grain: [id]
    time: ordered_on
    columns: {id: integer, ordered_on: date, market: string, channel: string, sku: string, mail: string}
    dimensions:
      - {name: ordered_on, kind: time}
      - {name: market, label: Market}
      - {name: channel, label: Channel}
      - {name: sku, label: Article}
      - {name: mail, label: Mail address, tags: [personal]}
    measures: [{name: orders, agg: count}]
  - name: visits
    label: Visits
    table: visits
    grain: [id]
    columns: {id: integer, market: string}
    dimensions: [{name: market, label: Market}]
    measures: [{name: visits, agg: count}]
  - name: leads
    label: Leads
    table: leads
    grain: [id]
    columns: {id: integer, source: string, stage: string}
    dimensions: [{name: source, label: Source}]
    measures: [{name: leads, agg: count}]
metrics:
  - {name: won, label: Won, measure: leads.leads, filter: "stage = 'won'", format: count}
  - {name: lost, label: Lost, measure: leads.leads, filter: "stage = 'lost'", format: count}
  - {name: secret, label: Secret, measure: leads.leads, filter: "stage = 'secret'", tags: [secret]}
  - {name: won_and_secret, label: Won and secret, kind: derived, expression: won + secret}
  - {name: orders, label: Orders, measure: orders.orders, format: count}
  - {name: search_orders, label: Orders by search, measure: orders.orders, filter: "channel = 'Search'", format: count}
  - {name: visits, label: Visits, measure: visits.visits, format: count}
policies:
  - name: everything
    who: {roles: [viewer]}
    grant: {metrics: all, dimensions: all}
    deny: {metrics: {tags: [secret]}}
    whole: all
  - name: own_markets
    who: {roles: [marketer]}
    grant: {metrics: all, dimensions: all}
    rows:
      - {dataset: orders, where: "market IN (:markets)"}
      - {dataset: visits, where: "market IN (:markets)"}
  - name: channels_hashed
    who: {groups: [masked]}
    masks: [{dimension: channel, kind: hash}]
"""
ROWS = f"""
CREATE TABLE orders (id BIGINT, ordered_on DATE, market VARCHAR, channel VARCHAR, sku VARCHAR, mail VARCHAR);
INSERT INTO orders VALUES
  (1, '2026-01-05', 'DE', 'Search', NULL, 'ann@example.com'), (2, '2026-01-06', 'DE', 'Social', NULL, NULL),
  (3, '2026-02-07', 'FR', 'Search', NULL, NULL), (4, '2026-02-08', 'AT', 'Partners', NULL, NULL),
  (5, '2025-03-01', 'SE', 'Search', NULL, NULL), (6, '2026-02-09', 'GB', 'Search' || chr(10) || 'two', NULL, NULL);
INSERT INTO orders
  SELECT 100 + i, DATE '2024-01-01', 'DE', 'Bulk', 'a' || lpad(i::VARCHAR, 5, '0'), NULL
  FROM range({MOST_KNOWN + 100}) t(i);
CREATE TABLE leads (id BIGINT, source VARCHAR, stage VARCHAR);
INSERT INTO leads VALUES (1, 'Fair', 'won'), (2, 'Web', 'lost'), (3, 'Board', 'secret'), (4, 'Phone', 'open');
CREATE TABLE visits (id BIGINT, market VARCHAR);
INSERT INTO visits VALUES (1, 'DE'), (2, 'NO');
"""
LENA = Actor(id="lena", roles=frozenset({"viewer"}))
JONAS = Actor(id="jonas", roles=frozenset({"marketer"}), attributes={"markets": ("DE", "AT")})
MIA = Actor(id="mia", roles=frozenset({"viewer"}), groups=frozenset({"masked"}))
DAYS = {"from": "2026-01-01", "to": "2026-02-28"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("unknown")
    (folder / "model").mkdir()
    (folder / "model" / "m.yml").write_text(MODEL, encoding="utf-8")
    with duckdb.connect(folder / "rows.duckdb") as connection:
        connection.execute(ROWS)
    workspace = Workspace.open(Settings(data=str(folder / "rows.duckdb"), model=folder / "model", mask_key="a key"))
    yield workspace
    workspace.close()


def ask(world: Workspace, who: Actor, *values: Any, dim: str = "market", op: str = "in", **more: Any) -> Result:
    where = {"dim": dim, "op": op, "values": [*values]}
    return world.ask(query_from_data({"metrics": ["orders"], "where": where, "time": DAYS} | more), who)


def said(result: Result) -> list[str]:
    return [note for note in result.notes if note.startswith("No rows for")]


@pytest.mark.parametrize(
    ("values", "more", "note"),
    [
        (["de"], {}, 'No rows for market "de" (closest: DE).'),
        (["DE", "fr"], {}, 'No rows for market "fr" (closest: FR).'),
        (["DE", "fr", "xx"], {}, 'No rows for market "fr" (closest: FR) or "xx".'),
        (["a", "b", "c", "d", "e"], {}, 'No rows for market "a", "b", "c" or 2 more of your values.'),
        (["de"], {"op": "not_in"}, 'No rows for market "de" (closest: DE).'),
        (["de"], {"by": ["market"]}, 'No rows for market "de" (closest: DE).'),
        (["Serch"], {"dim": "channel"}, 'No rows for channel "Serch" (closest: Search).'),
        (["de"], {"metrics": ["search_orders"]}, 'No rows for market "de" (closest: DE).'),
        # Text of the data stays on its line.
        (["search two"], {"dim": "channel"}, 'No rows for channel "search two" (closest: Search\ufffdtwo).'),
    ],
)
def test_unknown_values_are_reported_with_similar_ones(
    values: list[str], more: dict[str, Any], note: str, world: Workspace
) -> None:
    assert said(ask(world, LENA, *values, **more)) == [note]


@pytest.mark.parametrize(
    ("values", "more"),
    [
        (["DE"], {}),
        (["DE", "FR"], {}),
        (["DE", "FR"], {"by": ["market"]}),
        (["SE"], {}),  # on other days
        (["DE", None], {}),
        (["Partners"], {"dim": "channel", "metrics": ["search_orders"]}),  # not of this metric, but there
        (["DE"], {"op": "not_in"}),
    ],
)
def test_known_values_are_not_reported(values: list[str], more: dict[str, Any], world: Workspace) -> None:
    result = ask(world, LENA, *values, **more)
    assert said(result) == []
    assert result.unknown == ()


def test_a_nested_filter_is_checked_too(world: Workspace) -> None:
    either = {"or": [
        {"dim": "market", "op": "in", "values": ["DE"]}, {"not": {"dim": "channel", "op": "in", "values": ["social"]}},
    ]}  # fmt: skip
    result = world.ask(query_from_data({"metrics": ["orders"], "where": either}), LENA)
    assert said(result) == ['No rows for channel "social" (closest: Social).']


def test_a_value_of_only_one_of_several_facts_counts_as_known(world: Workspace) -> None:
    assert said(ask(world, LENA, "NO", metrics=["orders", "visits"], time=None)) == []
    assert said(ask(world, LENA, "no", metrics=["orders", "visits"], time=None)) == [
        'No rows for market "no" (closest: NO).'
    ]


def test_if_every_metric_has_a_filter_only_its_allowed_values_are_checked(world: Workspace) -> None:
    """Lena can ask only for won and lost deals. None of their rows has the source Board or is open."""
    leads: dict[str, Any] = {"dim": "source", "time": None}
    assert said(ask(world, LENA, "Web", metrics=["won"], **leads)) == []
    for value in ("Board", "Phone"):
        assert said(ask(world, LENA, value, metrics=["won"], **leads)) == [f'No rows for source "{value}".']
    assert said(ask(world, LENA, "web", metrics=["won"], **leads)) == ['No rows for source "web" (closest: Web).']
    # Counts of rows that she may not ask for on their own can't be looked up, so nothing is said.
    assert said(ask(world, LENA, "Boar", metrics=["won_and_secret"], **leads)) == []


def test_a_value_of_hidden_rows_reads_as_missing(world: Workspace) -> None:
    """France exists, but Jonas can't see it, so it's neither confirmed nor offered as a similar value."""
    hidden, missing = ask(world, JONAS, "FR"), ask(world, JONAS, "QQ")
    assert said(hidden) == ['No rows for market "FR".']
    assert [note.replace("QQ", "FR") for note in missing.notes] == [*hidden.notes]
    assert said(ask(world, JONAS, "fr")) == ['No rows for market "fr".']
    assert said(ask(world, JONAS, "at")) == ['No rows for market "at" (closest: AT).']
    assert said(ask(world, LENA, "fr")) == ['No rows for market "fr" (closest: FR).']


def test_masked_values_and_people_are_never_reported(world: Workspace) -> None:
    assert said(ask(world, MIA, "Serch", dim="channel")) == []
    assert said(ask(world, LENA, "Ann@example.com", dim="mail")) == []
    assert said(ask(world, MIA, "de")) == ['No rows for market "de" (closest: DE).']


def test_beyond_the_cached_values_each_value_is_looked_up_by_name(world: Workspace) -> None:
    last, beyond = f"a{MOST_KNOWN + 99:05}", f"a{MOST_KNOWN + 100:05}"
    assert said(ask(world, LENA, "a00000", last, dim="sku", time=None)) == []
    assert said(ask(world, LENA, last, dim="sku")) == []  # on other days
    (note,) = said(ask(world, LENA, "a00000", beyond, dim="sku", time=None))
    assert note.startswith(f'No rows for article "{beyond}"')


def test_an_answer_that_shows_the_values_needs_no_lookup(world: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    known = world.members._known_values  # pyright: ignore[reportPrivateUsage] (the one place where more is asked)
    monkeypatch.setattr(world.members, "_known_values", lambda *about: (asked.append(about), known(*about))[1])
    world.members._values.clear()  # pyright: ignore[reportPrivateUsage]
    ask(world, LENA, "DE")
    ask(world, LENA, "DE", "FR", by=["market"])
    assert asked == []
    for metric in ("orders", "search_orders"):
        for values in (["DE", "FR"], ["DE", "AT"], ["de"]):
            ask(world, LENA, *values, metrics=[metric])
    assert len(asked) == 1, "once for a breakdown, whatever metric of the fact is asked for"
    ask(world, JONAS, "de")
    assert len(asked) == 2, "not for another who sees other rows"


def test_files_and_corrections_report_unknown_values_too(world: Workspace) -> None:
    result = ask(world, LENA, "de", "FR")
    text = export(result, world.visible(LENA), "csv").decode("utf-8-sig")
    assert text.splitlines()[1].startswith('1,"No rows for market ""de"" (closest: DE).')
    (unknown,) = result.unknown
    assert (unknown.value, unknown.near) == ("de", ("DE",))
    mended = corrected(result.query, unknown, "DE", world.model)
    assert mended.where == Condition("market", Operator.IN, ("DE", "FR"))
    assert world.ask(mended, LENA).unknown == ()
