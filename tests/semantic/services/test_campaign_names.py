"""Mapping campaign names: what people see, who can map what, versions, undo, expiry and files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from semantic.config.settings import Settings
from semantic.errors import ChangedMeanwhile, ModelError, NotAllowed
from semantic.model.naming import NamingRule
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Query
from semantic.services.campaign_names import (
    NamesSeen,
    expire_names,
    from_csv,
    import_names,
    map_names,
    names_seen,
    rules_of,
    to_csv,
    undo,
    why_not,
)
from semantic.services.process import Live
from semantic.store.models.versions import read_versions
from tests.semantic.model.test_naming import ADS, RULE
from tests.semantic.store.small_model import ANA, write_model

MIA = Actor(
    id="mia", name="Mia Muster, marketer", roles=frozenset({"marketer"}), attributes={"owners": ("Mia Muster",)}
)
TOM = Actor(id="tom", name="Tom Roux", roles=frozenset({"marketer"}), attributes={"owners": ("Tom Roux", "Mia Muster")})
POLICY = """\
policies:
  - {name: stewards, who: {roles: [steward]}, grant: {metrics: all, dimensions: all}, whole: all}
  - name: own
    who: {roles: [marketer]}
    grant: {metrics: all, dimensions: all}
    rows: [{dataset: ads, where: "owner IN (:owners)"}]
people:
  - {id: ana, name: Ana Ribeiro, roles: [steward]}
  - {id: mia, name: "Mia Muster, marketer", roles: [marketer], attributes: {owners: [Mia Muster]}}
  - {id: tom, name: Tom Roux, roles: [marketer], attributes: {owners: [Tom Roux, Mia Muster]}}
"""
ROWS = [
    (1, "DE_google_brand", "Mia Muster", 100),
    (2, "DE_gogle_shoes", "Mia Muster", 40),
    (3, "DE-google-coats", "Mia Muster", 30),
    (4, '=HYPERLINK("x")', "Tom Roux", 20),
    (5, None, "Tom Roux", 5),
]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    opened = open_live(tmp_path, ROWS)
    yield opened
    opened.close()


def open_live(folder: Path, rows: Sequence[tuple[object, ...]]) -> Live:
    folder.mkdir(exist_ok=True)
    connection = duckdb.connect(str(folder / "rows.duckdb"))
    connection.execute("CREATE TABLE ads (ad_id INTEGER, name VARCHAR, owner VARCHAR, cost INTEGER)")
    connection.executemany("INSERT INTO ads VALUES (?, ?, ?, ?)", rows)
    connection.close()
    files = {"ads.yml": ADS, "rule.yml": RULE, "access.yml": POLICY}
    return Live.open(
        Settings(
            data=str(folder / "rows.duckdb"),
            model=write_model(folder / "model", files),
            store=str(folder / "store.sqlite"),
            model_source="store",
            audit_key="a key of tests that is long enough for it",
        )
    )


def rule_of(live: Live) -> NamingRule:
    return live.workspace().model.naming["campaign_names"]


def seen_by(live: Live, actor: Actor) -> NamesSeen:
    return names_seen(live.workspace(), actor, rule_of(live))


def test_names_are_listed_with_their_problem_and_a_suggestion(live: Live) -> None:
    seen = seen_by(live, ANA)
    assert [(one.name, one.weight, one.why, one.meant) for one in seen.unmatched] == [
        ("DE_gogle_shoes", 40, "“gogle” isn't a known source. Did you mean google?", "DE_google_shoes"),
        ("DE-google-coats", 30, "“DE-google-coats” isn't a known market", "DE_google_coats"),
        ('=HYPERLINK("x")', 20, '“=HYPERLINK("x")” isn\'t a known market', ""),
    ]
    assert seen.unnamed == 5
    wrong = seen.wrong_values[0]
    assert (wrong.value, wrong.names, wrong.meant) == ("gogle", 1, "google")


def test_hidden_campaigns_change_nothing(live: Live, tmp_path: Path) -> None:
    """A company that differs only in hidden campaigns looks the same, including its mapped names."""
    others = [row if row[2] == "Mia Muster" else (row[0], f"hidden {row[1]}", row[2], 9_999) for row in ROWS]
    twin = open_live(tmp_path / "twin", [*others, (6, "one more", "Tom Roux", 1)])
    try:
        map_names(live, ANA, rule_of(live), {("", '=HYPERLINK("x")'): "FR_meta_x"})
        map_names(twin, ANA, rule_of(twin), {("", "one more"): "FR_meta_secret"})
        mine, theirs = seen_by(live, MIA), seen_by(twin, MIA)
        assert (mine.names, mine.wrong_values, mine.unnamed) == (theirs.names, theirs.wrong_values, theirs.unnamed)
        assert to_csv(mine, MIA) == to_csv(theirs, MIA)
        by = (Breakdown("name_source"), Breakdown("campaign_names_problem"))
        answers = [one.workspace().ask(Query(metrics=("names_that_match",), by=by), MIA) for one in (live, twin)]
        assert answers[0].table == answers[1].table
        assert answers[0].readable_sql == answers[1].readable_sql
    finally:
        twin.close()


def test_mapping_changes_the_numbers_from_the_next_version_on(live: Live) -> None:
    change = map_names(
        live, ANA, rule_of(live), {("", "DE-google-coats"): "DE_google_coats", ("name_source", "gogle"): "google"}
    )
    workspace = live.workspace()
    answer = workspace.ask(Query(metrics=("spend",), by=(Breakdown("name_source"),)), ANA)
    assert dict(zip(*(answer.table.column(name).to_pylist() for name in ("name_source", "spend")), strict=True)) == {
        "google": 170, None: 25,
    }  # fmt: skip
    before = workspace.ask(
        Query(metrics=("spend",), by=(Breakdown("name_source"),), as_of=change.version.number - 1), ANA
    )
    assert dict(zip(*(before.table.column(name).to_pylist() for name in ("name_source", "spend")), strict=True)) == {
        "google": 100, None: 95,
    }  # fmt: skip
    assert duckdb.connect(live.settings.data, read_only=True).execute("SELECT count(*) FROM ads").fetchone() == (5,)
    (mapped,) = (one for one in seen_by(live, ANA).mapped)
    assert mapped.mapped is not None
    assert (mapped.name, mapped.mapped.by, mapped.mapped.on) == ("DE-google-coats", "Ana Ribeiro", workspace.today())
    assert change.version.note == "Mapped 2 campaign names"


def test_undo_restores_the_previous_mapping(live: Live) -> None:
    map_names(live, ANA, rule_of(live), {("", "DE-google-coats"): "DE_google_coats"})
    change = map_names(live, ANA, rule_of(live), {("", "DE-google-coats"): "FR_meta_coats", ("", "x"): ""})
    undo(live, ANA, rule_of(live), change)
    assert [(one.found, one.meant) for one in rule_of(live).mapped] == [("DE-google-coats", "DE_google_coats")]
    again = map_names(live, ANA, rule_of(live), {("", "DE-google-coats"): None})
    assert rule_of(live).mapped == ()
    map_names(live, ANA, rule_of(live), {("", "DE-google-coats"): "DE_google_x"})
    with pytest.raises(ChangedMeanwhile):
        undo(live, ANA, rule_of(live), again)


def test_a_meaning_that_does_not_follow_the_rule_publishes_nothing(live: Live) -> None:
    with pytest.raises(ModelError, match="doesn't follow the rule"):
        map_names(live, ANA, rule_of(live), {("", "DE-google-coats"): "still wrong"})
    with live.store.read() as connection:
        assert len(read_versions(connection)) == 1


@pytest.mark.parametrize("name", ["DE-google-coats", '=HYPERLINK("x")', "unknown"])
def test_marketers_map_only_campaigns_that_they_own(live: Live, name: str) -> None:
    """Tom also sees Mia's campaigns. A campaign that he can't map gives the same answer as one that doesn't exist."""
    if name == '=HYPERLINK("x")':
        map_names(live, TOM, rule_of(live), {("", name): "FR_meta_x"})
        assert [one.by for one in rule_of(live).mapped] == ["Tom Roux"]
        return
    with pytest.raises(NotAllowed, match="only campaigns that you own"):
        map_names(live, TOM, rule_of(live), {("", name): "FR_meta_x"})
    with pytest.raises(NotAllowed, match="only campaigns that you own"):
        map_names(live, TOM, rule_of(live), {("name_source", "gogle"): "google"})


def test_viewers_and_people_who_view_as_others_map_nothing(live: Live) -> None:
    for actor in (replace(ANA, roles=frozenset({"viewer"})), replace(ANA, viewed_by="otto")):
        with pytest.raises(NotAllowed):
            map_names(live, actor, rule_of(live), {("", "DE-google-coats"): "DE_google_coats"})
        assert why_not(live.workspace(), actor, live)


def test_names_expire_after_their_last_day(live: Live) -> None:
    today = live.workspace().today()
    map_names(live, ANA, rule_of(live), {("", "DE-google-coats"): "DE_google_coats"}, until=today - timedelta(days=1))
    map_names(live, ANA, rule_of(live), {("", "DE_gogle_shoes"): ""}, until=today)
    assert expire_names(live) is not None
    assert [one.found for one in rule_of(live).mapped] == ["DE_gogle_shoes"]
    assert expire_names(live) is None


def test_a_file_round_trips(live: Live) -> None:
    map_names(live, ANA, rule_of(live), {("name_source", "gogle"): "google"})
    written = to_csv(seen_by(live, ANA), ANA)
    assert "'=HYPERLINK" in written  # no spreadsheet takes it for a formula
    filled = written.replace("""'=HYPERLINK(""x"")",,,""", """'=HYPERLINK(""x"")",FR_meta_x,,2027-03-31""")
    imported = from_csv(rule_of(live), filled)
    assert imported.problems == ()
    import_names(live, ANA, rule_of(live), imported)
    assert {(one.part, one.found, one.meant, one.until) for one in rule_of(live).mapped} == {
        ("name_source", "gogle", "google", None),
        ("", "DE-google-coats", "DE_google_coats", None),
        ("", '=HYPERLINK("x")', "FR_meta_x", date(2027, 3, 31)),
    }


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must have the columns found and meant"),
        ("a,b\n1,2\n", "must have the columns found and meant"),
        ("found,meant\nx,nonsense\n", "Line 2: 'nonsense' doesn't follow the rule"),
        ("found,meant,part\nx,DE,name_nothing\n", "Line 2: there is no part named 'name_nothing'"),
        ("found,meant,part\nx,gogle,name_source\n", "Line 2: 'gogle' isn't a known source"),
        ("found;meant;part;until\nx;DE_google_x;;tomorrow\n", "Line 2: 'tomorrow' isn't a date"),
        ("found\tmeant\nx\tDE_google_x\nx\tDE_google_y\n", "Line 3: 'x' is listed twice"),
        ('found,meant\n"x,DE', "aren't valid CSV"),
    ],
)
def test_a_file_with_a_wrong_line_maps_nothing(live: Live, text: str, problem: str) -> None:
    imported = from_csv(rule_of(live), text)
    assert problem in imported.problems[0]


def test_rules_whose_names_are_hidden_are_not_listed(live: Live) -> None:
    workspace = live.workspace()
    assert [rule.name for rule in rules_of(workspace.visible(MIA))] == ["campaign_names"]
    assert rules_of(workspace.visible(replace(MIA, roles=frozenset()))) == ()
