"""Uploads while a version of the model is scheduled: they are live at once, and the version is still published on its
day.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from random import Random

import pytest

from semantic.errors import ChangedMeanwhile
from semantic.policy.actor import Actor
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys
from semantic.store.models.versions import (
    Version,
    files_of,
    publish,
    publish_upload,
    read_head,
    read_running,
    read_scheduled,
    read_versions,
    roll_back,
    was_live,
)
from semantic.uploads.upload import Shared, UploadColumn, UploadPlan, file_path, metric_name, model_file
from tests.proof import part
from tests.semantic.store.clock import Clock
from tests.semantic.store.small_model import ANA, small_model
from tests.semantic.store.writers import FORKS, join, start, try_to_upload
from tests.waiting import STUCK

MIA = Actor(id="mia", name="Mia Lind, paid media", roles=frozenset({"marketer"}))
SEED, NET, GROSS = small_model(), small_model("amount - 1"), small_model("amount + 1")
BUDGET, COSTS = "up_0123456789ab", "up_ba9876543210"


def text(name: str = BUDGET, label: str = "Budget", *, shared: Shared | None = None) -> str:
    columns = (UploadColumn(name="channel", label="Channel", type="string", use="breakdown"),
               UploadColumn(name="budget", label="Budget", type="decimal(18,2)", use="sum"))  # fmt: skip
    plan = UploadPlan(name=name, label=label, purpose="other", columns=columns, shared=shared or Shared())
    return model_file(plan, owner="mia", owner_name="Mia Lind")


def up(store: Store, keys: Keys, name: str = BUDGET, label: str = "Budget", *, remove: bool = False) -> Version:
    return publish_upload(store, keys, name, None if remove else text(name, label), actor=MIA, note=f"Upload: {label}")


def running(store: Store) -> tuple[Version, dict[str, str]]:
    with store.read() as connection:
        version = read_running(connection, store.now())
        assert version is not None
        return version, files_of(connection, version.number)


def head(store: Store) -> int:
    with store.read() as connection:
        newest = read_head(connection)
    assert newest is not None
    return newest.number


@pytest.fixture
def scheduled(store: Store, keys: Keys, clock: Clock) -> Version:
    """Version 2, which takes effect in three days."""
    publish(store, keys, SEED, parent=None, actor=ANA, note="First")
    clock.move(hours=1)
    return publish(store, keys, NET, parent=1, actor=ANA, note="Net of a fee", effective_at=clock() + timedelta(days=3))


def test_an_upload_is_live_at_once_and_the_scheduled_version_on_its_day(
    store: Store, keys: Keys, clock: Clock, scheduled: Version
) -> None:
    clock.move(hours=1)
    upload = up(store, keys)
    assert (upload.number, upload.parent, upload.effective_at) == (3, 1, clock())
    assert running(store) == (upload, {**SEED, file_path(BUDGET): text()})
    with store.read() as connection:
        (again,) = read_scheduled(connection, clock())
    assert (again.number, again.rebases, again.parent, again.note) == (4, 2, 3, "Net of a fee")
    assert (again.author, again.effective_at) == (scheduled.author, scheduled.effective_at)  # it's still Ana's
    clock.move(days=3)
    assert running(store) == (again, {**NET, file_path(BUDGET): text()})
    with store.read() as connection:
        assert [was_live(connection, number, clock()) for number in (1, 2, 3, 4)] == [True, False, True, True]
    with pytest.raises(ChangedMeanwhile):  # it isn't the newest any more
        publish(store, keys, GROSS, parent=2, actor=ANA, note="Late")


def test_several_scheduled_versions_keep_their_days_and_their_order(
    store: Store, keys: Keys, clock: Clock, scheduled: Version
) -> None:
    publish(store, keys, GROSS, parent=2, actor=ANA, note="Gross", effective_at=clock() + timedelta(days=6))
    up(store, keys)
    up(store, keys, COSTS, "Costs")
    both = {file_path(BUDGET): text(), file_path(COSTS): text(COSTS, "Costs")}
    assert running(store)[1] == {**SEED, **both}
    up(store, keys, remove=True)
    left = {file_path(COSTS): text(COSTS, "Costs")}
    for days, files in ((0, SEED), (4, NET), (3, GROSS)):
        clock.move(days=days)
        assert running(store)[1] == {**files, **left}
    with store.read() as connection:
        assert [version.number for version in read_versions(connection)] == list(range(12, 0, -1))


def test_a_scheduled_version_that_changes_the_same_upload_comes_first(store: Store, keys: Keys, clock: Clock) -> None:
    publish(store, keys, SEED, parent=None, actor=ANA, note="First")
    up(store, keys)
    changed = {**SEED, file_path(BUDGET): text(label="Budget 2027")}
    publish(store, keys, changed, parent=2, actor=ANA, note="Another name", effective_at=clock() + timedelta(days=3))
    for remove in (False, True):
        with pytest.raises(ChangedMeanwhile) as refused:
            up(store, keys, label="Budget of 2026", remove=remove)
        name = "Budget" if remove else "Budget of 2026"
        assert f"“{name}” can't be published now" in str(refused.value)
        assert "version 3 of the model, which Ana Ribeiro scheduled for 4 Sep 2026" in str(refused.value)
    assert head(store) == 3
    up(store, keys, COSTS, "Costs")  # another upload isn't touched
    clock.move(days=3)
    up(store, keys, label="Budget of 2026")
    assert "Budget of 2026" in running(store)[1][file_path(BUDGET)]


def test_an_upload_that_the_scheduled_version_uses_cannot_be_deleted(store: Store, keys: Keys, clock: Clock) -> None:
    publish(store, keys, SEED, parent=None, actor=ANA, note="First")
    up(store, keys)
    plan = UploadPlan(name=BUDGET, label="Budget", purpose="other", columns=())
    uses = f"metrics:\n  - {{name: secret_plan, kind: ratio, numerator: revenue, denominator: {metric_name(plan, '')}}}"
    files = {**SEED, file_path(BUDGET): text(), "more.yml": uses}
    publish(store, keys, files, parent=2, actor=ANA, note="Plans", effective_at=clock() + timedelta(days=3))
    with pytest.raises(ChangedMeanwhile, match="doesn't fit version 3") as refused:
        up(store, keys, remove=True)
    assert "secret_plan" not in str(refused.value)  # what stewards plan isn't for everyone
    assert head(store) == 3


def test_a_rollback_keeps_current_uploads(store: Store, keys: Keys, clock: Clock, scheduled: Version) -> None:
    up(store, keys)
    up(store, keys, COSTS, "Costs")
    up(store, keys, COSTS, remove=True)
    back = roll_back(store, keys, 1, head=head(store), actor=ANA, note="Never mind")
    assert back.restores == 1
    assert running(store) == (back, {**SEED, file_path(BUDGET): text()})
    clock.move(days=9)
    assert running(store)[0] == back  # the scheduled version was taken back
    with store.read() as connection:
        assert read_scheduled(connection, clock()) == ()
    with_costs = next(n for n in range(1, back.number) if file_path(COSTS) in files_at(store, n))
    back = roll_back(store, keys, with_costs, head=back.number, actor=ANA, note="Deleted uploads stay deleted")
    assert running(store)[1] == {**SEED, file_path(BUDGET): text()}


def files_at(store: Store, number: int) -> dict[str, str]:
    with store.read() as connection:
        return files_of(connection, number)


def test_a_roll_back_over_another_version_than_expected_is_refused(
    store: Store, keys: Keys, clock: Clock, scheduled: Version
) -> None:
    clock.move(days=4)  # in between, the scheduled version took effect
    with pytest.raises(ChangedMeanwhile, match="took effect at this moment"):
        roll_back(store, keys, 1, head=2, over=1, actor=ANA, note="Back")
    assert head(store) == 2


def test_the_audit_log_says_what_happened_to_the_scheduled_version(
    store: Store, keys: Keys, scheduled: Version
) -> None:
    up(store, keys)
    with store.read() as connection:
        said = [sentence(entry) for entry in read_entries(connection, keys, limit=2)]
    assert said == [
        "Mia Lind updated the scheduled version 2 of the model with an upload, as version 4",
        "Mia Lind published version 3 of the model: “Upload: Budget”",
    ]


def test_random_days_lose_no_upload_and_no_scheduled_version(store: Store, keys: Keys, clock: Clock) -> None:
    """The expected live state is recorded here a second time: the effect of all days so far, and the uploads that
    weren't deleted.
    """
    chance = Random(26)
    publish(store, keys, SEED, parent=None, actor=ANA, note="First")
    live, plans, uploads = SEED, list[tuple[float, dict[str, str]]](), dict[str, str]()
    day = 0.0
    for step in range(part(40)):
        match chance.choice(["up", "up", "down", "schedule", "wait", "back"]):
            case "up":
                name = chance.choice([BUDGET, COSTS])
                up(store, keys, name, f"Plan {step}")
                uploads[name] = text(name, f"Plan {step}")
            case "down":
                name = chance.choice([BUDGET, COSTS])
                up(store, keys, name, remove=True)
                uploads.pop(name, None)
            case "schedule":
                files = small_model(f"amount + {step}")
                at = max([day + chance.choice([1, 2, 3]), *(when for when, _ in plans)])
                own = {file_path(name): each for name, each in uploads.items()}
                publish(store, keys, {**files, **own}, parent=head(store), actor=ANA, note=f"{step}",
                        effective_at=clock() + timedelta(days=at - day))  # fmt: skip
                plans.append((at, files))
            case "wait":
                clock.move(days=1)
                day += 1
                for at, files in [plan for plan in plans if plan[0] <= day]:
                    live = files
                    plans.remove((at, files))
            case _:
                roll_back(store, keys, 1, head=head(store), actor=ANA, note="Back")
                live, plans = SEED, []
        assert running(store)[1] == {**live, **{file_path(name): each for name, each in uploads.items()}}
        with store.read() as connection:
            waiting = [files_of(connection, version.number) for version in read_scheduled(connection, clock())]
        assert [small(files) for files in waiting] == [files for _, files in plans]


def small(files: dict[str, str]) -> dict[str, str]:
    return {path: each for path, each in files.items() if not path.startswith("uploads/")}


@pytest.mark.server
def test_two_processes_that_upload_while_stewards_publish_lose_nothing(keys: Keys, store: Store, address: str) -> None:
    """Two processes upload while this one schedules and rolls back, all by the same real clock."""
    here = Store(connect_store(address))
    publish(here, keys, SEED, parent=None, actor=ANA, note="First")
    each, done = part(4, one_in=2), FORKS.Queue()
    names = [f"up_{place}23456789abc" for place in range(2)]
    started = [start(try_to_upload, address, name, text(name, "XLABELX"), each, done) for name in names]
    for turn in range(each):
        with suppress(ChangedMeanwhile):
            newest = head(here)
            files = {**files_at(here, newest), **small_model(f"amount + {turn}")}
            later = here.now() + timedelta(days=9)
            publish(here, keys, files, parent=newest, actor=ANA, note="Later", effective_at=later)
        with suppress(ChangedMeanwhile):
            roll_back(here, keys, 1, head=head(here), actor=ANA, note="Back")
    results = [done.get(timeout=STUCK) for _ in range(2 * each)]
    join(started)
    last = {name: label for name, label, was_published in sorted(results, key=lambda one: one[1]) if was_published}
    assert last.keys() == {*names}
    _, files = running(here)
    uploads = {file_path(name): text(name, "XLABELX").replace("XLABELX", label) for name, label in last.items()}
    assert {path: each for path, each in files.items() if path not in SEED} == uploads
    with here.read() as connection:
        versions, scheduled = read_versions(connection), read_scheduled(connection, here.now())
        assert [version.number for version in versions] == list(range(len(versions), 0, -1))
        waiting = [files_of(connection, version.number) for version in scheduled]
    assert all({path: each for path, each in files.items() if path not in SEED} == uploads for files in waiting)
    here.close()
