"""A person's digest, computed by hand (tests/semantic/services/followed_company.py)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from semantic.services.digest import Digest, daily_digest, weekly_digest
from semantic.workspace import Workspace
from tests.semantic.services.followed_company import open_company


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_company(tmp_path_factory.mktemp("digest"))
    yield opened
    opened.close()


def of(workspace: Workspace, person: str, *followed: str) -> Digest:
    return weekly_digest(followed, workspace, workspace.people[person])


def test_the_most_surprising_comes_first(workspace: Workspace) -> None:
    """Revenue is 495 above its mean, which is 95 standard deviations of 5.22.

    An order is worth 9.167, and was worth 8.846 or 8.855 before, so its 0.316 are 69 standard deviations of 0.0046.
    """
    found = of(workspace, "ana", "value", "revenue")
    assert [line.title for line in found.lines] == [
        "Revenue +42.9% better",  # 1,650 / 1,155
        "Order value +3.6%",
    ]
    assert (found.followed, found.checked, found.moved, found.skipped, found.failed) == (2, 2, 2, 0, 0)


def test_a_line_says_what_contributed(workspace: Workspace) -> None:
    """The channel app had no orders before, and 900 in the week.

    Shop lost its 600, so app contributes more than the change.
    """
    (line,) = of(workspace, "ana", "revenue").lines
    assert line.text.startswith("€1.65K in the week of 12 Jan 2026, above all of the 12 weeks before")
    assert line.text.endswith("app contributed most, +€900 to a change of +€495.")
    assert (len(line.values), line.values[-1]) == (13, 1_650)
    assert line.ends == ("20 Oct 2025", "12 Jan 2026")


def test_each_person_is_told_about_their_own_rows(workspace: Workspace) -> None:
    (line,) = of(workspace, "dora", "revenue").lines
    assert line.title == "Revenue +35.1% better"  # 750 / 555
    assert line.text.endswith("web contributed most, +€195 of +€195.")


def test_metrics_of_the_same_rows_that_changed_alike_share_a_line(workspace: Workspace) -> None:
    """Orders grew by 37.9% (180 / 130.5), more than three quarters of revenue's 42.9%."""
    (line,) = of(workspace, "ana", "orders", "revenue").lines
    assert {*line.names} == {"orders", "revenue"}


def test_what_a_person_cannot_see_is_left_out(workspace: Workspace) -> None:
    found = of(workspace, "nora", "revenue", "orders", "no_such_metric")
    assert [line.names for line in found.lines] == [("revenue",)]
    assert (found.followed, found.checked) == (3, 1)


def test_half_loaded_weeks_are_not_judged(workspace: Workspace) -> None:
    """Returns were last loaded on Friday, before the week was over."""
    found = of(workspace, "ana", "returns")
    assert (found.lines, found.checked, found.skipped) == ((), 0, 1)


def test_nothing_beyond_the_followed_metrics_is_asked(workspace: Workspace) -> None:
    assert of(workspace, "ana").lines == ()
    assert of(workspace, "ana").checked == 0
    assert [line.names for line in of(workspace, "ana", "orders").lines] == [("orders",)]


def test_a_digest_has_at_most_seven_lines(workspace: Workspace) -> None:
    """Nine counts in other tables changed, each independently."""
    found = of(workspace, "ana", *(f"copies_{number}" for number in range(9)))
    assert (len(found.lines), found.moved) == (7, 9)


def test_a_daily_digest_judges_the_newest_final_day(workspace: Workspace) -> None:
    """On each earlier Sunday, there were 5 and 8 orders of 10 and 4 orders of 5, together 150.

    On the last Sunday, there were 8 and 12 orders of 10 and 4 orders of 5, together 220.
    """
    found = daily_digest(["revenue"], workspace, workspace.people["ana"], 1)
    (line,) = found.lines
    assert line.title == "Revenue above the usual range"
    assert line.first.startswith("Revenue was €220 on 18 Jan 2026, above the expected €1")
    assert (found.checked, found.moved, found.when) == (1, 1, "latest final day")
    assert line.values[-8] == 150


def test_a_daily_digest_covers_every_day_since_the_last_one(workspace: Workspace) -> None:
    """Returns were loaded to Thursday, the fourth day of the unusual week."""
    days = [daily_digest(["returns"], workspace, workspace.people["ana"], count) for count in (1, 3)]
    assert [digest.checked for digest in days] == [1, 1]
    assert days[1].when == "latest 3 final days"
    assert all("18 Jan" not in line.first for digest in days for line in digest.lines)


def test_the_same_cause_has_one_line_a_day(workspace: Workspace) -> None:
    found = daily_digest(["gross", "revenue"], workspace, workspace.people["ana"], 1)
    (line,) = found.lines
    assert ({*line.names}, found.moved) == ({"gross", "revenue"}, 2)


def test_few_orders_on_a_day_are_not_surprising(workspace: Workspace) -> None:
    """There were 24 instead of 17, and a count of this size varies by four by chance alone."""
    found = daily_digest(["orders"], workspace, workspace.people["ana"], 1)
    assert (found.lines, found.checked) == ((), 1)
