"""The counting rule of RFM in words."""

from __future__ import annotations

from semantic.analyses.events.read import PlannedEvents
from semantic.analyses.events.rfm.question import AXES, GROUPS, Rfm
from semantic.query.describe import describe_day, describe_range, lower_first


def rfm_rule(rfm: Rfm, planned: PlannedEvents) -> tuple[str, ...]:
    """Return the sentences of RFM's counting rule, most important first."""
    subject = rfm.population.subject.replace("_", " ")
    orders, money = planned.legs[0].label, planned.legs[1].label
    days = describe_range(planned.start, planned.end, open_end=True)
    days = f"u{days[1:]}" if days.startswith("Until") else days
    one = f"Each row of {orders} is an order"
    if rfm.order is not None:
        one = f"Rows of {orders} with the same {lower_first(planned.carried[1].label)} are one order"
    best = rfm.levels
    sentences = [
        f"Each {subject} with an order counts once, with all orders in the period, {days}.",
        f"Recency is the days from the last order to {describe_day(planned.end)}. {one}. Money is the sum of {money}.",
        f"Scores go from 1 to {best}, and {best} is best: the fewest days, the most orders, the most money.",
        _cut(rfm, subject),
        "Groups are named after the scores of recency and frequency. "
        f"High is {_scores(best, 'high')}, low is {_scores(best, 'low')}.",
        *(f"{label}: {recency} recency, {frequency} frequency." for (recency, frequency), (_, label) in GROUPS.items()),
        f"Rows with no {subject} don't count.",
    ]
    return tuple(sentences)


def _scores(levels: int, third: str) -> str:
    if levels == 3:
        return "3" if third == "high" else "1"
    return "4 or 5" if third == "high" else "1 or 2"


def _cut(rfm: Rfm, subject: str) -> str:
    if not rfm.cuts:
        shares = ", ".join(f"{each}%" for each in rfm.percent)
        return f"Scores are cut at these shares with worse values: {shares}. Equal values always have the same score."
    recency, frequency, money = (", ".join(f"{cut:f}" for cut in cuts) for cuts in rfm.cuts)
    return f"{AXES[0].capitalize()} is cut at {recency} days, frequency at {frequency} orders, and money at {money}."
