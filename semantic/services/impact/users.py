"""Find the saved questions, boards, targets, alerts and deliveries that show a metric and that one person can open.

Other items aren't even counted, because a number would reveal that someone else has saved something about the metric.
"""

from __future__ import annotations

from collections.abc import Iterator

from semantic.analyses.events.named import metrics_of_named, named_analyses
from semantic.boards.analysis_tiles import named_by
from semantic.display.format import counted
from semantic.display.words.lineage import SavedUse
from semantic.display.words.targets import span_words
from semantic.errors import SemanticError
from semantic.model.definitions import Metric
from semantic.model.lineage import used_by
from semantic.policy.actor import Actor
from semantic.query.periods import Calendar
from semantic.services.alerts.work import AlertWork
from semantic.services.analyzing.saved import SavedAnalyses
from semantic.services.boards import BoardWork
from semantic.services.outbox.deliveries import DeliveryWork
from semantic.services.process import Live
from semantic.services.saved_questions import SavedWork
from semantic.services.targets.work import TargetWork


def users_of(live: Live, actor: Actor, metric: Metric) -> tuple[SavedUse, ...]:
    """Return the items that show this metric or a metric computed directly from it, by kind.

    Within each kind, the most recently changed item comes first.
    """
    workspace = live.workspace()
    seen = workspace.visible(actor)
    users = {user.name for user in used_by(metric, seen.model) if seen.shows_metric(user)}
    return saved_uses(live, actor, frozenset({metric.name, *users}))


def saved_uses(live: Live, actor: Actor, metrics: frozenset[str]) -> tuple[SavedUse, ...]:
    """Return the items that show any of these metrics, which this person must be able to see. Raises StoreFailed."""
    return tuple(_uses(live, actor, metrics))


def _uses(live: Live, actor: Actor, metrics: frozenset[str]) -> Iterator[SavedUse]:
    store, keys, workspace = live.store, live.keys, live.workspace()
    shown: dict[tuple[str, str], frozenset[str]] = {}
    for question in SavedWork(store, keys, workspace, actor).questions():
        if used := metrics.intersection(question.metrics):
            shown["question", question.id] = used
            yield SavedUse(
                id=f"question:{question.id}", title=question.name, what=_by("Question", question.owner_name),
                metrics=used, opens=f"question:{question.id}",
            )  # fmt: skip
    for named in named_analyses(workspace.visible(actor)):
        if used := metrics.intersection(metrics_of_named(named, workspace.model)):
            yield SavedUse(
                id=f"named:{named.name}", title=named.label, what=_by("Analysis of the model", named.owner),
                metrics=used, opens=f"named:{named.name}",
            )  # fmt: skip
    for saved in SavedAnalyses(store, keys, workspace, actor).analyses():
        if used := metrics.intersection(saved.metrics):
            yield SavedUse(
                id=f"analysis:{saved.id}", title=saved.name, what=_by("Analysis", saved.owner_name), metrics=used,
                opens=f"analysis:{saved.id}",
            )  # fmt: skip
    boards = BoardWork(store, keys, workspace, actor)
    heads = [head for head in boards.boards() if head.version and metrics.intersection(head.metrics)]
    contents = boards.contents(heads)
    for head in heads:
        board = contents.get(head.id)
        tiles = board.tiles if board is not None else ()
        count = sum(not metrics.isdisjoint((tile.question or named_by(tile)).metrics) for tile in tiles)
        shown["board", head.id] = metrics.intersection(head.metrics)
        yield SavedUse(
            id=f"board:{head.id}", title=head.title, what=_by(f"Board, {counted(count, 'tile')}", head.owner_name),
            metrics=metrics.intersection(head.metrics), opens=f"board:{head.id}",
        )  # fmt: skip
    settings = workspace.model.settings
    calendar = Calendar(settings.week_start, settings.fiscal_start)
    for kept in TargetWork(store, keys, workspace, actor).targets():
        if kept.target.metric in metrics:
            span = span_words(kept.target.first, kept.target.last, calendar)
            yield SavedUse(
                id=f"target:{kept.id}", title=span, what="Target", metrics=frozenset({kept.target.metric}), opens=""
            )
    alerts = AlertWork(store, keys, workspace, actor)
    for kept in alerts.mine():
        if used := metrics.intersection(kept.alert.metrics):
            try:
                title = alerts.words(kept.alert)
            except SemanticError:
                continue
            yield SavedUse(
                id=f"alert:{kept.id}", title=title, what="Alert", metrics=used,
                opens=f"alert:{kept.id}",
            )  # fmt: skip
    work = DeliveryWork(live, actor)
    deliveries = {each.delivery.id: each.delivery for each in (*work.mine(), *work.for_me())}
    for delivery in deliveries.values():
        if sent := shown.get((delivery.what, delivery.about)):
            yield SavedUse(id=f"delivery:{delivery.id}", title=delivery.title, what="Delivery", metrics=sent)


def _by(what: str, owner: str) -> str:
    return what if not owner else f"{what}, {owner.partition(', ')[0]}"
