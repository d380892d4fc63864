"""Stewards, a reviewer and a rollback at the same time: nothing is lost, and nothing is published without approval."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from semantic.errors import ChangedMeanwhile, NotAllowed, SemanticError
from semantic.model.loading.load import digest_of
from semantic.services.drafts import (
    Edits,
    list_drafts,
    merge_newest,
    new_draft,
    open_edits,
    publish_edits,
    take_merged,
    write_object,
)
from semantic.services.reviewing.rolling_back import roll_back_to
from semantic.store.models.versions import files_of, publish_upload, read_running, read_scheduled, read_versions
from semantic.store.reviews.reviews import TICKS, find_review_of, read_open_reviews
from semantic.store.upkeep.backup import back_up, restore
from semantic.uploads.upload import UploadColumn, UploadPlan, file_path, model_file
from tests.copies import empty_store
from tests.semantic.services.reviewing.world import NET, ORDERS, REVENUE, World, opened
from tests.waiting import STUCK

UPLOAD = "up_0123456789ab"


@pytest.fixture
def world(address: str, tmp_path: Path) -> Iterator[World]:
    with opened(address, tmp_path, ready=lambda: empty_store(address)) as world:
        yield world


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Start all acts at the same time, and return the result or error of each."""
    start, results = threading.Barrier(len(acts)), list[object]([None] * len(acts))

    def run(place: int, act: Callable[[], object]) -> None:
        start.wait(STUCK)
        try:
            results[place] = act()
        except SemanticError as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(STUCK)
    return results


def test_two_stewards_a_reviewer_and_a_simultaneous_rollback_lose_nothing(world: World) -> None:
    live, ana, ben, otto = world.live, *(world.actor(name) for name in ("ana", "ben", "otto"))
    first = world.draft("ben", ORDERS, more="description: First words", name="First")
    publish_edits(live, ben, first, note="First words")  # version 2, so that there is something to roll back
    revenue = world.draft("ana", name="Revenue of Germany")
    review = world.sent("ana", revenue)
    orders = world.draft("ben", ORDERS, more=NET, name="Orders of Germany")
    results = at_once(
        lambda: world.work("ben").approve(review, TICKS),
        lambda: publish_edits(live, ana, revenue, note="Revenue"),
        lambda: publish_edits(live, ben, orders, note="Orders"),
        lambda: roll_back_to(live, otto, 1, head=2, note="Back"),
    )
    assert all(result is None or not isinstance(result, AssertionError) for result in results)
    with live.store.read() as connection:
        versions = read_versions(connection)
        texts = {version.number: "".join(files_of(connection, version.number).values()) for version in versions}
    assert [version.number for version in versions] == list(range(len(versions), 0, -1))
    # Whatever wasn't published is still in its author's draft, and what was is in its version.
    for edits, author, words in ((revenue, ana, "Revenue"), (orders, ben, "Orders")):
        published = [version.number for version in versions if version.note == words]
        kept = {draft.id for draft in list_drafts(live, author)}
        assert edits.draft is not None
        assert (edits.draft.id in kept) is not bool(published)
        assert all(texts[number].count("country = 'DE'") >= 1 for number in published)
        if not published:
            assert "country = 'DE'" in open_edits(live, author, draft=edits.draft.id).text_of(
                REVENUE if edits is revenue else ORDERS
            )
    kinds = [act.kind for act in world.review(review.id).acts]
    if any(version.note == "Revenue" for version in versions):
        assert kinds == ["sent", "approved", "published"]
    else:
        assert kinds in (["sent"], ["sent", "approved"])


def test_a_scheduled_version_an_upload_a_rollback_and_a_review_at_the_same_time_lose_nothing(world: World) -> None:
    live, ben, otto, jonas = world.live, *(world.actor(name) for name in ("ben", "otto", "jonas"))
    publish_edits(live, ben, world.draft("ben", ORDERS, more="description: First", name="First"), note="First")
    later = world.draft("ben", ORDERS, more=NET, name="Later")
    publish_edits(live, ben, later, note="Later", effective_at=world.clock.at + timedelta(days=2))  # version 3
    revenue = world.draft("ana", name="Revenue of Germany")
    review = world.sent("ana", revenue)
    text = upload_text("Plan")
    approved, uploaded, back = at_once(
        lambda: world.work("ben").approve(review, TICKS),
        lambda: publish_upload(live.store, live.keys, UPLOAD, text, actor=jonas, note="Plan"),
        lambda: roll_back_to(live, otto, 1, head=3, note="Back"),
    )
    assert not isinstance(approved, SemanticError)
    assert not isinstance(uploaded, SemanticError)  # whichever was first
    with live.store.read() as connection:
        running, scheduled = read_running(connection, live.store.now()), read_scheduled(connection, live.store.now())
        assert running is not None
        files = [files_of(connection, version.number) for version in (running, *scheduled)]
        numbers = [version.number for version in read_versions(connection)]
    assert numbers == list(range(len(numbers), 0, -1))
    assert all(each[file_path(UPLOAD)] == text for each in files)
    if isinstance(back, SemanticError):  # the upload was first, so Otto looks again
        assert isinstance(back, ChangedMeanwhile)
        assert [version.note for version in scheduled] == ["Later"]
    else:
        assert scheduled == ()  # a roll-back takes back what is scheduled
        assert "description: First" not in files[0]["orders.yml"]
    kinds = [act.kind for act in world.review(review.id).acts]
    assert kinds == ["sent", "approved"]
    assert world.reopened("ana", revenue).text_of(REVENUE) == revenue.text_of(REVENUE)


def test_a_simultaneous_objection_and_publishing_have_one_winner(world: World) -> None:
    live, ana = world.live, world.actor("ana")
    edits = world.draft("ana")
    review = world.sent("ana", edits)
    world.approve("ben", review)
    read = world.review(review.id)
    published, objected = at_once(
        lambda: publish_edits(live, ana, edits, note="Germany"),
        lambda: world.work("otto").ask_for_changes(read, "Wait."),
    )
    if isinstance(published, SemanticError):
        assert isinstance(published, (NotAllowed, ChangedMeanwhile))
        assert objected is None
        assert world.head().number == 1
        assert world.reopened("ana", edits).text_of(REVENUE) == edits.text_of(REVENUE)
    else:
        assert isinstance(objected, ChangedMeanwhile)
        assert world.review(review.id).state == "published"


def test_a_restored_backup_does_not_restore_an_approval(world: World, tmp_path: Path) -> None:
    if world.live.store.kind != "sqlite":
        return  # the copy is the same for both kinds; see tests/semantic/store/upkeep/test_backup.py
    live, ana = world.live, world.actor("ana")
    edits = world.draft("ana")
    review = world.sent("ana", edits)
    world.approve("ben", review)
    back_up(live.store, tmp_path / "copy.sqlite")
    world.work("ben").ask_for_changes(world.review(review.id), "I overlooked France.")
    restore(live.store, live.keys, tmp_path / "copy.sqlite", actor=world.actor("otto"), force=True)
    with pytest.raises(NotAllowed, match="asked for changes"):
        publish_edits(live, ana, world.reopened("ana", edits), note="Germany")
    assert [act.kind for act in world.review(review.id).acts] == ["sent", "approved", "changes_asked"]


class Workbench(RuleBasedStateMachine):
    """Random steps of an author, a second author, reviewers, and a marketer who uploads, also while a version is
    scheduled.

    The expected state is recorded here a second time, in a simpler way: by author, the text last typed; by exact files,
    who approved them and who objected; the upload as it was last published; and the scheduled text.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.world: World
        self.current_edits: dict[str, Edits] = {}
        self.typed: dict[str, str] = {}
        self.decided: dict[tuple[str, str], dict[str, bool]] = {}
        self.uploaded = ""
        self.planned = list[str]()

    @initialize()
    def begin(self) -> None:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        address = str(folder / "store.sqlite")
        self.world = self.stack.enter_context(opened(address, folder, ready=lambda: empty_store(address)))

    def teardown(self) -> None:
        self.stack.close()

    def edits(self, author: str) -> Edits:
        if author not in self.current_edits:
            self.current_edits[author] = new_draft(self.world.live, self.world.actor(author), name=author)
        return self.current_edits[author]

    @rule(author=st.sampled_from(["ana", "ben"]), where=st.sampled_from(["DE", "FR"]), words=st.sampled_from("abc"))
    def type(self, author: str, where: str, words: str) -> None:
        text = f"name: revenue\nmeasure: orders.amount\nowner: Ben Okafor\nfilter: country = '{where}'\n"
        text += f"description: {words}\n"
        edits = self.edits(author)
        self.current_edits[author] = write_object(self.world.live, self.world.actor(author), edits, REVENUE, text).edits
        self.typed[author] = text.strip()

    @rule(author=st.sampled_from(["ana", "ben"]))
    def send(self, author: str) -> None:
        edits = self.edits(author)
        if edits.changed():
            self.world.work(author).send(edits, "Please")

    @rule(who=st.sampled_from(["ana", "ben", "otto"]), is_yes=st.booleans())
    def decide(self, who: str, is_yes: bool) -> None:
        with self.world.live.store.read() as connection:
            found = read_open_reviews(connection, self.world.live.keys)
        for review in found:
            try:
                if is_yes:
                    self.world.work(who).approve(review, TICKS)
                else:
                    self.world.work(who).ask_for_changes(review, "No")
            except NotAllowed:
                assert review.author_id == who
                continue
            assert review.author_id != who
            self.decided.setdefault((review.author_id, review.digest), {})[who] = is_yes

    @rule(author=st.sampled_from(["ana", "ben"]))
    def publish(self, author: str) -> None:
        edits, world = self.edits(author), self.world
        if not edits.changed() or edits.typing:
            return
        before = world.head().number
        votes = self.decided.get((author, digest_of(edits.files)), {})
        with world.live.store.read() as connection:
            assert edits.draft is not None
            review = find_review_of(connection, world.live.keys, edits.draft.id)
        is_sent = review is not None and review.is_open and review.digest == digest_of(edits.files)
        is_updated = review is not None and review.is_open and review.based_on != edits.base.number
        needed = {"ben"} - {author} or {"ana", "otto"}
        is_approved = is_sent and all(votes.values()) and any(votes.get(each) for each in needed)
        text = edits.text_of(REVENUE)
        is_meant = "filter" in text or "filter" in (edits.published_text(REVENUE) or "")
        is_meant = is_meant and _filter(text) != _filter(edits.published_text(REVENUE) or "")
        try:
            publish_edits(world.live, world.actor(author), edits, note=author)
        except NotAllowed:
            assert not (is_approved and not is_updated)
            return
        except ChangedMeanwhile:
            assert before != edits.base.number or self.planned
            return
        assert not is_meant or is_approved or is_updated, "published without an approval"
        del self.current_edits[author]
        self.typed.pop(author, None)

    @precondition(lambda self: self.current_edits)
    @rule(author=st.sampled_from(["ana", "ben"]))
    def update(self, author: str) -> None:
        edits, world = self.edits(author), self.world
        if edits.typing or world.head().number == edits.base.number:
            return
        merged, head = merge_newest(world.live, edits)
        chosen = {conflict.key: conflict.mine for conflict in merged.conflicts}
        merged, head = merge_newest(world.live, edits, chosen)
        self.current_edits[author] = take_merged(world.live, world.actor(author), edits, merged, head)

    @rule(
        author=st.sampled_from(["ana", "ben"]),
        where=st.sampled_from(["DE", "FR"]),
        words=st.sampled_from("ab"),
        more=st.sampled_from(["", "DE", "FR"]),
    )
    def go_all_the_way(self, author: str, where: str, words: str, more: str) -> None:
        """Follow the usual steps, which random steps seldom find, with or without an edit after the approval."""
        self.type(author, where, words)
        self.send(author)
        for who in ("ana", "ben", "otto"):
            self.decide(who, True)
        if more:
            self.type(author, more, words)
        self.publish(author)

    @rule()
    def roll_back(self) -> None:
        head = self.world.head().number
        if head > 1:
            roll_back_to(self.world.live, self.world.actor("otto"), 1, head=head, note="Back")
            self.planned.clear()

    @rule(label=st.sampled_from(["Plan A", "Plan B"]))
    def upload(self, label: str) -> None:
        self.uploaded = upload_text(label)
        live = self.world.live
        publish_upload(live.store, live.keys, UPLOAD, self.uploaded, actor=self.world.actor("jonas"), note=label)
        live.take()

    @rule(words=st.sampled_from(["Soon", "Later"]))
    def schedule(self, words: str) -> None:
        """Schedule for tomorrow that Otto changes the wording of orders, which needs no approval."""
        world, otto = self.world, self.world.actor("otto")
        edits = new_draft(world.live, otto, name=words)
        edits = write_object(
            world.live, otto, edits, ORDERS, f"name: orders\nmeasure: orders.orders\nlabel: {words}"
        ).edits
        starts = max(world.clock.at + timedelta(days=1), world.head().effective_at)
        publish_edits(world.live, otto, edits, note=words, effective_at=starts)
        self.planned.append(words)

    @rule()
    def wait_for_tomorrow(self) -> None:
        self.world.clock.move(days=1)
        self.world.live.take()
        self.planned.clear()

    @invariant()
    def no_upload_and_nothing_scheduled_is_lost(self) -> None:
        store = self.world.live.store
        with store.read() as connection:
            running, scheduled = read_running(connection, store.now()), read_scheduled(connection, store.now())
            assert running is not None
            files = [files_of(connection, version.number) for version in (running, *scheduled)]
        assert [version.note for version in scheduled] == self.planned
        assert {each.get(file_path(UPLOAD), "") for each in files} == {self.uploaded}

    @invariant()
    def nothing_typed_is_lost(self) -> None:
        for author, text in self.typed.items():
            edits = self.current_edits[author]
            assert self.world.reopened(author, edits).text_of(REVENUE).strip() == text


def upload_text(label: str) -> str:
    columns = (UploadColumn(name="budget", label="Budget", type="decimal(18,2)", use="sum"),)
    plan = UploadPlan(name=UPLOAD, label=label, purpose="other", columns=columns)
    return model_file(plan, owner="jonas", owner_name="Jonas Weber")


def _filter(text: str) -> str:
    return next((line for line in text.splitlines() if line.startswith("filter")), "")


TestWorkbench = Workbench.TestCase
TestWorkbench.settings = settings(max_examples=8, stateful_step_count=14, deadline=None)
