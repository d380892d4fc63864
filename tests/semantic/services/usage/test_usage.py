"""Usage and adoption compared with hand-written rows. No shown number reveals fewer than five people."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, update

from semantic.errors import NotAllowed
from semantic.explore.search import search
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.query.codec import query_to_json
from semantic.query.query import Query
from semantic.services.process import Live
from semantic.services.requests.work import RequestOrigin, RequestWork
from semantic.services.usage import usage
from semantic.services.usage.adoption import adoption_of
from semantic.services.usage.hidden import FEWEST, People, shown_groups, shown_people
from semantic.services.usage.usage import (
    board_usage,
    forget_usage,
    question_usage,
    read_ranks,
    same_metrics,
    search_ranks,
    unused,
    usage_of,
)
from semantic.store.audit.log import Act, record
from semantic.store.models.versions import VERSIONS, files_of, publish
from semantic.store.numbers.outcomes import Outcomes, add_outcomes, outcome_of, read_outcomes
from semantic.store.numbers.receipts import RECEIPTS
from semantic.store.numbers.targets import keep_targets
from semantic.store.people import PEOPLE
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import list_spaces
from semantic.targets.target import Target
from tests.semantic.services.test_uploads import ANA, MIA, VIC, opened_live
from tests.waiting import STUCK, until

PEOPLE_OF_ROLE = {"viewer": 7, "marketer": 5, "steward": 3}
"""The company's people: p0 to p6 are viewers, p7 to p11 marketers, and p12 to p14 stewards."""


def role(number: int) -> str:
    return "viewer" if number < 7 else "marketer" if number < 12 else "steward"


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    opened = opened_live(str(tmp_path / "store.sqlite"), tmp_path)
    people = {
        f"p{number}": Actor(id=f"p{number}", name=f"P{number}", roles=frozenset({role(number)})) for number in range(15)
    }
    monkeypatch.setattr(opened, "people", lambda: people)
    with opened.store.write(recorded=False) as transaction:
        for name in people:
            row = {"subject": f"s-{name}", "id": name, "name": name, "revision": 1}
            row |= {"first_seen_at": transaction.now - timedelta(days=200), "last_seen_at": transaction.now}
            transaction.connection.execute(insert(PEOPLE).values(**row))
        # The model has been there for a year, so that its metrics count as old.
        transaction.connection.execute(update(VERSIONS).values(effective_at=transaction.now - timedelta(days=365)))
    forget_usage()
    yield opened
    opened.close()
    forget_usage()


def write(
    live: Live, numbers: Sequence[int], metric: str, at: datetime, *, surface: str = "page", name: str = ""
) -> list[str]:
    """Write a receipt for each of these people, and return the receipts' IDs."""
    ids: list[str] = []
    with live.store.write(recorded=False) as transaction:
        for number in numbers:
            ids.append(f"{name or metric}-{number}-{at:%m%d%H}"[:32])
            transaction.connection.execute(
                insert(RECEIPTS).values(
                    id=ids[-1], at=at, subject=f"s-p{number}", query=query_to_json(Query(metrics=(metric,))),
                    sealed=None, today="2026-01-01", model_version=1, model_digest="0" * 64,
                    definitions=f'{{"metric:{metric}": "{"1" * 64}", "settings": "{"2" * 64}"}}', policy="0" * 64,
                    attributes="0" * 64, data_version=None, sql_digest="0" * 64, rows_digest="0" * 64, row_count=1,
                    surface=surface,
                )
            )  # fmt: skip
    forget_usage()
    return ids


def test_people_are_counted_once_and_hidden_below_five(live: Live) -> None:
    now = live.store.now()
    write(live, range(6), "revenue", now - timedelta(days=1))
    write(live, range(3), "revenue", now - timedelta(days=2))
    write(live, range(4), "cost", now - timedelta(days=3))
    write(live, range(9), "clicks", now - timedelta(days=1), surface="mail")  # no one looked at these
    write(live, range(9), "calls", now - timedelta(days=91))  # too long ago
    usage = usage_of(live)
    revenue, cost, clicks, calls = (usage[name] for name in ("revenue", "cost", "clicks", "calls"))
    assert (revenue.people, revenue.answers) == (People(6), 9)
    assert revenue.last_used == (now - timedelta(days=1)).date()
    assert (cost.people, cost.people.words, cost.answers) == (People(None), "Fewer than 5", 4)
    assert (clicks.people, clicks.people.words, clicks.answers) == (People(0), "No one", 0)
    assert (calls.people, calls.last_used) == (People(0), None)


def test_months_are_counted_separately(live: Live) -> None:
    now = live.store.now()
    first = now.replace(day=1, hour=12)
    write(live, range(5), "revenue", first)
    before = first - timedelta(days=1)
    write(live, range(7), "revenue", before)
    months = usage_of(live)["revenue"].by_month
    assert [month for month, _ in months][-2:] == [before.date().replace(day=1), first.date()]
    assert [people.count for _, people in months] == [0, 0, 0, 0, 7, 5]


def test_exports_are_counted_from_the_log(live: Live) -> None:
    ids = write(live, [0, 1], "revenue", live.store.now() - timedelta(days=1))
    with live.store.write() as transaction:
        for receipt in (ids[0], ids[0], ids[1]):
            act = Act(kind="answer.exported", actor=ANA, about=f"receipt:{receipt}", details={"as": "csv"})
            record(transaction, act, live.keys)
    forget_usage()
    assert usage_of(live)["revenue"].exported == 3
    assert usage_of(live)["cost"].exported == 0


def test_outcomes_include_the_95th_percentile_of_time(live: Live) -> None:
    today = live.store.now().date()
    counts = {(today, "revenue", "0.1"): 94, (today, "revenue", "2.5"): 1, (today, "revenue", "30.0"): 5}
    counts |= {(today, "revenue", "failed"): 2, (today, "revenue", "refused"): 3, (today, "revenue", "cached"): 50}
    with live.store.write(recorded=False) as transaction:
        add_outcomes(transaction, counts)
        add_outcomes(transaction, {(today, "revenue", "failed"): 1})
        add_outcomes(transaction, {(today - timedelta(days=91), "revenue", "failed"): 40})
    forget_usage()
    use = usage_of(live)["revenue"]
    assert (use.slow, use.failed, use.refused) == (2.5, 3, 3)  # 95 of 100 computed answers within 2.5 seconds
    with live.store.read() as connection:
        assert read_outcomes(connection, today, today)["revenue"].cached == 50
    assert Outcomes().slow() is None
    assert [outcome_of(seconds) for seconds in (0.0, 0.1, 0.11, 61.0)] == ["0.1", "0.1", "0.25", "inf"]


def test_questions_are_counted_by_their_outcome(live: Live) -> None:
    workspace = live.workspace()
    workspace.ask(Query(metrics=("revenue",)), ANA)
    for _ in range(3):  # a page asks the same again on each click
        with pytest.raises(Exception, match="revenue"):
            workspace.ask(Query(metrics=("revenue",)), MIA)  # hidden from her, so it isn't counted for the metric
    live.recorder.outcomes.write()
    today = live.store.now().date()
    with live.store.read() as connection:
        read = read_outcomes(connection, today, today)
    assert (read["revenue"].refused, sum(read["revenue"].seconds.values()) + read["revenue"].cached) == (0, 1)
    assert read[""].refused == 1


def test_unused_metrics_are_those_that_no_used_object_needs(live: Live) -> None:
    now = live.store.now()
    write(live, [0], "revenue", now - timedelta(days=200))
    write(live, [0], "conversion_rate", now - timedelta(days=1))
    model = live.workspace().model
    needed = {"conversion_rate", *model.metrics["conversion_rate"].inputs}
    found = unused(live, usage_of(live))
    assert found.since == now.date() - timedelta(days=90)
    assert needed.isdisjoint(found.metrics)
    assert "revenue" in found.metrics  # used, but not in the last 90 days
    assert set(found.metrics) == set(model.metrics) - needed - _inputs_of(needed, model.metrics)


def test_a_metric_with_a_present_target_is_not_called_unused(live: Live) -> None:
    now = live.store.now()
    write(live, [0], "revenue", now - timedelta(days=200))
    assert {"cost", "clicks"} <= set(unused(live, usage_of(live)).metrics)
    today = now.date()
    ended = today - timedelta(days=91)
    targets = [
        Target(metric="cost", first=today, last=today, value=Decimal(5)),
        Target(metric="clicks", first=ended, last=ended, value=Decimal(5)),
    ]
    with live.store.write() as transaction:
        keep_targets(transaction, targets, ANA, live.keys)
    forget_usage()
    found = unused(live, usage_of(live)).metrics
    assert "cost" not in found
    assert "clicks" in found


def _inputs_of(names: set[str], metrics: object) -> set[str]:
    found = {inner for name in names for inner in metrics[name].inputs}  # type: ignore[index]
    return found | (_inputs_of(found, metrics) if found - names else set())


def test_nothing_is_called_unused_in_the_first_90_days_of_counting(live: Live) -> None:
    now = live.store.now()
    assert unused(live, usage_of(live)).metrics == ()
    write(live, [0], "revenue", now - timedelta(days=30))  # counting began 30 days ago
    found = unused(live, usage_of(live))
    assert (found.metrics, found.known_from) == ((), now.date() + timedelta(days=60))


def test_a_metric_that_is_newer_than_90_days_is_not_called_unused(live: Live) -> None:
    now = live.store.now()
    write(live, [0], "revenue", now - timedelta(days=200))
    with live.store.read() as connection:
        files = files_of(connection, 1)
    more = {**files, "more.yml": "metrics:\n  - {name: fresh, label: Fresh, measure: orders.amount}\n"}
    publish(live.store, live.keys, more, parent=1, actor=ANA, note="Fresh")
    live.take()
    assert "fresh" in live.workspace().model.metrics
    forget_usage()
    found = unused(live, usage_of(live)).metrics
    assert "fresh" not in found
    assert "revenue" in found


def test_metrics_with_the_same_definition_are_found() -> None:
    text = """
datasets:
  - {name: orders, table: orders, grain: [id], time: day, columns: {id: integer, day: date, amount: "decimal(18,2)"},
     dimensions: [{name: day, kind: time}], measures: [{name: amount, agg: sum, sql: amount}, {name: rows, agg: count}]}
metrics:
  - {name: revenue, label: Revenue, measure: orders.amount}
  - {name: turnover, label: Turnover, measure: orders.amount, description: The same in other words}
  - {name: large, label: Large, measure: orders.amount, filter: amount > 100}
  - {name: order_count, label: Orders, measure: orders.rows}
"""
    assert same_metrics(parse_model({"model.yml": text})) == [("revenue", "turnover")]


def test_searches_rank_by_role_in_steps_and_for_everyone_in_a_role_alike(live: Live) -> None:
    now = live.store.now() - timedelta(days=1)
    write(live, range(7), "cost", now)  # seven viewers
    write(live, range(7, 11), "clicks", now)  # four marketers
    write(live, range(7, 12), "revenue", now)  # five marketers
    viewer, marketer = (
        Actor(id=name, roles=frozenset({name}), groups=frozenset({"careful"})) for name in ("viewer", "marketer")
    )
    read_ranks(live.store, live.people())
    assert dict(search_ranks(live, viewer)) == {"cost": 2}
    assert dict(search_ranks(live, marketer)) == {"revenue": 1}
    assert search_ranks(live, viewer) == search_ranks(live, Actor(id="other", roles=frozenset({"viewer"})))
    seen = live.workspace().visible(viewer)
    plainly = [hit.name for hit in search(seen, "", kinds=("metric",), limit=200)]
    ranked = [hit.name for hit in search(seen, "", kinds=("metric",), used=search_ranks(live, viewer), limit=200)]
    assert plainly != ranked
    assert [name for name in ranked if name != "cost"] == [name for name in plainly if name != "cost"]
    assert ranked.index("cost") < plainly.index("cost")


def test_no_search_waits_for_ranks(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer, may_end, reads = Actor(id="v", roles=frozenset({"viewer"})), threading.Event(), list[int]()

    def slowly(*_: object) -> dict[str, dict[str, int]]:
        reads.append(1)
        may_end.wait(STUCK)
        return {"viewer": {"cost": 2}}

    monkeypatch.setattr(usage, "_ranks", slowly)
    try:
        assert search_ranks(live, viewer) == {}
        assert search_ranks(live, viewer) == {}
        assert len(reads) <= 1  # one read serves everyone
    finally:
        may_end.set()
    until(lambda: search_ranks(live, viewer) == {"cost": 2})
    usage._RANKS.clear()  # an hour later
    may_end.clear()
    try:
        assert search_ranks(live, viewer) == {"cost": 2}  # those of before
    finally:
        may_end.set()
    until(lambda: len(reads) == 2 and usage._RANKS.peek(live.store) is not None)


def test_a_saved_question_counts_everyone_who_asked_the_same(live: Live) -> None:
    with live.store.write() as transaction:
        space = list_spaces(transaction.connection)[0].id
        for metric in ("revenue", "cost"):
            content = Content(query=Query(metrics=(metric,)))
            save_question(transaction, content, ANA, live.keys, name=metric, sentence="", space=space)
    write(live, range(6), "revenue", live.store.now() - timedelta(days=1))
    found = {item.head.name: item.people for item in question_usage(live, ANA)}  # type: ignore[union-attr]
    assert found == {"revenue": People(6), "cost": People(0)}
    for who in (MIA, VIC):
        with pytest.raises(NotAllowed):
            question_usage(live, who)
        with pytest.raises(NotAllowed):
            board_usage(live, who)


def test_adoption_counts_people_by_role_and_week(live: Live) -> None:
    now = live.store.now()
    monday = now - timedelta(days=now.weekday())
    last_week = monday.replace(hour=12) - timedelta(days=3)
    write(live, [*range(6), 7, 8], "revenue", last_week)
    write(live, range(6), "cost", last_week, name="again")
    adoption = adoption_of(live, ANA)
    week, groups = adoption.weeks[-1]
    assert week == (monday - timedelta(days=7)).date()
    assert groups.by_group["viewer"] == People(6)
    assert groups.by_group["marketer"] == People(None)  # two
    assert groups.by_group["steward"] == People(0)
    assert groups.total == People(None)  # eight in all would reveal the two marketers
    assert adoption.answers == 14
    assert adoption.weeks[0][1].total == People(0)


def test_adoption_counts_answers_refusals_and_requests(live: Live) -> None:
    now = live.store.now()
    write(live, range(6), "revenue", now - timedelta(days=1))
    with live.store.write(recorded=False) as transaction:
        add_outcomes(transaction, {(now.date(), "", "refused"): 2, (now.date(), "", "failed"): 1})
        add_outcomes(transaction, {(now.date(), "revenue", "refused"): 2})  # the same outcomes, by metric
    RequestWork(live, ANA).ask("Payback", "metric", RequestOrigin())
    adoption = adoption_of(live, ANA)
    assert (adoption.answers, adoption.without_answer, adoption.requests, adoption.open_requests) == (6, 3, 1, 1)
    assert adoption.answered_share == pytest.approx(6 / 10)
    assert adoption.turnaround is None  # of a single person


def test_the_time_to_a_first_answer_is_a_median_of_at_least_five(live: Live) -> None:
    now = live.store.now()
    with live.store.write(recorded=False) as transaction:
        for number in range(5):
            seen = now - timedelta(days=10)
            chosen = PEOPLE.c.subject == f"s-p{number}"
            transaction.connection.execute(update(PEOPLE).where(chosen).values(first_seen_at=seen))
    for number, hours in enumerate((1, 2, 3, 50, 100)):
        write(live, [number], "revenue", now - timedelta(days=10) + timedelta(hours=hours))
    assert adoption_of(live, ANA).to_first_answer == timedelta(hours=3)
    with live.store.write(recorded=False) as transaction:
        transaction.connection.execute(
            update(PEOPLE).where(PEOPLE.c.subject == "s-p0").values(first_seen_at=now - timedelta(days=300))
        )
    assert adoption_of(live, ANA).to_first_answer is None


def test_only_stewards_see_adoption(live: Live) -> None:
    for who in (MIA, VIC):
        with pytest.raises(NotAllowed):
            adoption_of(live, who)


@given(st.integers(min_value=0, max_value=10_000))
def test_a_number_from_one_to_four_is_never_shown(count: int) -> None:
    shown = shown_people(count)
    assert (shown.count is None) == (1 <= count < FEWEST)
    assert shown.count in (None, count)


@given(st.lists(st.integers(min_value=0, max_value=12), min_size=1, max_size=4))
def test_groups_and_their_total_reveal_no_small_group(sizes: list[int]) -> None:
    """The shown numbers never add up to a hidden group alone, and together they hide at least five people."""
    counts = {str(place): size for place, size in enumerate(sizes)}
    shown = shown_groups(counts)
    hidden = [name for name, people in shown.by_group.items() if people.count is None]
    assert hidden == [name for name, size in counts.items() if 1 <= size < FEWEST]
    if not hidden:
        assert shown.total.count == (sum(sizes) if sum(sizes) == 0 or sum(sizes) >= FEWEST else None)
        return
    if shown.total.count is None:
        return
    rest = shown.total.count - sum(people.count or 0 for people in shown.by_group.values())
    possible = [each for each in product(range(1, FEWEST), repeat=len(hidden)) if sum(each) == rest]
    assert rest >= FEWEST
    assert len(hidden) > 1
    assert tuple(counts[name] for name in hidden) in possible


def test_a_total_does_not_reveal_the_sizes_of_hidden_groups() -> None:
    assert shown_groups({"viewer": 9, "marketer": 4, "steward": 4}).total.count is None
    assert shown_groups({"viewer": 9, "marketer": 4, "steward": 3}).total.count == 16
