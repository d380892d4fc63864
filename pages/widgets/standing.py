"""The state of a metric as pages mark it: a small icon next to its name, and the replacement of a deprecated metric."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from pages.shell.parts import Action, notice
from semantic.display.trust import deprecation_words
from semantic.explore.repairs import use_instead
from semantic.model.certification_status import CertificationStatus, certification_status
from semantic.model.definitions import Metric

if TYPE_CHECKING:
    from semantic.policy.actor import Actor
    from semantic.query.query import Query
    from semantic.results.result import Result
    from semantic.workspace import Workspace

MARKS = {
    CertificationStatus.CERTIFIED: ":green[:material/verified:]",
    CertificationStatus.CANDIDATE: "",
    CertificationStatus.OWN: ":orange[:material/upload_file:]",
    CertificationStatus.EXPIRED: ":orange[:material/gpp_maybe:]",
    CertificationStatus.LAPSED: ":orange[:material/gpp_maybe:]",
    CertificationStatus.DEPRECATED: ":orange[:material/history_toggle_off:]",
}


def standing_mark(metric: Metric, today: date) -> str:
    """Return a space and the icon of a metric's state, or "" for an uncertified metric."""
    mark = MARKS[certification_status(metric, today)]
    return f" {mark}" if mark else ""


def offer_instead(
    shown: Result, workspace: Workspace, actor: Actor, ask: Callable[[Query], None], *, today: date, key: str
) -> None:
    """Draw since when a metric in the answer is deprecated, with a button that asks for its replacement if
    that works.
    """
    for metric in dict.fromkeys(column.metric for column in shown.values if column.metric is not None):
        if certification_status(metric, today) is not CertificationStatus.DEPRECATED:
            continue
        other, act = shown.instead.get(metric.name), None
        if other is not None:
            repair = use_instead(shown.query, metric.name, other.name, workspace.visible(actor))
            if workspace.preflight(repair.query, actor).ok:
                act = Action(f"{repair.label} instead", lambda query=repair.query: ask(query))
        words = deprecation_words(metric, other if act is None else None)
        notice("caution", "history_toggle_off", words, act, key=f"{key}-deprecated-{metric.name}")
