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
    Edits,
    begin_object,
    behind,
    drop_object,
    keeps_policies,
    merge_newest,
    open_edits,
    preview,
    problems_in,
    publish_edits,
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


def changed(live: Live, actor: Actor, edits: Edits, key: tuple[ObjectKind, str], old: str, new: str) -> Edits:
    text = edits.text_of(key)
    assert old in text
    return write_object(live, actor, edits, key, text.replace(old, new)).edits


def value(live: Live, metric: str) -> object:
    """Return a metric's number for Ana. If someone else had used the metric, the draft would need a review."""
    return live.workspace().ask(Query(metrics=(metric,)), ANA).table.column(metric)[0].as_py()


def described(live: Live, actor: Actor, key: tuple[ObjectKind, str], words: str) -> Edits:
    edits = open_edits(live, actor)
    return write_object(live, actor, edits, key, with_meaning(edits.text_of(key), words)).edits


def with_meaning(text: str, words: str) -> str:
    """Return the shop's files with another description of a metric. The shop's metrics are written in braces."""
    assert text.endswith("}")
    return f"{text[:-1]}, means: {words}}}"


def test_typed_text_is_kept_when_the_page_is_reopened(live: Live) -> None:
    edits = described(live, ANA, REVENUE, "All orders.")
    assert edits.changed() == {REVENUE: "changed"}
    again = open_edits(live, ANA)
    assert again.text_of(REVENUE).endswith("means: All orders.}")
    assert again.published_text(REVENUE) == edits.published_text(REVENUE)
    assert open_edits(live, BEN).changed() == {}, "a draft is its author's alone"


def test_an_unfinished_object_is_kept_with_the_draft(live: Live) -> None:
    edits = open_edits(live, ANA)
    broken = with_meaning(edits.text_of(REVENUE), "[half")
    edits = write_object(live, ANA, edits, REVENUE, broken).edits
    assert open_edits(live, ANA).text_of(REVENUE) == broken
    assert edits.changed() == {REVENUE: "unfinished"}
    assert problems_in(edits, REVENUE)
    assert edits.files == edits.base_files
    with pytest.raises(ChangedMeanwhile, match="revenue"):
        publish_edits(live, ANA, edits, note="half")
    edits = write_object(live, ANA, edits, REVENUE, broken.replace("[half", "whole")).edits
    assert edits.changed() == {REVENUE: "changed"}
    assert problems_in(edits, REVENUE) == ()


def test_publishing_a_draft_changes_the_numbers_and_removes_it(live: Live) -> None:
    before = value(live, "revenue")
    edits = open_edits(live, ANA)
    edits = write_object(
        live, ANA, edits, REVENUE, "name: revenue\nmeasure: orders.amount\nfilter: device = 'kiosk'\n"
    ).edits
    drafted = preview(live.workspace(), edits)
    of_all = Query(metrics=("revenue",))
    shown = drafted.ask(of_all, drafted.people["steward"]).table.column("revenue")[0].as_py()
    assert value(live, "revenue") == before
    version = publish_edits(live, ANA, edits, note="The kiosk alone")
    assert (version.number, version.note, version.author_name) == (2, "The kiosk alone", "Ana")
    # Of the orders by heart only o09 is from the kiosk.
    assert shown == value(live, "revenue") == 1280
    assert open_edits(live, ANA).changed() == {}


def test_two_stewards_who_change_different_things_lose_nothing(live: Live) -> None:
    mine, theirs = described(live, ANA, REVENUE, "Ana's words."), described(live, BEN, COST, "Ben's words.")
    publish_edits(live, BEN, theirs, note="Cost")
    with pytest.raises(ChangedMeanwhile, match="version 2"):
        publish_edits(live, ANA, mine, note="Revenue")
    newer = behind(live, mine)
    assert newer is not None
    assert newer.note == "Cost"
    merged, head = merge_newest(live, mine)
    assert merged.is_clean
    edits = take_merged(live, ANA, mine, merged, head)
    assert edits.changed() == {REVENUE: "changed"}
    publish_edits(live, ANA, edits, note="Revenue")
    published = open_edits(live, BEN)
    assert published.base.number == 3
    assert published.text_of(REVENUE).endswith("means: Ana's words.}")
    assert published.text_of(COST).endswith("means: Ben's words.}")


def test_two_stewards_who_change_the_same_thing_choose_a_side(live: Live) -> None:
    mine, theirs = described(live, ANA, REVENUE, "Ana's words."), described(live, BEN, REVENUE, "Ben's words.")
    publish_edits(live, BEN, theirs, note="Ben's")
    merged, _ = merge_newest(live, mine)
    (conflict,) = merged.conflicts
    assert conflict.key == REVENUE
    assert conflict.mine is not None
    assert conflict.mine.endswith("Ana's words.}")
    assert conflict.theirs is not None
    assert conflict.theirs.endswith("Ben's words.}")
    settled, head = merge_newest(live, mine, {REVENUE: conflict.mine})
    edits = take_merged(live, ANA, mine, settled, head)
    publish_edits(live, ANA, edits, note="Ana's")
    assert open_edits(live, BEN).text_of(REVENUE).endswith("Ana's words.}")


def test_two_windows_of_one_steward_do_not_overwrite_each_other(live: Live) -> None:
    edits = described(live, ANA, REVENUE, "First.")
    other = open_edits(live, ANA)
    described(live, ANA, COST, "Second.")
    with pytest.raises(ChangedMeanwhile, match="another window"):
        changed(live, ANA, other, REVENUE, "First.", "Third.")
    assert edits.draft is not None
    assert set(open_edits(live, ANA).changed()) == {REVENUE, COST}


def test_an_object_can_be_added_removed_and_restored(live: Live) -> None:
    edits = open_edits(live, ANA)
    written = begin_object(
        live, ANA, edits, ObjectKind.METRIC, "name: cost_each\nkind: ratio\nnumerator: cost\ndenominator: units\n"
    )
    assert written.key == (ObjectKind.METRIC, "cost_each")
    assert problems_in(written.edits, written.key) == ()
    edits = drop_object(live, ANA, written.edits, COST)
    assert edits.changed() == {written.key: "added", COST: "removed"}
    assert any("cost" in problem.problem.message for problem in problems_in(edits, written.key))
    with pytest.raises(ModelError, match="cost"):
        publish_edits(live, ANA, edits, note="without cost")
    edits = put_back(live, ANA, put_back(live, ANA, edits, COST), written.key)
    assert edits.changed() == {}
    assert throw_away(live, ANA, edits).draft is None


def test_a_renamed_object_is_one_removed_and_one_added(live: Live) -> None:
    edits = open_edits(live, ANA)
    written = write_object(live, ANA, edits, UNITS, edits.text_of(UNITS).replace("name: units", "name: pieces_sold"))
    assert written.key == (ObjectKind.METRIC, "pieces_sold")
    assert written.edits.changed()[written.key] == "added"
    assert written.edits.changed()[UNITS] == "removed"


def test_only_stewards_publish(live: Live) -> None:
    edits = described(live, MIA, REVENUE, "Mine.")
    with pytest.raises(NotAllowed, match="steward"):
        publish_edits(live, MIA, edits, note="Mine")
    assert open_edits(live, ANA).base.number == 1


def test_viewing_as_a_steward_neither_shows_nor_changes_their_draft(live: Live) -> None:
    edits = described(live, ANA, REVENUE, "Mine.")
    looking = replace(ANA, viewed_by="ben")
    assert open_edits(live, looking).changed() == {}
    with pytest.raises(NotAllowed):
        changed(live, looking, edits, REVENUE, "Mine.", "Theirs.")
    with pytest.raises(NotAllowed):
        described(live, looking, COST, "Theirs.")
    assert open_edits(live, ANA).text_of(REVENUE).endswith("means: Mine.}")
    assert set(open_edits(live, ANA).changed()) == {REVENUE}


def test_changing_a_policy_is_distinguished_from_moving_it(live: Live) -> None:
    running = live.workspace()
    edits = described(live, ANA, REVENUE, "All orders.")
    assert keeps_policies(running, preview(running, edits))
    key = (ObjectKind.POLICY, "private")
    more = changed(live, ANA, edits, key, "at_least: 2", "at_least: 9")
    assert not keeps_policies(running, preview(running, more))
    back = put_back(live, ANA, more, key)
    edits = changed(live, ANA, back, (ObjectKind.POLICY, "smaller_questions"), "days: 31", "days: 3100")
    assert not keeps_policies(running, preview(running, edits))


def test_a_receipt_of_an_earlier_version_is_compared_with_that_version(live: Live) -> None:
    """Version 2 counts only the kiosk. A question as of version 1 has the same answer, whatever is published later."""
    kiosk = "name: revenue\nmeasure: orders.amount\nfilter: device = 'kiosk'\n"
    publish_edits(live, ANA, write_object(live, ANA, open_edits(live, ANA), REVENUE, kiosk).edits, note="The kiosk")
    steward = live.workspace().people["steward"]
    shown = live.workspace().ask(Query(metrics=("revenue",), as_of=1), steward)
    assert shown.rows()[0]["revenue"] == 10225.5
    publish_edits(live, ANA, described(live, ANA, COST, "Other words."), note="Words")
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
