"""Targets under each person's policy: seeing, adding, editing and removing them, and the command that imports them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from semantic.commands.targets import run
from semantic.errors import ChangedMeanwhile, NotAllowed, SemanticError, UnknownName
from semantic.model.definitions import Granularity
from semantic.policy.actor import Actor
from semantic.query.query import Query, ToDate
from semantic.services.targets.work import TargetWork
from semantic.store.keys import keys_of
from semantic.targets.pace import Pace
from semantic.targets.target import Target
from tests.copies import empty_store
from tests.semantic.paced import PacedWorkspace, open_paced

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))
As = Callable[[str], TargetWork]


def of(value: int, member: str = "", metric: str = "revenue") -> Target:
    return Target(
        metric=metric, first=JANUARY[0], last=JANUARY[1], value=Decimal(value), dim="market" if member else "",
        member=member or None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacedWorkspace]:
    opened = open_paced(tmp_path_factory.mktemp("paced"))
    yield opened
    opened.close()


@pytest.fixture
def work(workspace: PacedWorkspace, tmp_path: Path) -> Iterator[As]:
    store = empty_store(str(tmp_path / "store.sqlite"))
    keys = keys_of("a secret of tests, long enough to sign with")
    yield lambda who: TargetWork(store, keys, workspace, workspace.people[who])
    store.close()


def seen(work: TargetWork) -> list[object]:
    return [target.target.member or "all" for target in work.targets()]


def test_people_see_only_targets_for_what_they_can_see(work: As) -> None:
    work("stew").keep([of(1, "DE"), of(2, "FR"), of(9)])
    assert {who: seen(work(who)) for who in ("stew", "ana", "dora", "fred", "nora")} == {
        "stew": ["all", "DE", "FR"], "ana": ["all", "DE", "FR"], "dora": ["DE"], "fred": ["FR"],
        "nora": ["all", "DE", "FR"],
    }  # fmt: skip


def test_hidden_targets_cannot_be_found_by_id_either(work: As) -> None:
    work("stew").keep([of(2, "FR")])
    (target,) = work("stew").targets()
    with pytest.raises(NotAllowed) as hidden:
        work("dora").find(target.id)
    with pytest.raises(NotAllowed) as absent:
        work("dora").find("0" * 32)
    assert str(hidden.value) == str(absent.value)
    with pytest.raises(NotAllowed):
        work("dora").history(target)
    assert [version.value for version in work("stew").history(target)] == [2]


def test_marketers_set_no_targets_and_stewards_only_on_what_they_see(work: As, workspace: PacedWorkspace) -> None:
    with pytest.raises(NotAllowed):
        work("mark").keep([of(1)])
    of_dora = workspace.people["dora"]
    part = Actor(id="dora", name="Dora", roles=frozenset({"steward"}), attributes=of_dora.attributes)
    stew = work("stew")
    mine = TargetWork(stew.store, stew.keys, workspace, part)
    mine.keep([of(1, "DE")])
    stew.keep([of(2, "FR")])
    hidden = next(target for target in stew.targets() if target.target.member == "FR")
    for act in (
        lambda: mine.keep([of(1)]),
        lambda: mine.keep([of(1, "DE"), of(1, "FR")]),
        lambda: mine.change(hidden, Decimal(3)),
        lambda: mine.remove(hidden),
        lambda: mine.bring_back(hidden),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert [(target.target.member, target.target.value) for target in stew.targets()] == [("DE", 1), ("FR", 2)]


def test_a_target_must_be_about_something_in_the_model(work: As) -> None:
    with pytest.raises(UnknownName):
        work("stew").keep([of(1, metric="gone")])
    with pytest.raises(SemanticError):
        work("stew").keep([Target(metric="revenue", first=JANUARY[0], last=JANUARY[1], value=Decimal(1), dim="day")])


def test_a_removed_target_can_be_restored_or_set_again(work: As) -> None:
    stew = work("stew")
    stew.keep([of(5)])
    (target,) = stew.targets()
    stew.remove(target)
    assert stew.targets() == []
    stew.bring_back(target)
    (again,) = stew.targets()
    assert again.target == target.target
    stew.remove(again)
    stew.keep([target.target])
    assert [each_target.target for each_target in stew.targets()] == [target.target]
    with pytest.raises(ChangedMeanwhile):
        stew.bring_back(again)


def test_a_target_is_paced_as_soon_as_it_is_set(work: As, workspace: PacedWorkspace) -> None:
    query = Query(metrics=("revenue",), time=ToDate(Granularity.MONTH))
    answer = workspace.ask(query, workspace.people["ana"])
    before = work("ana").pace(query, answer)
    assert isinstance(before, Pace)
    assert before.target == 31_000
    work("stew").keep([of(24_000)])
    after = work("ana").pace(query, answer)
    assert isinstance(after, Pace)
    assert (after.target, after.index) == (24_000, pytest.approx(12_000 / (24_000 * 10 / 31)))


# The command


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for commands over a separate model, data and store."""
    opened = open_paced(tmp_path)
    opened.close()
    model = tmp_path / "model" / "all.yml"
    text = model.read_text(encoding="utf-8").replace("{people: [ana, stew, mark]}", "{roles: [administrator]}")
    model.write_text(text, encoding="utf-8")
    for name, place in (("MODEL", "model"), ("DATA", "data.duckdb"), ("STORE", "store.sqlite")):
        monkeypatch.setenv(f"SAMEPAGE_{name}", str(tmp_path / place))
    monkeypatch.setenv("SAMEPAGE_AUDIT_KEY", "a secret of tests, long enough to sign with")
    return tmp_path


def test_a_file_is_imported_completely_or_not_at_all(shell: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = shell / "targets.csv"
    file.write_text(
        "\ufeffmetric,period,market,target\nrevenue,2026-01,DE,20000\nrevenue,2026-01,,lots\n", encoding="utf-8"
    )
    assert run(["import", str(file)]) == 1
    output = capsys.readouterr()
    assert output.out == "Line 3: “lots” isn't a number. Use the form 31000 or 31000.50.\n"
    assert output.err == "1 line can't be read, so nothing was imported.\n"
    file.write_text("metric,period,market,target\nrevenue,2026-01,DE,20000\nRevenue,2026-01,,31000\n", encoding="utf-8")
    assert run(["import", str(file), "--check"]) == 0
    assert run(["list"]) == 0
    assert capsys.readouterr().out == ""
    assert run(["import", str(file)]) == 0
    assert capsys.readouterr().err == "2 added, 0 changed, 0 same\n".replace("same", "unchanged.")
    assert run(["import", str(file)]) == 0
    assert capsys.readouterr().err == "0 added, 0 changed, 2 unchanged.\n"
    assert run(["list", "--as", "dora"]) == 0
    listed = capsys.readouterr()
    assert "DE" in listed.out
    assert listed.err == "1 target.\n"
    assert run(["import", str(shell / "gone.csv")]) == 1
