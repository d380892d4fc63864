"""Labels from another dimension: people see names, everything else keeps the codes, and no name is shown to people who
can't ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from semantic.answering import column_labels
from semantic.answering.column_labels import ColumnLabels, labels_of
from semantic.display.export.export import export
from semantic.display.text import json_data, result_table
from semantic.errors import EngineFailed, SemanticError
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.data import query_from_data
from semantic.query.query import Query
from semantic.results.result import Result
from semantic.workspace import Workspace
from tests.semantic.query.test_member_labels import open_world

MODEL = """
model: {time_zone: UTC}
datasets:
  - name: ads
    label: Ads
    table: ads
    grain: [id]
    time: day
    columns: {id: integer, day: date, campaign_id: string, spend: "decimal(10,2)"}
    entities: [{name: campaign, kind: foreign, columns: [campaign_id]}]
    dimensions:
      - {name: day, kind: time}
      - {name: campaign, label: Campaign, sql: campaign_id}
    measures: [{name: spend, agg: sum, sql: spend}]
  - name: campaigns
    label: Campaigns
    table: campaigns
    grain: [campaign_id]
    columns: {campaign_id: string, title: string, market: string}
    entities: [{name: campaign, kind: primary, columns: [campaign_id]}]
    dimensions:
      - {name: campaign, label: Campaign, sql: campaign_id, labels_from: campaign_name, labels: {c6: Brand}}
      - {name: campaign_name, label: Campaign name, sql: title}
      - {name: market}
  - name: mails
    label: Mails
    table: mails
    grain: [id]
    columns: {id: integer, subject: string, mail_no: integer, person: string}
    dimensions:
      - {name: mail, label: Mail, sql: mail_no, labels_from: subject}
      - {name: subject}
    measures: [{name: mails, agg: count}]
  - name: replies
    label: Replies
    table: mails
    grain: [id]
    columns: {id: integer, subject: string, mail_no: integer}
    dimensions:
      - {name: mail, label: Mail, sql: mail_no}
      - {name: subject}
    measures: [{name: replies, agg: count}]
metrics:
  - {name: spend, label: Spend, measure: ads.spend}
  - {name: mails, label: Mails, measure: mails.mails, format: count}
policies:
  - name: everything
    who: {roles: [viewer]}
    grant: {metrics: all, dimensions: all}
    whole: all
  - name: own_markets
    who: {roles: [marketer]}
    grant: {metrics: all, dimensions: all}
    rows: [{dataset: campaigns, where: "market IN (:markets)"}]
    whole: [ads, mails, replies]
  - {name: masked, who: {groups: [masked]}, masks: [{dimension: campaign_name, kind: last_four}]}
  - {name: no_names, who: {groups: [nameless]}, deny: {dimensions: [campaign_name]}}
  - {name: no_codes, who: {groups: [codeless]}, masks: [{dimension: campaign, kind: last_four}]}
"""
ROWS = """
CREATE TABLE campaigns (campaign_id VARCHAR, title VARCHAR, market VARCHAR);
INSERT INTO campaigns VALUES
  ('c1', 'Spring', 'DE'), ('c2', 'Spring', 'FR'), ('c3', 'Sale', 'DE'), ('c4', NULL, 'DE'), ('c5', '  ', 'DE'),
  ('c6', 'Always on', 'DE'), ('c7', 'Launch', 'FR');
CREATE TABLE ads (id BIGINT, day DATE, campaign_id VARCHAR, spend DECIMAL(10,2));
INSERT INTO ads SELECT n, DATE '2026-01-05', 'c' || n, 8 - n FROM range(1, 8) AS t(n);
CREATE TABLE mails (id BIGINT, subject VARCHAR, mail_no BIGINT, person VARCHAR);
INSERT INTO mails VALUES (1, 'Hello', 11, 'a'), (2, 'Hello again', 11, 'b'), (3, 'Bye', 12, 'a');
"""
LENA = Actor(id="lena", roles=frozenset({"viewer"}))
JONAS = Actor(id="jonas", roles=frozenset({"marketer"}), attributes={"markets": ("DE",)})
CODES = ["c1", "c2", "c3", "c4", "c5", "c6", "c7"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    workspace = open_world(tmp_path_factory.mktemp("names"), MODEL, ROWS)
    yield workspace
    workspace.close()


def ask(world: Workspace, who: Actor = LENA, **asked: Any) -> Result:
    question = {"metrics": ["spend"], "by": ["campaign"], "order": [{"by": "campaign"}]}
    return world.ask(query_from_data(question | asked), who)


def one_of(group: str) -> Actor:
    return Actor(id=group, roles=frozenset({"viewer"}), groups=frozenset({group}))


def shown(result: Result) -> list[str]:
    """Return the first cell of each table row as people read it, without the header."""
    return [line.split("  ")[0] for line in result_table(result).splitlines()[2:]]


def listed(*values: Any, dim: str = "campaign") -> dict[str, Any]:
    return {"dim": dim, "op": "in", "values": [*values]}


def test_people_read_names_and_scripts_keep_codes(world: Workspace) -> None:
    result = ask(world)
    assert shown(result) == ["Spring (c1)", "Spring (c2)", "Sale", "c4", "c5", "Brand", "Launch"]
    assert [row["campaign"] for row in json_data(result)["rows"]] == CODES
    written = export(result, world.visible(LENA), "csv").decode("utf-8-sig")
    assert "c3" in written
    assert "Sale" not in written


def test_two_members_with_one_name_stay_two_rows(world: Workspace) -> None:
    assert [row["spend"] for row in json_data(ask(world))["rows"]] == [7, 6, 5, 4, 3, 2, 1]


def test_filters_are_described_with_names(world: Workspace) -> None:
    assert ask(world, by=[], order=[], where=listed("c3", "c4")).filters == "Campaign is Sale or c4"


def test_a_member_with_several_names_has_the_last_in_the_alphabet(world: Workspace) -> None:
    """Two datasets have both dimensions, so the labels come from the metric's dataset."""
    mails = ask(world, metrics=["mails"], by=["mail"], order=[{"by": "mail"}])
    assert shown(mails) == ["Hello again", "Bye"]
    assert [row["mail"] for row in json_data(mails)["rows"]] == [11, 12]


def test_names_come_only_from_rows_that_the_person_can_see(world: Workspace) -> None:
    """France is hidden from Jonas, so nothing reveals to him that there is a second Spring."""
    assert dict(ask(world, JONAS).keys[0].labels) == {"c1": "Spring", "c3": "Sale", "c6": "Brand"}
    hidden, missing = (ask(world, JONAS, by=[], order=[], where=listed(code)) for code in ("c7", "nosuch"))
    assert hidden.filters == "Campaign is c7"
    assert missing.filters == "Campaign is nosuch"
    assert "Launch" not in " ".join((*hidden.notes, *missing.notes))
    assert world.member_labels(["campaign"], query_from_data({"metrics": ["spend"]}), JONAS, ["c7"]) == {}


@pytest.mark.parametrize("group", ["masked", "nameless"])
def test_a_masked_or_denied_name_leaves_the_codes(group: str, world: Workspace) -> None:
    assert shown(ask(world, one_of(group))) == ["c1", "c2", "c3", "c4", "c5", "Brand", "c7"]
    assert world.values("campaign", query_from_data({"metrics": ["spend"]}), one_of(group), search="sale") == (
        [],
        False,
    )


def test_a_masked_member_is_never_looked_up(world: Workspace) -> None:
    assert not any(key.labels for key in ask(world, one_of("codeless")).keys)


def test_lists_of_options_are_searched_by_name(world: Workspace) -> None:
    query = query_from_data({"metrics": ["spend"]})
    assert world.values("campaign", query, LENA, search="SPR") == (["c1", "c2"], False)
    assert world.values("campaign", query, LENA, search="c3") == (["c3"], False)
    assert world.values("campaign", query, JONAS, search="launch") == ([], False)
    assert world.member_labels(["campaign"], query, LENA, ["c3"]) == {"campaign": {"c3": "Sale"}}


def test_of_many_members_only_the_shown_ones_are_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_labels, "MOST_WHOLE", 3)
    workspace = open_world(tmp_path, MODEL, ROWS)
    try:
        assert shown(ask(workspace, where=listed("c1", "c3", "c6"))) == ["Spring", "Sale", "Brand"]
        query = query_from_data({"metrics": ["spend"]})
        assert workspace.values("campaign", query, LENA, search="launch") == (["c7"], False)
        monkeypatch.setattr(column_labels, "MOST_SHOWN", 2)
        assert shown(ask(workspace, where=listed("c1", "c2", "c6"))) == ["c1", "c2", "Brand"]
    finally:
        workspace.close()


# What is kept


class Engine:
    """An engine that counts questions, and gives the same answer to all of them or fails."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: SemanticError | None = None

    def __call__(self, query: Query, seen: VisibleModel) -> list[tuple[object, object]]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return [("c3", "Sale")]


@pytest.fixture
def lena() -> VisibleModel:
    return VisibleModel(parse_model({"m.yml": MODEL}), LENA, parse_model({"m.yml": MODEL}).policies[:1], (), "f")


def test_names_are_looked_up_once_per_data_version(lena: VisibleModel) -> None:
    engine = Engine()
    labels = ColumnLabels(engine)
    for _ in range(3):
        assert labels.of("campaign", lena, ["c3"], "v1") == {"c3": "Sale"}
        assert labels.of("campaign", lena, ["c4"], "v1") == {}
    assert engine.asked == 1
    labels.of("campaign", lena, ["c3"], "v2")
    assert engine.asked == 2
    assert labels.of("market", lena, ["DE"], "v2") == {}  # has no other dimension with labels
    assert labels.of("campaign", lena, [None], "v3") == {}
    assert engine.asked == 2


def test_an_engine_that_failed_is_asked_again(lena: VisibleModel) -> None:
    engine = Engine()
    labels = ColumnLabels(engine)
    engine.error = EngineFailed("The engine didn't respond.")
    assert labels.of("campaign", lena, ["c3"], "v1") == {}
    engine.error = None
    assert labels.of("campaign", lena, ["c3"], "v1") == {"c3": "Sale"}


def test_labels_never_look_like_another_member() -> None:
    rows = [
        ("a", "Sale"),
        ("b", " SALE "),
        ("c", "b"),
        ("d", "Brand"),
        ("e", "Over\ntwo lines"),
        ("f", None),
        (None, "x"),
    ]
    assert labels_of(rows, {"z": "brand", "f": "Written"}) == {
        "a": "Sale (a)",
        "b": "SALE (b)",
        "c": "b (c)",
        "d": "Brand (d)",
        "e": "Over two lines",
        "f": "Written",
    }
    (cut,) = labels_of([("a", "x" * 300)]).values()
    assert cut == "x" * 199 + "\N{HORIZONTAL ELLIPSIS}"


def test_a_name_does_not_change_with_the_label_of_a_hidden_member(world: Workspace) -> None:
    """The model calls c6 Brand. Row rules show Jonas only c3, so for him Brand isn't another member's label."""
    for actor, label in ((LENA, "Brand (c3)"), (JONAS, "Brand")):
        labels = ColumnLabels(lambda *_: [("c3", "Brand")])
        assert labels.of("campaign", world.visible(actor), ["c3"], "1") == {"c3": label}
