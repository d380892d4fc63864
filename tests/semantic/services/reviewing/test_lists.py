"""Lists of reviews are drawn on every run of Home. Their cost doesn't grow with each run, and reviews always end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from semantic.errors import NotAllowed
from semantic.services.reviewing import work as reviewing
from semantic.services.reviewing.tasks import review_tasks
from semantic.store.reviews import reviews
from tests.copies import empty_store
from tests.semantic.services.reviewing.world import World, opened


@pytest.fixture
def world(address: str, tmp_path: Path) -> Iterator[World]:
    with opened(address, tmp_path, ready=lambda: empty_store(address)) as world:
        yield world


def test_lists_compute_the_reach_of_each_draft_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        world.sent("ana", world.draft("ana", name=f"Draft {number}"))
    computed: list[str] = []
    real = reviewing.reach
    monkeypatch.setattr(reviewing, "reach", lambda live, change: (computed.append(change.draft), real(live, change))[1])
    first = review_tasks(world.live, world.actor("ben"))
    assert (len(first), len(computed)) == (3, 3)
    assert review_tasks(world.live, world.actor("ben")) == first
    assert len(computed) == 3


def test_a_review_in_a_list_that_was_sent_again_is_computed_again(world: World) -> None:
    edits = world.draft("ana")
    world.sent("ana", edits)
    assert review_tasks(world.live, world.actor("ben"))
    edited = world.edit("ana", edits, more="description: Money")
    again = world.sent("ana", edited)
    (task,) = review_tasks(world.live, world.actor("ben"))
    assert task.about == again.id


def test_a_review_with_the_maximum_number_of_entries_can_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reviews, "MOST_ACTS", 2)
    review = world.sent("ana", world.draft("ana"))
    world.work("ben").comment(review, "Why?")
    with pytest.raises(NotAllowed, match="at most 2 entries"):
        world.work("ben").comment(world.review(review.id), "Why?")
    world.work("ana").withdraw(world.review(review.id))
    assert world.review(review.id).state == "withdrawn"
