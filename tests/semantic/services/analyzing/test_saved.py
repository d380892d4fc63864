"""Saved analyses: who finds, opens and changes which ones.

Also their versions, the archive, hidden names, and the encrypted names of people.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from semantic.analyses.events.definition import Analysis, analysis_from_data
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, UnknownName, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.services.analyzing.saved import NOT_YOURS, SavedAnalyses, search_analyses
from semantic.services.process import Live
from semantic.store.analyses.analyses import UNKNOWN
from semantic.store.analyses.versions import ANALYSIS_VERSIONS
from semantic.store.audit.log import AUDIT
from semantic.store.database import Store
from semantic.store.keys import Keys
from semantic.store.people import erase_person
from semantic.store.spaces.spaces import make_space
from tests.semantic.services.analyzing.logged_app import ASKED, close, open_live

NO_CARTS_FOR_MAX = (
    "  - name: own_market",
    "  - {name: no_carts_for_max, who: {people: [max]}, deny: {metrics: [carts]}}\n  - name: own_market",
)
DEVICE_IS_PERSONAL = ("{name: device, label: Device,", "{name: device, label: Device, tags: [personal],")
MIA_IS_A_STEWARD = ("{id: mia, name: Mia, roles: [viewer]}", "{id: mia, name: Mia, roles: [steward]}")
IN_DE = {"where": {"dim": "market", "op": "in", "values": ["DE"]}}
BY_PHONE = {"where": {"dim": "device", "op": "in", "values": ["phone"]}}
AFTER_PHONE = {
    "subject": "person", "events": ["carts", {"metric": "views", "each": "device"}], "from": "carts",
}  # fmt: skip
SETS: list[dict[str, Any]] = [
    {"analysis": ASKED | {"by": "device"}, "part": {"reached": 1, "by": "phone"}},
    {
        "analysis": {"kind": "retention", "subject": "person", "first": "views", "by": "device"},
        "part": {"by": "phone"},
    },
    {"analysis": {"kind": "paths", **AFTER_PHONE}, "part": {"path": [1, {"value": "phone"}]}},
    {"analysis": {"kind": "paths", **AFTER_PHONE}, "part": {"reached": {"value": "phone"}}},
]
"""Cohorts that are defined by a device."""
PHONES = [
    BY_PHONE,
    *({"of": set_} for set_ in SETS),
    {"of": {"analysis": ASKED | {"of": SETS[0]}, "part": {}}},
    {"sides": [{"name": "one", "of": SETS[0]}, {"name": "other", **IN_DE}]},
]


def asked(**more: Any) -> Analysis:
    return analysis_from_data(ASKED | more)


@pytest.fixture
def live(store: Store, keys: Keys, tmp_path: Path) -> Iterator[Live]:
    opened = open_live(tmp_path / "log", store, keys)
    yield opened
    close(opened)


@pytest.fixture
def team(live: Live, store: Store, keys: Keys) -> str:
    """The id of a shared space."""
    with store.write() as transaction:
        return make_space(transaction, "Team Shop", live.workspace().people["ana"], keys).id


def work(live: Live, person: str = "ana") -> SavedAnalyses:
    workspace = live.workspace()
    return SavedAnalyses(live.store, live.keys, workspace, workspace.people[person])


def names(live: Live, person: str, *, archived: bool = False) -> list[str]:
    return [head.name for head in work(live, person).analyses(archived=archived)]


def acts(store: Store) -> list[tuple[str, str]]:
    with store.read() as connection:
        rows = connection.execute(select(AUDIT).order_by(AUDIT.c.number))
        return [(row.kind, row.about) for row in rows]


def test_an_analysis_is_saved_and_opened_again(live: Live, team: str) -> None:
    saved = work(live).save(asked(within="7 days"), name="  View \n to cart ", sentence="In a week", space=team)
    opened = work(live, "max").open(saved)
    assert opened.analysis == asked(within="7 days")
    head = opened.head
    assert (head.name, head.sentence, head.kind, head.metrics) == (
        "View to cart",
        "In a week",
        "funnel",
        ("views", "carts"),
    )
    assert (head.owner_name, head.space_name, head.version, head.may_change) == ("Ana", "Team Shop", 1, False)
    with live.store.read() as connection:
        (text,) = connection.execute(select(ANALYSIS_VERSIONS.c.definition)).one()
    assert json.loads(text) == {
        "kind": "funnel", "v": 1, "subject": "person", "steps": [{"metric": "views"}, {"metric": "carts"}],
        "within": "7 days",
    }  # fmt: skip


def test_changes_are_versions_and_an_earlier_one_is_restored_as_the_next(live: Live, store: Store, team: str) -> None:
    saved = work(live).save(asked(), name="Carts", space=team)
    assert work(live).save_version(saved, asked(attempt="best"), revision=1, note="Fairer") == 2
    assert work(live).restore(saved, 1, revision=2) == 3
    versions = work(live, "max").versions(saved)
    assert [(each.number, each.note, each.author_name) for each in versions] == [
        (3, "As version 1", "Ana"), (2, "Fairer", "Ana"), (1, "", "Ana"),
    ]  # fmt: skip
    assert work(live).open(saved).analysis == work(live).open(saved, version=1).analysis == asked()
    assert work(live).open(saved, version=2).analysis == asked(attempt="best")
    about = f"analysis:{saved}"
    assert [act for act in acts(store) if act[1] == about] == [
        ("analysis.saved", about), ("analysis.changed", about), ("analysis.version_restored", about),
    ]  # fmt: skip
    with pytest.raises(UnknownQuestion, match="has no version 9"):
        work(live).open(saved, version=9)


def test_an_analysis_is_renamed_moved_filed_archived_and_restored(live: Live, store: Store) -> None:
    mine = work(live)
    saved = mine.save(asked(), name="Carts")
    mine.rename(saved, name="**Carts** <b>", sentence="", revision=1)
    mine.move(saved, "Team Mail", revision=2)
    mine.file(saved, "Weekly", revision=3)
    head = work(live, "max").open(saved).head
    assert (head.name, head.space_name, head.folder) == ("**Carts** <b>", "Team Mail", "Weekly")
    mine.archive(saved, revision=4)
    assert (names(live, "max"), names(live, "max", archived=True)) == ([], ["**Carts** <b>"])
    assert work(live, "max").open(saved).head.is_archived
    mine.archive(saved, revision=5, back=True)
    mine.move(saved, "", revision=6)
    assert (names(live, "ana"), names(live, "max")) == (["**Carts** <b>"], [])
    kinds = [kind.removeprefix("analysis.") for kind, about in acts(store) if about == f"analysis:{saved}"]
    assert kinds == ["saved", "renamed", "moved", "filed", "archived", "brought_back", "moved"]


def test_a_private_analysis_is_invisible_to_others(live: Live) -> None:
    saved = work(live).save(asked(), name="Mine")
    said: set[str] = set()
    for person in ("max", "stef", "dora"):
        for sought in (saved, "0" * 32, "", "\ud800", f"{saved}' OR '1'='1"):
            with pytest.raises(UnknownQuestion) as caught:
                work(live, person).open(sought)
            said.add(str(caught.value))
            with pytest.raises(UnknownQuestion):
                work(live, person).versions(sought)
            with pytest.raises(UnknownQuestion):
                work(live, person).save_version(sought, asked(), revision=1)
        assert names(live, person) == []
    assert said == {UNKNOWN}
    assert names(live, "ana") == ["Mine"]


def test_other_people_change_nothing(live: Live, team: str) -> None:
    saved = work(live).save(asked(), name="Carts", space=team)
    changes = (
        lambda theirs: theirs.save_version(saved, asked(attempt="best"), revision=1),
        lambda theirs: theirs.restore(saved, 1, revision=1),
        lambda theirs: theirs.rename(saved, name="x", sentence="", revision=1),
        lambda theirs: theirs.move(saved, "", revision=1),
        lambda theirs: theirs.file(saved, "x", revision=1),
        lambda theirs: theirs.archive(saved, revision=1),
    )
    workspace = live.workspace()
    viewing = Actor(id="ana", viewed_by="stef", roles=frozenset({"marketer"}), attributes={})
    for change in changes:
        with pytest.raises(NotAllowed):
            change(work(live, "max"))
        with pytest.raises((NotAllowed, UnknownName)):
            change(SavedAnalyses(live.store, live.keys, workspace, viewing))
    assert work(live).open(saved).head.revision == 1
    assert work(live, "stef").save_version(saved, asked(attempt="best"), revision=1) == 2
    with pytest.raises(ChangedMeanwhile):
        work(live).save_version(saved, asked(), revision=1)


def test_hidden_metrics_hide_the_name(store: Store, keys: Keys, tmp_path: Path) -> None:
    live = open_live(tmp_path / "log", store, keys, NO_CARTS_FOR_MAX)
    mine = work(live)
    saved = mine.save(asked(), name="Carts", space="")
    mine.move(saved, "Everyone", revision=1)
    assert (names(live, "max"), names(live, "dora")) == ([], ["Carts"])
    with pytest.raises(UnknownQuestion) as caught:
        work(live, "max").open(saved)
    assert str(caught.value) == UNKNOWN
    with pytest.raises(UnknownName, match="no metric named 'carts'"):
        work(live, "max").save(asked(), name="x")
    close(live)


def test_a_hidden_dimension_gives_no_definition(live: Live, team: str) -> None:
    """Nora sees views and checkouts by device, and nothing else."""
    by_market = work(live).save(asked(steps=["views", "checkouts"], by="market"), name="By market", space=team)
    by_device = work(live).save(asked(steps=["views", "checkouts"], by="device"), name="By device", space=team)
    in_market = work(live).save(
        asked(steps=["views", "checkouts"], where={"dim": "market", "op": "in", "values": ["DE"]}),
        name="DE",
        space=team,
    )
    assert work(live, "nora").open(by_device).analysis.data["by"] == "device"
    for saved in (by_market, in_market):
        with pytest.raises(UnknownQuestion) as caught:
            work(live, "nora").open(saved)
        assert str(caught.value) == NOT_YOURS
        with pytest.raises(UnknownQuestion):
            work(live, "nora").versions(saved)
    with pytest.raises(UnknownName):
        work(live, "nora").save(asked(steps=["views", "checkouts"], by="market"), name="x")
    with pytest.raises(InvalidQuery):
        work(live, "nora").save(asked(steps=["views", "checkouts"], **IN_DE), name="x")


@pytest.mark.parametrize("phones", PHONES)
def test_a_value_that_is_masked_for_the_reader_is_not_revealed(
    store: Store, keys: Keys, tmp_path: Path, phones: dict[str, Any]
) -> None:
    """Values aren't revealed even to stewards: Mia can't see devices."""
    live = open_live(tmp_path / "log", store, keys, MIA_IS_A_STEWARD)
    with store.write() as transaction:
        space = make_space(transaction, "Everyone", live.workspace().people["ana"], keys).id
    saved = work(live).save(asked(**phones), name="Phones", space=space)
    with pytest.raises(UnknownQuestion, match=NOT_YOURS):
        work(live, "mia").open(saved)
    assert work(live, "stef").open(saved).analysis == asked(**phones)
    close(live)


@pytest.mark.parametrize("phones", PHONES)
def test_a_person_in_a_filter_or_set_is_encrypted(
    store: Store, keys: Keys, tmp_path: Path, phones: dict[str, Any]
) -> None:
    live = open_live(tmp_path / "log", store, keys, DEVICE_IS_PERSONAL)
    with store.write() as transaction:
        space = make_space(transaction, "Everyone", live.workspace().people["ana"], keys).id
    saved = work(live).save(asked(**phones), name="Phones", space=space)
    with store.read() as connection:
        (text,) = connection.execute(select(ANALYSIS_VERSIONS.c.definition)).one()
    assert text == ""
    assert work(live, "stef").open(saved).analysis == asked(**phones)
    with store.write(recorded=False) as transaction:
        assert erase_person(transaction, "ana", keys)
    with pytest.raises(InvalidQuery, match="encrypted for someone who has left"):
        work(live, "stef").open(saved)
    close(live)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind":"sorcery"}', '{"kind":"funnel"}', "[" * 5000])
def test_a_damaged_definition_is_reported(live: Live, text: str) -> None:
    saved = work(live).save(asked(), name="Carts")
    with live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(ANALYSIS_VERSIONS).values(definition=text))
    with pytest.raises(InvalidQuery, match="can't read the analysis"):
        work(live).open(saved)
    assert names(live, "ana") == ["Carts"]


def test_names_and_sizes_are_limited(live: Live) -> None:
    for name in ("", " \n ", "x" * 201):
        with pytest.raises(InvalidQuery, match="1 to 200 characters"):
            work(live).save(asked(), name=name)
    with pytest.raises(InvalidQuery, match="description"):
        work(live).save(asked(), name="x", sentence="y" * 2001)
    many = {"dim": "device", "op": "in", "values": ["x" * 900] * 900}
    with pytest.raises(InvalidQuery):
        work(live).save(asked(where=many), name="x")


def test_a_search_finds_words_of_names_kinds_and_owners(live: Live, team: str) -> None:
    work(live).save(asked(), name="View to cart", sentence="For Mondays", space=team)
    work(live).save(asked(), name="Other")
    found = work(live).analyses()
    for text, expected in (
        ("cart", ["View to cart"]), ("monday", ["View to cart"]), ("funnel", ["Other", "View to cart"]),
        ("ana oth", ["Other"]), ("zebra", []),
    ):  # fmt: skip
        assert sorted(head.name for head in search_analyses(found, text)) == expected
