"""Imported lines of targets: every notation for a period and a number, ambiguous ones, and who sees which problems."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from semantic.model.definitions import NumberFormat
from semantic.query.periods import Calendar
from semantic.targets.import_lines import Lines, read_lines, read_period
from semantic.targets.target import Target
from tests.hostile.strings import sample
from tests.semantic.policy.test_members import rule, seen

ALL = "whole: all"
SEPTEMBER = (date(2026, 9, 1), date(2026, 9, 30))


def read(text: str, policy: str = ALL, **attributes: tuple[str, ...]) -> Lines:
    return read_lines(text, seen(policy, **attributes))


def problems(text: str, policy: str = ALL, **attributes: tuple[str, ...]) -> list[str]:
    return [str(problem) for problem in read(text, policy, **attributes).problems]


def target(days: tuple[date, date], number: str, member: str = "", metric: str = "revenue") -> Target:
    return Target(
        metric=metric, first=days[0], last=days[1], value=Decimal(number), dim="market" if member else "",
        member=member or None,
    )  # fmt: skip


def value(text: str) -> Decimal | None:
    lines = read(f"metric;period;target\nrevenue;2026;{text}")
    return lines.targets[0].value if lines.targets else None


@pytest.mark.parametrize("mark", ["\t", ",", ";"])
def test_each_line_is_a_target_with_any_separator(mark: str) -> None:
    lines = [
        "metric|period|market|target",
        "revenue|2026-09|DE|31000",
        "REVENUE|2026-09||62000.5",
        "",
        "visits|2026|FR|7",
    ]
    found_lines = read("\r\n".join(lines).replace("|", mark))
    assert found_lines == Lines(
        (
            target(SEPTEMBER, "31000", "DE"),
            target(SEPTEMBER, "62000.5"),
            target((date(2026, 1, 1), date(2026, 12, 31)), "7", "FR", metric="visits"),
        ),
        (),
    )  # fmt: skip


def test_days_can_be_in_two_columns_and_quotes_protect_separators() -> None:
    lines = read('metric,from,to,market,value\nrevenue,2026-09-01,2026-09-14,"D, E","1,234,567.5"')
    assert lines.problems == ()
    assert lines.targets == (
        target((date(2026, 9, 1), date(2026, 9, 14)), "1234567.5", "D, E"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("Q4 2026", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2028-2", date(2028, 2, 1), date(2028, 2, 29)),
        ("Sep 2026", *SEPTEMBER),
        ("september 2026", *SEPTEMBER),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        ("2026-09-14", date(2026, 9, 14), date(2026, 9, 14)),
        ("2026-09-01..2026-09-14", date(2026, 9, 1), date(2026, 9, 14)),
        ("2026-09-01 .. 2026-09-14", date(2026, 9, 1), date(2026, 9, 14)),
    ],
)
def test_a_period_is_read_as_people_write_it(text: str, first: date, last: date) -> None:
    assert read_period(text, Calendar()) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["", "2026-13", "2026-Q5", "2025-W53", "09/10/2026", "9.10.2026", "2026-02-30", "2026-09-14..2026-09-01", "Ma 2026",
     "1899", "99999", "next month", "２０２６", "2026-09-01..", "0001-01-01"],
)  # fmt: skip
def test_invalid_and_ambiguous_periods_are_not_read(text: str) -> None:
    assert read_period(text, Calendar()) is None


def test_numbered_weeks_begin_on_monday() -> None:
    assert read_period("2026-W40", Calendar(week_start="sunday")) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("31000", "31000"), ("31000.50", "31000.50"), ("31000,5", "31000.5"), ("1,234,567", "1234567"),
        ("1.234.567,89", "1234567.89"), ("1,234.5", "1234.5"), ("1 234 567", "1234567"), ("1'234", "1234"),
        ("\N{MINUS SIGN}5", "-5"), ("0.125", "0.125"), ("0", "0"), ("12.34", "12.34"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(text: str, number: str) -> None:
    assert value(text) == Decimal(number)


@pytest.mark.parametrize("text", ["31,000", "31.000", "-1,234"])
def test_a_number_that_can_be_read_in_two_ways_is_not_guessed(text: str) -> None:
    assert value(text) is None
    (problem,) = problems(f"metric;period;target\nrevenue;2026;{text}")
    assert "can be read in two ways" in problem


@pytest.mark.parametrize(
    "text", ["", "x", "€5", "1e9", "NaN", "Infinity", "1,23,456", "1.2.3", "--5", "٣", "0x10", "5 %"]
)
def test_invalid_numbers_are_not_read(text: str) -> None:
    assert value(text) is None


def test_a_share_can_be_in_percent() -> None:
    visible = seen(ALL)
    object.__setattr__(visible.model.metrics["per_visit"], "format", NumberFormat.SHARE)
    lines = read_lines("metric\tperiod\ttarget\nper_visit\t2026\t45%", visible)
    assert [target.value for target in lines.targets] == [Decimal("0.45")]


def test_every_invalid_line_is_reported() -> None:
    text = "\n".join([
        "metric;period;market;channel;target",
        "revenu;2026;;;1", "revenue;soon;;;1", "revenue;2026;;;lots", "revenue;2026;DE;mail;1", "revenue;2026;DE;;1",
        "revenue;2026;DE;;2", "revenue;2026;DE;;1;9", "revenue",
    ])  # fmt: skip
    lines = read(text)
    assert [problem.line for problem in lines.problems] == [2, 3, 4, 5, 7, 8, 9]
    said = "\n".join(problem.what for problem in lines.problems)
    for words in ("There is no metric named “revenu”", "“soon” isn't a period", "“lots” isn't a number",
                  "values for “Market” and “Channel”", "from the one on line 6", "more cells than there are",
                  "The period is missing"):  # fmt: skip
        assert words in said, words
    assert len(lines.targets) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Nothing to import"),
        ("metric,period,target", "no lines below"),
        ("metric,target\nrevenue,1", "no column “period”"),
        ("metric,from,target\nrevenue,2026-01-01,1", "no column “period”"),
        ("period,target\n2026,1", "no column “metric”"),
        ("metric,period,target,metric\nrevenue,2026,1,revenue", "Two columns"),
        ("metric,period,target,galaxy\nrevenue,2026,1,x", "no dimension named “galaxy”"),
        ('metric,period,target\n"revenue"x,2026,1', "valid CSV"),
    ],
)
def test_unreadable_text_is_one_problem(text: str, says: str) -> None:
    (problem,) = problems(text)
    assert says in problem


def test_no_one_imports_targets_about_hidden_data() -> None:
    text = "metric;period;market;target\nrevenue;2026;DE;1\nrevenue;2026;FR;1\nrevenue;2026;;1"
    mine = read(text, rule("country IN (:markets)"), markets=("DE",))
    assert [target.member for target in mine.targets] == ["DE"]
    assert [problem.line for problem in mine.problems] == [3, 4]
    hidden = problems("metric;period;target\nrevenue;2026;1", "whole: all\n    deny: {metrics: [revenue]}")
    absent = problems("metric;period;target\nrevenuz;2026;1")
    assert [problem.replace("revenuz", "revenue") for problem in absent] == hidden
    hidden = problems("metric;period;market;target\nrevenue;2026;DE;1", "whole: all\n    deny: {dimensions: [market]}")
    absent = problems("metric;period;markez;target\nrevenue;2026;DE;1")
    assert [problem.replace("markez", "market") for problem in absent] == hidden


def test_a_member_has_the_type_of_its_dimension() -> None:
    lines = read("metric;period;size;target\nrevenue;2026;3;1\nrevenue;2026;(none);2\nrevenue;2026;big;3")
    assert [target.member for target in lines.targets] == [3, None]
    assert [problem.line for problem in lines.problems] == [4]


def test_hostile_cells_are_read_or_reported() -> None:
    for text in sample(120):
        cell = text.replace('"', '""')
        for line in (
            f'"{cell}";2026;DE;1',
            f'revenue;"{cell}";DE;1',
            f'revenue;2026;"{cell}";1',
            f'revenue;2026;DE;"{cell}"',
        ):
            lines = read(f"metric;period;market;target\n{line}")
            assert len(lines.targets) + len(lines.problems) >= 1 or not text.strip()
            assert all(problem.what.count("\n") == 0 for problem in lines.problems), repr(text)
