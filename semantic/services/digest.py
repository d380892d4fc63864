"""A person's digest: which of the metrics they follow moved out of their usual range, the most surprising first.

Every number is an answer to a question of this person, under their own policy, with a receipt. Metrics that count the
same rows and moved together have one cause, and share a line.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from semantic.display.trust import facts
from semantic.display.words.contribution import can_be_shared, contribution
from semantic.display.words.notable import Judged, Move, judged, moves
from semantic.errors import SemanticError
from semantic.explore.weekly import datasets_of, questions_by_part, weekly_questions
from semantic.policy.actor import Actor
from semantic.results.result import Result
from semantic.workspace import Workspace

MOST_LINES: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """One move, the answer that its first metric's numbers come from, and what explains it as far as is known."""

    move: Move
    result: Result
    part: str = ""  # the member that contributed most, in a sentence
    checks: tuple[str, ...] = ()  # failed checks of the data, in sentences

    @property
    def sentence(self) -> str:
        """What happened, and to which metric if the line names several."""
        week = self.move.first
        return f"{week.column.label}: {week.sentence}" if self.move.others else week.sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a person who follows `followed` metrics hears.

    `moved` counts the metrics that are unusual, also those beyond the lines. `checked` were judged, `skipped` had too
    few complete, final weeks, and `failed` had no answer. The rest aren't available to this person, or have no weeks.
    """

    lines: tuple[DigestLine, ...]
    followed: int
    checked: int = 0
    moved: int = 0
    skipped: int = 0
    failed: int = 0


def digest(followed: Collection[str], workspace: Workspace, actor: Actor) -> Digest:
    """Return what moved among the metrics that a person follows, given by name. Asks the engine."""
    seen = workspace.visible(actor)
    unusual: list[tuple[Judged, Result]] = []
    checked = skipped = failed = 0
    for query in weekly_questions(seen, followed, is_only_mine=True):
        try:
            result = workspace.ask(query, actor)
        except SemanticError:
            failed += len(query.metrics)
            continue
        weeks = judged(result)
        checked, skipped = checked + len(weeks), skipped + len(query.metrics) - len(weeks)
        unusual += [(week, result) for week in weeks if week.is_notable]
    unusual.sort(key=lambda pair: -pair[0].spreads)
    answers = {id(week): result for week, result in unusual}
    found = moves((week, datasets_of(week.column.metric, seen)) for week, _ in unusual)[:MOST_LINES]
    return Digest(
        lines=tuple(_line(move, answers[id(move.first)], workspace, actor) for move in found),
        followed=len(followed), checked=checked, moved=len(unusual), skipped=skipped, failed=failed,
    )  # fmt: skip


def _line(move: Move, result: Result, workspace: Workspace, actor: Actor) -> DigestLine:
    checks = [fact.sentence for fact in facts(result, today=workspace.today()) if fact.kind == "checks"]
    return DigestLine(
        move=move, result=result, part=_part(move.first, workspace, actor),
        checks=tuple(checks) if result.failed else (),
    )  # fmt: skip


def _part(week: Judged, workspace: Workspace, actor: Actor) -> str:
    """Who contributed most, from at most one more question, and only for a metric whose groups add up."""
    if not can_be_shared(week.column, workspace.visible(actor).model):
        return ""
    for query in questions_by_part(week.column.name):
        if workspace.preflight(query, actor).ok:
            try:
                found = contribution(week, workspace.ask(query, actor))
            except SemanticError:
                return ""
            return found.sentence if found is not None else ""
    return ""
