"""Explain why a step of a funnel changed between two periods: each group's own rate, and the mix of groups.

The numbers come from a profile of each period, which compares subjects who stopped before the step with those who
reached it. The change is split like that of any ratio (`semantic.analyses.why`). A part is a contribution, not a cause.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from semantic.analyses.events.asked import plural
from semantic.analyses.events.definition import Analysis
from semantic.analyses.events.funnel import FUNNEL
from semantic.analyses.events.instants import days_of
from semantic.analyses.events.kind import NEWCOMBE
from semantic.analyses.events.profile import PROFILE
from semantic.analyses.events.profile.finding import ProfileBy, ProfileFound
from semantic.analyses.events.step_change import STEP_CHANGE, StepChange, profile_of_step
from semantic.analyses.why import ChangeInput, Groups, find
from semantic.compile import Statement
from semantic.display.charts.chart import Chart
from semantic.display.charts.figures.bars import BarPanel, bar_chart
from semantic.display.format import share, value_text
from semantic.display.tokens import Tokens
from semantic.errors import GroupTooSmall, InvalidQuery, NothingToCompare, counted
from semantic.policy.actor import Actor
from semantic.query.describe import describe_range, lower_first
from semantic.query.member_labels import Labels, label_of
from semantic.query.query import Between
from semantic.results.change import Amounts, Explanation, Member, Moved, Pair, Part, Parts
from semantic.services.analyzing.differences import Difference, difference
from semantic.services.analyzing.multi_statement import MultiStatementPlan, MultiStatementResult, WatchedMetric
from semantic.services.analyzing.pending import Stop
from semantic.services.analyzing.recording import receipt_for
from semantic.services.analyzing.run import Analyzed, compiled_for, start_analysis
from semantic.services.analyzing.tables import TextTable
from semantic.services.analyzing.words.compared import between
from semantic.workspace import Workspace

NONE, REST, MOST_BARS = "(none)", "All others", 12
HIDDEN = "Some of its groups are too small to be shown to you."


@dataclass(frozen=True, slots=True, kw_only=True)
class StepChanged:
    """The step's rate in both periods, the interval of its change, and each group's contribution by breakdown."""

    asked: StepChange
    explanation: Explanation
    apart: Difference
    labels: tuple[str, str]  # the labels of the previous step and of the step
    days: tuple[str, str]  # the period before, and this one
    subjects: str
    members: tuple[Labels, ...]
    rule: tuple[str, ...]
    notes: tuple[str, ...]
    scope: str
    filters: str
    statement: Statement  # the notes of both periods
    data_version: str | None
    period: tuple[date, date]  # this one: its first day, and the day after the last
    known: date
    time_zone: str
    receipt: str = ""


def change_of_step(
    workspace: Workspace, asked: StepChange, actor: Actor, *, today: date | None = None, stop: Stop | None = None
) -> StepChanged:
    """Explain why a step changed, as this person sees it. Raises SemanticError, and Cancelled once `stop` is set."""
    stop = stop or Stop()
    day, funnel = today or workspace.today(), asked.funnel
    planned = compiled_for(workspace, FUNNEL, funnel, actor, today=day).planned
    if planned.start is None or funnel.within is None:
        message = (
            "Choose a period and a time limit (within) for the funnel, so both periods have the same time to convert."
        )
        raise InvalidQuery(message)
    end = min(planned.end, planned.known - days_of(funnel.within))  # later attempts can still convert
    if end <= planned.start:
        raise NothingToCompare(f"No try in this period is {funnel.within.words} old yet. Choose an earlier period.")
    periods = ((planned.start - (end - planned.start), planned.start), (planned.start, end))
    before, after = (_profiled(workspace, asked, period, actor, day, stop) for period in periods)
    labels = [leg.label for leg in planned.legs]
    days = [describe_range(*period, open_end=True) for period in periods]
    for profile, which, words in zip((before, after), ("the earlier period", "this period"), days, strict=True):
        if not (profile.found.who or profile.found.than):
            raise NothingToCompare(
                f"No one reached {labels[asked.step - 2]} in {which} ({words}). Choose another period."
            )
    apart = difference(*_counts(after.found), *_counts(before.found))
    assert apart is not None  # in both periods, someone reached the previous step
    finding = find(replace(_to_explain(asked, before, after), is_apart=apart.is_clear))
    assert finding.detail is not None
    profiles = (before, after)
    statement = Statement(
        sql="\n".join(each.statement.sql for each in profiles),
        params=tuple(value for each in profiles for value in each.statement.params),
    )
    stop.check()  # cancelled analyses aren't recorded
    receipt, unrecorded = receipt_for(
        workspace,
        workspace.visible(actor),
        Analysis(STEP_CHANGE, asked),
        statement,
        finding.detail,
        rows=before.rows + after.rows,
        data_version=after.data_version,
        today=day,
    )
    return StepChanged(
        asked=asked,
        explanation=finding.detail,
        apart=apart,
        labels=(labels[asked.step - 2], labels[asked.step - 1]),
        days=(days[0], days[1]),
        subjects=plural(funnel.population.subject),
        members=tuple({**one, **other} for one, other in zip(before.labels, after.labels, strict=True)),
        rule=(
            f"The share that went on from {labels[asked.step - 2]} to {labels[asked.step - 1]} is compared between "
            f"{days[0]} and {days[1]}.",
            f"Only tries that began at least {funnel.within.words} before the last known day count, so that both "
            "periods had the same time to convert.",
            "Own rate is the part of the change that comes from a group's own share. Mix is the part that comes from "
            "the group's size. They add up to the change.",
            NEWCOMBE,
            *after.rule[1:2],
            *after.rule[-1:],
        ),
        notes=(
            f"Searched {counted(len(asked.by), 'breakdown')}. A contribution isn't a cause.",
            *dict.fromkeys((*before.notes, *after.notes)),
            *unrecorded,
        ),
        scope=after.scope,
        filters=planned.filters,
        statement=statement,
        data_version=after.data_version,
        period=periods[1],
        known=planned.known,
        time_zone=planned.time_zone,
        receipt=receipt,
    )


def change_analyzed(
    workspace: Workspace, asked: StepChange, actor: Actor, *, today: date | None = None, stop: Stop | None = None
) -> MultiStatementResult:
    """Explain why a step changed, in the form that surfaces use for every analysis. Raises SemanticError."""
    changed = change_of_step(workspace, asked, actor, today=today, stop=stop)
    metric = workspace.visible(actor).metric(asked.funnel.steps[asked.step - 1].event.metric)
    return MultiStatementResult(
        found=changed.explanation,
        told=changed,
        planned=MultiStatementPlan(
            filters=changed.filters,
            legs=(WatchedMetric(" → ".join(changed.labels), metric),),
            start=changed.period[0],
            end=changed.period[1],
            known=changed.known,
            time_zone=changed.time_zone,
        ),
        rule=changed.rule,
        notes=changed.notes,
        data_version=changed.data_version,
        scope=changed.scope,
        analysis=Analysis(STEP_CHANGE, asked),
        statement=changed.statement,
        today=today or workspace.today(),
        receipt=changed.receipt,
    )


def _profiled(
    workspace: Workspace, asked: StepChange, period: tuple[date, date], actor: Actor, today: date, stop: Stop
) -> Analyzed[ProfileFound]:
    """Return the profile for one period. Raises GroupTooSmall if some of its numbers are hidden."""
    days = Between(period[0], period[1] - timedelta(days=1))
    funnel = replace(asked.funnel, population=replace(asked.funnel.population, time=days))
    asking = PROFILE.read(profile_of_step(funnel, asked.step, asked.by))
    pending = start_analysis(workspace, PROFILE, asking, actor, today=today, recorded=False)
    stop.wait(pending)
    analyzed = pending.result()
    if analyzed.found.who is None:
        raise GroupTooSmall("One of the two numbers is based on too few people, so neither is shown to you.", names=())
    return analyzed


def _counts(found: ProfileFound) -> tuple[int, int]:
    """Return how many subjects reached the step, and how many could have."""
    return found.than or 0, (found.who or 0) + (found.than or 0)


def _to_explain(asked: StepChange, before: Analyzed[ProfileFound], after: Analyzed[ProfileFound]) -> ChangeInput:
    one, other = before.found, after.found
    groups = tuple(
        Groups(
            dim=asked.by[place].dim,
            label=after.planned.carried[place].label,
            members=_members(_at(one, place), _at(other, place)),
            why_not=HIDDEN if any(row.who is None for each in (one, other) for row in _at(each, place).rows) else "",
        )
        for place in range(len(asked.by))
    )
    whole_ = Amounts(
        Pair(Fraction(one.than or 0), Fraction(other.than or 0)),
        Pair(Fraction((one.who or 0) + (one.than or 0)), Fraction((other.who or 0) + (other.than or 0))),
    )
    return ChangeInput(whole=whole_, groups=groups, searched=len(groups), is_share=True)


def _at(found: ProfileFound, place: int) -> ProfileBy:
    return next(by for by in found.by if by.place == place)


def _members(before: ProfileBy, after: ProfileBy) -> tuple[Member, ...]:
    """Return the groups with their numbers in both periods.

    A group that only one period lists counts as part of the rest if the other period has a rest.
    """
    pairs: dict[tuple[bool, object], Amounts] = {}
    nothing = Amounts(Pair(Fraction(0), Fraction(0)), Pair(Fraction(0), Fraction(0)))
    known = [{row.value for row in by.rows if not row.is_rest} for by in (before, after)]
    has_rest = [any(row.is_rest for row in by.rows) for by in (before, after)]
    for place, by in enumerate((before, after)):
        for row in by.rows:
            is_rest = row.is_rest or (has_rest[1 - place] and row.value not in known[1 - place])
            top, bottom = Fraction(row.than or 0), Fraction((row.who or 0) + (row.than or 0))
            zero = Fraction(0)
            own = Amounts(
                Pair(top, zero) if place == 0 else Pair(zero, top),
                Pair(bottom, zero) if place == 0 else Pair(zero, bottom),
            )
            key = (is_rest, None if is_rest else row.value)
            pairs[key] = pairs.get(key, nothing) + own
    return tuple(
        Member(
            value=value,
            kind="other" if is_rest else "none" if value is None else "member",
            before=amounts.before,
            after=amounts.after,
            amounts=amounts,
        )
        for (is_rest, value), amounts in pairs.items()
    )


# In words


def change_sentence(changed: StepChanged) -> str:
    """Return a sentence about how the step's rate changed and which group contributed most."""
    explanation, (first, second) = changed.explanation, changed.labels
    before, after = explanation.whole.before, explanation.whole.after
    assert before is not None
    assert after is not None
    then, now = share(float(before)), share(float(after))
    sentence = f"{now} went on from {first} to {second}, compared with {then} in the period before"
    if explanation.moved is Moved.SAME:
        return f"{sentence}: about the same."
    chance = "more than chance explains" if changed.apart.is_clear else "no more than chance explains"
    ends = between(changed.apart).removesuffix(" pp")
    sentence = f"{sentence} ({points(after - before)}, 95% interval {ends}), {chance}."
    by = next((parts for parts in explanation.by if parts.adds_up and parts.parts), None)
    if by is None:
        return sentence
    part = by.parts[0]
    own = "all" if points(part.rate) == points(part.part) else f"of which {points(part.rate)}"
    return (
        f"{sentence} By {lower_first(by.label)}, {member_text(changed, by, part)} contributed most: "
        f"{points(part.part)}, {own} from its own rate."
    )


def change_tables(changed: StepChanged) -> list[TextTable]:
    """Return a table for each breakdown, largest contribution first."""
    return [
        TextTable(
            f"{parts.label}: {parts.why_not}" if parts.why_not else parts.label,
            [lower_first(parts.label), "before", "now", "contribution, pp", "own rate, pp", "mix, pp"],
            []
            if parts.why_not
            else [
                [
                    member_text(changed, parts, part),
                    _rate(part.before),
                    _rate(part.after),
                    *(points(each).removesuffix(" points") for each in (part.part, part.rate, part.mix)),
                ]
                for part in parts.parts
            ],
        )
        for parts in changed.explanation.by
    ]


def change_json(changed: StepChanged) -> dict[str, Any]:
    """Return the whole result as JSON-ready data. Shares and their differences are numbers, not text."""
    whole = changed.explanation.whole
    return {
        "sentence": change_sentence(changed),
        "rule": [*changed.rule],
        "notes": [*changed.notes],
        "scope": changed.scope,
        "filters": changed.filters,
        "data_version": changed.data_version,
        "step": [*changed.labels],
        "periods": [*changed.days],
        "before": _number(whole.before),
        "after": _number(whole.after),
        "moved": changed.explanation.moved.value,
        "low_points": 100 * changed.apart.low,
        "high_points": 100 * changed.apart.high,
        "more_than_chance": changed.apart.is_clear,
        "breakdowns": [
            {
                "dimension": parts.dim,
                "label": parts.label,
                "why_not": parts.why_not,
                "parts": []
                if parts.why_not
                else [
                    {
                        "member": member_text(changed, parts, part),
                        "before": _number(part.before),
                        "after": _number(part.after),
                        "contribution": _number(part.part),
                        "own_rate": _number(part.rate),
                        "mix": _number(part.mix),
                    }
                    for part in parts.parts
                ],
            }
            for parts in changed.explanation.by
        ],
    }


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def member_text(changed: StepChanged, parts: Parts, part: Part) -> str:
    """Return a group's label."""
    if part.kind in ("other", "rest"):
        return REST
    if part.value is None:
        return NONE
    place = next(place for place, each in enumerate(changed.asked.by) if each.dim == parts.dim)
    return label_of(part.value, changed.members[place]) or value_text(part.value)


def points(value: Fraction | None) -> str:
    """Return a difference of two shares as text: `+1.2 points`."""
    if value is None:
        return ""
    text = f"{abs(float(value)) * 100:.1f}"
    sign = "" if text == "0.0" else "+" if value > 0 else "−"
    return f"{sign}{text} points"


def _rate(value: Fraction | None) -> str:
    return "" if value is None else share(float(value))


def change_charts(changed: StepChanged, tokens: Tokens) -> list[Chart]:
    """Return the chart of contributions for the breakdown that explains most. Empty if nothing can be split."""
    by = next((parts for parts in changed.explanation.by if parts.adds_up and parts.parts), None)
    if by is None:
        return []
    shown = by.parts[:MOST_BARS]
    panel = BarPanel(
        title="",
        values=[float(part.part or 0) for part in shown],
        write=lambda value: points(Fraction(value)).removesuffix(" points") if value is not None else "",
        words=[f"{points(part.rate)} from its own rate, {points(part.mix)} from the mix" for part in shown],
    )
    names = [member_text(changed, by, part) for part in shown]
    figure = bar_chart(names, [part.kind != "member" for part in shown], [panel], tokens)
    note = f"Contributions by {lower_first(by.label)}, in percentage points. They add up to the change."
    return [Chart(figure, "bar", "The largest contributions.", change_sentence(changed), note=note)]
