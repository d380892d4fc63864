"""Analyses of the people who dropped out before a funnel step: who they are, why their number changed, and what they
did next.
"""

from __future__ import annotations

from pages.analyses.draft import Data, put
from pages.analyses.funnel.steps import STEPS, steps_of
from pages.analyses.kind import ShownAnswer
from semantic.analyses.events.funnel.question import Funnel
from semantic.services.analyzing.breakdowns import breakdowns_of


def who_dropped_out(shown: ShownAnswer, step: int) -> Data | None:
    """Return the profile of the people who stopped before a step, compared with those who reached it.

    Returns None if there is no breakdown, or if the steps can be in any order.
    """
    funnel, asked = _plain(shown.data), shown.asked
    by = _breakdowns(shown)
    if not by or not isinstance(asked, Funnel) or asked.order == "any":
        return None
    profile: Data = {"kind": "profile", "v": 1, "subject": funnel["subject"]}
    profile |= {key: funnel[key] for key in ("time", "where", "time_zone") if key in funnel}
    first = {key: value for key, value in steps_of(funnel)[0].items() if key != "within"}
    return {
        **profile,
        "at": first,
        "who": {"analysis": funnel, "part": {"reached": step - 1, "not": step}},
        "than": {"analysis": funnel, "part": {"reached": step}},
        "by": by,
    }


def why_changed(shown: ShownAnswer, step: int) -> Data | None:
    """Return the analysis of why the share that reached a step changed from the previous period.

    Returns None if there is no breakdown, time limit or period, or if the steps can be in any order.
    """
    funnel, by = _plain(shown.data), _breakdowns(shown)
    if not by or funnel.get("order") == "any" or funnel.get("within") is None or funnel.get("time") is None:
        return None
    own = {key: funnel.pop(key) for key in ("time", "where") if key in funnel}
    return {"kind": "step_change", "v": 1, "funnel": funnel, "step": step, "by": by, **own}


def follow_lost(shown: ShownAnswer, step: int) -> Data | None:
    """Return a funnel of the last two steps for people who stopped before `step`: did they come back later?"""
    data, steps = shown.data, steps_of(shown.data)
    if data.get("order") == "any" or len(steps) < 2:
        return None
    part = {"reached": step - 1, "not": step}
    of = {"analysis": _plain(data), "part": part}
    plain = {key: value for key, value in _plain(data).items() if key not in ("within", "exclude", "among", "order")}
    pair = [{key: value for key, value in each.items() if key != "within"} for each in steps[step - 2 : step]]
    return put({**plain, "of": of}, STEPS, pair)


def _plain(data: Data) -> Data:
    """Return the funnel without its breakdowns and sample, which the analysis behind a set of people can't have."""
    return {key: value for key, value in data.items() if key not in ("by", "by_step", "over", "once", "sample")}


def _breakdowns(shown: ShownAnswer) -> list[str]:
    subject, metric = str(shown.data.get("subject", "")), str(steps_of(shown.data)[0].get("metric", ""))
    return breakdowns_of(shown.workspace, metric, subject, shown.actor)
