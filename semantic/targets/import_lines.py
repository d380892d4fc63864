"""Parse targets from lines of text, pasted from a spreadsheet or read from a CSV file, with each line's problems.

metric           period    market   target
net_revenue      2026-09   DE       31000
Orders           2026-Q4            12500
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from semantic.model.definitions import Dimension, Granularity, Metric, NumberFormat, TypeKind
from semantic.model.settings import MONTHS
from semantic.policy.members import Member
from semantic.policy.narrow import VisibleModel
from semantic.query.member_labels import NO_LABELS
from semantic.query.periods import Calendar, shift
from semantic.targets.target import Target, may_see_target

MOST_LETTERS, MOST_LINES, LONGEST_CELL = 2_000_000, 10_000, 200
METRIC, PERIOD, FROM, TO, VALUE = "metric", "period", "from", "to", "target"
NO_VALUE = "(none)"
HEADS = f"Name the columns in the first line: {METRIC}, {PERIOD}, {VALUE}, and optionally a dimension such as market."
PERIODS = "Use 2026, 2026-Q3, 2026-09, 2026-W40, a day such as 2026-09-14, or a range such as 2026-09-01..2026-09-14."
FIRST_YEAR, LAST_YEAR = 1900, 2200
ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A problem in one line, and how to fix it. Line 1 is the header."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"Line {self.line:,}: {self.what}"


@dataclass(frozen=True, slots=True)
class Lines:
    """The targets that were parsed, and a problem for each line that couldn't be parsed."""

    targets: tuple[Target, ...]
    problems: tuple[LineProblem, ...]


class Unreadable(Exception):
    """Raised if a line or a part of a line can't be parsed. The message describes the problem."""


@dataclass(frozen=True, slots=True)
class _Heads:
    """The column number of each field. `dims` has the dimensions by column number."""

    metric: int
    value: int
    period: int | None
    first: int | None
    last: int | None
    dims: Mapping[int, Dimension]
    width: int


def read_lines(text: str, seen: VisibleModel) -> Lines:
    """Return the targets in a text. It can only use names that this actor can see (decision 34)."""
    if len(text) > MOST_LETTERS:
        return Lines((), (LineProblem(1, f"This is longer than {MOST_LETTERS:,} characters. Import it in parts."),))
    try:
        rows = list(_rows(text))
    except csv.Error as error:
        return Lines((), (LineProblem(1, f"This isn't valid CSV ({error}). Copy it from the spreadsheet again."),))
    if not rows:
        return Lines((), (LineProblem(1, f"Nothing to import. {HEADS}"),))
    if len(rows) > MOST_LINES + 1:
        return Lines((), (LineProblem(1, f"This has more than {MOST_LINES:,} lines. Import it in parts."),))
    (at, names), *others = rows
    try:
        heads = _heads(names, seen)
    except Unreadable as wrong:
        return Lines((), (LineProblem(at, str(wrong)),))
    if not others:
        return Lines((), (LineProblem(at, "There are no lines below the column names. Add one for each target."),))
    return _read(others, heads, seen)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each non-empty line's number and cells.

    Cells are separated by tabs, semicolons or commas, depending on which the first line has most.
    """
    lines = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines()
    head = next((line for line in lines if line.strip()), "")
    mark = max("\t;,", key=head.count)
    reader = csv.reader(lines, delimiter=mark, strict=True)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, [cell.strip() for cell in cells]


def _heads(names: Sequence[str], seen: VisibleModel) -> _Heads:
    """Return the column number of each field, given the header's names. Raises Unreadable."""
    known = {METRIC: METRIC, PERIOD: PERIOD, FROM: FROM, TO: TO, VALUE: VALUE, "value": VALUE}
    places: dict[str, int] = {}
    dims: dict[int, Dimension] = {}
    for place, name in enumerate(names):
        own = known.get(name.casefold())
        if own in places:
            raise Unreadable(f"Two columns are named {_said(name)}. Keep one.")
        if own is not None:
            places[own] = place
        elif name:
            dims[place] = _dimension(name, seen)
    missing = [head for head in (METRIC, VALUE) if head not in places]
    if PERIOD not in places and not {FROM, TO} <= places.keys():
        missing.append(PERIOD)
    if missing:
        raise Unreadable(f"There's no column {_said(missing[0])}. {HEADS}")
    return _Heads(
        places[METRIC], places[VALUE], places.get(PERIOD), places.get(FROM), places.get(TO), dims, len(names)
    )  # fmt: skip


def _dimension(name: str, seen: VisibleModel) -> Dimension:
    """Return the dimension with this name or label.

    Raises Unreadable, with the same message for hidden and missing dimensions.
    """
    wanted = name.casefold()
    alike = [
        dimension for dimension in seen.dimensions if wanted in (dimension.name.casefold(), dimension.label.casefold())
    ]
    dimension = next(
        (candidate for candidate in alike if candidate.name == name), alike[0] if len(alike) == 1 else None
    )
    if dimension is None:
        raise Unreadable(f"There's no dimension named {_said(name)}. {HEADS}")
    return check_dimension(dimension, seen)


def check_dimension(dimension: Dimension, seen: VisibleModel) -> Dimension:
    """Return the dimension if targets and remarks can be about its members.

    Raises Unreadable for dates, fractions, and personal or masked dimensions.
    """
    places = seen.places(dimension.name)
    is_personal = any("personal" in place.tags for place in places)
    is_plain = dimension.kind != "time" and dimension.type.kind in (TypeKind.STRING, TypeKind.INTEGER, TypeKind.BOOLEAN)
    if is_personal or not is_plain or seen.mask(dimension.name) is not None:
        raise Unreadable(
            f"Targets by {_said(dimension.label or dimension.name)} aren't supported. Choose another dimension."
        )
    return dimension


def may_be_about(dimension: Dimension, seen: VisibleModel) -> bool:
    """Whether targets and remarks can be about members of a dimension."""
    try:
        check_dimension(dimension, seen)
    except Unreadable:
        return False
    return True


def _read(rows: Sequence[tuple[int, list[str]]], heads: _Heads, seen: VisibleModel) -> Lines:
    metrics = _by_word(seen)
    first_lines: dict[tuple[object, ...], tuple[int, Target]] = {}
    problems: list[LineProblem] = []
    for line, cells in rows:
        try:
            target = _target(cells, heads, metrics, seen)
            place = (target.metric, target.dim, type(target.member), target.member, target.first, target.last)
            if place in first_lines and first_lines[place][1].value != target.value:
                raise Unreadable(
                    f"The number differs from the one on line {first_lines[place][0]:,} for the same target. Keep one."
                )
            first_lines.setdefault(place, (line, target))
        except Unreadable as wrong:
            problems.append(LineProblem(line, str(wrong)))
    return Lines(tuple(target for _, target in first_lines.values()), tuple(problems))


def _by_word(seen: VisibleModel) -> dict[str, list[Metric]]:
    """Return metrics by name and by label, in lower case."""
    metrics_by_word: dict[str, list[Metric]] = {}
    for metric in seen.metrics:
        for word in {metric.name.casefold(), metric.label.casefold()} - {""}:
            metrics_by_word.setdefault(word, []).append(metric)
    return metrics_by_word


def _target(cells: Sequence[str], heads: _Heads, metrics: Mapping[str, list[Metric]], seen: VisibleModel) -> Target:
    if len(cells) > heads.width and any(cells[heads.width :]):
        raise Unreadable("This line has more cells than there are columns. Put quotes around numbers with commas.")
    cells = [*cells, *[""] * (heads.width - len(cells))]
    metric = _metric(cells[heads.metric], metrics)
    first, last = _days(cells, heads, seen)
    dim, member = _member(cells, heads, seen)
    target = Target(
        metric=metric.name,
        first=first,
        last=last,
        value=read_number(cells[heads.value], metric),
        dim=dim,
        member=member,
    )
    if not may_see_target(target, seen):
        raise Unreadable(_not_yours(target, seen))
    return target


def _not_yours(target: Target, seen: VisibleModel) -> str:
    if target.dim:
        label = next((dimension.label for dimension in seen.dimensions if dimension.name == target.dim), target.dim)
        return f"You can't set a target for {_said(str(target.member))} of {label} with this metric."
    return (
        "A target without a dimension covers all rows, and you have access to only some. Name a value in a "
        "column of its own."
    )


def _metric(text: str, metrics: Mapping[str, list[Metric]]) -> Metric:
    alike = metrics.get(text.casefold(), [])
    exact = [metric for metric in alike if metric.name == text] or alike
    if len(exact) != 1:
        many = "Several metrics are" if exact else "There is no metric"
        raise Unreadable(f"{many} named {_said(text)}. Use its name as shown under Metrics.")
    return exact[0]


def _days(cells: Sequence[str], heads: _Heads, seen: VisibleModel) -> tuple[date, date]:
    settings = seen.model.settings
    calendar = Calendar(settings.week_start, settings.fiscal_start)
    if heads.period is not None and cells[heads.period]:
        period = read_period(cells[heads.period], calendar)
        if period is None:
            raise Unreadable(f"{_said(cells[heads.period])} isn't a period. {PERIODS}")
        return period
    if heads.first is None or heads.last is None:
        raise Unreadable(f"The period is missing. {PERIODS}")
    first, last = _day(cells[heads.first]), _day(cells[heads.last])
    if first is None or last is None:
        wrong = cells[heads.first] if first is None else cells[heads.last]
        raise Unreadable(f"{_said(wrong)} isn't a date. Use the form 2026-09-14.")
    if last < first:
        raise Unreadable(f"The end date {last} is before the start date {first}. Swap them.")
    return first, last


def read_period(text: str, calendar: Calendar) -> tuple[date, date] | None:
    """Return the first and last day of a period as people write it, or None if the text isn't a period.

    >>> read_period("2026-Q3", Calendar())
    (datetime.date(2026, 7, 1), datetime.date(2026, 9, 30))
    """
    said = " ".join(text.casefold().split())
    start, dots, other = said.partition("..")
    if dots:
        first, last = _day(start.strip()), _day(other.strip())
        return (first, last) if first is not None and last is not None and first <= last else None
    if (day := _day(said)) is not None:
        return day, day
    period = _period(said, calendar) if said.isascii() else None
    if period is None or not FIRST_YEAR <= period[0].year <= LAST_YEAR:
        return None
    first, unit = period
    return first, shift(first, unit, 1) - ONE


def _period(text: str, calendar: Calendar) -> tuple[date, Granularity] | None:
    try:
        if match := re.fullmatch(r"(\d{4})", text):
            return date(int(match[1]), 1, 1), Granularity.YEAR
        if match := re.fullmatch(r"(\d{4})-?\s?q([1-4])", text):
            return date(int(match[1]), 3 * int(match[2]) - 2, 1), Granularity.QUARTER
        if match := re.fullmatch(r"q([1-4])[ -/]?(\d{4})", text):
            return date(int(match[2]), 3 * int(match[1]) - 2, 1), Granularity.QUARTER
        if match := re.fullmatch(r"(\d{4})-(\d{1,2})", text):
            return date(int(match[1]), int(match[2]), 1), Granularity.MONTH
        if match := re.fullmatch(r"([a-z]{3,9})\.?[ -](\d{4})", text):
            named = [place for place, month in enumerate(MONTHS) if month.startswith(match[1])]
            return (date(int(match[2]), named[0] + 1, 1), Granularity.MONTH) if len(named) == 1 else None
        if match := re.fullmatch(r"(\d{4})-?w(\d{1,2})", text):
            if calendar.week_start != "monday":  # numbered weeks are ISO's, which begin on Mondays
                return None
            return date.fromisocalendar(int(match[1]), int(match[2]), 1), Granularity.WEEK
    except ValueError:
        return None
    return None


def _day(text: str) -> date | None:
    """Return a day written as 2026-09-14, or None.

    Other formats aren't accepted, because 09/10/2026 could mean two different days.
    """
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        moment = date.fromisoformat(text)
    except ValueError:
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def _member(cells: Sequence[str], heads: _Heads, seen: VisibleModel) -> tuple[str, Member]:
    """Return the only dimension for which a line has a member, and the member, written as a value or label.

    Returns ("", None) if the line has no member.
    """
    named = [(dimension, cells[place]) for place, dimension in heads.dims.items() if cells[place]]
    if len(named) > 1:
        labels = " and ".join(_said(dim.label or dim.name) for dim, _ in named[:2])
        raise Unreadable(f"This line has values for {labels}. A target can have one of them only.")
    if not named:
        return "", None
    dimension, text = named[0]
    labels = seen.member_labels(dimension.name) if seen.may_name_members else NO_LABELS
    by_label = (code for code, label in labels.items() if label.casefold() == text.casefold())
    return dimension.name, read_member(text if text in labels else next(by_label, text), dimension)


def read_member(text: str, dimension: Dimension) -> Member:
    """Return the member of a dimension that a text names. `(none)` means no value. Raises Unreadable."""
    if text == NO_VALUE:
        return None
    if len(text) > LONGEST_CELL:
        raise Unreadable(f"{_said(text)} is longer than {LONGEST_CELL} characters.")
    match dimension.type.kind:
        case TypeKind.INTEGER:
            if not re.fullmatch(r"-?[0-9]{1,18}", text):
                raise Unreadable(f"{_said(text)} isn't a whole number, as {dimension.label or dimension.name} needs.")
            return int(text)
        case TypeKind.BOOLEAN:
            member = {"yes": True, "true": True, "no": False, "false": False}.get(text.casefold())
            if member is None:
                raise Unreadable(f"{_said(text)} isn't yes or no, as {dimension.label or dimension.name} needs.")
            return member
        case _:
            return text


def read_number(text: str, metric: Metric) -> Decimal:
    """Return a number from text as people write it. Raises Unreadable, also if the number is ambiguous.

    A share can be written as a percentage: 45% is 0.45.
    """
    said = re.sub(r"[\s\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}']", "", text).replace("\N{MINUS SIGN}", "-")
    is_percent = said.endswith("%")
    if is_percent and metric.format is not NumberFormat.SHARE:
        raise Unreadable(
            f"{_said(text)} is a percentage, but {metric.label or metric.name} isn't a share. Use the plain number."
        )
    digits = _digits(said.removesuffix("%"))
    if digits is None:
        raise Unreadable(f"{_said(text)} isn't a number. Use the form 31000 or 31000.50.")
    if digits == "":
        whole, part = re.sub("[.,]", "", said), re.sub("[.,]", ".", said)
        raise Unreadable(f"{_said(text)} can be read in two ways. Use {whole}, or {part}0 if that's what you mean.")
    return Decimal(digits).scaleb(-2 if is_percent else 0)


def _digits(text: str) -> str | None:
    """Return a number in Python's format, None if the text isn't a number, or "" if it is ambiguous."""
    if re.fullmatch(r"-?\d{1,15}", text, re.ASCII):
        return text
    for group, point in ((",", "."), (".", ",")):
        once, whole = re.escape(point), rf"-?\d{{1,3}}(?:{re.escape(group)}\d{{3}})+"
        if re.fullmatch(rf"{whole}{once}\d{{1,6}}", text, re.ASCII) or (
            text.count(group) > 1 and re.fullmatch(whole, text, re.ASCII)
        ):
            return text.replace(group, "").replace(point, ".")
    if re.fullmatch(r"-?[1-9]\d{0,2}[.,]\d{3}", text, re.ASCII):
        return ""  # thousands for some, thousandths for others
    if re.fullmatch(r"-?\d{1,15}[.,]\d{1,6}", text, re.ASCII):
        return text.replace(",", ".")
    return None


def _said(text: str) -> str:
    """Return a text in quotes, on one line, for messages."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return f"\N{LEFT DOUBLE QUOTATION MARK}{line[:60]}{'…' if len(line) > 60 else ''}\N{RIGHT DOUBLE QUOTATION MARK}"
