"""Funnels over small logs: order, windows, tries, exclusions, values held constant, breakdowns and times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from semantic.analyses.events import EVENT_KINDS
from semantic.analyses.events.funnel.finding import FunnelFound
from semantic.errors import InvalidQuery, NoPath, SemanticError, TimeMismatch, UnknownName
from semantic.services.analyzing.run import Analyzed, analyze
from semantic.services.analyzing.words.funnel import funnel_sentence
from tests.semantic.analyses.events.logged import Row, open_log

FUNNEL = EVENT_KINDS["funnel"]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
Ask = Callable[..., Analyzed[FunnelFound]]


def did(
    acts: str, at: Sequence[float] = (), *, person: str | None = "p1", market: str = "DE", **more: Any
) -> list[Row]:
    """Return one person's actions, one for each letter, at these hours after noon, or an hour apart."""
    hours = at or range(len(acts))
    return [
        Row(
            table="actions", key=f"{person}{place:02}{market}", person=person, market=market, act=act,
            at=NOON + timedelta(hours=hour), session="s1_0", **more,
        )
        for place, (act, hour) in enumerate(zip(acts, hours, strict=True))
    ]  # fmt: skip


def bought(hour: float, person: str = "p1", **more: Any) -> Row:
    """Return a purchase this many hours after noon."""
    row: dict[str, Any] = {"market": "DE", "amount": 5} | more
    return Row(table="purchases", key="900", person=person, at=NOON + timedelta(hours=hour), **row)


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    def asked(rows: Sequence[Row], *steps: Any, person: str = "ana", **more: Any) -> Analyzed[FunnelFound]:
        workspace = open_log(tmp_path, rows)
        try:
            definition = {"subject": "person", "steps": list(steps), **more}
            funnel = FUNNEL.read(definition)
            assert FUNNEL.read(FUNNEL.data(funnel)) == funnel
            return analyze(workspace, FUNNEL, funnel, workspace.people[person])
        finally:
            workspace.close()
            (tmp_path / "log.duckdb").unlink()

    return asked


def step(letter: str) -> dict[str, Any]:
    """Return a step that counts actions with this letter."""
    return {"metric": "acts", "where": {"dim": "act", "op": "in", "values": [letter]}}


def counts(analyzed: Analyzed[FunnelFound]) -> list[int | None]:
    return [*analyzed.found.whole.counts]


# The rules that give other numbers for one log


def test_the_first_try_can_end_where_the_best_one_goes_on(ask: Ask) -> None:
    """With A 13:00, A 13:30, B 13:45, C 14:15 and a window of an hour, the first A reaches two steps, and the second
    three.
    """
    rows = did("aabc", (1, 1.5, 1.75, 2.25))
    window = {"within": "60 minutes"}
    assert counts(ask(rows, "views", "carts", "checkouts", **window)) == [1, 1, 0]
    assert counts(ask(rows, "views", "carts", "checkouts", attempt="best", **window)) == [1, 1, 1]


def test_other_events_can_come_between_unless_the_order_is_strict(ask: Ask) -> None:
    """A B F C D E has five steps in order. In strict order, F ends the try after two of them."""
    rows, steps = did("abfcde"), [step(letter) for letter in "abcde"]
    assert counts(ask(rows, *steps)) == [1, 1, 1, 1, 1]
    assert counts(ask(rows, *steps, order="strict", among="acts")) == [1, 1, 0, 0, 0]
    assert counts(ask(rows, *steps, order="strict")) == [1, 1, 1, 1, 1]  # of these steps nothing is in between


def test_a_missing_step_ends_a_try(ask: Ask) -> None:
    """A B C E has three of the steps A to E."""
    assert counts(ask(did("abce"), *[step(letter) for letter in "abcde"])) == [1, 1, 1, 0, 0]


def test_in_any_order_a_step_counts_once_those_before_it_were_done(ask: Ask) -> None:
    rows = [*did("cba"), *did("ca", person="p2"), *did("b", person="p3")]
    analyzed = ask(rows, "views", "carts", "checkouts", order="any")
    assert counts(analyzed) == [2, 1, 1]  # people who never did the first step don't count
    assert [taken.seconds for taken in analyzed.found.whole.since_start if taken] == [7_200, 7_200]
    assert counts(ask(rows, "views", "carts", "checkouts")) == [2, 0, 0]


def test_a_row_is_not_two_steps(ask: Ask) -> None:
    assert counts(ask(did("a"), "views", "views")) == [1, 0]
    assert counts(ask(did("aa"), "views", "views")) == [1, 1]
    assert counts(ask(did("aa", (1, 1)), "views", "acts")) == [1, 1]


def test_simultaneous_events_count_in_the_order_of_the_steps(ask: Ask) -> None:
    assert counts(ask(did("cba", (1, 1, 1)), "views", "carts", "checkouts")) == [1, 1, 1]
    assert counts(ask(did("cba", (1, 1, 0)), "views", "checkouts", "carts")) == [1, 1, 1]


# Windows


def test_a_window_includes_its_end(ask: Ask) -> None:
    rows = did("abc", (0, 24, 48))
    assert counts(ask(rows, "views", "carts", "checkouts", within="2 days")) == [1, 1, 1]
    assert counts(ask(rows, "views", "carts", "checkouts", within="47 hours")) == [1, 1, 0]


def test_a_step_can_have_its_own_window(ask: Ask) -> None:
    rows = did("abc", (0, 5, 6))
    late = {"metric": "carts", "within": "4 hours"}
    soon = {"metric": "checkouts", "within": "1 hour"}
    assert counts(ask(rows, "views", late, "checkouts")) == [1, 0, 0]
    assert counts(ask(rows, "views", "carts", soon)) == [1, 1, 1]


def test_a_period_limits_only_the_first_step(ask: Ask) -> None:
    rows = [*did("ab", (0, 30)), *did("ab", (30, 31), person="p2")]
    first_day = {"time": {"from": "2026-03-02", "to": "2026-03-02"}}
    assert counts(ask(rows, "views", "carts", **first_day)) == [1, 1]
    assert counts(ask(rows, "views", "carts", within="29 hours", **first_day)) == [1, 0]


def test_days_begin_in_the_questions_time_zone(ask: Ask) -> None:
    rows = did("ab", (11, 13))  # 23:00 and 01:00 in UTC
    day = {"time": {"from": "2026-03-03", "to": "2026-03-03"}}
    assert counts(ask(rows, "views", "carts", **day)) == [0, 0]
    assert counts(ask(rows, "views", "carts", time_zone="Asia/Tokyo", **day)) == [1, 1]


def test_today_does_not_count(ask: Ask) -> None:
    """Today is 20 March, which isn't over."""
    rows = did("ab", (16 * 24, 18 * 24))  # 18 and 20 March
    analyzed = ask(rows, "views", "carts", within="3 days")
    assert counts(analyzed) == [1, 0]
    assert analyzed.found.young == 1
    assert ask(rows, "views", "carts", within="1 day").found.young == 0


# Exclusions, held values, breakdowns


def test_an_excluded_event_ends_a_try(ask: Ask) -> None:
    rows = [*did("adbc"), *did("abdc", person="p2"), *did("abcd", person="p3")]
    steps = ("views", "carts", "checkouts")
    assert counts(ask(rows, *steps, exclude=["removals"])) == [3, 2, 1]
    assert counts(ask(rows, *steps, exclude=[{"metric": "removals", "between": [1, 2]}])) == [3, 2, 2]
    assert counts(ask(rows, *steps, exclude=[{"metric": "removals", "between": [2, 3]}])) == [3, 3, 2]
    assert counts(ask(rows, *steps, order="any", exclude=["removals"])) == [3, 2, 1]


def test_steps_can_hold_a_value_constant(ask: Ask) -> None:
    rows = [
        *did("a", product="apple"), *did("b", (1,), product="pear", market="FR"),
        *did("ab", person="p2", product="plum"), *did("ab", person="p3"),
    ]  # fmt: skip
    assert counts(ask(rows, "views", "carts")) == [3, 3]
    assert counts(ask(rows, "views", "carts", hold="product")) == [2, 1]  # without a product, nothing counts


def test_a_breakdown_uses_the_first_the_last_or_a_given_step(ask: Ask) -> None:
    rows = [
        *did("a", device="phone"), *did("b", (1,), device="desktop", market="FR"),
        *did("a", device="phone", person="p2"),
    ]  # fmt: skip

    def groups(by_step: Any) -> dict[object, list[int | None]]:
        found = ask(rows, "views", "carts", by="device", by_step=by_step)
        assert all(found.labels[0][str(row.by)] == str(row.by).title() for row in found.found.rows if row.by)
        return {row.by if not row.is_unreached else "never": [*row.counts] for row in found.found.rows}

    assert groups("first") == {"phone": [2, 1]}
    assert groups("last") == {"desktop": [1, 1], "phone": [1, 0]}
    assert groups(2) == {"desktop": [1, 1], "never": [1, 0]}


def test_a_funnel_over_time_counts_by_the_beginning_of_tries(ask: Ask) -> None:
    rows = [*did("ab", (0, 8 * 24)), *did("ab", (7 * 24, 7 * 24 + 1), person="p2")]
    found = ask(rows, "views", "carts", over="week").found
    assert [(row.over, *row.counts) for row in found.rows] == [(date(2026, 3, 2), 1, 1), (date(2026, 3, 9), 1, 1)]
    assert [*found.whole.counts] == [2, 2]


def test_time_to_convert_comes_from_sums_and_counts(ask: Ask) -> None:
    rows = [*did("abc", (0, 1, 3)), *did("abc", (0, 3, 5), person="p2"), *did("ab", (0, 20), person="p3")]
    whole = ask(rows, "views", "carts", "checkouts").found.whole
    second, third = whole.since_start
    assert second is not None
    assert third is not None
    assert (second.count, second.mean, third.count, third.mean) == (3, 8 * 3_600, 2, 4 * 3_600)
    assert third.deviation == pytest.approx(2**0.5 * 3_600)
    assert whole.since_before == (8 * 3_600, 2 * 3_600)
    assert whole.half_within() == 4 * 3_600
    assert ask(rows, "views", "carts", "checkouts").found.biggest_drop() == 3


def test_the_sentence_repeats_nothing(ask: Ask) -> None:
    """With two steps, there is no biggest drop to mention, and everyone who converts does so within the time limit."""
    rows = [*did("abc", (0, 30, 40)), *did("ab", (0, 40), person="p2"), *did("a", person="p3")]
    few = "This is based on only 3 people."
    assert funnel_sentence(ask(rows, "views", "carts")) == (
        f"66.7% of people got from Views to Carts. Half of those who converted did so within 2 days. {few}"
    )
    for limit in ("2 days", "45 hours"):
        told = funnel_sentence(ask(rows, "views", "carts", within=limit))
        assert told == f"66.7% of people got from Views to Carts. {few}"
    assert "The biggest drop is Carts → Checkouts, −50.0%." in funnel_sentence(ask(rows, "views", "carts", "checkouts"))


# Events of several tables


def test_tables_are_combined_by_person(ask: Ask) -> None:
    rows = [*did("a"), bought(2)]
    assert counts(ask(rows, "views", "revenue")) == [1, 1]
    assert counts(ask([*did("a", (3,)), bought(2)], "views", "revenue")) == [1, 0]
    assert counts(ask([*did("a"), bought(2, amount=None)], "views", "revenue")) == [1, 0]  # nothing that adds up


def test_a_person_can_be_reached_through_another_table(ask: Ask) -> None:
    click = Row(table="clicks", key="k", person="p1", session="s1_0", market="DE", at=NOON + timedelta(hours=2))
    assert counts(ask([*did("a"), click], "views", "clicks")) == [1, 1]


def test_events_with_only_a_day_are_compared_by_day(ask: Ask) -> None:
    letter = Row(table="letters", key="l", person="p1", market="DE", at=NOON.replace(hour=0))
    analyzed = ask([*did("a"), letter], "views", "letters")
    assert counts(analyzed) == [1, 1]  # on the same day
    assert any("compared by day, because the event Letters has no time of day" in text for text in analyzed.rule)


def test_rows_without_a_person_do_not_count(ask: Ask) -> None:
    assert counts(ask([*did("ab", person=None), *did("ab")], "views", "carts")) == [1, 1]


def test_a_segment_limits_every_event(ask: Ask) -> None:
    rows = [*did("ab"), *did("ab", person="p2"), bought(50, "p2", is_gift=True)]
    assert counts(ask(rows, "views", "carts", where={"segment": "gift_givers"})) == [1, 1]


def test_an_empty_log_is_not_an_error(ask: Ask) -> None:
    found = ask(did("f"), "views", "carts", by="device").found
    assert ([*found.whole.counts], found.rows, found.biggest_drop()) == ([0, 0], (), None)


# Refusals


@pytest.mark.parametrize(
    ("more", "error", "says"),
    [
        ({"steps": ["views"]}, InvalidQuery, "2 to 12 steps"),
        ({"steps": ["views", "cart_rate"]}, InvalidQuery, "Cart rate can't be a step"),
        ({"steps": ["views", "pieces"]}, InvalidQuery, "rows aren't events"),
        ({"steps": ["views", "nothing"]}, UnknownName, "nothing"),
        ({"subject": "planet"}, NoPath, "planet"),
        ({"within": "1 month"}, InvalidQuery, "1 month"),
        ({"order": "random"}, InvalidQuery, "loose, strict, any"),
        ({"color": "red"}, InvalidQuery, "unknown key"),
        ({"among": "acts"}, InvalidQuery, "strict"),
        ({"hold": "date"}, InvalidQuery, "held"),
        ({"over": "hour"}, InvalidQuery, "day, week or month"),
        ({"order": "any", "steps": ["views", {"metric": "carts", "within": "1 day"}]}, InvalidQuery, "In any order"),
        ({"order": "any", "steps": ["views", "views"]}, InvalidQuery, "must be a different event"),
        ({"by": "device", "steps": ["letters", "views"]}, NoPath, "Letters can't be broken down by device"),
        ({"exclude": [{"metric": "acts", "between": [2, 1]}]}, InvalidQuery, "'between'"),
        ({"by_step": 3}, InvalidQuery, "'by_step'"),
        ({"v": 2}, InvalidQuery, "version 1"),
    ],
)
def test_a_funnel_without_a_right_answer_is_refused(
    ask: Ask, more: dict[str, Any], error: type[SemanticError], says: str
) -> None:
    choices = {"steps": ["views", "carts"]} | more
    with pytest.raises(error, match=says):
        ask(did("ab"), *choices.pop("steps"), **choices)


@pytest.mark.parametrize("data", [None, [], "funnel", {"steps": "views"}, {"steps": [1], "subject": "person"}])
def test_an_invalid_funnel_is_refused(data: object) -> None:
    with pytest.raises(InvalidQuery):
        FUNNEL.read(data)


# Policy


def test_a_hidden_metric_reads_as_missing(ask: Ask) -> None:
    with pytest.raises(UnknownName) as hidden:
        ask(did("ab"), "views", "carts", person="nora")
    with pytest.raises(UnknownName) as missing:
        ask(did("ab"), "views", "carton", person="nora")
    assert str(hidden.value).replace("carts", "carton") == str(missing.value)
    assert counts(ask(did("abc"), "views", "checkouts", person="nora")) == [1, 1]


def test_a_hidden_date_cannot_order_events(ask: Ask) -> None:
    with pytest.raises(TimeMismatch, match="don't have access to its date"):
        ask(did("ab"), "views", "carts", person="ida")


def test_a_row_rule_limits_every_event(ask: Ask) -> None:
    rows = [*did("a"), *did("b", (1,), market="FR"), *did("ab", person="p2"), *did("ab", person="p3", market="FR")]
    assert counts(ask(rows, "views", "carts")) == [3, 3]
    assert counts(ask(rows, "views", "carts", person="dora")) == [2, 1]


def test_masks_apply_to_breakdowns_and_held_values(ask: Ask) -> None:
    rows = [*did("ab", device="phone", product="apple"), *did("ab", person="p2", device="desktop", product="pear")]
    found = ask(rows, "views", "carts", by="device", person="mia")
    assert [(row.by, *row.counts) for row in found.found.rows] == [(None, 2, 2)]
    with pytest.raises(InvalidQuery, match="hidden from you"):
        ask(rows, "views", "carts", hold="device", person="mia")
    hashed = ask(rows, "views", "carts", by="product", hold="product", person="mia").found.rows
    assert len(hashed) == 2
    assert not {"apple", "pear"} & {row.by for row in hashed}


def test_small_groups_are_hidden_with_the_numbers_that_would_reveal_them(ask: Ask) -> None:
    """Gus sees only numbers based on at least four people, and no two numbers whose difference would reveal fewer."""
    people = [f"p{number}" for number in range(10)]
    rows = [row for person in people for row in did("abc" if person != "p9" else "ab", person=person)]
    assert counts(ask(rows, "views", "carts", "checkouts", person="ana")) == [10, 10, 9]
    assert counts(ask(rows, "views", "carts", "checkouts", person="gus")) == [10, 10, None]  # one stopped
    devices = ["phone"] * 5 + ["desktop"] * 4 + [None]
    split = [
        row for person, device in zip(people, devices, strict=True) for row in did("ab", person=person, device=device)
    ]
    found = ask(split, "views", "carts", by="device", person="gus").found
    # The one without a device would be the total minus the others, so the smaller of them is hidden too.
    assert {row.by: [*row.counts] for row in found.rows} == {"phone": [5, 5], "desktop": [None] * 2, None: [None] * 2}
    assert [*found.whole.counts] == [10, 10]
    assert found.hides
    few = ask(did("ab"), "views", "carts", person="gus").found
    assert ([*few.whole.counts], few.whole.since_start, few.young) == ([None, None], (None,), None)


def test_numbers_not_counted_in_people_are_refused_if_small_groups_are_hidden(ask: Ask) -> None:
    with pytest.raises(SemanticError, match="Follow each person instead"):
        ask(did("ab"), "views", "carts", person="gus", subject="session")


# The rule in words


def test_every_choice_has_its_sentence(ask: Ask) -> None:
    rows = did("abcd", product="apple", device="phone")
    rule = ask(
        rows, "views", {"metric": "carts", "within": "1 hour"}, "checkouts", within="2 days", attempt="best",
        exclude=[{"metric": "removals", "between": [1, 2]}], hold="product", by="device", by_step="last", over="week",
        time={"from": "2026-03-02", "to": "2026-03-08"},
    ).rule  # fmt: skip
    assert rule == (
        "Each person counts once. Steps count in this order, within 2 days (24 hours each) of the start of a try.",
        "Each first step begins a try. The try that got furthest counts, or the earliest of those that got "
        "equally far.",
        "Other events can come between two steps.",
        "Carts counts only within 1 hour of the previous step.",
        "A try ends when removals happens between Views and Carts.",
        "All steps must have the same product. Events without one don't count.",
        "Device is taken from the last step reached.",
        "Tries count in the week in which they began.",
        "Tries begin in the period, 2 – 8 Mar 2026, and later steps count through 10 Mar 2026.",
        "Events at the same moment count in the order of the steps.",
        "Events with no person don't count.",
    )
