"""The metrics that stored items show or send, even if no one has asked for these metrics recently."""

from __future__ import annotations

from datetime import date

from semantic.governance.draft_change import uses_of
from semantic.services.service_process import ServiceProcess
from semantic.store.alerts.alerts import read_alerts
from semantic.store.numbers.targets import list_targets
from semantic.store.outbox.deliveries import read_deliveries
from semantic.store.uses.uses import read_used_boards, read_used_questions


def metrics_in_use(live: ServiceProcess, since: date) -> frozenset[str]:
    """Return the metrics that boards, alerts, deliveries and targets use, including items that aren't shared.

    Targets that ended before `since` and saved questions that no delivery sends don't count. Followed metrics don't
    count either, because no one else sees that someone follows them. Raises StoreFailed.
    """
    model = live.workspace().model
    with live.store.read() as connection:
        alerts = [kept.alert for kept in read_alerts(connection, live.keys) if kept.is_sealed]
        found = {name for alert in alerts for name in alert.metrics}
        found |= {kept.target.metric for kept in list_targets(connection) if kept.target.last >= since}
        sent = {each.about for each in read_deliveries(connection, live.keys) if each.is_sealed}
        questions = [one for one in read_used_questions(connection, live.keys) if one.id in sent] if sent else []
        boards = read_used_boards(connection)
    uses = [use for one in questions for use in uses_of(one.query, one.metrics, model)]
    for board in boards:
        uses += [f"metric:{name}" for name in board.metrics]
        for tile in board.board.tiles if board.board is not None else ():
            uses += uses_of(tile.question, (), model)
    found |= {name for kind, _, name in (use.partition(":") for use in uses) if kind == "metric"}
    return frozenset(found & model.metrics.keys())
