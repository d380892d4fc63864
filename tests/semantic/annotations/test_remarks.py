"""Remarks that people write: who sees which remark next to which numbers, and who can write remarks about what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from semantic.annotations.annotation import Annotation
from semantic.annotations.remarks import Remark
from semantic.errors import NotAllowed, SemanticError, StoreFailed, UnknownName
from semantic.query.codec import query_from_params
from semantic.results.result import Period
from semantic.services.remarks import RemarkWork
from semantic.store.keys import keys_of
from semantic.store.numbers.remarks import read_remarks
from tests.copies import empty_store
from tests.semantic.paced import PacedWorkspace, open_paced

DAYS = "m=revenue&by=day:day&t=2026-01-01..2026-01-10"
LAUNCH = Remark(first=date(2026, 1, 5), last=date(2026, 1, 6), text="Launch")
OF_DE = replace(LAUNCH, text="Shop in Berlin", dim="market", member="DE")
OF_FR = replace(LAUNCH, text="Strike in Paris", dim="market", member="FR", kind="outage")


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[PacedWorkspace]:
    opened = open_paced(tmp_path)
    yield opened
    opened.close()


def read(workspace: PacedWorkspace, who: str, *remarks: Remark, asked: str = DAYS) -> list[str]:
    workspace.written = lambda period: [(str(place), remark) for place, remark in enumerate(remarks)]
    query, actor = query_from_params(parse_qs(asked)), workspace.people[who]
    answer = workspace.ask(query, actor, today=workspace.today())
    return [annotation.text for annotation in workspace.annotations(answer, actor)]


def test_a_remark_about_a_market_is_shown_to_people_who_see_that_market(workspace: PacedWorkspace) -> None:
    assert read(workspace, "ana", LAUNCH, OF_DE, OF_FR) == ["Launch", "Shop in Berlin", "Strike in Paris"]
    assert read(workspace, "dora", LAUNCH, OF_DE, OF_FR) == ["Launch", "Shop in Berlin"]
    assert read(workspace, "fred", LAUNCH, OF_DE, OF_FR) == ["Launch", "Strike in Paris"]


def test_a_remark_is_read_by_its_role_and_higher_ones(workspace: PacedWorkspace) -> None:
    remarks = [replace(LAUNCH, text=role, audience=role) for role in ("viewer", "marketer", "steward", "administrator")]
    assert read(workspace, "ana", *remarks) == ["viewer"]
    assert read(workspace, "mark", *remarks) == ["marketer", "viewer"]
    assert read(workspace, "stew", *remarks) == ["marketer", "steward", "viewer"]


def test_a_remark_for_people_who_see_all_rows_is_hidden_from_others(workspace: PacedWorkspace) -> None:
    remark = replace(LAUNCH, whole=True)
    assert read(workspace, "mark", remark) == ["Launch"]
    assert read(workspace, "dora", remark) == []


def test_a_remark_shows_only_with_the_metric_it_is_about(workspace: PacedWorkspace) -> None:
    assert read(workspace, "ana", replace(LAUNCH, metric="revenue")) == ["Launch"]
    assert read(workspace, "ana", replace(LAUNCH, metric="lines")) == []
    assert read(workspace, "ana", replace(LAUNCH, metric="gone")) == []


def test_a_filter_leaves_out_remarks_about_others(workspace: PacedWorkspace) -> None:
    assert read(workspace, "ana", LAUNCH, OF_DE, OF_FR, asked=f"{DAYS}&f=market:in:FR") == ["Launch", "Strike in Paris"]
    assert read(workspace, "ana", OF_DE, OF_FR, asked=f"{DAYS}&f=market:not_in:FR") == ["Shop in Berlin"]


def test_a_remark_about_a_missing_dimension_is_shown_to_no_one(workspace: PacedWorkspace) -> None:
    assert read(workspace, "ana", replace(OF_DE, dim="galaxy")) == []


def test_a_remark_becomes_an_annotation_of_the_chart(workspace: PacedWorkspace) -> None:
    workspace.written = lambda period: [("a1", OF_FR), ("b2", replace(OF_FR, member=None, kind="other"))]
    actor = workspace.people["ana"]
    answer = workspace.ask(query_from_params(parse_qs(DAYS)), actor)
    assert workspace.annotations(answer, actor) == (
        Annotation(OF_FR.first, OF_FR.last, OF_FR.text, "outage", "FR", "a1"),
        Annotation(OF_FR.first, OF_FR.last, OF_FR.text, "", "(none)", "b2"),
    )


def test_an_unreadable_store_is_reported_without_guessing(workspace: PacedWorkspace) -> None:
    def fail(period: Period) -> list[tuple[str, Remark]]:
        raise StoreFailed("The store is away.")

    workspace.written = fail
    actor = workspace.people["ana"]
    answer = workspace.ask(query_from_params(parse_qs(DAYS)), actor)
    with pytest.raises(StoreFailed):
        workspace.annotations(answer, actor)


# Writing

As = Callable[[str], RemarkWork]
REVENUE = ("revenue",)


@pytest.fixture
def work(workspace: PacedWorkspace, tmp_path: Path) -> Iterator[As]:
    store = empty_store(str(tmp_path / "store.sqlite"))
    keys = keys_of("a secret of tests, long enough to sign with")

    def written(period: Period) -> list[tuple[str, Remark]]:
        with store.read() as connection:
            return read_remarks(connection, first=period.start, end=period.end)

    workspace.written = written
    yield lambda who: RemarkWork(store, keys, workspace, workspace.people[who])
    store.close()


def test_a_marketers_remark_appears_on_the_chart(work: As, workspace: PacedWorkspace) -> None:
    made = work("dora").write(OF_DE, REVENUE)
    actor = workspace.people["mark"]
    answer = workspace.ask(query_from_params(parse_qs(DAYS)), actor)
    assert [annotation.id for annotation in workspace.annotations(answer, actor)] == [made]
    later = workspace.ask(
        query_from_params(parse_qs(DAYS.replace("2026-01-01..2026-01-10", "2026-01-07..2026-01-10"))), actor
    )
    assert workspace.annotations(later, actor) == ()


@pytest.mark.parametrize(
    "remark",
    [OF_FR, replace(LAUNCH, audience="steward"), replace(LAUNCH, whole=True), replace(LAUNCH, metric="gone")],
)
def test_no_one_can_write_a_remark_they_could_not_read(work: As, remark: Remark) -> None:
    with pytest.raises(NotAllowed):
        work("dora").write(remark, REVENUE)


def test_a_remark_must_be_about_something_in_the_model(work: As) -> None:
    with pytest.raises(UnknownName):
        work("mark").write(replace(LAUNCH, dim="galaxy", member="x"), REVENUE)
    with pytest.raises(SemanticError):
        work("mark").write(replace(LAUNCH, dim="day", member="2026-01-05"), REVENUE)
    with pytest.raises(UnknownName):
        work("mark").write(LAUNCH, ("gone",))


def test_a_hidden_remark_cannot_be_found_changed_or_removed(work: As) -> None:
    made = work("mark").write(OF_FR, REVENUE)
    remark = work("mark").find(made, REVENUE)
    with pytest.raises(NotAllowed) as hidden:
        work("dora").find(made, REVENUE)
    with pytest.raises(NotAllowed) as absent:
        work("dora").find("0" * 32, REVENUE)
    assert str(hidden.value) == str(absent.value)
    with pytest.raises(NotAllowed):
        work("dora").change(remark, LAUNCH, REVENUE)
    with pytest.raises(NotAllowed):
        work("dora").remove(remark, REVENUE)
    work("stew").change(remark, replace(OF_FR, text="Over"), REVENUE)
    assert work("mark").find(made, REVENUE).remark.text == "Over"


def test_people_can_change_their_own_remarks_and_stewards_all(work: As) -> None:
    ids = [work("mark").write(LAUNCH, REVENUE), work("dora").write(OF_DE, REVENUE), work("fred").write(OF_FR, REVENUE)]
    offered = {"mark": ids[:1], "dora": ids[1:2], "fred": ids[2:], "stew": ids, "ana": []}
    for who, wanted in offered.items():
        assert [remark.id for remark in work(who).changeable(ids, REVENUE)] == wanted, who
