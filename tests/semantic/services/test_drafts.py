"""Drafts over one store: typed text is saved, no change is lost, and publishing a draft changes the numbers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from semantic.config.settings import Settings
from semantic.errors import ChangedMeanwhile, ModelError, NotAllowed
from semantic.governance.run_policy_tests import HIDDEN
from semantic.model.editing.objects import ObjectKind
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.drafts import (
    Desk,
    begin_object,
    behind,
    drop_object,
    keeps_policies,
    merge_newest,
    open_desk,
    preview,
    problems_in,
    publish_desk,
    put_back,
    take_merged,
    throw_away,
    write_object,
)
from semantic.services.process import Live, row_tests
from semantic.services.receipts import factors_of, replay
from semantic.store.models.versions import files_of
from tests.copies import copy_shop
from tests.semantic.store.stores import SECRET
from tests.shop import SHOP

ANA = Actor(id="ana", name="Ana", roles=frozenset({"steward"}))
BEN = Actor(id="ben", name="Ben", roles=frozenset({"steward"}))
MIA = Actor(id="mia", name="Mia", roles=frozenset({"marketer"}))
REVENUE, COST, UNITS = ((ObjectKind.METRIC, name) for name in ("revenue", "cost", "units"))


@pytest.fixture
def live(address: str, tmp_path: Path) -> Iterator[Live]:
    settings = Settings(
        data=str(copy_shop(tmp_path / "shop.duckdb")), model=SHOP, store=address, audit_key=SECRET,
        model_source="store", mask_key="a key of the tests",
    )  # fmt: skip
    opened = Live.open(settings)
    yield opened
    opened.close()


def changed(live: Live, actor: Actor, desk: Desk, key: tuple[ObjectKind, str], old: str, new: str) -> Desk:
    text = desk.text_of(key)
    assert old in text
    return write_object(live, actor, desk, key, text.replace(old, new)).desk


def value(live: Live, metric: str) -> object:
    """Return a metric's number for Ana. If someone else had used the metric, the draft would need a review."""
    return live.workspace().ask(Query(metrics=(metric,)), ANA).table.column(metric)[0].as_py()


def described(live: Live, actor: Actor, key: tuple[ObjectKind, str], words: str) -> Desk:
    desk = open_desk(live, actor)
    return write_object(live, actor, desk, key, with_meaning(desk.text_of(key), words)).desk


def with_meaning(text: str, words: str) -> str:
    """Return the shop's files with another description of a metric. The shop's metrics are written in braces."""
    assert text.endswith("}")
    return f"{text[:-1]}, means: {words}}}"


def test_typed_text_is_kept_when_the_page_is_reopened(live: Live) -> None:
    desk = described(live, ANA, REVENUE, "All orders.")
    assert desk.changed() == {REVENUE: "changed"}
    again = open_desk(live, ANA)
    assert again.text_of(REVENUE).endswith("means: All orders.}")
    assert again.published_text(REVENUE) == desk.published_text(REVENUE)
    assert open_desk(live, BEN).changed() == {}, "a draft is its author's alone"


def test_an_unfinished_object_is_kept_with_the_draft(live: Live) -> None:
    desk = open_desk(live, ANA)
    broken = with_meaning(desk.text_of(REVENUE), "[half")
    desk = write_object(live, ANA, desk, REVENUE, broken).desk
    assert open_desk(live, ANA).text_of(REVENUE) == broken
    assert desk.changed() == {REVENUE: "unfinished"}
    assert problems_in(desk, REVENUE)
    assert desk.files == desk.base_files
    with pytest.raises(ChangedMeanwhile, match="revenue"):
        publish_desk(live, ANA, desk, note="half")
    desk = write_object(live, ANA, desk, REVENUE, broken.replace("[half", "whole")).desk
    assert desk.changed() == {REVENUE: "changed"}
    assert problems_in(desk, REVENUE) == ()


def test_publishing_a_draft_changes_the_numbers_and_removes_it(live: Live) -> None:
    before = value(live, "revenue")
    desk = open_desk(live, ANA)
    desk = write_object(
        live, ANA, desk, REVENUE, "name: revenue\nmeasure: orders.amount\nfilter: device = 'kiosk'\n"
    ).desk
    drafted = preview(live.workspace(), desk)
    of_all = Query(metrics=("revenue",))
    shown = drafted.ask(of_all, drafted.people["steward"]).table.column("revenue")[0].as_py()
    assert value(live, "revenue") == before
    version = publish_desk(live, ANA, desk, note="The kiosk alone")
    assert (version.number, version.note, version.author_name) == (2, "The kiosk alone", "Ana")
    # Of the orders by heart only o09 is from the kiosk.
    assert shown == value(live, "revenue") == 1280
    assert open_desk(live, ANA).changed() == {}


def test_two_stewards_who_change_different_things_lose_nothing(live: Live) -> None:
    mine, theirs = described(live, ANA, REVENUE, "Ana's words."), described(live, BEN, COST, "Ben's words.")
    publish_desk(live, BEN, theirs, note="Cost")
    with pytest.raises(ChangedMeanwhile, match="version 2"):
        publish_desk(live, ANA, mine, note="Revenue")
    newer = behind(live, mine)
    assert newer is not None
    assert newer.note == "Cost"
    merged, head = merge_newest(live, mine)
    assert merged.is_clean
    desk = take_merged(live, ANA, mine, merged, head)
    assert desk.changed() == {REVENUE: "changed"}
    publish_desk(live, ANA, desk, note="Revenue")
    published = open_desk(live, BEN)
    assert published.base.number == 3
    assert published.text_of(REVENUE).endswith("means: Ana's words.}")
    assert published.text_of(COST).endswith("means: Ben's words.}")


def test_two_stewards_who_change_the_same_thing_choose_a_side(live: Live) -> None:
    mine, theirs = described(live, ANA, REVENUE, "Ana's words."), described(live, BEN, REVENUE, "Ben's words.")
    publish_desk(live, BEN, theirs, note="Ben's")
    merged, _ = merge_newest(live, mine)
    (conflict,) = merged.conflicts
    assert conflict.key == REVENUE
    assert conflict.mine is not None
    assert conflict.mine.endswith("Ana's words.}")
    assert conflict.theirs is not None
    assert conflict.theirs.endswith("Ben's words.}")
    settled, head = merge_newest(live, mine, {REVENUE: conflict.mine})
    desk = take_merged(live, ANA, mine, settled, head)
    publish_desk(live, ANA, desk, note="Ana's")
    assert open_desk(live, BEN).text_of(REVENUE).endswith("Ana's words.}")


def test_two_windows_of_one_steward_do_not_overwrite_each_other(live: Live) -> None:
    desk = described(live, ANA, REVENUE, "First.")
    other = open_desk(live, ANA)
    described(live, ANA, COST, "Second.")
    with pytest.raises(ChangedMeanwhile, match="another window"):
        changed(live, ANA, other, REVENUE, "First.", "Third.")
    assert desk.draft is not None
    assert set(open_desk(live, ANA).changed()) == {REVENUE, COST}


def test_an_object_can_be_added_removed_and_restored(live: Live) -> None:
    desk = open_desk(live, ANA)
    written = begin_object(
        live, ANA, desk, ObjectKind.METRIC, "name: cost_each\nkind: ratio\nnumerator: cost\ndenominator: units\n"
    )
    assert written.key == (ObjectKind.METRIC, "cost_each")
    assert problems_in(written.desk, written.key) == ()
    desk = drop_object(live, ANA, written.desk, COST)
    assert desk.changed() == {written.key: "added", COST: "removed"}
    assert any("cost" in problem.problem.message for problem in problems_in(desk, written.key))
    with pytest.raises(ModelError, match="cost"):
        publish_desk(live, ANA, desk, note="without cost")
    desk = put_back(live, ANA, put_back(live, ANA, desk, COST), written.key)
    assert desk.changed() == {}
    assert throw_away(live, ANA, desk).draft is None


def test_a_renamed_object_is_one_removed_and_one_added(live: Live) -> None:
    desk = open_desk(live, ANA)
    written = write_object(live, ANA, desk, UNITS, desk.text_of(UNITS).replace("name: units", "name: pieces_sold"))
    assert written.key == (ObjectKind.METRIC, "pieces_sold")
    assert written.desk.changed()[written.key] == "added"
    assert written.desk.changed()[UNITS] == "removed"


def test_only_stewards_publish(live: Live) -> None:
    desk = described(live, MIA, REVENUE, "Mine.")
    with pytest.raises(NotAllowed, match="steward"):
        publish_desk(live, MIA, desk, note="Mine")
    assert open_desk(live, ANA).base.number == 1


def test_viewing_as_a_steward_neither_shows_nor_changes_their_draft(live: Live) -> None:
    desk = described(live, ANA, REVENUE, "Mine.")
    looking = replace(ANA, viewed_by="ben")
    assert open_desk(live, looking).changed() == {}
    with pytest.raises(NotAllowed):
        changed(live, looking, desk, REVENUE, "Mine.", "Theirs.")
    with pytest.raises(NotAllowed):
        described(live, looking, COST, "Theirs.")
    assert open_desk(live, ANA).text_of(REVENUE).endswith("means: Mine.}")
    assert set(open_desk(live, ANA).changed()) == {REVENUE}


def test_changing_a_policy_is_distinguished_from_moving_it(live: Live) -> None:
    running = live.workspace()
    desk = described(live, ANA, REVENUE, "All orders.")
    assert keeps_policies(running, preview(running, desk))
    key = (ObjectKind.POLICY, "private")
    more = changed(live, ANA, desk, key, "at_least: 2", "at_least: 9")
    assert not keeps_policies(running, preview(running, more))
    back = put_back(live, ANA, more, key)
    desk = changed(live, ANA, back, (ObjectKind.POLICY, "smaller_questions"), "days: 31", "days: 3100")
    assert not keeps_policies(running, preview(running, desk))


def test_a_receipt_of_an_earlier_version_is_compared_with_that_version(live: Live) -> None:
    """Version 2 counts only the kiosk. A question as of version 1 has the same answer, whatever is published later."""
    kiosk = "name: revenue\nmeasure: orders.amount\nfilter: device = 'kiosk'\n"
    publish_desk(live, ANA, write_object(live, ANA, open_desk(live, ANA), REVENUE, kiosk).desk, note="The kiosk")
    steward = live.workspace().people["steward"]
    shown = live.workspace().ask(Query(metrics=("revenue",), as_of=1), steward)
    assert shown.rows()[0]["revenue"] == 10225.5
    publish_desk(live, ANA, described(live, ANA, COST, "Other words."), note="Words")
    replayed = replay(live, shown.receipt, live.workspace().people["steward"])
    assert (replayed.values, replayed.definitions, replayed.model_version) == ("equal", (), 1)
    assert {each_told.word: each_told.state for each_told in factors_of(replayed)}["Definition"] == "same"


def test_a_failing_test_reveals_no_hidden_rows(live: Live) -> None:
    """The test asks as the steward, who sees 10225.50. Small groups are hidden from Pia, who publishes."""
    with live.store.read() as connection:
        files = files_of(connection, 1)
    asked = "policy_tests:\n  - {name: too much, as: steward, ask: {metrics: [revenue]}, sees: [[1]]}\n"
    tried = {**files, "more.yml": asked}
    workspace = live.workspace()
    pia = replace(ANA, groups=frozenset({"private"}))
    messages = [problem.message for problem in row_tests(workspace, tried, ANA)(workspace.model)]
    assert len(messages) == 1
    assert "10225.5" in messages[0]
    hidden = [problem.message for problem in row_tests(workspace, tried, pia)(workspace.model)]
    assert hidden == [f"The policy test 'too much' failed: {HIDDEN}"]
