"""The automation log: who can write it, who sees its entries on charts, and its export and dataset."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from semantic.agents.automation import AutomationWork, csv_of
from semantic.agents.drift import DriftWork
from semantic.agents.guidance_work import GuidanceWork
from semantic.annotations.remarks import may_read
from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Query
from semantic.services.uploads import UploadWork
from semantic.store.agents.automation import Automation, read_automation_remarks
from semantic.store.models.versions import files_of
from semantic.store.upkeep.erasure import erase
from semantic.uploads.reading import read_file
from semantic.uploads.upload import file_path, metric_name
from tests.semantic.agents.world import AgentWorld, opened

DAY = date(2026, 3, 2)
CART = Automation(kind="flow", name="Cart reminder", change="launched", day=DAY, owner="CRM team", note="Second try")


def work(world: AgentWorld, name: str = "ana") -> AutomationWork:
    return AutomationWork(world.live, world.actor(name))


def texts(world: AgentWorld) -> list[str]:
    return [line.text for line in work(world).lines()]


def test_entries_and_changes_by_samepage_are_in_one_log(world: AgentWorld) -> None:
    work(world).add(CART)
    work(world).add(
        replace(CART, kind="bidding", name="Smart bids", change="paused", concerns="DE", day=DAY - timedelta(1))
    )
    DriftWork(world.live, world.actor("ben")).switch_model(is_on=False, why="Too slow.")
    assert texts(world) == [
        "Ben Okafor switched off the language model: Too slow.",
        "Flow Cart reminder: launched",
        "Bidding automation Smart bids: paused (DE)",
    ]
    assert "Ana Ribeiro noted that the bidding automation “Smart bids” was paused" in world.told(3)


def test_an_entry_is_corrected_and_removed(world: AgentWorld) -> None:
    work(world).add(CART)
    kept = work(world).lines()[0].kept
    assert kept is not None
    work(world, "ben").change(kept, replace(CART, change="ended"))
    with pytest.raises(ChangedMeanwhile):
        work(world).remove(kept)
    changed = work(world).lines()[0].kept
    assert changed is not None
    assert (changed.automation.change, changed.author_name) == ("ended", "Ana Ribeiro")
    work(world).remove(changed)
    assert texts(world) == []


def test_only_stewards_signed_in_as_themselves_use_the_log(world: AgentWorld) -> None:
    for actor in (world.actor("jonas"), world.agent("ana"), replace(world.actor("ana"), viewed_by="otto")):
        for act in (lambda it: it.add(CART), AutomationWork.lines, AutomationWork.export):
            with pytest.raises(NotAllowed):
                act(AutomationWork(world.live, actor))


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (replace(CART, name=" "), "Name the automation"),
        (replace(CART, name="x" * 121), "at most 120"),
        (replace(CART, note="x" * 401), "at most 400"),
        (replace(CART, kind="robot"), "unknown"),
        (replace(CART, day=date(2099, 1, 1)), "more than a year ahead"),
    ],
)
def test_invalid_entries_are_refused_with_the_reason(world: AgentWorld, entry: Automation, says: str) -> None:
    with pytest.raises(InvalidQuery, match=says):
        work(world).add(entry)


def test_an_entry_is_on_charts_of_its_days(world: AgentWorld) -> None:
    """An entry about some markets requires access to every row, because its text can't be compared with someone's
    access.
    """
    work(world).add(CART)
    work(world).add(replace(CART, name="Smart bids", concerns="DE"))
    with world.live.store.read() as connection:
        found = read_automation_remarks(connection, first=DAY, end=DAY + timedelta(1))
        assert read_automation_remarks(connection, first=DAY + timedelta(1), end=None) == []
        assert read_automation_remarks(connection, first=None, end=DAY) == []
    remarks = sorted((remark.text, remark.first, remark.last, remark.whole) for _, remark in found)
    assert remarks == [
        ("Flow Cart reminder: launched", DAY, DAY, False),
        ("Flow Smart bids: launched (DE)", DAY, DAY, True),
    ]


def test_an_entry_that_names_something_hidden_is_not_on_charts(world: AgentWorld) -> None:
    """Orders are hidden from Vera."""
    work(world).add(CART)
    work(world).add(replace(CART, kind="ai_feature", name="Orders forecast"))
    with world.live.store.read() as connection:
        remarks = [remark for _, remark in read_automation_remarks(connection, first=DAY, end=None)]
    read: dict[str, set[str]] = {}
    for name in ("vera", "jonas"):
        seen = world.live.workspace().visible(world.actor(name))
        read[name] = {remark.text for remark in remarks if may_read(remark, (seen.metric("revenue"),), seen)}
    assert read["vera"] == {"Flow Cart reminder: launched"}
    assert read["jonas"] == {"Flow Cart reminder: launched", "AI feature Orders forecast: launched"}


def test_the_file_is_harmless_in_a_spreadsheet(world: AgentWorld) -> None:
    work(world).add(CART)
    assert work(world).export() == (
        "day,kind,name,change,concerns,owner,note\n2026-03-02,Flow,Cart reminder,Launched,,CRM team,Second try\n"
    )
    assert world.told(1) == ["Ana Ribeiro exported 1 entry of the automation log"]
    bad = csv_of([replace(CART, name="=1+1", note='a,"b"')])
    assert bad.splitlines()[1] == '2026-03-02,Flow,\'=1+1,Launched,,CRM team,"a,""b"""'


def entries_by(world: AgentWorld, actor: Actor, dimension: str) -> dict[str, int]:
    """Return the number of entries for each value of a breakdown, by the value's label."""
    workspace = world.live.workspace()
    seen = workspace.visible(actor)
    (metric,) = [each.name for each in seen.metrics if each.label == "Automation log: rows"]
    (name,) = [each.name for each in seen.dimensions if each.label == dimension]
    table = workspace.ask(Query(metrics=(metric,), by=(Breakdown(name),)), actor).table
    return dict(zip(table.column(name).to_pylist(), table.column(metric).to_pylist(), strict=True))


def test_the_log_is_a_dataset_that_can_be_asked_about(world: AgentWorld) -> None:
    ana = world.actor("ana")
    work(world).add(CART)
    work(world).add(replace(CART, change="paused", concerns="DE", day=DAY + timedelta(7)))
    made = work(world).make_dataset()
    assert entries_by(world, ana, "Change") == {"Launched": 1, "Paused": 1}
    work(world).add(replace(CART, kind="bidding", name="Smart bids", change="paused", owner=""))
    assert work(world).make_dataset().id == made.id
    assert entries_by(world, ana, "Change") == {"Launched": 1, "Paused": 2}
    assert entries_by(world, ana, "Markets or channels") == {"All": 2, "DE": 1}
    assert entries_by(world, ana, "Owner") == {"CRM team": 2, "No owner": 1}
    assert all(
        each.label != "Automation log: rows" for each in world.live.workspace().visible(world.actor("ben")).metrics
    )


def test_the_logs_rows_are_never_replaced_by_those_of_another_store(world: AgentWorld, tmp_path: Path) -> None:
    """Each store has its own folder of uploads without a setting for it, whichever store a process used last."""
    work(world).add(CART)
    work(world).make_dataset()
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    with opened(other_folder) as other:
        work(other).add(replace(CART, change="ended"))
        work(other).make_dataset()
        assert entries_by(world, world.actor("ana"), "Change") == {"Launched": 1}
        world.live.show_uploads()
        assert entries_by(other, other.actor("ana"), "Change") == {"Ended": 1}
    assert world.live.settings.uploads == tmp_path / "uploads"
    assert other.live.settings.uploads == other_folder / "uploads"


def test_an_upload_that_someone_named_like_the_log_stays_untouched(world: AgentWorld) -> None:
    """The upload's record, its only version on disk, its part of the model and its rows stay the same, byte for
    byte.
    """
    live, ana = world.live, world.actor("ana")
    uploads = UploadWork(live, ana)
    reading = read_file(
        b"Entry,Day,Kind,Automation,Change,Markets or channels,Owner\nmine,2026-01-05,Flow,A,Ended,DE,Me\n"
    )
    own = uploads.find(uploads.make(reading, uploads.plan(reading, label="automation Log")))

    def kept() -> tuple[object, ...]:
        with live.store.read() as connection:
            files = files_of(connection, live.workspace().published.number)  # type: ignore[union-attr]
        folder = live.upload_tables.folder / "versions" / own.name
        stored = {path.name: path.read_bytes() for path in folder.iterdir()}
        return uploads.find(own.id), uploads.versions(own), stored, files[file_path(own.name)]

    before = kept()
    work(world).add(CART)
    assert work(world).dataset() is None
    made = work(world).make_dataset()
    assert (made.plan.label, made.rows) == ("Automation log 2", 1)
    work(world).add(replace(CART, change="paused"))
    updated = work(world).make_dataset()
    assert (updated.id, updated.plan.label, updated.rows) == (made.id, "Automation log 2", 2)
    assert kept() == before
    metric = metric_name(own.plan, "")
    assert live.workspace().ask(Query(metrics=(metric,)), ana).table.column(metric).to_pylist() == [1]


def test_one_stewards_dataset_does_not_block_guidance_for_others(world: AgentWorld) -> None:
    """Guidance requires access to every metric of the model, but uploads belong to their owners."""
    work(world).add(CART)
    made = work(world).make_dataset()
    metric = metric_name(made.plan, "")
    assert metric not in {each.name for each in world.live.workspace().visible(world.actor("ben")).metrics}
    assert [GuidanceWork(world.live, world.actor(name)).why_not for name in ("ana", "ben", "otto")] == ["", "", ""]
    assert GuidanceWork(world.live, world.actor("vera")).why_not == "Only stewards can write the guidance for agents."


def test_a_deleted_dataset_is_created_again(world: AgentWorld) -> None:
    work(world).add(CART)
    made = work(world).make_dataset()
    UploadWork(world.live, world.actor("ana")).delete(made)
    again = work(world).make_dataset()
    assert (again.plan.label, again.rows) == ("Automation log", 1)
    assert again.id != made.id


def test_an_erased_author_leaves_no_name(world: AgentWorld) -> None:
    work(world).add(CART)
    erase(world.live.store, "ana", world.actor("otto"), world.live.keys)
    (line,) = work(world, "ben").lines()
    assert line.kept is not None
    assert line.kept.author_name == ""
