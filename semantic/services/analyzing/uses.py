"""Find the saved analyses and board tiles that show a named analysis, as far as one person can open them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from semantic.analyses.events.definition import Analysis, analysis_from_json
from semantic.analyses.events.named import match, metrics_of_named
from semantic.errors import SemanticError
from semantic.model.named_analyses import NamedAnalysis
from semantic.policy.actor import Actor
from semantic.services.analyzing.saved import SavedAnalyses
from semantic.services.boards import BoardWork
from semantic.services.service_process import ServiceProcess

MOST: Final = 500
"""How many saved analyses and boards are read at most, the most recently changed first."""


@dataclass(frozen=True, slots=True)
class AnalysisUse:
    """A saved analysis, or a board with tiles, that shows a named analysis. `count` is the number of those tiles."""

    kind: Literal["analysis", "board"]
    id: str
    title: str
    owner_name: str
    count: int = 1


def uses_of_analysis(live: ServiceProcess, actor: Actor, named: NamedAnalysis) -> list[AnalysisUse]:
    """Return the saved analyses and boards that show a named analysis, with any period and filters.

    Raises StoreFailed.
    """
    workspace = live.workspace()
    seen = workspace.visible(actor)

    def is_it(analysis: Analysis) -> bool:
        matched = match(analysis, seen)
        return matched is not None and matched.named.name == named.name

    return [*_uses(live, actor, frozenset(metrics_of_named(named, seen.model)), is_it)]


def _uses(
    live: ServiceProcess, actor: Actor, metrics: frozenset[str], has: Callable[[Analysis], bool]
) -> Iterator[AnalysisUse]:
    workspace = live.workspace()
    work = SavedAnalyses(live.store, live.keys, workspace, actor)
    for head in [each for each in work.analyses() if metrics.issubset(each.metrics)][:MOST]:
        try:
            if has(work.open(head.id).analysis):
                yield AnalysisUse("analysis", head.id, head.name, head.owner_name)
        except SemanticError:  # the board can't be read any more, or this person can't open it
            continue
    boards = BoardWork(live.store, live.keys, workspace, actor)
    heads = [head for head in boards.boards() if head.version and metrics.issubset(head.metrics)][:MOST]
    contents = boards.contents(heads)
    for head in heads:
        board = contents.get(head.id)
        texts = [tile.analysis for tile in board.tiles if tile.analysis] if board is not None else []
        if count := sum(_has(text, has) for text in texts):
            yield AnalysisUse("board", head.id, head.title, head.owner_name, count)


def _has(text: str, has: Callable[[Analysis], bool]) -> bool:
    try:
        return has(analysis_from_json(text))
    except SemanticError:
        return False
