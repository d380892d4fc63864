"""A reconciliation in words: the rules, each part of the gap, and the finding in one or two sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from semantic.display.format import listed, number
from semantic.errors import counted
from semantic.reconciliation.rules import CountedPer, Credit, Dated, Rules, differing
from semantic.reconciliation.split import Split

Write = Callable[[Fraction], str]

SWITCH_LABELS: Final[Mapping[str, str]] = {
    "window": "Click window",
    "view_through": "View-through",
    "dated": "Date",
    "zone": "Time zone",
    "counted": "What counts once",
    "credit": "Credit",
    "returns": "Returns",
    "currency": "Currency",
}
_NOTHING: Final = Fraction(1, 10**9)
"""Differences up to this share of our number are due to floating-point arithmetic, as with amounts of money."""
OWN: Final = "Other differences of your metric"
UNEXPLAINED: Final = "Not explained"
DATED: Final[Mapping[Dated, str]] = {
    Dated.CLICK: "Date of the click or view",
    Dated.CONVERSION: "Date of the conversion",
}
COUNTED: Final[Mapping[CountedPer, str]] = {
    CountedPer.EACH: "Every conversion, even if sent twice",
    CountedPer.PER_ORDER: "Each order once",
    CountedPer.PER_CLICK: "One conversion for each click or view",
    CountedPer.PER_PERSON: "One conversion for each person and month",
}
CREDIT: Final[Mapping[Credit, str]] = {
    Credit.LAST: "Last touch of all channels",
    Credit.LAST_OWN: "The platform's last click, or else its last view",
    Credit.LATEST_OWN: "The platform's last click or view, whichever is later",
    Credit.FIRST_OWN: "The platform's first click, or else its first view",
}


def side_words(switch: str, rules: Rules) -> str:
    """Return one rule of one side in words, such as `30 days` or `Off`."""
    match switch:
        case "window":
            return counted(rules.click_days, "calendar day" if rules.calendar_days else "day")
        case "view_through":
            return counted(rules.view_days, "day") if rules.view_days else "Off"
        case "dated":
            return DATED[rules.dated]
        case "zone":
            return rules.zone
        case "counted":
            return COUNTED[rules.counted]
        case "credit":
            return CREDIT[rules.credit]
        case "returns":
            return "Returned orders don't count" if rules.without_returned else "Returned orders count"
        case _:
            return f"{rules.currency or 'Your currency'}{_rate_words(rules)}"


def rules_words(rules: Rules) -> str:
    """Return all rules in one line: `14-day click, 1-day view, date of the conversion, each order once`."""
    parts = [f"{rules.click_days}-day click"]
    parts += [f"{rules.view_days}-day view"] if rules.view_days else []
    parts += ["calendar days"] if rules.calendar_days else []
    texts = (DATED[rules.dated], COUNTED[rules.counted], CREDIT[rules.credit])
    parts += [f"{text[0].lower()}{text[1:]}" for text in texts]
    parts += ["without returned orders"] if rules.without_returned else []
    return ", ".join([*parts, rules.zone])


def finding_words(label: str, split: Split, ours: Rules, theirs: Rules, write: Write) -> str:
    """Return the finding in words: both numbers, the contribution of each rule, and the unexplained part."""
    is_mixed = ours.currency != theirs.currency
    numbers = [
        f"{write(value)} {rules.currency}".strip() if is_mixed else write(value)
        for value, rules in ((split.theirs, theirs), (split.ours, ours))
    ]
    said = f"{label} reports {numbers[0]}, and we count {numbers[1]}."
    if split.gap == 0 and not any(value for _, value in split.parts):
        return f"{said} There is no difference."
    # The largest parts first, because readers need these most.
    shown = sorted((part for part in split.parts if part[1]), key=lambda part: -abs(part[1]))
    clauses = [_clause(name, value, ours, theirs, write) for name, value in shown]
    if clauses:
        text = listed(clauses)
        said += f" {text[0].upper()}{text[1:]}."
    if abs(split.own) > _NOTHING * abs(split.ours):
        said += f" Your metric counts {write(abs(split.own))} {'more' if split.own < 0 else 'fewer'} for other reasons."
    if split.unexplained == 0:
        return f"{said} Everything is explained."
    way = "higher" if split.unexplained > 0 else "lower"
    left = f"{write(abs(split.unexplained))}{_share(split)}"
    return f"{said} {left} not explained: its number is {way} than these rules give."


def open_words(switches: Sequence[str]) -> str:
    """Return a sentence that lists the rules a search couldn't determine, with a leading space.

    "" if there are none.
    """
    names = [SWITCH_LABELS[name] for name in switches]
    return f" Others come about as close, with another choice for: {listed(names)}." if names else ""


def off_words(split: Split) -> str:
    """Return the unexplained part as a share of the platform's number, such as `1.0%`."""
    return f"{number(float(split.off) * 100, 1)}%" if split.off is not None else "Unknown"


def steps_of(split: Split) -> list[tuple[str, Fraction]]:
    """Return each step from our number to the platform's, in the order of the rules.

    The unexplained part comes last.
    """
    steps = [(SWITCH_LABELS[name], value) for name, value in split.parts if value]
    steps += [(OWN, split.own)] if split.own else []
    return [*steps, (UNEXPLAINED, split.unexplained)]


def differences(ours: Rules, theirs: Rules) -> list[tuple[str, str, str]]:
    """Return the rules that differ, each as its label, our setting and the platform's setting."""
    return [(SWITCH_LABELS[name], side_words(name, ours), side_words(name, theirs)) for name in differing(ours, theirs)]


def _clause(name: str, value: Fraction, ours: Rules, theirs: Rules, write: Write) -> str:
    does = "adds" if value > 0 else "removes"
    amount = write(abs(value))
    match name:
        case "window" if theirs.calendar_days != ours.calendar_days:
            return f"its click window of {side_words('window', theirs)} {does} {amount}"
        case "window":
            return f"its {theirs.click_days}-day click window {does} {amount}"
        case "view_through" if theirs.view_days == 0:
            return f"leaving out views {does} {amount}"
        case "view_through":
            return f"its {theirs.view_days}-day view-through {does} {amount}"
        case "dated":
            return f"dating by {'the click' if theirs.dated is Dated.CLICK else 'the conversion'} {does} {amount}"
        case "zone":
            return f"its time zone {does} {amount}"
        case "counted":
            return f"what it counts once {does} {amount}"
        case "credit":
            return f"how it gives credit {does} {amount}"
        case "returns" if theirs.without_returned:
            return f"taking off returned orders {does} {amount}"
        case "returns":
            return f"counting returned orders {does} {amount}"
        case _:
            return f"its currency {does} {amount}"


def _rate_words(rules: Rules) -> str:
    """Return ` at 1.08`, ` at 1.08 to 1.11, by month`, or "" for amounts that aren't converted."""
    rates = sorted({rate for _, rate in rules.rates} or {rules.rate})
    if rates == [1]:
        return ""
    ends = dict.fromkeys(f"{float(rate):g}" for rate in (rates[0], rates[-1]))
    return f" at {' to '.join(ends)}{', by month' if len(ends) > 1 else ''}"


def _share(split: Split) -> str:
    return f" ({off_words(split)})" if split.theirs else ""
