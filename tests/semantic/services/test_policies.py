"""Policies in a draft: a steward's preview shows nothing that the published policies hide from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from semantic.audit_trail.recents import Recents
from semantic.config.settings import Settings
from semantic.errors import NotAllowed
from semantic.model.editing.edit import remove_object
from semantic.model.editing.objects import ObjectKind, objects_of
from semantic.model.loading.load import read_folder
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Query
from semantic.results.result import Result
from semantic.services import policies
from semantic.services.drafts import begin_object, open_edits, preview, write_object
from semantic.services.policies import NOT_SHOWN, PolicyWork
from semantic.services.process import Live
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.semantic.store.stores import SECRET
from tests.shop import SHOP

PEOPLE = """
people:
  - {id: ana, name: Ana, roles: [steward]}
  - {id: ben, name: Ben, roles: [steward], groups: [all]}
  - {id: mia, name: Mia, roles: [marketer]}
policies:
  - name: germany
    label: Germany
    who: {roles: [marketer, steward]}
    grant: {metrics: all, dimensions: all}
    rows: [{dataset: customers, where: "home IN ('DE')"}]
    view_as: {roles: [marketer]}
  - name: everything
    label: Everything
    who: {groups: [whole]}
    grant: {metrics: all, dimensions: all}
    whole: all
"""
QUESTION = Query(metrics=("revenue",), by=(Breakdown("home"),))


@pytest.fixture
def live(address: str, tmp_path: Path) -> Iterator[Live]:
    folder = tmp_path / "model"
    folder.mkdir()
    files = read_folder(SHOP)
    for thing in objects_of(files):
        if thing.kind in (ObjectKind.POLICY, ObjectKind.POLICY_TEST, ObjectKind.PERSON):
            files = remove_object(files, thing.key)
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "who.yml").write_text(PEOPLE)
    settings = Settings(
        data=str(copy_shop(tmp_path / "shop.duckdb")), model=folder, store=address, audit_key=SECRET,
        model_source="store", mask_key="a key of the tests", demo=True,
    )  # fmt: skip
    opened = Live.open(settings)
    yield opened
    opened.close()


def drafted(live: Live, actor: Actor, old: str, new: str) -> Workspace:
    key = (ObjectKind.POLICY, "germany")
    edits = open_edits(live, actor)
    text = edits.text_of(key)
    assert old in text
    return preview(live.workspace(), write_object(live, actor, edits, key, text.replace(old, new)).edits)


def asked(live: Live, person: Actor) -> Recents:
    recents = Recents(live.store, live.keys)
    recents.asked(person, QUESTION)
    return recents


def test_a_draft_that_widens_shows_a_steward_no_rows_they_may_not_see(live: Live) -> None:
    people = live.workspace().people
    ana = people["ana"]
    work = PolicyWork(live, ana)
    draft = drafted(live, ana, "home IN ('DE')", "home IN ('DE', 'FR')")
    [compared] = work.preview(draft, "mia", asked(live, ana))
    assert isinstance(compared.before, Result)
    assert compared.before.table.column("home").to_pylist() == ["DE"]
    assert (compared.after, compared.verdict) == (NOT_SHOWN, "not_shown")
    change = work.change(draft)
    assert change.widens == ("Germany",)
    assert sorted(effect.person.id for effect in change.effects) == ["ana", "ben", "mia"]
    assert all("will see Home FR in Orders" in effect.widens for effect in change.effects)


def test_unchanged_values_are_shown(live: Live) -> None:
    people = live.workspace().people
    draft = drafted(live, people["ana"], "view_as", "description: Described.\nview_as")
    [compared] = PolicyWork(live, people["ana"]).preview(draft, "mia", asked(live, people["ana"]))
    assert compared.verdict == "same"


def test_a_metric_that_becomes_hidden_is_reported(live: Live) -> None:
    people = live.workspace().people
    draft = drafted(live, people["ana"], "view_as", "deny: {metrics: [revenue]}\nview_as")
    [compared] = PolicyWork(live, people["ana"]).preview(draft, "mia", asked(live, people["ana"]))
    assert compared.verdict == "hidden"
    lost = {effect.person.id: effect.lost for effect in PolicyWork(live, people["ana"]).change(draft).effects}
    assert all("Revenue" in names for names in lost.values())


def test_recent_questions_of_other_people_stay_private(live: Live) -> None:
    people = live.workspace().people
    draft = drafted(live, people["ana"], "view_as", "description: Described.\nview_as")
    assert PolicyWork(live, people["ana"]).preview(draft, "mia", asked(live, people["mia"])) == []


def test_without_any_question_certified_metrics_are_compared(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    people = live.workspace().people
    draft = drafted(live, people["ana"], "view_as", "deny: {metrics: [revenue]}\nview_as")
    monkeypatch.setattr(policies, "is_certified", lambda metric: metric.name == "revenue")
    compared = PolicyWork(live, people["ana"]).preview(draft, "mia", Recents(live.store, live.keys))
    verdicts = {each.query.metrics: each.verdict for each in compared}
    assert verdicts == {("revenue",): "hidden"}


def test_only_stewards_preview_people_that_they_can_view_as(live: Live) -> None:
    people = live.workspace().people
    with pytest.raises(NotAllowed):
        PolicyWork(live, people["mia"])
    with pytest.raises(NotAllowed):
        PolicyWork(live, replace(people["ana"], viewed_by="ben"))
    draft = drafted(live, people["ana"], "view_as", "description: Described.\nview_as")
    with pytest.raises(NotAllowed):
        PolicyWork(live, people["ana"]).preview(draft, "ben", asked(live, people["ben"]))


def test_changes_of_a_scheduled_version_do_not_count_as_the_drafts(live: Live) -> None:
    ana = live.workspace().people["ana"]
    work = PolicyWork(live, ana)
    scheduled = drafted(live, ana, "home IN ('DE')", "home IN ('DE', 'FR')")
    edits = open_edits(live, ana)
    base = {
        **edits.files,
        **{name: text.replace("home IN ('DE')", "home IN ('DE', 'FR')") for name, text in edits.base_files.items()},
    }
    change = work.change(scheduled, base)
    assert (change.effects, change.widens) == ((), ())
    assert work.change(scheduled).widens == ("Germany",)


def test_a_metric_that_the_draft_adds_is_named(live: Live) -> None:
    people = live.workspace().people
    edits = open_edits(live, people["ana"])
    text = "name: half_revenue\nlabel: Half of revenue\ndescription: Half.\nowner: Ana\nkind: derived\n"
    text += "expression: revenue / 2\n"
    edits = begin_object(live, people["ana"], edits, ObjectKind.METRIC, text).edits
    effects = PolicyWork(live, people["ana"]).change(preview(live.workspace(), edits)).effects
    assert {effect.person.id: effect.gained for effect in effects} == dict.fromkeys(
        ("ana", "ben", "mia"), ("Half of revenue",)
    )
